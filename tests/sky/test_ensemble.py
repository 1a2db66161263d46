"""The astrometry of ensembles against a known sky."""

from dataclasses import replace

import numpy as np
import pytest

from awlike.products.reference_stars import moved_pointing
from awlike.sky.ensemble.astrometric import solve_ensemble
from awlike.sky.ensemble.members import Known
from tests.sky.ensembles import PRECISION, ensemble, error_of

SMALL = {'stars': 3000, 'exposures': 4}


def plates(found):
    return [member.plate for member in found.members]


def moved(members, which):
    """The members, those for which `which` is true half an arcminute off."""
    return [replace(one, plate=moved_pointing(one.plate, 30, 20)) if which(one) else one for one in members]


def test_it_is_far_better_than_the_solutions_it_starts_from():
    made = ensemble(0, **SMALL)
    found = solve_ensemble(made.members, made.known)
    own = error_of(made, [member.plate for member in made.members])
    assert error_of(made, plates(found)) < min(0.2 * own, 0.0015)
    assert found.RMS_REFERENCE < 0.01 and 0.8 < found.chi2 / found.dof < 1.2
    assert found.turbulence < 0.001, 'where there is none, none is found'


def test_turbulence_is_followed():
    made = ensemble(1, turbulence=10.0)
    found = solve_ensemble(made.members, made.known)
    stiff = solve_ensemble(made.members, made.known, turbulence_degree=0)
    assert error_of(made, plates(found)) < 0.007 < 0.85 * error_of(made, plates(stiff))
    assert 0.005 < found.turbulence < 0.012, 'it says how much there is: 10 mas, of which a part is affine'
    assert 0.8 < found.chi2 / found.dof < 1.2


@pytest.mark.slow
@pytest.mark.parametrize('centre', [(0.0, 10.0), (359.99, -50.0), (30.0, 90.0), (200.0, -89.95)])
def test_it_works_all_over_the_sphere(centre):
    made = ensemble(2, centre=centre, **SMALL)
    assert error_of(made, plates(solve_ensemble(made.members, made.known))) < 0.0015


def test_a_turned_camera_has_the_same_chips():
    made = ensemble(3, rotations=[0, 90, 180, 270], **SMALL)
    assert error_of(made, plates(solve_ensemble(made.members, made.known))) < 0.0015


def test_one_exposure_alone_is_solved_by_its_references():
    made = ensemble(4, exposures=1, turbulence=5.0)
    found = solve_ensemble(made.members, made.known)
    assert error_of(made, plates(found)) < 0.006 and np.isnan(found.RMS_INTERNAL) and found.RMS_REFERENCE > 0


def test_motions_of_references_and_of_others():
    made = ensemble(5, years=[-2, -1, 1, 2], motions=30.0, **SMALL)
    found = solve_ensemble(made.members, made.known, unknown_motion=30.0)
    assert error_of(made, plates(found)) < 0.0015 and 0.8 < found.chi2 / found.dof < 1.2
    still = solve_ensemble(made.members, replace(made.known, pm_ra=None, pm_dec=None), unknown_motion=0.001)
    assert error_of(made, plates(still)) > 2 * error_of(made, plates(found))


def test_outliers_do_not_tell():
    made = ensemble(6, wrong=0.1, **SMALL)
    rng, known = np.random.default_rng(0), made.known
    off = (rng.uniform(size=len(known.ra)) < 0.1) * rng.normal(0, 0.3, len(known.ra)) / 3600
    found = solve_ensemble(made.members, replace(known, dec=known.dec + off))
    assert error_of(made, plates(found)) < 0.0015 and found.references < len(known.ra) - (np.abs(off) > 0.1 / 3600).sum()


def test_a_frame_without_a_solution_gets_that_of_the_camera():
    made = ensemble(7, **SMALL)
    lost = {(0, 0), (1, 0), (2, 3)}
    members = [replace(one, plate=None) if (one.chip, one.exposure) in lost else one for one in made.members]
    assert error_of(made, plates(solve_ensemble(members, made.known))) < 0.0015


