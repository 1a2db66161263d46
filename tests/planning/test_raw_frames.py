"""Which raw frames a calibration is made from: whole nights, the nearest first."""

import datetime

import pytest

from awlike.frames.raw import RawBiasFrame, RawTwilightFlatFrame
from awlike.frames.read_noise import ReadNoise
from awlike.planning.counting import Counting
from awlike.planning.raw_frames import raw_frames
from awlike.planning.request import Request
from tests import paper
from tests.planning.test_candidates import DAY, START


@pytest.fixture
def chip(project):
    return paper.chip()


def raws_for(chip, date=START, cls=RawBiasFrame, filter=None, **params):
    request = Request(paper.instrument(), chip, filter, date)
    return raw_frames(Counting(commit=False), cls, {request: ReadNoise.Parameters(**params)})[request]


def night(chip, day, number, **values):
    """Raw biases in the night so many days after START."""
    frames = [paper.raw(RawBiasFrame, chip=chip, DATE_OBS=START + day * DAY + datetime.timedelta(hours=6, minutes=n), **values)
              for n in range(number)]
    paper.insert(*frames)
    return frames


def test_the_nearest_night_gives_the_raw_frames(chip):
    far, near = night(chip, 2, 3), night(chip, -1, 3)
    assert raws_for(chip) == near and raws_for(chip, START + 2 * DAY) == far


def test_whole_nights_are_taken_until_there_are_enough_and_put_in_order_of_time(chip):
    later, same = night(chip, 1, 2), night(chip, 0, 2)
    night(chip, 5, 4)
    assert raws_for(chip, MINIMUM_NUMBER=2) == same
    assert raws_for(chip, MINIMUM_NUMBER=3) == raws_for(chip, START + DAY, MINIMUM_NUMBER=3) == same + later


def test_all_of_one_night_get_the_same_raw_frames(chip):
    night(chip, 0, 5)
    hours = [START + datetime.timedelta(hours=n) for n in range(24)]
    assert len({tuple(raws_for(chip, hour)) for hour in hours}) == 1


def test_no_more_than_the_maximum_are_taken(chip):
    frames = night(chip, 0, 6)
    assert raws_for(chip, MAXIMUM_NUMBER=4) == frames[:4]


def test_of_several_nights_the_nearest_frames_are_taken_up_to_the_maximum(chip):
    earlier, same = night(chip, -1, 2), night(chip, 0, 2)
    assert raws_for(chip, MINIMUM_NUMBER=3, MAXIMUM_NUMBER=3) == [earlier[0], *same]


def test_invalid_and_other_raw_frames_do_not_count(chip):
    good = night(chip, 0, 2)
    night(chip, 0, 2, is_valid=0)
    night(paper.chip('ESO_CCD_#66'), 0, 2)
    assert raws_for(chip) == good
    flats = paper.raws(2, RawTwilightFlatFrame, chip=chip, DATE_OBS=START, filter=paper.filter('r_SDSS'))
    paper.raws(2, RawTwilightFlatFrame, chip=chip, DATE_OBS=START, filter=paper.filter('g_SDSS'))
    assert sorted(f.filename for f in raws_for(chip, cls=RawTwilightFlatFrame, filter=paper.filter('r_SDSS'))) == sorted(
        f.filename for f in flats)


def test_frames_of_one_instant_come_in_an_order_that_does_not_depend_on_ingestion(chip):
    frames = [paper.raw(RawBiasFrame, chip=chip, DATE_OBS=START, digest=digest) for digest in 'cabd']
    paper.insert(*frames)
    assert [frame.digest for frame in raws_for(chip)] == ['a', 'b', 'c', 'd']


def test_too_few_raw_frames_are_an_error_that_says_what_was_looked_for_found_and_to_do(chip):
    night(chip, 0, 1), night(chip, 8, 9)
    error = raws_for(chip)
    assert isinstance(error, LookupError)
    for words in ('1 valid RawBiasFrame', 'OMEGACAM ESO_CCD_#65', 'within 7 days of the night of 2012-06-01', '2 are needed',
                  'ingest more', 'MINIMUM_NUMBER', 'MAXIMUM_DAYS'):
        assert words in str(error)
    assert len(raws_for(chip, MAXIMUM_DAYS=8)) == 10
