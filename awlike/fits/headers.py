"""FITS headers: of a file with several extensions, and of one detector in it."""

import re

from awlike.fits.opening import hdu_of, load, named, opened

STRUCTURE = ('SIMPLE', 'XTENSION', 'EXTEND', 'PCOUNT', 'GCOUNT', 'INHERIT', 'CHECKSUM', 'DATASUM', 'GROUPS')
SHAPE = re.compile(r'BITPIX|NAXIS\d*|BZERO|BSCALE|BLANK|EXTNAME|EXTVER|EXTLEVEL')
SECTION = re.compile(r'(DATA|DET|CCD|BIAS|TRIM|AMP)SEC')
MANY = ('COMMENT', 'HISTORY', '')


def merged_header(primary, extension):
    """The header of one detector alone: the extension's cards, then those of the primary that it lacks.

    It begins as a primary header and tells the shape of the raw frame; checksums, which would be false, are gone.
    """
    from astropy.io import fits
    merged = fits.Header([('SIMPLE', True, 'conforms to FITS standard')])
    own = [card for card in extension.cards if card.keyword not in STRUCTURE]
    merged.extend(own, unique=False, bottom=True, strip=False)
    if extension is not primary:
        cards = [card for card in primary.cards if card.keyword not in STRUCTURE and not SHAPE.fullmatch(card.keyword)]
        merged.extend([card for card in cards if card.keyword in MANY or card.keyword not in merged],
                      unique=False, bottom=True, strip=False)
    return merged


def frame_header(path, extension, *others):
    """The header of the frame in HDU `extension` of the file, merged with the primary header.

    Of a frame that lies in several HDUs it has the cards that are the same in all of them, but those of their sections.

    Raises HeaderError if the file or an extension cannot be read.
    """
    with named(path), opened(load(path), whole=False) as hdus:
        merged = merged_header(hdus[0].header, hdu_of(hdus, extension).header)
        for keyword in [*merged] if others else []:
            values = [hdu_of(hdus, other).header.get(keyword, merged[keyword]) for other in others]
            if SECTION.fullmatch(keyword) or (keyword not in MANY and any(value != merged[keyword] for value in values)):
                merged.remove(keyword, ignore_missing=True, remove_all=True)
        return merged
