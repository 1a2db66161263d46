"""The astrometry of frames whose headers are wrong: found, as exact as the noise allows, and never a wrong one."""

from dataclasses import replace

import numpy as np
import pytest

from awlike.sky.astrometry import References, Search, Sources, solve
from tests.sky.fields import SCALE, SHAPE, error_of, field, grid, noise_limit


@pytest.mark.parametrize('seed', range(24))
def test_every_field_is_found_to_the_noise(seed):
    """Off by up to 5 arcmin, 1 degree, 0.5 per cent; any parity; four of five catalogue stars foreign; poles and RA 0, too."""
    one = field(seed)
    found = solve(one.sources, one.references, one.start, SHAPE)
    x, y = grid(SHAPE)
    error = error_of(found.plate.pixel_to_sky(x, y), one.true(x, y))
    assert error < 1.3 * noise_limit(one) and error < 0.012
    assert found.is_flipped == bool(seed % 2) and found.degree == 3 and found.NREF > 0.8 * len(one.pairs)
    assert found.offset < 305 and 0.5 < found.chi2 / found.dof < 1.6
    pairs = set(map(tuple, one.pairs))
    assert np.mean([pair in pairs for pair in zip(found.source, found.reference, strict=True)]) > 0.95


def test_the_residuals_are_those_of_the_plate():
    one = field(3)
    found = solve(one.sources, one.references, one.start, SHAPE)
    ra, dec = found.plate.pixel_to_sky(one.sources.x[found.source], one.sources.y[found.source])
    there = one.references.ra[found.reference], one.references.dec[found.reference]
    assert np.allclose(3600 * (dec - there[1]), found.DDEC, atol=1e-3)
    assert np.allclose(3600 * ((ra - there[0] + 180) % 360 - 180) * np.cos(np.radians(dec)), found.DRA, atol=1e-3)
    assert np.hypot(found.SIG_DRA, found.SIG_DDEC) / np.sqrt(2) == pytest.approx(found.RMS, rel=0.02)


def test_the_error_of_the_plate_is_what_it_says():
    x, y = grid(SHAPE)
    pulls = []
    for seed in range(1, 21):
        one = field(seed, flips=False, foreign=0.3)
        found = solve(one.sources, one.references, one.start, SHAPE)
        from awlike.sky.sphere import separation
        pulls.append(3600 * separation(*found.plate.pixel_to_sky(x, y), *one.true(x, y)) / found.error_at(x, y))
    assert np.sqrt(np.mean(np.square(pulls)) / 2) == pytest.approx(1, abs=0.25)


@pytest.mark.slow
def test_a_field_of_other_stars_is_never_found():
    x, y = grid(SHAPE)
    for seed in range(6):
        one, other = field(seed), field(seed + 100)
        found = solve(one.sources, other.references, other.start, SHAPE)
        assert found.plate is None and found.NREF == 0 and np.isnan(found.RMS)
        assert 'agree' in found.reason and found.chance > -6


def test_without_errors_the_residuals_tell_them():
    one = field(5, foreign=0.3)
    bare = solve(replace(one.sources, error=None), replace(one.references, error=None, mag=None), one.start, SHAPE)
    x, y = grid(SHAPE)
    assert error_of(bare.plate.pixel_to_sky(x, y), one.true(x, y)) < 2 * noise_limit(one)
    assert np.isnan(bare.chi2) and bare.excess == pytest.approx(bare.RMS, rel=0.5)
    noise = np.random.default_rng(1).normal(0, 0.3, (2, one.sources.x.size))
    rough = replace(one.sources, x=one.sources.x + noise[0], y=one.sources.y + noise[1])
    told = solve(rough, one.references, one.start, SHAPE)
    assert told.excess == pytest.approx(0.3 * SCALE, rel=0.25) and told.chi2 > 3 * told.dof


def test_the_order_and_nonsense_change_nothing():
    one = field(6)
    there, back = np.random.default_rng(2), solve(one.sources, one.references, one.start, SHAPE)
    mixed, shuffled = there.permutation(one.sources.x.size), there.permutation(one.references.ra.size)
    nonsense = np.array([np.nan, np.inf, 5.0])
    sources = Sources(*(np.append(values[mixed], nonsense) for values in (one.sources.x, one.sources.y)),
                      np.append(one.sources.flux[mixed], [1e9, 1e9, np.nan]), np.append(one.sources.error[mixed], [1, 1, -1]))
    references = References(*(np.append(values[shuffled], np.nan) for values in (
        one.references.ra + 360, one.references.dec, one.references.mag, one.references.error)))
    found = solve(sources, references, one.start, SHAPE)
    assert set(mixed[found.source]) == set(back.source) and set(shuffled[found.reference]) == set(back.reference)
    x, y = grid(SHAPE)
    assert error_of(found.plate.pixel_to_sky(x, y), back.plate.pixel_to_sky(x, y)) < 1e-6


def test_few_stars_get_a_lower_degree():
    one = field(7, shape=(1024, 1024), known=24, number=200, foreign=0.2, flips=False, offset=60)
    found = solve(one.sources, one.references, one.start, one.shape)
    assert found.plate is not None and found.degree < 3 and found.NREF >= 9
    x, y = grid(one.shape)
    assert error_of(found.plate.pixel_to_sky(x, y), one.true(x, y)) < 0.2


def test_a_crowded_field():
    one = field(9, known=1500, number=4000, foreign=0.3)
    found = solve(one.sources, one.references, one.start, SHAPE)
    x, y = grid(SHAPE)
    assert found.NREF > 700 and error_of(found.plate.pixel_to_sky(x, y), one.true(x, y)) < 1.1 * noise_limit(one)


@pytest.mark.parametrize(('sources', 'references', 'words'), [
    (slice(0, 3), slice(None), 'the frame has 3 sources, fewer than 6'),
    (slice(None), slice(0, 0), 'the catalogue has 0 stars where the frame may lie'),
    (slice(0, 8), slice(0, 8), 'agree')])
def test_what_cannot_be_solved_says_why(sources, references, words):
    one = field(2)
    own = Sources(*(getattr(one.sources, name)[sources] for name in ('x', 'y', 'flux', 'error')))
    known = References(*(getattr(one.references, name)[references] for name in ('ra', 'dec', 'mag', 'error')))
    found = solve(own, known, one.start, SHAPE)
    assert found.plate is None and words in found.reason


def test_beyond_the_search_nothing_is_found_and_a_wider_one_finds_it():
    one = field(10, offset=0.0, rotation=0.0, flips=False, foreign=0.3)
    angle = np.radians(6.0)
    turned = replace(one.start, CD=one.start.CD @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]))
    narrow = solve(one.sources, one.references, turned, SHAPE, search=Search(rotation=0.5, offset=30, any_parity=False))
    wide = solve(one.sources, one.references, turned, SHAPE, search=Search(rotation=10, offset=30, any_parity=False))
    assert narrow.plate is None and wide.plate is not None


def test_a_degree_that_no_header_can_hold_is_refused():
    one = field(1)
    with pytest.raises(ValueError, match='degree = 8'):
        solve(one.sources, one.references, one.start, SHAPE, degree=8)


def test_the_same_input_gives_the_same_bits():
    one = field(11)
    first, second = (solve(one.sources, one.references, one.start, SHAPE) for _ in range(2))
    assert np.array_equal(first.plate.polynomials, second.plate.polynomials) and first.plate.CRPIX == second.plate.CRPIX
