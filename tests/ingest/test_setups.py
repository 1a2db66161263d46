"""Setups and temperatures of raw frames, from their headers."""

import dataclasses

import pytest
from astropy.io import fits

from awlike import Frame, RawBiasFrame, RawFits, RawFrame, RawScienceFrame, Setup
from awlike.cameras.known import camera
from awlike.cameras.reading import read_raw
from awlike.database.sessions import database, use
from awlike.ingest import ingest, setups
from awlike.ingest.setups import fill_in_setups, number_without
from awlike.ingest.take import _content
from awlike.store import server
from tests import paper
from tests.database.test_migrations import as_owner

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


# --- an archive of an older awlike ---


@pytest.fixture
def archive(project, write_with):
    """Three biases, a bias from two of them and a map of hot pixels, as an awlike without setups left them."""
    for number in range(2):
        ingest(write_with(f'{number}.fits', IMAGETYP='BIAS', OBJECT=str(number), **CARDS))
    paper.hot(paper.bias(list(RawBiasFrame.select_all().order_by('OBJECT'))))
    ingest(write_with('none.fits', IMAGETYP='BIAS', OBJECT='none'))
    with as_owner() as connection:
        connection.exec_driver_sql('UPDATE dbobject SET setup_id = NULL, "TEMPERATURE" = NULL')
        connection.exec_driver_sql('DELETE FROM setup')


def test_names_of_exposures_are_filled_in(project, write_with):
    for number in range(2):
        ingest(write_with(f'{number}.fits', IMAGETYP='BIAS', OBJECT=str(number), **CARDS))
    before = {frame.object_id: frame.exposure for frame in RawBiasFrame.select_all()}
    assert len(before) == 2 and None not in before.values()
    with as_owner() as connection:
        connection.exec_driver_sql('UPDATE dbobject SET exposure = NULL')
    use(None)
    assert number_without(database()) == 2 and fill_in_setups(database()).frames == 2
    use(None)
    assert {frame.object_id: frame.exposure for frame in RawBiasFrame.select_all()} == before
    assert number_without(database()) == 0 and fill_in_setups(database()).frames == 0


def kept():
    """Name, setup and temperature of each frame, as another process sees them."""
    use(None)
    return {str(frame): (frame.setup and frame.setup.name, getattr(frame, 'TEMPERATURE', None)) for frame in Frame.select_all()}


def test_what_an_older_awlike_left_out_is_read_from_the_stored_files(archive):
    assert set(kept().values()) == {(None, None)} and number_without(database()) == 3
    done = fill_in_setups(database())
    assert (done.frames, done.products, done.without, done.failed) == (2, 3, 1, [])
    assert str(done) == '2 raw frames filled in, 3 products, 1 raw frame without settings in their headers, 0 files refused'
    name, after = 'BINNING=3x3 AMPLIFIERS=1 INT_TIM=0.66', kept()
    assert sorted(after.values(), key=str) == [(name, -102.25)] * 2 + [(name, None)] * 3 + [(None, None)]
    assert len(RawBiasFrame.setup.name.like('*3x3*')) == 2 and len(Setup.select_all()) == 1


def test_filling_in_twice_changes_nothing_more(archive):
    fill_in_setups(database())
    before = kept()
    again = fill_in_setups(database())
    assert (again.frames, again.products, again.without) == (0, 0, 1) and kept() == before


def test_what_a_frame_has_stays(project, write_with):
    ingest(write_with(**{**CARDS, 'INT_TIM': 5.0}))
    with as_owner() as connection:
        connection.exec_driver_sql('UPDATE dbobject SET "TEMPERATURE" = -90')
    before = kept()
    assert fill_in_setups(database()).frames == 0 and kept() == before


def test_ingest_fills_in_nothing_by_itself(archive, tmp_path):
    before = kept()
    assert len(ingest(tmp_path / '0.fits').known) == 1 and kept() == before


def test_a_file_that_is_lost_or_of_another_camera_now_is_told(archive, monkeypatch):
    lost, other, _ = RawFits.select_all().order_by('original_name')
    server().remove(lost.filename)

    def read(path, whole):
        raw = read_raw(path, whole)
        return dataclasses.replace(raw, camera=camera('LATISS')) if other.filename in str(path) else raw

    monkeypatch.setattr(setups, 'read_raw', read)
    done = fill_in_setups(database())
    assert [name for name, _ in done.failed] == [lost.filename, other.filename] and done.without == 1
    assert 'those of another camera than LATISS' in done.failed[1][1] and (done.frames, done.products) == (0, 0)
    monkeypatch.undo()
    assert fill_in_setups(database()).to_dict() == {
        'frames': 1, 'products': 0, 'without': 1, 'failed': [{'filename': lost.filename, 'reason': done.failed[0][1]}]}
