"""What a request is of: a frame, a whole exposure or a set of members, on a grid or not; and when two are the same."""

import datetime
import itertools
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awlike.frames.bias import BiasFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.planning.request import Exposure, Request, of_frame
from awlike.products.frame import Frame
from awlike.products.raw import RawFits
from tests import paper

WHEN = datetime.datetime(2012, 6, 1, 8, 52, 3)


class OnGrid:
    """As far as requests see it, a class of resampled products."""

    __properties__ = ReducedScienceFrame.__properties__ | {'grid': None}


@pytest.fixture
def place(project):
    return paper.instrument(), paper.chip(), paper.filter()


def frame(chip, date=WHEN) -> Frame:
    """A raw frame in memory."""
    return paper.raw(RawScienceFrame, raw_fits=RawFits(), chip=chip, DATE_OBS=date)


def all_kinds(place) -> list[Request]:
    """Requests for one place and date that differ in what they are of."""
    one, other = frame(place[1]), frame(place[1])
    return [Request(*place, WHEN, of, grid) for grid in (None, 'tile 7', ('tile', 8))
            for of in (None, one, other, (one,), (other,), (one, other), Exposure.WHOLE)]


def test_requests_are_equal_when_they_are_of_the_same_for_the_same_place_date_and_grid(place):
    kinds = all_kinds(place)
    twins = [Request(one.instrument, one.chip, one.filter, one.date, one.of, one.grid) for one in kinds]
    assert kinds == twins and len(set(kinds + twins)) == len(kinds) == 21
    assert not any(one == other for one, other in itertools.permutations(kinds, 2))
    assert kinds[0] != 'a request' and kinds[0] != Request(*place, WHEN + datetime.timedelta(seconds=1))
    assert kinds[0] != Request(*place[:2], None, WHEN)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(order=st.permutations(range(6)))
def test_members_are_ordered_by_date_chip_and_id(place, order):
    chips = [paper.chip('B'), paper.chip('A')]
    members = [frame(chip, WHEN + datetime.timedelta(seconds=n)) for n in (1, 0) for chip in chips for _ in range(2)][:6]
    request = Request(place[0], None, place[2], WHEN, tuple(members[n] for n in order))
    assert list(request.members) == sorted(members, key=lambda one: (one.DATE_OBS, one.chip.name, one.object_id))
    assert request == Request(place[0], None, place[2], WHEN, tuple(members))


def test_members_of_no_single_detector_are_ordered_too(place):
    members = [SimpleNamespace(DATE_OBS=WHEN, chip=None, object_id=n) for n in (2, 1)]
    assert [one.object_id for one in Request(*place, WHEN, tuple(members)).members] == [1, 2]


def test_a_set_without_members_is_none(place):
    assert Request(*place, WHEN, ()) == Request(*place, WHEN) and Request(*place, WHEN, ()).of is None


def test_a_request_is_of_one_thing(place):
    one = frame(place[1])
    assert of_frame(one) == Request(*place, WHEN, one, EXPTIME=one.EXPTIME)
    assert (of_frame(one).raw, of_frame(one).members) == (one, ())
    for of, members in (((one,), (one,)), (Exposure.WHOLE, ()), (None, ())):
        assert (Request(*place, WHEN, of).raw, Request(*place, WHEN, of).members) == (None, members)


def test_a_calibration_serves_a_place_and_a_date_whatever_the_product_is_of(place):
    for request in all_kinds(place):
        assert request.for_class(FlatFrame) == Request(*place, WHEN)
        assert request.for_class(BiasFrame) == Request(*place[:2], None, WHEN)


def test_an_input_that_is_no_calibration_is_of_the_same_and_on_the_grid_if_it_is_resampled(place):
    for request in all_kinds(place):
        assert request.for_class(OnGrid) == request
        assert request.for_class(ReducedScienceFrame) == Request(*place, WHEN, request.of)
        assert request.for_class(RawBiasFrame).filter is None


def test_what_a_request_means_for_a_class_is_worked_out_once(place):
    request = Request(*place, WHEN, frame(place[1]), 'tile 7')
    for cls in (BiasFrame, FlatFrame, ReducedScienceFrame, OnGrid):
        assert request.for_class(cls) is request.for_class(cls)
    assert request.for_class(OnGrid) is request


def test_a_request_tells_what_it_is_of(place):
    one = frame(place[1])
    assert str(of_frame(one)) == str(one)
    assert str(Request(*place, WHEN, (one,))) == str(Request(*place, WHEN)) == 'OMEGACAM ESO_CCD_#65 r_SDSS 2012-06-01 08:52'
    whole = Request(place[0], None, place[2], WHEN, Exposure.WHOLE)
    assert whole.names == ('OMEGACAM', None, 'r_SDSS') and str(whole) == 'OMEGACAM r_SDSS 2012-06-01 08:52:03'
    assert str(Request(*place, WHEN, one, 'tile 7')) == f'{one} on tile 7'
