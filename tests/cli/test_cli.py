"""The command `awe`: what it does, what it prints, and its exit status."""

import re

import pytest

from awlike import BiasFrame, Project, RawFits, RawFrame, RawScienceFrame, ReducedScienceFrame, ReduceTask, context
from awlike.config import settings
from awlike.ingest import ingest
from awlike.names import at_the_prompt
from awlike.store import server
from tests.cli.conftest import process
from tests.conftest import become

SCIENCE = ['--instrument', 'OMEGACAM', '--template', '2012-06-01T08:51:44']


# --- projects ---


def test_projects(awe):
    assert awe('project', 'list') == (0, '', 'there are no projects: open a project by awe project create NAME\n')
    status, out, _ = awe('project', 'create', 'NIGHT', '--instrument', 'OMEGACAM', '--description', 'one night',
                         '--maximum-privileges', 3)
    assert (status, out) == (0, 'project NIGHT is open; you are its owner and first member\n')
    project = Project.select_all().one()
    assert (project.instrument.name, project.description, project.maximum_privileges) == ('OMEGACAM', 'one night', 3)
    assert re.fullmatch(r'\* NIGHT +one night\n', awe('project', 'list')[1])
    assert awe('project', 'add-member', 'NIGHT', 'bob') == (
        0, "bob is invited to NIGHT, and becomes a member by context.set_project('NIGHT') or awe project join NIGHT\n", '')


def test_projects_of_others_have_no_star(awe, monkeypatch):
    awe('project', 'create', 'NIGHT')
    become(monkeypatch, 'bob')
    assert awe('project', 'list')[1].startswith('  NIGHT')
    status, _, said = awe('project', 'add-member', 'NIGHT', 'eve')
    assert status == 2 and 'not a member of project NIGHT: ask its owner, ada' in said


@pytest.mark.slow
def test_commands_for_projects_work_in_a_process_of_their_own(home):
    assert process('project', 'create', 'NIGHT').returncode == 0
    done = process('project', 'list')
    assert (done.returncode, done.stdout) == (0, '* NIGHT\n'), done.stderr
    done = process('project', 'add-member', 'NIGHT', 'bob')
    assert done.returncode == 0 and done.stdout.startswith('bob is invited to NIGHT'), done.stderr
    (home / 'raw').mkdir()
    done = process('ingest', '--project', 'NIGHT', 'raw')
    assert done.returncode == 0 and done.stdout.startswith('0 files ingested'), done.stderr
    for command in ('plan', 'run'):
        done = process(command, 'Bias', '--instrument', 'OMEGACAM', '--project', 'NIGHT')
        assert done.returncode == 0 and 'nothing to do' in done.stdout + done.stderr, done.stderr


# --- wrong use ---


@pytest.mark.slow
@pytest.mark.parametrize(('words', 'message'), [
    ('reduce', "No such command 'reduce'"),
    ('project create', 'Missing argument'),
    ('project create P', "there is a project 'P' already"),
    ('project create Q --instrument OMEGACAN', "no camera is called 'OMEGACAN' (did you mean OMEGACAM?)"),
    ('project create Q --maximum-privileges 6', "'--maximum-privileges'"),
    ('project add-member Q bob', "there is no project 'Q': there are P"),
    ('ingest .', 'no project is set: give --project NAME'),
    ('ingest --project Q .', "there is no project 'Q'"),
    ('ingest --project P', 'Missing argument'),
    ('ingest --project P nowhere', 'nowhere: no such file or folder; check the path'),
    ('ingest --project P --how move .', "'move' is not one of"),
    ('ingest --project P --privileges 6 .', "'--privileges'"),
    ('simulate night --shape 5', 'write rows x columns, as 512x256'),
    ('simulate night --shape 5x5', 'give rows and columns, each at least 32'),
    ('simulate night --chips 33', 'OMEGACAM has 1 to 32 chips'),
    ('simulate night --instrument NASA42', 'NASA42 cannot be simulated'),
    ('simulate /proc/nowhere --shape 32x32', '/proc/nowhere'),
    ('run Reduce', 'a task needs the name of the camera, --instrument NAME'),
    ('run Redce --instrument OMEGACAM', 'did you mean Reduce?'),
    ('run Reduce --instrument OMEGACAN', 'did you mean OMEGACAM?'),
    ('run Reduce --instrument OMEGACAM --date tomorrow', "date 'tomorrow': a night is the date of the noon before it"),
    ('run Reduce --instrument OMEGACAM --template now', "template 'now': write a datetime, or a text"),
    ('run Reduce --instrument OMEGACAM --commit', 'no project is set: give --project NAME'),
    ('run Reduce --instrument OMEGACAM --raw-filename none.fits', '1 of 1 names (--raw-filename) are no valid RawScienceFrame'),
    ('run Reduce --instrument OMEGACAM --par SIGMA_CLIP=4', 'write Class.PARAMETER=value'),
    ('run Reduce --instrument OMEGACAM --par BiasFrame.SIGMA_CLIP', 'write Class.PARAMETER=value'),
    ('run Reduce --instrument OMEGACAM --par BiasFrame.SIGMA_CLIP=much', "SIGMA_CLIP = 'much'"),
    ('run Reduce --instrument OMEGACAM --par BiasFrame.SIGMA_CLOP=4', 'did you mean SIGMA_CLIP'),
    ('info none.fits', 'no frame that you may see has none.fits as its file name or id'),
    ('lineage none.fits', 'no frame that you may see has none.fits as its file name or id'),
    ('none.py', 'there is no script none.py: check the path'),
])
def test_wrong_use_is_status_2_and_a_short_message(awe, words, message):
    awe('project', 'create', 'P')
    status, out, said = awe(*words.split())
    assert status == 2 and out == '' and message in ' '.join(said.split())
    assert 'Traceback' not in said and len(said.splitlines()) <= 4


