"""The zero points of ensembles against known ones."""

from typing import NamedTuple

import numpy as np

from awlike.sky.ensemble.photometric import Photometry, Standards, dimmed_by, solve_zero_points
from tests.sky.ensembles import ensemble

CLOUD = 0.3


class Magnitudes(NamedTuple):
    frames: list
    standards: Standards
    true: np.ndarray


def magnitudes(seed=1, standards=30, chips=4, exposures=4):
    """Frames of stars whose magnitudes follow from their places, clouds in exposure 1, a response of each chip."""
    rng, made = np.random.default_rng(seed), ensemble(seed, stars=2000, chips=chips, exposures=exposures)

    def known(ra, dec):
        return 16 + 2.5 * (np.modf(ra * 12345.678)[0] + np.abs(np.modf(dec * 9876.54)[0]))
    chip, exposure, frames, true = rng.normal(0, 0.1, chips), 25 - CLOUD * (np.arange(exposures) == 1), [], []
    for member, (ra, dec) in zip(made.members, made.places, strict=True):
        zero_point = exposure[member.exposure] + chip[member.chip] + rng.normal(0, 0.002)
        mag = known(ra, dec)
        error = np.clip(0.03 * 10 ** (0.2 * (mag - 20)), 0.002, None)
        variable = (rng.uniform(size=len(ra)) < 0.02) * rng.normal(0, 0.5, len(ra))
        frames.append(Photometry(member.chip, member.exposure, ra, dec,
                                 mag - zero_point + rng.normal(0, np.hypot(error, 0.004)) + variable, error))
        true.append(zero_point)
    ra, dec = (np.concatenate([place[axis][:standards] for place in made.places[:chips]]) for axis in (0, 1))
    mag = known(ra, dec) + rng.normal(0, 0.02, len(ra)) + (rng.uniform(size=len(ra)) < 0.05)
    return Magnitudes(frames, Standards(ra, dec, mag, np.full(len(ra), 0.02)), np.array(true))


def test_zero_points_are_right_within_their_errors():
    made = magnitudes()
    found = solve_zero_points(made.frames, made.standards)
    off, errors = np.array([one.value for one in found.frames]) - made.true, np.array([one.error for one in found.frames])
    assert np.std(off) < 0.002 and abs(np.mean(off)) < 3 * 0.02 / np.sqrt(len(made.standards.ra))
    assert np.all(np.abs(off) < 4 * errors) and errors.max() < 0.005
    assert 0.7 < found.chi2 / found.dof < 1.3 and found.standards > 0.85 * len(made.standards.ra)


def test_clouds_are_seen():
    made = magnitudes(2)
    dimmed = dimmed_by(solve_zero_points(made.frames, made.standards).exposures, np.full(4, 1.2))
    assert abs(dimmed[1] - CLOUD) < 0.01 and np.all(np.delete(dimmed, 1) < 0.01)


def test_airmass_is_no_cloud():
    airmass = np.array([1.0, 1.5, 2.0, np.nan])
    assert np.allclose(dimmed_by(np.array([25.0, 24.95, 24.7, 25.0]), airmass, 0.1), [0, 0, 0.2, 0])
    assert np.isnan(dimmed_by(np.full(2, np.nan), np.ones(2))).all()


def test_standards_in_one_exposure_serve_all_that_overlap():
    made = magnitudes(3)
    here = np.unique(np.concatenate([np.flatnonzero(np.isin(made.standards.ra, one.ra)) for one in made.frames
                                     if one.exposure == 2]))
    few = Standards(*(values[here] for values in (made.standards.ra, made.standards.dec, made.standards.mag,
                                                  made.standards.error)))
    found = solve_zero_points(made.frames, few)
    assert np.all(np.abs(np.array([one.value for one in found.frames]) - made.true) < 0.015)


def test_without_standards_there_is_a_reason_and_no_zero_point():
    made = magnitudes(4)
    found = solve_zero_points(made.frames, Standards(*[np.zeros(0)] * 4))
    assert found.reason and all(np.isnan(one.value) and '0 stars of known magnitude' in one.reason for one in found.frames)
    nothing = [Photometry(0, 0, *[np.zeros(0)] * 4)]
    assert 'no frame has stars' in solve_zero_points(nothing, made.standards).reason


def test_one_frame_alone_has_the_mean_of_its_standards():
    made = magnitudes(5)
    found = solve_zero_points(made.frames[:1], made.standards)
    assert abs(found.frames[0].value - made.true[0]) < 0.015 and found.frames[0].standards > 20
