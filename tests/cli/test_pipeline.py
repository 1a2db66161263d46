"""The commands of who operates a pipeline: what they do, what they print, and their exit status."""

import json

import pytest

from awlike import BiasFrame, CosmicMap, FlatFrame, RawBiasFrame, RawScienceFrame, ReducedScienceFrame, context
from awlike.store import server
from tests.tasks.conftest import kept, reduced, reduced_home  # noqa: F401

SCIENCE = ['Reduce', '--instrument', 'OMEGACAM']


# --- plan ---

def test_a_plan_is_shown_and_nothing_changed(awe, night):
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
    assert status == 0 and out.startswith('ReduceTask: 1 target; 1 to make') and 'OVERSCAN_CORRECTION 6 -> 5' in out


def test_a_plan_of_nothing_is_status_0_and_says_why(awe, night):
    status, out, _ = awe('plan', *SCIENCE, '--object', 'M31*')
    assert status == 0 and 'nothing to do' in out and "OBJECT.like('M31*')" in out
    status, out, _ = awe('plan', *SCIENCE, '--object', 'M31*', '--json')
    told, = json.loads(out)
    assert status == 0 and told['targets'] == 0 and told['make'] == [] and 'M31*' in told['empty_because']


def test_a_plan_ends_with_1_when_targets_cannot_be_made(awe, night):
    for frame in RawBiasFrame.select_all():
        context.update_is_valid(frame, 0)
    for words in ([], ['--json']):
        status, out, said = awe('plan', 'Reduce', '--instrument', 'OMEGACAM', *words)
        assert status == 1 and said == '' and ('5 targets cannot be made' in out or len(json.loads(out)[0]['cannot']) == 5)


def test_a_plan_of_a_chain_has_a_part_for_each_step(awe, night):
    status, out, _ = awe('plan', 'Bias>Flat>Reduce', '--instrument', 'OMEGACAM')
    assert status == 0 and [part.partition(':')[0] for part in out.split('\n\n')] == ['BiasTask', 'FlatTask', 'ReduceTask']
    status, out, _ = awe('plan', 'Bias>Flat>Reduce', '--instrument', 'OMEGACAM', '--json')
    assert [one['title'] for one in json.loads(out)] == ['BiasTask', 'FlatTask', 'ReduceTask']


# --- run ---

def test_a_chain_is_run(awe, night):
    words = ['run', 'Bias>Flat>Reduce', '--instrument', 'OMEGACAM', '--filter', 'r_SDSS', '--project', 'TEST', '--commit']
    status, out, said = awe(*words)
    assert status == 0, said
    context.set_project('TEST')
    assert sorted(out.split()) == sorted(red.filename for red in ReducedScienceFrame.select_all()) and len(out.split()) == 5
    assert len(BiasFrame.select_all()) == len(FlatFrame.select_all()) == 1
    status, again, said = awe(*words)
    assert status == 0 and again == out and 'ReduceTask: 0 made, 5 existed already' in said


def test_a_chain_with_nothing_to_do_is_status_0(awe, night):
    status, out, said = awe('run', 'Bias>Reduce', '--instrument', 'OMEGACAM', '--date', '2011-01-01', '--commit',
                            '--project', 'TEST')
    assert status == 0 and out == '' and said.count('nothing to do') == 2


@pytest.mark.parametrize('step', ['Bias>>Reduce', 'Bias>Nothing'])
def test_a_wrong_chain_is_status_2(awe, night, step):
    status, out, said = awe('run', step, '--instrument', 'OMEGACAM')
    assert status == 2 and out == '' and 'Traceback' not in said


# --- purge ---

def test_purge_tells_first_and_does_it_when_told_to(awe, reduced):  # noqa: F811
    names = [red.filename for red in ReducedScienceFrame.select_all()]
    status, out, _ = awe('purge', 'ReducedScienceFrame', '--instrument', 'OMEGACAM', '--date', '2012-05-31')
    assert status == 0 and out.startswith('5 files of 1.1 MB can be dropped, nothing is done until')
    assert all(server().has(name) for name in names)
    status, out, _ = awe('purge', 'ReducedScienceFrame', '--project', 'TEST', '--commit')
    assert status == 0 and out.startswith('5 files of 1.1 MB dropped') and not any(server().has(name) for name in names)
    status, out, _ = awe('purge', 'ReducedScienceFrame', '--commit')
    assert status == 0 and '  5 kept: no file is there' in out


