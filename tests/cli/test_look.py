"""list, info, lineage, retrieve: what there is, for people and for machines."""

import json
import os
import subprocess
import sys

import pytest

from awlike import BiasFrame, RawBiasFrame, RawScienceFrame, ReadNoise, ReducedScienceFrame, context
from tests.cli.conftest import process
from tests.tasks.conftest import reduced, reduced_home  # noqa: F401


def test_list_counts_what_there_is(awe, night):
    status, out, _ = awe('list')
    head, *rows = out.splitlines()
    assert status == 0 and head.split() == ['class', 'number', 'first', 'last']
    assert {row.split()[0]: int(row.split()[1]) for row in rows} == {
        'RawBiasFrame': 10, 'RawDomeFlatFrame': 10, 'RawTwilightFlatFrame': 10, 'RawScienceFrame': 5}
    told = json.loads(awe('list', '--json')[1])
    assert {one['class']: one['number'] for one in told}['RawBiasFrame'] == len(RawBiasFrame.select_all())


def test_list_of_nothing_is_a_sentence_beside_an_empty_output(awe, project):
    status, out, said = awe('list')
    assert (status, out) == (0, '') and 'awe ingest takes raw files in' in said
    status, out, said = awe('list', 'RawScienceFrame')
    assert status == 0 and len(out.splitlines()) == 1 and said == '0 RawScienceFrame\n'
    assert json.loads(awe('list', 'RawScienceFrame', '--json')[1]) == []


def test_list_counts_those_of_a_place_a_date_and_a_project(awe, night):
    def counted(*options):
        return {one['class']: one['number'] for one in json.loads(awe('list', '--json', *options)[1])}

    assert counted('--filter', 'r_SDSS') == {'RawDomeFlatFrame': 5, 'RawTwilightFlatFrame': 5, 'RawScienceFrame': 5}
    assert counted('--instrument', 'OMEGACAM', '--date', '2012-06-03') == {}
    context.create_project('OTHER')
    assert counted('--project', 'OTHER') == {} and sum(counted('--project', 'TEST').values()) == 35
    status, out, said = awe('list', '--filter', 'u_SDSS')
    assert (status, out) == (0, '') and 'meet these criteria' in said
    status, _, said = awe('list', '--names')
    assert status == 2 and 'give a class as well' in said


def test_list_shows_frames_of_a_place_and_date_in_order(awe, night):
    status, out, said = awe('list', 'RawScienceFrame', '--instrument', 'OMEGACAM', '--filter', 'r_SDSS', '--date', '2012-05-31')
    head, *rows = out.splitlines()
    assert status == 0 and len(rows) == 5 and rows == sorted(rows) and said == '5 RawScienceFrame\n'
    assert head.split() == [
        'DATE_OBS', 'instrument', 'filter', 'chip', 'EXPTIME', 'OBJECT', 'imstat.median', 'is_valid', 'quality_flags',
        'filename']
    names = [row.split()[-1] for row in rows]
    assert names == [raw.filename for raw in RawScienceFrame.select_all().order_by('DATE_OBS')]
    assert awe('list', 'RawScienceFrame', '--names')[1].split() == names
    assert awe('list', 'RawScienceFrame', '--filter', 'u_SDSS')[1].count('\n') == 1
    assert awe('list', 'RawScienceFrame', '--object', 'M31*')[2] == '0 RawScienceFrame\n'
    told = json.loads(awe('list', 'RawScienceFrame', '--json')[1])
    assert [one['filename'] for one in told] == names and told[0]['chip'] == 'ESO_CCD_#65'
    assert told[0]['DATE_OBS'].startswith('2012-06-01T08:52:03')


@pytest.mark.slow
def test_a_process_that_imports_no_more_than_it_needs_sees_no_more_than_it_may(night):
    """Each in a process of its own: in this one all is imported, the rule of who sees what among it."""
    raw = RawScienceFrame.select_all()[0]
    eve = {'env': os.environ | {'AWLIKE_USER': 'eve'}}
    assert process('info', raw.filename).stdout.startswith(raw.filename)
    assert process('list', '--json', **eve).stdout == '[]\n'
    assert process('list', 'RawScienceFrame', '--names', **eve).stdout == ''
    for command in ('info', 'lineage', 'retrieve'):
        done = process(command, raw.filename, **eve)
        assert (done.returncode, done.stdout) == (2, '') and 'no frame that you may see' in done.stderr, command
    code = 'from awlike.frames.raw import RawFrame; print(len(RawFrame.select_all()))'
    assert [subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, **who).stdout
            for who in ({}, eve)] == ['35\n', '0\n']


def test_list_shows_what_a_class_wants_to_show(awe, project):
    for kind in (ReducedScienceFrame, ReadNoise):
        shown = awe('list', kind.__name__)[1].split()
        assert {name.removesuffix('.name') for name in kind.columns_to_show()} < set(shown)
    assert 'read_noise' in shown


