"""The integrity of a FITS file: it is whole, and its checksums are right."""

from collections.abc import Iterable

from awlike.errors import Damaged
from awlike.fits.checksums import added, ones_sum
from awlike.fits.content import Content
from awlike.fits.hdus import Hdu, Hdus


def check_whole(hdus: Hdus, content: Content) -> None:
    """Refuse a file that ends before its data do, or that goes on with something that is no HDU."""
    size, end = len(content), 0
    for index, hdu in enumerate(hdus):
        if not hasattr(hdu, 'fileinfo'):
            raise Damaged(f'HDU {index} is not standard FITS (SIMPLE is not T, or its structure keywords are '
                          'missing or wrong); run fitsverify on it, or take the file from its source again')
        info = hdu.fileinfo()
        if info['datLoc'] + _data_size(hdu) > size:
            raise Damaged(f'truncated: the header of HDU {index} (BITPIX, NAXISn) announces {_data_size(hdu)} '
                          f'bytes of data, the file holds {max(size - info["datLoc"], 0)}; transfer it again')
        end = info['datLoc'] + info['datSpan']
    if content[end:].strip(b'\0 '):
        raise Damaged(f'truncated or damaged after HDU {len(hdus) - 1}: the last {size - end} bytes are no '
                      'complete header (no END card); transfer it again')


def _data_size(hdu: Hdu) -> int:
    """Return the bytes of data without padding; of a compressed image, the bytes of the table that holds it."""
    return getattr(hdu, '_bintable', hdu).size


def check_sums(hdus: Iterable[Hdu], content: Content) -> None:
    """Refuse an HDU that has a CHECKSUM or DATASUM card with a wrong sum (FITS Standard 4.0, appendix J).

    `hdus` are the HDUs of the file as stored: a tile-compressed image is a table here. The sums are of the bytes in the
    file, so scaling does not matter.
    """
    for index, hdu in enumerate(hdus):
        info = hdu.fileinfo()
        begin, data, end = info['hdrLoc'], info['datLoc'], info['datLoc'] + info['datSpan']
        cards = {keyword: str(hdu.header.get(keyword, '')).strip() for keyword in ('CHECKSUM', 'DATASUM')}
        if not any(cards.values()):
            continue
        wrong, datasum = [], ones_sum(content[data:end])
        if cards['DATASUM'] and datasum % 0xFFFFFFFF != _integer(cards['DATASUM']) % 0xFFFFFFFF:
            wrong.append('DATASUM')
        if cards['CHECKSUM'] and added(ones_sum(content[begin:data]), datasum) % 0xFFFFFFFF:
            wrong.append('CHECKSUM')
        if wrong:
            raise Damaged(f'checksum wrong: {" and ".join(wrong)} of HDU {index} and its content disagree, it '
                          'was changed or damaged after it was written; transfer it again, or remove the '
                          'card if the change was meant')


def _integer(text: str) -> int:
    """Return the number in a DATASUM card; 0 for a text that is no number."""
    return int(text) if text.isdigit() else 0
