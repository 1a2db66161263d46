"""The values of a run: all of them, kept as files, and compared with those of earlier runs."""

import os

import pytest

from awlike.errors import NotAllowed
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.frames.source_list import SourceList
from awlike.planning.parameters_in_force import makers
from awlike.processors import run_config
from awlike.processors.overrides import changes, from_file, from_word
from awlike.processors.run_config import differences, keep, kinds_on_the_way

IMPORTED = kinds_on_the_way(SourceList, False)
RAW = kinds_on_the_way(SourceList, True)


def config(*words, kinds=IMPORTED, instrument='SDSS'):
    return run_config.run_config(instrument, kinds, changes([from_word(word) for word in words], kinds))


def test_the_kinds_are_those_that_are_made_of_such_frames():
    names = {cls.__name__ for cls in IMPORTED}
    assert {'SourceList', 'PSFModel', 'BackgroundModel', 'InitialSourceList'} <= names
    assert not names & {'BiasFrame', 'ReducedScienceFrame', 'WeightFrame', 'CosmicMap'}
    more = {cls.__name__ for cls in RAW}
    assert names | {'BiasFrame', 'ReducedScienceFrame', 'WeightFrame', 'CosmicMap', 'FlatFrame'} <= more
    assert ImportedScienceFrame not in RAW


def test_all_values_of_all_kinds_are_there():
    values = {name for section in config() for name, _, _ in section.values}
    assert {f'{cls.__name__}.{name}' for cls in IMPORTED for name in cls.Parameters.model_fields} <= values
    assert {'instrument', 'gain', 'read_noise', 'saturation', 'doVariance'} <= values


def test_what_is_kept_can_be_given_again(tmp_path):
    sections = config('gain=2', 'SourceList.THRESHOLD=4')
    assert keep(tmp_path / 'config', sections, False) is None
    again = changes(from_file(tmp_path / 'config'), IMPORTED)
    assert run_config.run_config('SDSS', IMPORTED, again) == sections
    assert keep(tmp_path / 'config', sections, True) is None, 'equal values need no backup'
    assert sorted(os.listdir(tmp_path)) == ['config']


def test_values_that_differ_are_refused_and_named_old_and_new(tmp_path):
    keep(tmp_path / 'config', config('gain=2'), False)
    before = (tmp_path / 'config/run.cfg').read_text()
    with pytest.raises(NotAllowed) as error:
        keep(tmp_path / 'config', config('gain=3', 'SourceList.THRESHOLD=4'), False)
    assert 'gain: saved 2.0, now 3.0; SourceList.THRESHOLD: saved 5.0, now 4.0' in str(error.value)
    assert (tmp_path / 'config/run.cfg').read_text() == before and sorted(os.listdir(tmp_path)) == ['config']


def test_former_values_are_kept_under_another_name_each_time(tmp_path):
    for number, gain in enumerate('2345'):
        former = keep(tmp_path / 'config', config(f'gain={gain}'), True)
        assert former == (tmp_path / f'config.~{number}~' if number else None)
    assert 'gain = 2.0' in (tmp_path / 'config.~1~/run.cfg').read_text()
    assert 'gain = 5.0' in (tmp_path / 'config/run.cfg').read_text()


def test_another_camera_or_a_value_that_is_absent_differs(tmp_path):
    keep(tmp_path / 'config', config(), False)
    assert "instrument: saved 'SDSS', now 'OMEGACAM'" in differences(tmp_path / 'config', config(instrument='OMEGACAM'))
    (tmp_path / 'config/SourceList.cfg').write_text('')
    assert 'SourceList.THRESHOLD: saved absent, now 5.0' in differences(tmp_path / 'config', config())


def test_what_a_camera_says_of_some_chips_is_told_and_no_value_of_the_run():
    sections = {section.name: section for section in config(kinds=RAW, instrument='OMEGACAM')}
    places = [(cls, name) for cls in RAW for name in cls.Parameters.model_fields
              if any(f'for {place}' in note and f'{cls.__name__}.{name} =' in note for place in _places()
                     for note in sections.get(cls.__name__, sections['run']).notes)]
    for cls, name in places:
        assert f'{cls.__name__}.{name}' not in {value for value, _, _ in sections[cls.__name__].values}
    assert set(makers(SourceList)) & set(RAW)


def _places():
    from awlike.cameras.known import camera
    return camera('OMEGACAM').overrides
