"""What cannot be used is named, with keyword and remedy, while the rest goes on."""

import gzip
import os

import numpy as np
import pytest
from astropy.io import fits

from awlike import RawFits, RawScienceFrame
from awlike.ingest import ingest
from awlike.remedies import typed_in_shell


def reason(path, good):
    """Why `path` is refused; `good`, ingested with it, is not."""
    report = ingest([path, good])
    assert [file.original_name for file in report.ingested] == [good.name]
    (refused, why), = report.refused
    assert refused == path and str(report).startswith(f'{path}: refused: {why}') and '1 refused' in str(report)
    assert len(RawFits.select_all()) == len(RawScienceFrame.select_all()) == 1
    return why


def cut(path):
    path.write_bytes(path.read_bytes()[:2880 + 100])


def flip(path):
    content = bytearray(path.read_bytes())
    content[2880 + 100] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(('damage', 'words'), [
    (lambda path: path.write_bytes(b''), ('empty (0 bytes)', 'transfer it again')),
    (cut, ('truncated', 'NAXISn', 'transfer it again')),
    (lambda path: path.write_text('a log of the night'), ('not a FITS file', 'SIMPLE', 'remove it from the list')),
    (flip, ('checksum wrong', 'DATASUM', 'HDU 0', 'transfer it again')),
    (lambda path: path.write_bytes(gzip.compress(path.read_bytes())[:-9]), ('gzip', 'truncated', 'transfer the file')),
    (lambda path: path.write_bytes(b'\x89HDF'), ('HDF5', 'convert it first')),
])
def test_damaged_files(project, write, damage, words):
    path = write('bad.fits', checksum=True)
    damage(path)
    why = reason(path, write('good.fits'))
    assert all(word in why for word in words), why


@pytest.mark.parametrize(('changes', 'words'), [
    ({'EXPTIME': None}, ('EXPTIME is missing', 'add the card')),
    ({'DATE_OBS': None}, ('DATE-OBS is missing', 'add the card')),
    ({'IMAGETYP': None}, ('IMAGETYP or OBSTYPE is missing', 'add the card')),
    ({'FILTNAME': '  '}, ('FILTNAME', 'missing or blank', 'add the card')),
    ({'EXPTIME': -1.0}, ('EXPTIME = -1.0', 'correct the card')),
    ({'EXPTIME': 'unknown'}, ("EXPTIME = 'unknown'", 'not a number', 'correct the card')),
    ({'AIRMASS': 'low'}, ("AIRMASS = 'low'", 'correct the card')),
    ({'UTC_OBS': '25:61:00'}, ('DATE-OBS with UTC-OBS', 'YYYY-MM-DDThh:mm:ss')),
    ({'LCAMMOD': None, 'INSTRUME': 'WFC3'}, ('unknown camera', "INSTRUME = 'WFC3'", 'describe yours')),
    ({'IMAGETYP': 'FOCUS'}, ("IMAGETYP = 'FOCUS'", 'no frame type of NASA42', 'leave the file out')),
    ({'TRIMSEC': '[1:4096,1:4112]'}, ('TRIMSEC', 'does not lie inside the image of 24 x 10', 'correct the card')),
    ({'BIASSEC': 'left'}, ("BIASSEC = 'left'", 'write it as [x1:x2,y1:y2]')),
    ({'DATE_OBS': '26/03/19'}, ("DATE-OBS = '26/03/19'", 'old-style date', 'write it as')),
    ({'DATE_OBS': '1970-01-01'}, ('DATE-OBS', 'before 1980', 'correct the card')),
    ({'DATE_OBS': '2999-01-01'}, ('DATE-OBS', 'future', 'correct the card')),
    ({'MJD_OBS': 51544.0}, ('MJD-OBS', 'more than a day apart', 'correct the wrong one')),
    ({'DETECTOR': 'another'}, ("DETECTOR = 'another'", 'no chip of NASA42', 'correct the card')),
    ({'pixels': np.zeros((3, 4, 5), np.int16)}, ('NAXIS', '5 x 4 x 3', 'split the cube')),
])
def test_headers_that_make_no_sense(project, write, changes, words):
    why = reason(write('bad.fits', **changes), write('good.fits'))
    assert all(word in why for word in words), why
    assert '\n' not in why


