"""Extinction and colour terms against the truth: unbiased, with errors that hold, without clouds, and refused where unknown."""

import numpy as np
import pytest

from awlike.sky.extinction import fit_colour_term, fit_extinction

TRUE, ZERO_POINT = 0.13, 24.7


def night(seed, number=12, lowest=1.0, highest=2.0, scatter=0.004, clouds=()):
    rng = np.random.default_rng(seed)
    airmass = np.linspace(lowest, highest, number)
    zero_point = ZERO_POINT - TRUE * airmass + rng.normal(0, scatter, number)
    zero_point[list(clouds)] -= rng.uniform(0.08, 1.0, len(clouds))
    return airmass, zero_point, np.full(number, 0.003)


def test_the_extinction_is_unbiased_and_its_error_holds():
    found = [fit_extinction(*night(seed)) for seed in range(200)]
    pulls = np.array([(one.extinction - TRUE) / one.extinction_error for one in found])
    heights = np.array([(one.zero_point - ZERO_POINT + TRUE * one.at) / one.zero_point_error for one in found])
    for some in (pulls, heights):
        assert abs(np.mean(some)) < 0.25 and 0.8 < np.std(some) < 1.4
    assert not any(one.reason for one in found) and 0.002 < np.median([one.scatter for one in found]) < 0.006


@pytest.mark.parametrize('clouds', [(3,), (0, 1), (9, 10, 11), (2, 5, 8, 11), range(5)])
def test_exposures_that_clouds_dim_do_not_tell(clouds):
    for seed in range(20):
        found = fit_extinction(*night(seed, clouds=clouds))
        assert not found.used[list(clouds)].any() and found.used.sum() >= 12 - len(clouds) - 1
        assert abs(found.extinction - TRUE) < 5 * found.extinction_error and found.extinction_error < 0.02
        assert (found.residual[list(clouds)] < -0.05).all()


def test_what_cannot_be_known_is_refused_with_the_reason():
    assert '1.00 to 1.20, a range of at least 0.3' in fit_extinction(*night(1, highest=1.2)).reason
    assert not fit_extinction(*night(1, highest=1.2), least_range=0.1).reason
    assert 'the night was cloudy: ' in fit_extinction(*night(1, clouds=range(9))).reason
    assert '2 exposures have a zero point' in fit_extinction(*night(1, number=2)).reason
    airmass, zero_point, error = night(1)
    assert '3 are needed' in fit_extinction(airmass, np.full(12, np.nan), error).reason
    far_clouded = fit_extinction(*night(1, number=8, clouds=(5, 6, 7), highest=1.6))
    assert far_clouded.reason or far_clouded.used[:5].all()
    drifting = fit_extinction(airmass, 24 + 0.5 * airmass, error)
    assert drifting.reason and np.isnan(drifting.extinction)
    same = fit_extinction(np.full(6, 1.5), np.full(6, 24.0), np.full(6, 0.01))
    assert '1.50 to 1.50' in same.reason


def stars(seed, number=300, term=0.08, wide=1.2, exposures=4):
    rng = np.random.default_rng(seed)
    exposure, colour = rng.integers(0, exposures, number), rng.uniform(0.2, 0.2 + wide, number)
    error = rng.uniform(0.005, 0.05, number)
    difference = -24.0 + 0.3 * exposure + term * colour + rng.normal(0, error)
    difference[:10] += rng.uniform(0.5, 2, difference[:10].size)
    return difference, error, colour, exposure


def test_the_colour_term_is_unbiased_and_its_error_holds_whatever_the_clouds_do():
    found = [fit_colour_term(*stars(seed)) for seed in range(100)]
    pulls = np.array([(one.colour_term - 0.08) / one.colour_term_error for one in found])
    assert abs(np.mean(pulls)) < 0.35 and 0.75 < np.std(pulls) < 1.35 and found[0].colour_term_error < 0.01
    assert not found[0].used[:10].any() and found[0].used.sum() > 270


def test_too_small_a_range_of_colours_or_too_few_stars_are_refused():
    assert 'a range of at least 0.5 is needed' in fit_colour_term(*stars(1, wide=0.3)).reason
    assert '5 stars have a colour' in fit_colour_term(*stars(1, number=5, exposures=1)).reason
    difference, error, colour, exposure = stars(1)
    nothing = fit_colour_term(difference, error, np.full(300, np.nan), exposure)
    assert '0 stars have a colour' in nothing.reason and np.isnan(nothing.colour_term)
    one_unknown = colour.copy()
    one_unknown[20:150] = np.nan
    assert abs(fit_colour_term(difference, error, one_unknown, exposure).colour_term - 0.08) < 0.03
