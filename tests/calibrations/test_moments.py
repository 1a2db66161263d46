"""Moments: the dates at which to ask, and the runs of nights that follow from the answers."""

import datetime

from hypothesis import given
from hypothesis import strategies as st

from awlike.calibrations.candidate import Run, together
from awlike.calibrations.moments import Moments, runs
from awlike.cameras.known import camera
from tests.calibrations.worlds import DAY, moment

ZONE = camera('OMEGACAM').zone
HOUR = datetime.timedelta(hours=1)


def first_night():
    return moment(0).date()


def moments(*frames, cuts=(), fill=None):
    found = Moments(ZONE, cuts)
    for date in frames:
        found.add(date, 1)
    if fill:
        found.fill(first_night() + fill[0] * DAY, first_night() + fill[1] * DAY)
    return found


def test_of_the_science_frames_of_a_night_the_first_and_the_last_are_asked():
    found = moments(*(moment(0, hours) for hours in (5, 6, 7, 8)), moment(2, 5))
    assert found.questions() == [moment(0, 5), moment(0, 8), moment(2, 5)]


def test_the_rest_is_asked_where_these_two_get_different_answers():
    found = moments(*(moment(0, hours) for hours in (5, 6, 8)))
    assert found.doubtful({moment(0, 5): 'a', moment(0, 8): 'a'}) == []
    assert found.doubtful({moment(0, 5): 'a', moment(0, 8): 'b'}) == [moment(0, 6)]


def test_a_cut_parts_a_night():
    found = moments(moment(0, 5), moment(0, 7), moment(0, 9), cuts=[moment(0, 7)])
    assert [(cell.end - cell.start) / HOUR for cell in found.cells()] == [7, 17]
    assert found.questions() == [moment(0, 5), moment(0, 7), moment(0, 9)]


def test_each_night_between_is_asked_of_a_few_hundred():
    assert len(moments(moment(0, 5), moment(200, 5), fill=(0, 200)).questions()) == 201


def test_of_more_nights_those_beside_the_cuts_are_asked():
    cut = moment(50, 9)
    found = moments(moment(0, 5), moment(2000, 5), cuts=[cut], fill=(0, 2000)).questions()
    assert len(found) == 4 and found[1] < cut < found[2]


def test_runs_join_nights_with_the_same_answer_and_part_where_the_answer_changes():
    found = moments(*(moment(n, 5) for n in (0, 1, 2, 5)), moment(5, 9))
    answers = {moment(0, 5): 'a', moment(1, 5): 'a', moment(2, 5): None, moment(5, 5): 'b', moment(5, 9): 'c'}
    told = [(answer, (run.start - moment(0)) / HOUR, (run.end - moment(0)) / HOUR, (run.last - run.first).days)
            for answer, run in runs(found.cells(), answers, lambda answer: answer)]
    assert told == [('a', 0, 48, 1), ('b', 120, 127, 0), ('c', 127, 144, 0)]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9), st.sampled_from(['plan', 'last resort']))))
def test_runs_together_cover_the_same_nights_once(parts):
    def covered(runs, level):
        return [number for run in runs if run.level == level
                for number in range((run.start - moment(0)).days, (run.end - moment(0)).days)]

    every = [Run(moment(start), moment(start + days), moment(start).date(), moment(start + days - 1).date(), level)
             for start, days, level in parts]
    joined = together(every)
    for level in ('plan', 'last resort'):
        assert sorted(covered(joined, level)) == sorted(set(covered(every, level)))
    assert all((run.end - run.start).days == (run.last - run.first).days + 1 for run in joined)
