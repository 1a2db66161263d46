"""The commands of who operates a pipeline: what they do, what they print, and their exit status."""

import json

import pytest

from awlike import BiasFrame, CosmicMap, FlatFrame, RawScienceFrame, ReducedScienceFrame, context
from awlike.store import server
from tests.tasks.conftest import kept, reduced, reduced_home  # noqa: F401
from tests.test_cli import awe  # noqa: F401

SCIENCE = ['Reduce', '--instrument', 'OMEGACAM']


# --- plan ---

def test_a_plan_is_shown_and_nothing_changed(awe, night):  # noqa: F811
    before = kept()
    status, out, said = awe('plan', *SCIENCE, '--project', 'TEST')
    assert status == 0 and said == '' and out.startswith('ReduceTask: 5 targets; 32 to make, 0 to reuse\n')
    assert 'ReducedScienceFrame: make 5  [missing]' in out and kept() == before


def test_a_plan_for_machines(awe, reduced):  # noqa: F811
    context.update_is_valid(CosmicMap.select_all()[0], 0)
    status, out, _ = awe('plan', *SCIENCE, '--json')
    told, = json.loads(out)
    assert status == 0 and {one['class'] for one in told['make']} == {'CosmicMap', 'WeightFrame', 'ReducedScienceFrame'}
    assert {one['reason'] for one in told['make']} == {'invalid ancestor'} and told['targets'] == 5


def test_a_plan_takes_the_options_of_a_run(awe, reduced):  # noqa: F811
    name = RawScienceFrame.select_all()[0].filename
    status, out, _ = awe('plan', *SCIENCE, '--raw-filename', name, '--par', 'ReducedScienceFrame.OVERSCAN_CORRECTION=5',
                         '--rebuild', 'stale', '--chip', 'ESO_CCD_#65', '--date', '2012-05-31:2012-06-01')
    assert status == 0 and out.startswith('ReduceTask: 1 targets; 1 to make') and 'OVERSCAN_CORRECTION 6 -> 5' in out


def test_a_plan_of_nothing_is_status_0_and_says_why(awe, night):  # noqa: F811
    status, out, _ = awe('plan', *SCIENCE, '--object', 'M31*')
    assert status == 0 and 'nothing to do' in out and "OBJECT.like('M31*')" in out
    status, out, _ = awe('plan', *SCIENCE, '--object', 'M31*', '--json')
    told, = json.loads(out)
    assert status == 0 and told['targets'] == 0 and told['make'] == [] and 'M31*' in told['empty_because']


def test_a_plan_of_a_chain_has_a_part_for_each_step(awe, night):  # noqa: F811
    status, out, _ = awe('plan', 'Bias>Flat>Reduce', '--instrument', 'OMEGACAM')
    assert status == 0 and [part.partition(':')[0] for part in out.split('\n\n')] == ['BiasTask', 'FlatTask', 'ReduceTask']
    status, out, _ = awe('plan', 'Bias>Flat>Reduce', '--instrument', 'OMEGACAM', '--json')
    assert [one['title'] for one in json.loads(out)] == ['BiasTask', 'FlatTask', 'ReduceTask']


# --- run ---

def test_a_chain_is_run(awe, night):  # noqa: F811
    words = ['run', 'Bias>Flat>Reduce', '--instrument', 'OMEGACAM', '--filter', 'r_SDSS', '--project', 'TEST', '--commit']
    status, out, said = awe(*words)
    assert status == 0, said
    context.set_project('TEST')
    assert sorted(out.split()) == sorted(red.filename for red in ReducedScienceFrame.select_all()) and len(out.split()) == 5
    assert len(BiasFrame.select_all()) == len(FlatFrame.select_all()) == 1
    status, again, said = awe(*words)
    assert status == 0 and again == out and 'ReduceTask: 0 made, 5 of 5 targets existed already' in said


def test_a_chain_with_nothing_to_do_is_status_0(awe, night):  # noqa: F811
    status, out, said = awe('run', 'Bias>Reduce', '--instrument', 'OMEGACAM', '--date', '2011-01-01', '--commit', '--project', 'TEST')
    assert status == 0 and out == '' and said.count('nothing to do') == 2


@pytest.mark.parametrize('step', ['Bias>>Reduce', 'Bias>Nothing'])
def test_a_wrong_chain_is_status_2(awe, night, step):  # noqa: F811
    status, out, said = awe('run', step, '--instrument', 'OMEGACAM')
    assert status == 2 and out == '' and 'Traceback' not in said


# --- purge ---

def test_purge_tells_first_and_does_it_when_told_to(awe, reduced):  # noqa: F811
    names = [red.filename for red in ReducedScienceFrame.select_all()]
    status, out, _ = awe('purge', 'ReducedScienceFrame', '--instrument', 'OMEGACAM', '--date', '2012-05-31')
    assert status == 0 and out.startswith('5 files of 0.7 MB can be dropped, nothing is done until')
    assert all(server().has(name) for name in names)
    status, out, _ = awe('purge', 'ReducedScienceFrame', '--project', 'TEST', '--commit')
    assert status == 0 and out.startswith('5 files of 0.7 MB dropped') and not any(server().has(name) for name in names)
    status, out, _ = awe('purge', 'ReducedScienceFrame', '--commit')
    assert status == 0 and '  5 kept: no file is there' in out


def test_what_is_purged_is_no_finding_of_fsck_and_no_reason_to_make_anything(awe, reduced):  # noqa: F811
    awe('purge', 'CosmicMap', '--commit')
    assert awe('fsck')[0] == 0
    assert ': 5 targets; 0 to make' in awe('plan', *SCIENCE)[1]


@pytest.mark.parametrize('name', ['RawScienceFrame', 'RawFits', 'Instrument', 'Nothing'])
def test_only_products_are_purged(awe, project, name):  # noqa: F811
    status, _, said = awe('purge', name, '--commit')
    assert status == 2 and f"'{name}' is no class of products: name one as ReducedScienceFrame" in said
