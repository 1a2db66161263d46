"""Headers of one detector: merged with the primary header, and of several HDUs."""

import numpy as np
from astropy.io import fits

from awlike.fits.headers import frame_header


def test_header_of_one_detector(tmp_path):
    primary = fits.PrimaryHDU(header=fits.Header({'INSTRUME': 'X', 'EXTNAME': 'WHOLE', 'OBJECT': 'sky'}))
    primary.header['HISTORY'] = 'exposed'
    extension = fits.ImageHDU(np.zeros((3, 4), np.int16), fits.Header({'EXTNAME': 'CHIP', 'OBJECT': 'own'}))
    extension.header['HISTORY'] = 'read out'
    path = tmp_path / 'two.fits'
    fits.HDUList([primary, extension]).writeto(path, checksum=True)
    header = frame_header(path, 1)
    assert header[0] is True and header['NAXIS1'] == 4 and header['EXTNAME'] == 'CHIP'
    assert header['INSTRUME'] == 'X' and header['OBJECT'] == 'own' and [*header['HISTORY']] == ['read out', 'exposed']
    assert 'CHECKSUM' not in header and 'XTENSION' not in header
    fits.PrimaryHDU(np.zeros((3, 4)), header).writeto(tmp_path / 'one.fits')


def test_the_header_of_several_hdus_has_what_is_the_same_in_all(tmp_path):
    path = tmp_path / 'raw.fits'
    fits.HDUList([fits.PrimaryHDU(), *(fits.ImageHDU(np.zeros((2, 2)), name=name) for name in 'AB')]).writeto(path)
    with fits.open(path, mode='update') as hdus:
        hdus[0].header['OBJECT'] = 'field'
        for gain, hdu in enumerate(hdus[1:]):
            hdu.header.update({'DETECTOR': 'one', 'GAIN': gain, 'DATASEC': '[1:2,1:2]'})
    header = frame_header(path, 1, 2)
    assert (header['OBJECT'], header['DETECTOR']) == ('field', 'one')
    assert not {'EXTNAME', 'GAIN', 'DATASEC'} & set(header)