@pytest.mark.sqlite  # elsewhere nothing is made at home
def test_a_home_that_cannot_be_made(awe, monkeypatch):
    monkeypatch.setenv('AWLIKE_HOME', '/proc/nowhere')
    settings.cache_clear()
    status, _, said = awe('project', 'list')
    assert status == 2 and '/proc/nowhere' in said and 'Traceback' not in said


# --- raw files ---


@pytest.mark.slow
def test_simulate_says_what_a_sky_leaves_beside_the_files(awe, tmp_path):
    folder = tmp_path / 'night'
    said = awe('simulate', folder, '--shape', '64x64', '--sky')[1]
    assert re.search(r'sky\.fits \(the truth\) and reference\.fits \(for awe refcat add\)\n$', said)
    assert (folder / 'sky.fits').exists() and (folder / 'reference.fits').exists()


def test_simulate_never_overwrites(awe, tmp_path):
    words = ('simulate', tmp_path / 'night', '--shape', '32x48', '--chips', 2, '--seed', 3)
    assert awe(*words)[:2] == (0, f'35 files in {tmp_path / "night"}\n')
    status, _, said = awe(*words)
    assert status == 2 and 'exists and is not overwritten; choose an empty folder' in said


def test_ingest_tells_by_its_status_whether_all_was_taken(awe, write, tmp_path):
    awe('project', 'create', 'P')
    good, bad = write('good.fits'), write('bad.fits', EXPTIME=-1.0)
    status, out, said = awe('ingest', '--project', 'P', good, bad)
    assert status == 1 and out == '1 file ingested (1 RawScienceFrame), 0 known already, 1 refused: ' \
        '1 with a header that cannot be used\n'
    assert said.startswith(f'{bad}: refused: HDU 0: EXPTIME = -1.0') and len(said.splitlines()) == 1
    assert awe('ingest', '--project', 'P', good) == (0, '0 files ingested, 1 known already, 0 refused\n', '')
    other = good.rename(tmp_path / 'other.fits')
    assert f'{other}: known already, as good.fits' in awe('ingest', '--project', 'P', other)[1]


def test_nothing_to_ingest_is_no_error(awe, tmp_path):
    awe('project', 'create', 'P')
    (tmp_path / 'empty').mkdir()
    status, out, _ = awe('ingest', '--project', 'P', tmp_path / 'empty')
    assert (status, out) == (0, '0 files ingested, 0 known already, 0 refused\n')


def test_privileges_are_those_asked_for_or_what_the_project_allows(awe, write):
    awe('project', 'create', 'HIGH')
    awe('project', 'create', 'LOW', '--maximum-privileges', 1)
    assert awe('ingest', '--project', 'HIGH', '--privileges', 4, write('a.fits'))[0] == 0
    assert awe('ingest', '--project', 'HIGH', write('b.fits', EXPTIME=1.0))[0] == 0
    assert awe('ingest', '--project', 'LOW', write('c.fits', EXPTIME=2.0))[0] == 0
    assert [frame.privileges for frame in RawFrame.select_all().order_by('raw_fits.original_name')] == [4, 2, 1]
    status, _, said = awe('ingest', '--project', 'LOW', '--privileges', 2, write('d.fits', EXPTIME=3.0))
    assert status == 2 and 'publishes at most at 1 (MyDB), not at 2 (Project)' in said


def test_files_are_kept_as_asked(awe, write):
    awe('project', 'create', 'P')
    path = write()
    awe('ingest', '--project', 'P', '--how', 'refer', path)
    assert server().path(RawFits.select_all().one().filename).readlink() == path


# --- running ---


