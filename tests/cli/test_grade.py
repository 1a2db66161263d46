"""The command by which a person grades frames."""

import json

import pytest

from awlike import RawBiasFrame


@pytest.fixture
def names(night):
    return [frame.filename for frame in RawBiasFrame.select_all()[:2]]


def test_frames_are_graded_and_their_grades_shown(awe, names):
    status, out, said = awe('grade', 'C', *names, '--reason', 'readout', '--comment', 'stripes', '--position', '3,4')
    assert (status, out, said) == (0, '2 frames graded C\n', '')
    status, out, _ = awe('grade', '--list', names[0])
    assert status == 0 and '1 grade' in out and 'fault of the read-out' in out and 'stripes' in out
    status, out, _ = awe('grade', '--list', names[0], '--json')
    told, = json.loads(out)
    assert told['grade'] == 'C' and told['grades'][0]['positions'] == [[3.0, 4.0]] and told['filename'] == names[0]
    assert awe('grade', '--withdraw', names[0])[1] == 'grades of 1 frame withdrawn\n'
    told, = json.loads(awe('grade', 'A', names[0], '--json')[1])
    assert told['grade'] == 'A' and [one['grade'] for one in told['grades']] == ['C', None, 'A']
    assert 'grade            A' in awe('info', names[0])[1]


def test_reasons_are_listed(awe, home):
    assert 'seeing' in json.loads(awe('grade', '--reasons', '--json')[1]) and 'poor seeing' in awe('grade', '--reasons')[1]


@pytest.mark.parametrize('words, said', [
    (['E', '{}'], 'one of A, B, C, D'), (['A'], 'name the frames'), ([], 'name the frames'),
    (['A', 'nothing.fits'], 'nothing.fits'), (['A', '{}', '--position', '3'], 'X,Y'),
    (['A', '{}', '--reason', 'x'], 'no reason')])
def test_wrong_use_grades_nothing(awe, names, words, said):
    status, out, error = awe('grade', *(word.format(names[0]) for word in words))
    assert status == 2 and out == '' and said in error
    assert RawBiasFrame.select_all()[0].grade is None
