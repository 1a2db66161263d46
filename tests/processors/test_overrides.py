"""What a user changes: names that mean one parameter, facts, and the last word."""

import pytest

from awlike.errors import ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.cosmics import CosmicMap
from awlike.frames.reduced import ReducedScienceFrame
from awlike.processors.overrides import changes, from_file, from_word, instrument_of

KINDS = [ReducedScienceFrame, CosmicMap, BiasFrame]


def changed(*words):
    return changes([from_word(word) for word in words], KINDS)


def refusal(*words):
    with pytest.raises(ParameterError) as error:
        changed(*words)
    return str(error.value)


def test_the_full_name_and_a_name_that_is_unique_mean_a_parameter():
    assert changed('BiasFrame.SIGMA_CLIP=4').pars == {'BiasFrame.process_params.SIGMA_CLIP': 4.0}
    assert changed('SIGMA_CLIP=4', 'BiasFrame.process_params.MINIMUM_NUMBER=2').pars == {
        'BiasFrame.process_params.SIGMA_CLIP': 4.0, 'BiasFrame.process_params.MINIMUM_NUMBER': 2}


def test_the_last_word_counts_whatever_way_a_name_is_written():
    assert changed('SIGMA_CLIP=4', 'BiasFrame.SIGMA_CLIP=5').pars == {'BiasFrame.process_params.SIGMA_CLIP': 5.0}
    made = changed('gain=2', 'doVariance=no', 'gain=3', 'doVariance=True', 'read_noise=4', 'read_noise=None')
    assert (made.facts, made.variance) == ({'gain': 3.0}, True)


def test_tables_and_yes_and_no_are_values():
    made = changed("BiasFrame.CROSSTALK={'A': {'B': 1e-4}}", 'FRINGE_CORRECTION=no').pars
    assert list(made.values()) == [{'A': {'B': 1e-4}}, False]


def test_a_name_with_several_meanings_says_which():
    assert 'BiasFrame.OVERSCAN_DEGREE' in refusal('OVERSCAN_DEGREE=2')
    assert 'GAIN can be CosmicMap.GAIN, the fact gain' in refusal('GAIN=2'), 'which of both would count is no guess'


def test_a_name_without_a_meaning_says_what_is_alike():
    assert 'did you mean BiasFrame.SIGMA_CLIP' in refusal('BiasFrame.SIGMA_CLP=2')
    assert 'did you mean GAIN or gain' in refusal('gian=2')
    assert 'no FlatFrame is made on the way; there are ReducedScienceFrame' in refusal('FlatFrame.COMBINE_TYPE=2')


@pytest.mark.parametrize('word', ['gain=0', 'gain=-1', 'gain=x', 'gain=True', 'gain=inf', 'doVariance=2',
                                  'BiasFrame.SIGMA_CLIP=x', 'BiasFrame.MINIMUM_NUMBER=0'])
def test_a_value_that_cannot_be_is_refused_with_its_name(word):
    assert word.partition('=')[0].rpartition('.')[2] in refusal('gain=2', word)


@pytest.mark.parametrize('word', ['gain', '=2', 'gain=', ' = '])
def test_a_word_that_is_no_assignment_is_refused(word):
    with pytest.raises(ParameterError, match='NAME=VALUE'):
        from_word(word)


def test_a_line_of_a_file_is_named(tmp_path):
    (tmp_path / 'a.cfg').write_text('gain = 2\n\nnothing = 3\n')
    with pytest.raises(ParameterError, match=r'a\.cfg, line 3: there is no parameter nothing'):
        changes(from_file(tmp_path / 'a.cfg'), KINDS)


def test_a_folder_of_files_is_all_of_them(tmp_path):
    for name, text in (('a.cfg', 'gain = 2'), ('b.cfg', 'SIGMA_CLIP = 4'), ('c.txt', 'no parameters')):
        (tmp_path / name).write_text(text)
    assert [one.name for one in from_file(tmp_path)] == ['gain', 'SIGMA_CLIP']


def test_a_file_can_name_the_camera(tmp_path):
    (tmp_path / 'a.cfg').write_text("instrument = 'SDSS'  # the camera\n")
    assert instrument_of(from_file(tmp_path / 'a.cfg')) == 'SDSS'
    assert instrument_of([]) is None
