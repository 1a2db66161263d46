"""Binning: means and sums, pixels without value, and the astrometry of what is binned."""

import numpy as np
import pytest

from awlike.errors import ParameterError
from awlike.pixels.binning import binned, binned_astrometry


@pytest.mark.parametrize('side', [2, 4, 8])
def test_means_keep_the_sky_and_sums_keep_the_flux(rng, side):
    image = rng.normal(100, 5, (66, 80)).astype(np.float32)
    mean, total = binned(image, side), binned(image, side, sums=True)
    assert mean.shape == (66 // side, 80 // side) and mean.dtype == np.float32
    whole = image[:66 // side * side, :80 // side * side]
    assert mean.mean() == pytest.approx(whole.mean(), rel=1e-6) and total.sum() == pytest.approx(whole.sum(), rel=1e-5)
    assert mean.std() == pytest.approx(5 / side, rel=0.2)
    assert mean[1, 2] == pytest.approx(image[side:2 * side, 2 * side:3 * side].mean(), rel=1e-6)


def test_pixels_without_value_do_not_count_and_one_changes_nothing():
    image = np.array([[1, 3, np.nan, np.nan], [np.nan, 2, np.nan, np.nan]], np.float32)
    assert np.array_equal(binned(image, 2), np.array([[2, np.nan]], np.float32), equal_nan=True)
    assert binned(image, 2, sums=True)[0, 0] == 8
    assert np.array_equal(binned(image, 1), image, equal_nan=True)
    for side, shape in ((3, (9, 9)), (8, (4, 40))):
        with pytest.raises(ParameterError, match='binning of'):
            binned(np.ones(shape), side)


def test_the_same_sky_lies_beneath_the_same_light():
    astrom = {'CRPIX1': 11.5, 'CRPIX2': 5.0, 'CD1_1': 1e-4, 'CD1_2': 0.0, 'CD2_1': 0.0, 'CD2_2': 1e-4, 'CRVAL1': 10.0,
              'CTYPE1': 'RA---TAN'}
    found = binned_astrometry(astrom, 2)
    x = np.array([1.0, 8.0])  # 1-based, of the binned image; the centre of its pixel is that of two pixels
    offsets = (2 * x - 0.5 - astrom['CRPIX1']) * astrom['CD1_1']
    assert (x - found['CRPIX1']) * found['CD1_1'] == pytest.approx(offsets)
    assert found['CRVAL1'] == 10.0 and found['CTYPE1'] == 'RA---TAN' and astrom['CRPIX1'] == 11.5
