"""FITS files in folders are found by their names."""

import pytest

from awlike.errors import HeaderError
from awlike.fits.finding import fits_files


def test_walker(tmp_path):
    for name in ('b.fits', 'a.FIT', 'c.fts.gz', 'd.fits.fz', 'notes.txt', '._b.fits', 'deep/e.fits', '.awlike/store/f.fits'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    named = [path.name for path in fits_files([tmp_path, tmp_path / 'notes.txt', tmp_path / 'b.fits'])]
    assert named == ['a.FIT', 'b.fits', 'c.fts.gz', 'd.fits.fz', 'e.fits', 'notes.txt']
    with pytest.raises(HeaderError, match='nowhere: no such file'):
        fits_files(tmp_path / 'nowhere')
