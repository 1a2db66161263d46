"""How the zero point of an exposure changes over the focal plane."""

import numpy as np
import pytest

from awlike.products.mosaic_response import radial_zero_point, response_of, standards_of, without_response
from awlike.sky.projection import to_sky

CENTRE = (150.1, 2.2)
SCALE = 0.11 / 3600
CARDS = {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': CENTRE[0], 'CRVAL2': CENTRE[1], 'CRPIX1': 50.0, 'CRPIX2': 40.0,
         'CD1_1': -30 * SCALE, 'CD1_2': 0.0, 'CD2_1': 0.0, 'CD2_2': 30 * SCALE}


def stars(offset, number=400, noise=0.01):
    rng = np.random.default_rng(2)
    east, north = rng.uniform(-0.1, 0.1, (2, number))
    ra, dec = to_sky(east, north, CENTRE)
    own = 18 - offset(east, north) + rng.normal(0, noise, number)
    own[:5] += 3  # no standard stars
    used = np.ones(number, bool)
    used[-3:] = False
    own[-3:] = np.nan
    return standards_of({'RA': ra, 'DEC': dec, 'MAG': np.full(number, 18.0), 'MAG_INSTRUMENTAL': own, 'USED': used}, CENTRE)


def test_a_radial_zero_point_is_found_with_its_errors():
    found = radial_zero_point(stars(lambda east, north: 25 - 0.8 * np.hypot(east, north)))
    assert found.p0 == pytest.approx(25, abs=4 * found.e0) and found.p1 == pytest.approx(-0.8, abs=4 * found.e1)
    assert found.e1 < 0.03 and 380 <= found.number <= 392 and found.cards['RADZPFIT'] is True
    assert radial_zero_point(stars(lambda east, north: 25 + east, number=10)) is None


def test_an_image_over_the_response_shows_stars_alike():
    def offset(east, north):
        return 25 + 2 * east - 30 * north ** 2

    response = response_of(stars(offset), 2)
    rows, columns = np.indices((80, 100))
    east, north = -30 * SCALE * (columns + 1 - 50), 30 * SCALE * (rows + 1 - 40)
    light = (1000 * 10 ** (0.4 * (offset(east, north) - 25))).astype(np.float32)
    flat = without_response(lambda: light, response, CARDS, CENTRE)
    assert light.std() / light.mean() > 0.02 and flat.std() / flat.mean() < 0.005
    assert response_of(stars(offset, number=20), 2) is None