def test_a_wrong_solution_is_not_believed():
    made = ensemble(8, **SMALL)
    off = moved(made.members, lambda one: one.chip == one.exposure == 1)
    assert error_of(made, plates(solve_ensemble(off, made.known))) < 0.0015
    off = moved(made.members, lambda one: one.exposure == 1)
    found = solve_ensemble(off, made.known)
    assert {one.exposure for one, placed in zip(made.members, found.members, strict=True) if not placed.plate} == {1}
    assert all('wrong together' in placed.reason for placed in found.members if not placed.plate)
    assert error_of(made, plates(found)) < 0.0015


def test_exposures_that_do_not_connect_need_references_of_their_own():
    one, other = (ensemble(seed, exposures=2, stars=3000, centre=(150.0 + seed, 2.0)) for seed in (0, 3))
    both = one._replace(members=one.members + [replace(each, exposure=each.exposure + 2) for each in other.members],
                        true=one.true + other.true, places=one.places + other.places)
    found = solve_ensemble(both.members, one.known)
    assert [bool(placed.plate) for placed in found.members] == [True] * 8 + [False] * 8
    assert '0 reference stars' in found.members[-1].reason
    known = Known(*(np.concatenate(pair) for pair in [(one.known.ra, other.known.ra), (one.known.dec, other.known.dec),
                                                      (one.known.error, other.known.error)]))
    assert error_of(both, plates(solve_ensemble(both.members, known))) < 0.002


@pytest.mark.parametrize('known, certain', [(12, True), (3, False), (0, False)])
def test_few_references(known, certain):
    made = ensemble(9, known=known, wrong=0.0, **SMALL)
    found = solve_ensemble(made.members, made.known)
    if certain:
        assert error_of(made, plates(found)) < 0.03
    else:
        assert not any(plates(found)) and f'{known} reference stars' in found.members[0].reason and found.reason


def test_what_has_nothing_to_tell_says_so():
    made = ensemble(10, stars=0, known=0, exposures=2)
    found = solve_ensemble(made.members, made.known)
    assert found.reason and not any(plates(found)) and all(placed.reason for placed in found.members)
    nobody = solve_ensemble([replace(one, plate=None) for one in made.members], made.known)
    assert 'of its own' in nobody.reason
    with pytest.raises(ValueError, match='degree 1 to 7'):
        solve_ensemble(made.members, made.known, degree=8)


def test_residuals_are_those_of_the_plates():
    made = ensemble(11, stars=1500, exposures=3, chips=2)
    found = solve_ensemble(made.members, made.known)
    table = found.residuals
    ra, dec = (np.full(len(table.member), np.nan) for _ in range(2))
    for number, member in enumerate(made.members):
        mine = table.member == number
        x, y = member.x[table.source[mine]], member.y[table.source[mine]]
        ra[mine], dec[mine] = found.members[number].plate.pixel_to_sky(x, y)
    known = np.isfinite(table.reference_east)
    star = table.reference[known]
    east = 3600 * (ra[known] - made.known.ra[star]) * np.cos(np.radians(dec[known]))
    assert np.allclose(east, table.reference_east[known], atol=2e-4)
    assert np.allclose(3600 * (dec[known] - made.known.dec[star]), table.reference_north[known], atol=2e-4)
    assert 0.9 < np.std(table.reference_east[known & table.used]) / np.hypot(PRECISION, 0.026 * 0.214) < 1.3


def test_the_order_of_members_changes_nothing_but_rounding():
    made = ensemble(12, stars=1500, exposures=3, chips=2)
    found, again = (solve_ensemble(members, made.known) for members in (made.members, made.members[::-1]))
    assert abs(error_of(made, plates(found)) - error_of(made, plates(again)[::-1])) < 1e-4