def test_a_shape_that_contradicts_the_header(project, spoil, write):
    why = reason(spoil(ESO_DET_OUT1_OVSCX=7), write('good.fits'))
    assert 'HDU 3: ESO DET OUT1 PRSCX + NX + OVSCX' in why and 'NAXIS1' in why
    assert 'read the frame as it was written' in why


def test_a_file_without_images(project, tmp_path, write):
    path = tmp_path / 'table.fits'
    fits.BinTableHDU.from_columns([fits.Column('a', 'J', array=[1])]).writeto(path)
    assert 'no HDU holds an image' in reason(path, write('good.fits'))


@pytest.mark.skipif(os.geteuid() == 0, reason='root may read everything')
def test_a_file_that_may_not_be_read(project, write):
    path = write('bad.fits')
    path.chmod(0)
    assert 'check path and permissions' in reason(path, write('good.fits'))


def test_gzip_under_a_plain_name_is_read(project, write):
    path = write()
    content = gzip.compress(path.read_bytes())
    path.write_bytes(content)
    file, = ingest(path).ingested
    assert np.array_equal(RawScienceFrame.select_all().one().data, np.arange(240).reshape(10, 24))
    assert file.size == len(content) and file.retrieve().read_bytes() == content


def test_images_without_a_good_pixel_are_frames(project, write):
    frame, = (RawScienceFrame.raw_fits == file
              for file in ingest(write(pixels=np.full((10, 24), np.nan, np.float32))).ingested)
    imstat = frame.one().imstat
    assert imstat.npix == 0 and imstat.median is None


def test_every_bad_file_is_named_and_every_good_one_taken(project, write):
    paths = [write(f'{number}.fits', EXPTIME=float(number) if number % 3 else -1.0) for number in range(20)]
    report = ingest(paths)
    assert [path for path, _ in report.refused] == paths[::3] and len(report.ingested) == 13
    assert str(report).splitlines()[-1] == ('13 files ingested (13 RawScienceFrame), 0 known already, '
                                            '7 refused: 7 with a header that cannot be used')


def test_refusals_are_counted_by_what_the_files_are(project, write, tmp_path):
    for number in range(3):
        (tmp_path / f'notes{number}.fits').write_bytes(b'a night in May' * 300)
    broken = write('cut.fits')
    cut(broken)
    paths = [write('good.fits'), broken, write('combined_bias.fits'), write('other.fits', EXPTIME=5.0, NCOMBINE=9),
             write('instcal.fits', PROCTYPE='InstCal'), write('strange.fits', LCAMMOD='xyz', INSTRUME='XYZ'),
             *tmp_path.glob('notes*.fits')]
    report = ingest(paths)
    assert report.summary() == (
        '1 file ingested (1 RawScienceFrame), 0 known already, 8 refused: 3 not FITS, '
        '2 master calibrations (ingest(path, as_=CLASS)), 1 damaged, 1 processed, 1 of an unknown camera')
    assert report.to_dict()['refused_as'] == {'not FITS': 3, 'master calibrations': 2, 'damaged': 1, 'processed': 1,
                                              'of an unknown camera': 1}
    with typed_in_shell():
        assert '2 master calibrations (awe ingest --as CLASS)' in report.summary()


def test_a_folder_of_tables_is_told_in_one_line(project, write, tmp_path):
    for number in range(40):
        fits.BinTableHDU.from_columns([fits.Column('a', 'E', array=[1.0])]).writeto(tmp_path / f'table{number:02}.fits')
    write('good.fits')
    report = ingest(tmp_path)
    assert len(report.refused) == 40 and len(report.ingested) == 1
    refused, summary = str(report).splitlines()
    assert 'table00.fits and 39 others: refused: no HDU holds an image' in refused and '40 refused' in summary
