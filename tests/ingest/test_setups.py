"""Setups and temperatures of raw frames, from their headers."""

import pytest
from astropy.io import fits

from awlike import RawBiasFrame, RawFrame, RawScienceFrame, Setup
from awlike.cameras.reading import read_raw
from awlike.ingest import ingest
from awlike.ingest.take import _content

CARDS = {'CCDSUM': '3 3', 'NUMAMP': 1, 'INT_TIM': 0.66, 'DETTEMP': -102.25}


@pytest.fixture
def write_with(write):
    """Write a frame of NASA42 with these cards, too."""
    def write_with(name='frame.fits', **changes):
        path = write(name)
        with fits.open(path, mode='update') as hdus:
            hdus[0].header.update(changes)
        return path

    return write_with


def test_a_frame_has_the_setup_and_the_temperature_of_its_header(project, write_with):
    ingest(write_with(**CARDS))
    frame = RawScienceFrame.select_all().one()
    assert frame.setup.name == 'BINNING=3x3 AMPLIFIERS=1 INT_TIM=0.66' and frame.setup.instrument == frame.instrument
    assert frame.setup.values == {'BINNING': '3x3', 'AMPLIFIERS': '1', 'INT_TIM': '0.66'} and frame.TEMPERATURE == -102.25
    facts = frame.to_dict()['what it is']
    assert facts['setup']['value']['name'] == frame.setup.name
    assert facts['TEMPERATURE'] == {'value': -102.25, 'unit': 'deg_C'}


def test_frames_of_equal_settings_share_a_setup(project, write_with):
    for number, cards in enumerate([CARDS, CARDS | {'INT_TIM': '0.660'}, CARDS | {'INT_TIM': 1.2}]):
        ingest(write_with(f'{number}.fits', IMAGETYP='BIAS', OBJECT=str(number), **cards))
    assert len(Setup.select_all()) == 2
    assert len(RawBiasFrame.setup.name.like('*INT_TIM=0.66*')) == 2 and len(RawBiasFrame.TEMPERATURE < -100) == 3


def test_a_header_without_settings_makes_a_frame_without_setup(project, write_with):
    ingest(write_with(DETTEMP=999.0))
    frame = RawFrame.select_all().one()
    assert frame.setup is None and frame.TEMPERATURE is None and not Setup.select_all().exists()


def test_setup_and_temperature_leave_the_digest_as_it_was_without_them(write_with):
    with_setup, without = (read_raw(write_with(f'{len(cards)}.fits', **cards)) for cards in (CARDS, {}))
    assert with_setup.frames != without.frames
    assert _content(with_setup, with_setup.frames[0]) == _content(without, without.frames[0])