def test_list_fits_the_terminal(awe, night, monkeypatch):
    monkeypatch.setattr('awlike.terminal._is_terminal', lambda: True)
    monkeypatch.setenv('COLUMNS', '120')
    monkeypatch.setenv('NO_COLOR', '1')
    with monkeypatch.context() as patch:
        patch.setattr('sys.stdout.isatty', lambda: True)
        shown = awe('list', 'RawScienceFrame')[1].splitlines()
    heads, row = shown[1].split(), shown[2].split()
    assert shown[0] == '5 RawScienceFrame' and heads[:5] == ['DATE_OBS', 'filter', 'chip', 'is_valid', 'quality_flags']
    assert heads[-1] == 'filename' and len(shown) == 7 and max(map(len, shown)) <= 120
    raw = RawScienceFrame.select_all().order_by('DATE_OBS')[0]
    assert row[-1].startswith('.._') and raw.filename in awe('info', row[-1])[1], 'a name can be given as it is shown'
    status, _, said = awe('info', '..fits')
    assert status == 2 and 'more than one object answers' in said


def test_list_of_what_counts_leaves_out_what_was_made_from_invalid_frames(awe, reduced):  # noqa: F811
    first, *others = ReducedScienceFrame.select_all().order_by('DATE_OBS')
    context.update_is_valid(first.raw, 0)
    assert awe('list', 'ReducedScienceFrame', '--names')[1].split()[0] == first.filename
    assert awe('list', 'ReducedScienceFrame', '--names', '--valid')[1].split() == [one.filename for one in others]
    counts = {one['class']: one['number'] for one in json.loads(awe('list', '--valid', '--json')[1])}
    assert counts['ReducedScienceFrame'] == counts['RawScienceFrame'] == 4


def test_list_in_a_project(awe, night):
    context.create_project('OTHER')
    assert awe('list', 'RawBiasFrame', '--project', 'OTHER')[2] == '0 RawBiasFrame\n'
    assert awe('list', 'RawBiasFrame', '--project', 'TEST')[2] == '10 RawBiasFrame\n'


@pytest.mark.parametrize('name', ['BiasFram', 'Instrument', 'nothing'])
def test_list_of_no_class_names_the_near_ones(awe, project, name):
    status, out, said = awe('list', name)
    assert status == 2 and out == '' and f'there is no class of frames {name!r}' in said
    assert name != 'BiasFram' or 'did you mean BiasFrame' in said


@pytest.mark.slow
def test_who_reads_only_the_beginning_is_served_in_silence(night):
    awe = f'{sys.executable} -c "from awlike.cli import main; main()"'
    done = subprocess.run(['bash', '-c', f'{awe} list RawBiasFrame --json | head -1'], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ('[\n', '')


def test_info_and_lineage_for_machines(awe, reduced):  # noqa: F811
    red = ReducedScienceFrame.select_all()[0]
    told = json.loads(awe('info', red.filename, '--json')[1])
    assert (told['class'], told['object_id']) == ('ReducedScienceFrame', str(red.object_id))
    assert told['inputs']['raw']['value']['name'] == red.raw.filename
    assert told['file']['seconds'] == {'value': red.seconds, 'unit': 's'}
    assert told['results']['imstat']['value']['median'] == red.imstat.median
    parameters = {name: one['value'] for name, one in told['parameters'].items()}
    assert parameters.items() <= red.process_params.model_dump().items() and 'OVERSCAN_CORRECTION' in parameters
    tree = json.loads(awe('lineage', red.filename, '--json')[1])
    found = {}

    def walk(node):
        found[node['object_id']] = node['class']
        for one in node.get('inputs', ()):
            walk(one)

    walk(tree)
    assert set(found) == {str(red.object_id), *(str(one.object_id) for one in red.ancestors())}
    roles = [one['role'] for one in tree['inputs']]
    assert roles[:2] == ['raw', 'bias'] and tree['inputs'][0] == {
        'role': 'raw', 'class': 'RawScienceFrame', 'object_id': str(red.raw.object_id), 'filename': red.raw.filename,
        'is_valid': 1, 'inputs': []}


def test_retrieve_puts_files_into_a_folder(awe, night, tmp_path):
    names = [raw.filename for raw in RawBiasFrame.select_all()][:3]
    (tmp_path / 'out').mkdir()
    status, out, _ = awe('retrieve', '--into', tmp_path / 'out', *names)
    assert status == 0 and sorted(out.split()) == sorted(str(tmp_path / 'out' / name) for name in names)
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == sorted(names)


def test_retrieve_makes_what_was_purged_and_names_what_is_gone(awe, reduced, tmp_path):  # noqa: F811
    (tmp_path / 'out').mkdir()
    awe('purge', 'BiasFrame', '--commit')
    bias, noise = BiasFrame.select_all()[0], BiasFrame.select_all()[0].read_noise
    status, out, said = awe('retrieve', '--json', '--into', tmp_path / 'out', bias.filename, noise.object_id)
    told = json.loads(out)
    assert status == 1 and [path.endswith(bias.filename) for path in told['paths']] == [True]
    assert [one['name'] for one in told['failed']] == [str(noise)] and 'has no image' in told['failed'][0]['reason']


@pytest.mark.slow
def test_retrieve_needs_a_folder(awe, night):
    status, _, said = awe('retrieve', '--into', 'nowhere', RawBiasFrame.select_all()[0].filename)
    assert status == 2 and 'there is no folder nowhere to put files into: make it first' in said


@pytest.mark.slow
def test_an_interruption_is_a_line_and_status_130(home):
    (home / 'interrupted.py').write_text('raise KeyboardInterrupt')
    done = process('interrupted.py', cwd=home)
    assert (done.returncode, done.stderr) == (130, 'awe: interrupted.py was interrupted\n')