def test_run_equals_the_task(awe, night):
    asked = {'instrument': 'OMEGACAM', 'template': '2012-06-01T08:51:44'}
    names = [raw.filename for raw in RawScienceFrame.select_all().order_by('DATE_OBS')][:2]
    words = ['run', 'Reduce', *SCIENCE, *(word for name in names for word in ('--raw-filename', name)),
             '--par', 'BiasFrame.SIGMA_CLIP=4', '--commit', '--project', 'TEST']
    status, out, said = awe(*words)
    assert status == 0, said
    context.set_project('TEST')
    reduced = list(ReducedScienceFrame.select_all())
    assert sorted(out.splitlines()) == sorted(str(red) for red in reduced) and len(reduced) == 2
    assert [red.raw.filename for red in reduced] == names
    assert BiasFrame.select_all().one().process_params.SIGMA_CLIP == 4.0
    task = ReduceTask(**asked, raw_filenames=names, pars={'BiasFrame.process_params.SIGMA_CLIP': 4.0}, commit=True)
    assert not task.plan().to_make, 'the task would make just what the command made'
    status, again, said = awe(*words)
    assert status == 0 and again == out and 'ReduceTask: 0 made, 2 existed already' in said

    red = reduced[0]
    for name in (red.filename, f'elsewhere/{red.filename}', red.object_id):
        status, out, _ = awe('info', name)
        assert status == 0 and red.filename in out and red.bias.filename in out and '\nparameters\n' in out
    status, tree, _ = awe('lineage', red.filename)
    assert status == 0 and tree.splitlines()[0].endswith(red.filename) and tree == f'{red.lineage()}\n'
    assert '─ raw_bias_frames: RawBiasFrame' in tree and red.raw.filename in tree


def test_what_is_not_kept_leaves_nothing(awe, night):
    status, out, _ = awe('run', 'Bias', '--instrument', 'OMEGACAM', '--date', '2012-05-31')
    assert status == 0 and len(out.splitlines()) == 1 and 'BiasFrame' in out
    assert not BiasFrame.select_all().exists()


def test_nothing_to_do_is_status_0_and_a_sentence(awe, night):
    status, out, said = awe('run', 'Reduce', '--instrument', 'OMEGACAM', '--object', 'M31*')
    assert status == 0 and out == '' and 'nothing to do, no frames answer to what is asked for' in said
    assert "OBJECT.like('M31*')" in said, 'it says which criterion leaves none'


def test_targets_that_fail_are_status_1_and_named(awe, project, night_files):
    ingest(sorted(night_files.glob('OMEGA.2012-06-01T08*.fits')), 'refer')
    status, out, said = awe('run', 'Reduce', '--instrument', 'OMEGACAM')
    assert status == 1 and out == '' and '2 of 2 targets could not be made' in said and 'Traceback' not in said


def test_a_raw_file_has_info_and_lineage(awe, project, write):
    file, = ingest(write()).ingested
    frame = RawScienceFrame.select_all().one()
    for name in (file.filename, frame.filename):
        assert awe('info', name)[0] == 0 and name in awe('info', name)[1]
        status, tree, _ = awe('lineage', name)
        assert status == 0 and tree.endswith(f'{name}\n') and len(tree.splitlines()) == 1


# --- scripts, as processes of their own ---


@pytest.mark.slow
def test_a_script_has_the_names_of_the_prompt(home):
    (home / 'beside.py').write_text('answer = 42\n')
    (home / 'script.py').write_text(
        'import sys\n'
        'import beside\n'
        'assert __name__ == "__main__" and sys.argv == ["script.py", "one", "two"]\n'
        'query = RawScienceFrame.instrument.name == "OMEGACAM"\n'
        'print(len(query), beside.answer, ReduceTask.__name__, context.projects(), Pars.__name__)\n'
        'print(*sorted(name for name in globals() if not name.startswith("_")))\n')
    done = process('script.py', 'one', 'two', cwd=home)
    assert done.returncode == 0 and not done.stderr, done.stderr
    first, names = done.stdout.splitlines()
    assert first == '0 42 ReduceTask [] Pars' and set(at_the_prompt()) <= set(names.split())


@pytest.mark.slow
def test_a_script_that_fails(home):
    (home / 'script.py').write_text('import sys\nif len(sys.argv) > 1:\n    sys.exit(7)\ncontext.set_project("NONE")\n')
    done = process('script.py', cwd=home)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("awe: script.py, line 4: NotFound: there is no project 'NONE'")
    assert process('script.py', 'x', cwd=home).returncode == 7
    (home / 'script.py').write_text('open("absent")\n')
    done = process('script.py', cwd=home)
    assert done.returncode == 1 and 'Traceback' in done.stderr and 'FileNotFoundError' in done.stderr


@pytest.mark.slow
def test_a_recipe_of_ones_own_that_cannot_be_read(home):
    (home / 'recipes').mkdir()
    (home / 'recipes/mine.py').write_text('import nothing_of_that_name')
    (home / 'script.py').write_text('print(1)')
    done = process('script.py', cwd=home)
    assert done.returncode == 2 and not done.stdout
    assert 'recipes/mine.py cannot be read: ModuleNotFoundError' in done.stderr and 'Traceback' not in done.stderr


def test_help_tells_the_commands(home):
    done = process('--help')
    commands = ('simulate', 'project', 'ingest', 'run', 'info', 'lineage')
    assert done.returncode == 0 and all(f'  {command} ' in done.stdout for command in commands)
