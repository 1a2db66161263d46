"""awe intervention: add, list, withdraw."""

import json

import pytest

from awlike import context
from awlike.persist.intervention import Intervention
from tests import paper

WASHED = 'intervention', 'add', 'OMEGACAM', '2012-06-01T15:00', '--reason', 'mirror washed', '--project', 'TEST'


@pytest.fixture
def bias(project):
    """A bias, and a hot pixel map that was made from it a day later."""
    bias = paper.bias()
    paper.hot(bias, DATE_OBS=paper.START.replace(day=2))
    return bias


def test_it_is_added_listed_and_withdrawn(awe, bias):
    assert awe('intervention', 'list')[1] == 'no interventions: awe intervention add tells of one\n'
    status, out, said = awe(*WASHED, '--kind', 'HotPixelMap', '--chip', 'ESO_CCD_#65')
    assert (status, out) == (0, 'intervention 2012-06-01 15:00:00 OMEGACAM ESO_CCD_#65 has number 0; no calibration serves '
                             'across it: HotPixelMap, BiasFrame\n')
    assert 'it concerns BiasFrame, too' in said
    found, = json.loads(awe('intervention', 'list', '--instrument', 'OMEGACAM', '--json')[1])
    assert found['reason'] == 'mirror washed' and found['kinds'] == ['HotPixelMap', 'BiasFrame'] and not found['withdrawn']
    status, out, _ = awe('intervention', 'withdraw', '0', '--reason', 'it was the other one')
    assert (status, out) == (0, 'intervention 2012-06-01 15:00:00 OMEGACAM ESO_CCD_#65 is withdrawn\n')
    assert 'withdrawn by ada' in awe('intervention', 'list')[1]
    assert json.loads(awe('intervention', 'list', '--json')[1])[0]['withdrawn']['reason'] == 'it was the other one'


def test_a_dry_run_shows_the_impact_alone(awe, bias):
    status, out, _ = awe(*WASHED, '--dry-run')
    assert status == 0 and '1 HotPixelMap' in out
    assert out.startswith('because of intervention 2012-06-01 15:00:00 OMEGACAM, 1 product would')
    assert not Intervention.select_all().exists()


@pytest.mark.parametrize('words, said', [
    ((*WASHED[:4], '--project', 'TEST'), 'needs a reason'), ((*WASHED, '--kind', 'BiasFram'), 'did you mean BiasFrame'),
    ((*WASHED, '--chip', 'ESO_CCD_#56'), 'did you mean ESO_CCD_#65'), (WASHED[:6], 'no project is set'),
    (('intervention', 'withdraw', '3'), 'there is no intervention 3'),
    (('intervention', 'list', '--instrument', 'NASA'), "no instrument 'NASA' is known here")])
def test_wrong_use_has_status_2(awe, bias, words, said):
    context.reset()
    status, out, error = awe(*words)
    assert (status, out) == (2, '') and said in error


def test_the_archive_with_an_intervention_is_in_order(awe, project):
    paper.chip()
    awe(*WASHED)
    status, out, _ = awe('fsck')
    assert (status, out) == (0, 'all is well\n')