def test_what_is_purged_is_no_finding_of_fsck_and_no_reason_to_make_anything(awe, reduced):  # noqa: F811
    awe('purge', 'CosmicMap', '--commit')
    assert awe('fsck')[0] == 0
    assert ': 5 targets; 0 to make' in awe('plan', *SCIENCE)[1]


@pytest.mark.parametrize('name', ['RawScienceFrame', 'RawFits', 'Instrument', 'Nothing'])
def test_only_products_are_purged(awe, project, name):
    status, _, said = awe('purge', name, '--commit')
    assert status == 2 and f"'{name}' is no class of products: name one as ReducedScienceFrame" in said


# --- for machines ---

def test_a_run_for_machines_tells_products_and_failures(awe, night):
    status, out, said = awe('run', 'Bias', '--instrument', 'OMEGACAM', '--commit', '--project', 'TEST', '--json')
    told, bias = json.loads(out), BiasFrame.select_all().one()
    named = {'class': 'BiasFrame', 'object_id': str(bias.object_id), 'filename': bias.filename}
    assert status == 0 and told['products'] == [named] and named in told['made'] and told['committed'] is True
    assert told['failed'] == [] and 'BiasTask: ' in said
    bad = RawScienceFrame.select_all().order_by('DATE_OBS')[0]
    context.set_project('TEST')
    for raw in BiasFrame.select_all().one().raw_bias_frames[1:]:
        context.update_is_valid(raw, 0)
    status, out, said = awe('run', 'Reduce', '--instrument', 'OMEGACAM', '--raw-filename', bad.filename, '--json')
    told = json.loads(out)
    assert status == 1 and told['products'] == [] and 'could not be made' in said
    assert [(one['task'], one['of']) for one in told['failed']] == [('ReduceTask', bad.filename)]


def test_wrong_use_of_a_run_for_machines_leaves_the_output_empty(awe, night):
    status, out, _ = awe('run', 'Reduce', '--instrument', 'NONE', '--json')
    assert (status, out) == (2, '')


def test_ingest_for_machines(awe, project, write):
    good, bad = write('good.fits'), write('bad.fits', EXPTIME=-1.0)
    status, out, said = awe('ingest', '--project', 'TEST', '--json', good, bad)
    told = json.loads(out)
    assert status == 1 and said == '' and [one['original_name'] for one in told['ingested']] == ['good.fits']
    assert told['refused'][0]['path'] == str(bad) and 'EXPTIME' in told['refused'][0]['reason']
    assert told['frames'] == {'RawScienceFrame': 1} and told['known'] == []


def test_purge_and_fsck_for_machines(awe, reduced):  # noqa: F811
    told = json.loads(awe('purge', 'CosmicMap', '--json')[1])
    assert told['committed'] is False and len(told['files']) == 5 and told['bytes'] > 0
    assert json.loads(awe('fsck', '--json')[1]) == []
    lost = CosmicMap.select_all()[0]
    server().remove(lost.filename)
    status, out, _ = awe('fsck', '--no-digests', '--json')
    one, = json.loads(out)
    assert status == 1 and one['kind'] == 'lost file' and one['text'] == lost.filename and one['mended'] is False


def test_projects_for_machines(awe, project):
    assert json.loads(awe('project', 'list', '--json')[1]) == [{
        'name': 'TEST', 'description': 'for tests', 'owner': 'ada', 'instrument': None, 'maximum_privileges': 5,
        'member': True}]


# --- interrupted ---

def test_an_interrupted_run_says_what_is_kept_and_goes_on_from_there(awe, night, monkeypatch):
    make = FlatFrame.make

    def interrupted(inputs, params):
        raise KeyboardInterrupt

    monkeypatch.setattr(FlatFrame, 'make', staticmethod(interrupted))
    words = 'run', *SCIENCE, '--commit', '--project', 'TEST'
    status, out, said = awe(*words)
    assert status == 130 and out == '' and 'awe: interrupted\n' in said
    kept_then = BiasFrame.select_all().one().object_id
    assert 'interrupted, ' in said and 'are made and kept: ask again to go on from there' in said
    monkeypatch.setattr(FlatFrame, 'make', staticmethod(make))
    assert awe(*words)[0] == 0 and BiasFrame.select_all().one().object_id == kept_then
