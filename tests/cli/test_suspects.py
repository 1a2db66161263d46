"""awe suspects: exit status, text and JSON."""

import json

import pytest

from awlike.ingest import ingest
from tests import paper
from tests.cli.conftest import process
from tests.suspects.test_night import NIGHT, RawScienceFrame, lamp, spoil


@pytest.mark.slow
def test_the_status_says_whether_a_frame_stands_out(awe, project, night_files):
    ingest(sorted(night_files.glob('*.fits')))
    assert awe('suspects', NIGHT) == (0, '35 raw frames of 2012-05-31: none stands out\n', '')
    raw = spoil(RawScienceFrame, lamp)
    status, out, error = awe('suspects', NIGHT, '--instrument', 'OMEGACAM')
    assert (status, error) == (1, '') and out.startswith(f'{raw.filename}\n  ') and '35 raw frames' in out.splitlines()[-1]
    status, out, _ = awe('suspects', NIGHT, '--json')
    found = json.loads(out)
    assert status == 1 and not found['ok'] and [one['frame'] for one in found['suspects']] == [raw.filename]


@pytest.mark.slow
def test_a_command_of_its_own_process_knows_the_classes_of_raw_frames(project, night_files):
    ingest(sorted(night_files.glob('*.fits')))
    assert process('suspects', NIGHT).stdout == '35 raw frames of 2012-05-31: none stands out\n'


@pytest.mark.parametrize('words, said', [
    (('suspects', 'tonight'), 'a night is the date of the noon before it'), (('suspects',), "Missing argument 'NIGHT'"),
    (('suspects', NIGHT, '--instrument', 'OMEGA'), 'did you mean OMEGACAM')])
def test_wrong_use_has_status_2(awe, project, words, said):
    paper.chip()
    status, out, error = awe(*words)
    assert (status, out) == (2, '') and said in error
