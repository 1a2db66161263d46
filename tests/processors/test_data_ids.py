"""Data ids as people type them: cross products, and which key does not match."""

import shlex
from dataclasses import dataclass

import pytest

from awlike.errors import NotFound, ParameterError
from awlike.processors.data_ids import asked, in_words, select


@dataclass(frozen=True)
class Frame:
    keys: dict


FRAMES = [Frame({'run': run, 'camcol': 4, 'field': field, 'filter': filter_, 'object': 'a b'})
          for run, field in ((4192, 300), (6377, 399)) for filter_ in 'gri']


def found(*ids):
    frames, lacking = select(FRAMES, [asked(shlex.split(one)) for one in ids])
    return [(frame.keys['run'], frame.keys['filter']) for frame in frames], lacking


def refusal(*ids):
    with pytest.raises(NotFound) as error:
        found(*ids)
    return str(error.value)


def test_values_of_keys_are_a_cross_product():
    assert found('run=4192^6377 camcol=4 filter=g^r') == ([(4192, 'g'), (4192, 'r'), (6377, 'g'), (6377, 'r')], [])


def test_several_ids_are_joined_each_frame_once_in_the_order_of_the_files():
    assert found('run=6377 filter=r', 'filter=r', 'run=4192 filter=g')[0] == [(4192, 'g'), (4192, 'r'), (6377, 'r')]


def test_an_id_without_keys_is_all():
    assert len(found('')[0]) == 6


def test_numbers_may_have_zeros_before_them_and_texts_are_as_they_are():
    assert found('field=0300 run=004192 filter=g')[0] == [(4192, 'g')]
    assert 'filter=G does not match: filter is g, i, r' in refusal('filter=G')


def test_what_matches_nothing_names_the_key_and_the_values_that_exist():
    assert 'run=9999 does not match: run is 4192, 6377' in refusal('run=9999 camcol=4')
    assert 'field=399 does not match with run=4192 camcol=4: field is 300' in refusal('run=4192 camcol=4 field=399')
    assert 'field=x does not match' in refusal('field=x')
    assert 'no key feild (did you mean field or filter?)' in refusal('feild=300')


def test_one_of_several_values_that_matches_nothing_is_told_and_the_others_count():
    frames, lacking = found('run=4192^9999 filter=g')
    assert frames == [(4192, 'g')]
    assert lacking == ['--id run=4192^9999 filter=g: run=9999 does not match: run is 4192, 6377']
    assert found('run=4192^6377 field=300^399')[1] == [], 'each value is that of some frame'
    assert found('run=4192^6377 field=300')[1] == [
        '--id run=4192^6377 field=300: field=300 does not match with run=6377: field is 399']


@pytest.mark.parametrize('word', ['run', 'run=', '=3', 'run=1^', 'run=1^^2'])
def test_a_word_that_is_no_key_and_value_is_refused(word):
    with pytest.raises(ParameterError, match='KEY=VALUE'):
        asked([word])


def test_a_key_that_comes_twice_is_refused():
    with pytest.raises(ParameterError, match='twice'):
        asked(['run=1', 'run=2'])


def test_an_id_is_shown_as_it_is_typed():
    assert in_words({'run': 4192, 'object': 'a b'}) == "run=4192 'object=a b'"
    shown = [in_words(frame.keys) for frame in FRAMES]
    assert [len(found(one)[0]) for one in shown] == [1] * 6


def test_of_many_values_some_are_shown():
    frames = [Frame({'run': run}) for run in range(100)]
    with pytest.raises(NotFound, match=r'run is 0, 1, 2, 3, 4, 5, 6, 7 \.\.\. 99 \(100 values\)'):
        select(frames, [asked(['run=100'])])


def test_of_no_frames_nothing_matches():
    with pytest.raises(NotFound, match='no frames'):
        select([], [asked([])])
