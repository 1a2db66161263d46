"""Images as bytes of FITS files: what astropy reads, and would have written."""

import io

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from awlike.fits.checksums import ones_sum
from awlike.fits.writing import image_parts

CARDS = [('FILENAME', 'one.fits', 'unique for ever'), ('EXPTIME', 1.5), ('N', -3), ('TINY', 1e-300), ('NONE', None),
         ('T', True), ('HIERARCH AWE PAR SIGMA_CLIP', 3.0), ('HIERARCH AWE LIBRARIES', "it's long, " * 20),
         ('EMPTY', '', 'nothing'),
         ('LONG', 'x' * 100, 'with a comment'), ('N', 4)]


@pytest.mark.parametrize('dtype', ['u1', 'i2', '>i2', 'i4', 'i8', 'f4', 'f8'])
@pytest.mark.parametrize('shape', [(5, 7), (960, 3), (1, 1), (4, 5, 6)])
def test_the_file_is_the_one_that_astropy_writes(dtype, shape):
    data = (np.random.default_rng(1).random(shape) * 200 - 100 * (dtype != 'u1')).astype(dtype)
    written = b''.join(image_parts(data, CARDS, '2026-01-01T00:00:00'))
    header, file = fits.Header(), io.BytesIO()
    for keyword, *value in CARDS:
        header[keyword] = tuple(value)
    fits.PrimaryHDU(data, header).writeto(file, checksum=True)
    size = len(file.getvalue())
    with fits.open(io.BytesIO(written), checksum=True) as ours, fits.open(io.BytesIO(file.getvalue())) as theirs:
        ours.verify('exception')
        assert np.array_equal(ours[0].data, data) and ours[0]._checksum_valid and ours[0]._datasum_valid
        sums = 'CHECKSUM', 'DATASUM'
        cards, others = ([(card.keyword, card.value, card.comment) for card in hdus[0].header.cards if card.keyword not in sums]
                         for hdus in (ours, theirs))
        assert cards == others
        assert ours[0].header['DATASUM'] == theirs[0].header['DATASUM']
    assert len(written) == size


@pytest.mark.parametrize('dtype', ['u2', 'u4', 'bool', 'c8', 'i1', 'f2'])
def test_types_that_fits_does_not_hold_are_left_to_others(dtype):
    assert image_parts(np.zeros((2, 3), dtype), [], '') is None


@given(st.binary(max_size=300), st.integers(0, 3))
def test_the_sum_is_that_of_big_endian_words(block, cut):
    words = [int.from_bytes((block + bytes(3))[start:start + 4]) for start in range(0, len(block), 4)]
    total = sum(words)
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    assert ones_sum(block) == ones_sum(memoryview(block)) == total
