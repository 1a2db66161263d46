"""What may be overwritten, and what never."""

from pathlib import Path, PurePosixPath

import pytest

from awlike.errors import AwlikeError
from awlike.processors.inputs import FrameToDo
from awlike.processors.output_folder import OutputFolder
from awlike.processors.run_config import Section

SECTIONS = [Section('run', [('gain', 2.0, 'a fact')])]


def todo(name, path=None):
    return FrameToDo('SDSS', 'r4', {}, {}, PurePosixPath(name), True, path=path or Path(f'/nowhere/{name}.fits'))


A = [todo('a')]


@pytest.fixture
def output(tmp_path):
    """An output that an earlier run wrote."""
    output = OutputFolder(tmp_path / 'output')
    output.keep(SECTIONS, False)
    (output.path / 'a.fits').write_text('earlier')
    return output


def refusal(output, frames=A, inputs=(), clobber_output=False, sections=SECTIONS):
    before = sorted(output.path.rglob('*')) if output.path.exists() else None
    with pytest.raises(AwlikeError) as error:
        output.check(frames, sections, inputs, clobber_output, False)
    assert (sorted(output.path.rglob('*')) if output.path.exists() else None) == before
    return str(error.value)


def test_the_output_of_an_earlier_run_is_overwritten_and_other_files_are_not(output, tmp_path):
    output.check([todo('a'), todo('b')], SECTIONS, [], False, False)
    other = OutputFolder(tmp_path / 'other')
    other.path.mkdir()
    (other.path / 'readme.txt').write_text('mine')
    other.check([todo('a')], SECTIONS, [], False, False)
    (other.path / 'a.fits').write_text('mine')
    assert 'no earlier run wrote it' in refusal(other)


def test_the_input_is_never_overwritten(output):
    assert 'is the input' in refusal(output, [todo('a', output.path / 'a.fits')])


def test_a_folder_config_of_somebody_is_left_alone(tmp_path):
    (tmp_path / 'config').mkdir()
    assert 'no earlier run wrote it' in refusal(OutputFolder(tmp_path))


def test_one_name_for_two_frames_is_refused(tmp_path):
    assert 'different outputs' in refusal(OutputFolder(tmp_path / 'x'), [todo('a'), todo('a', Path('/elsewhere/a.fits'))])


@pytest.mark.parametrize('name', ['config', 'schema', 'config.x'])
def test_names_of_the_output_itself_are_no_names_of_frames(tmp_path, name):
    assert 'rename the file' in refusal(OutputFolder(tmp_path / 'x'), [todo(name)])


def test_clobbering_removes_outputs_alone(output, tmp_path):
    output.check([todo('b')], SECTIONS, [Path('/nowhere/b.fits')], True, False)
    output.empty()
    assert not list(output.path.iterdir())
    mine = OutputFolder(tmp_path / 'mine')
    mine.path.mkdir()
    mine.check([todo('a')], SECTIONS, [], True, False)
    (mine.path / 'thesis.tex').write_text('mine')
    assert 'outputs of earlier runs alone' in refusal(mine, clobber_output=True)


def test_what_is_read_is_not_removed(output, tmp_path):
    for one in (output.path / 'a.fits', output.path, tmp_path / 'output/../output/a.fits'):
        assert 'would remove' in refusal(output, inputs=[one], clobber_output=True)


def test_a_file_is_no_output(tmp_path):
    (tmp_path / 'x').write_text('')
    assert 'is no folder' in refusal(OutputFolder(tmp_path / 'x'))


def test_other_values_are_refused_before_anything_is_done(output):
    assert 'gain: saved 2.0, now 3.0' in refusal(output, sections=[Section('run', [('gain', 3.0, '')])])


def test_an_output_that_cannot_be_made_is_refused_beforehand(tmp_path):
    (tmp_path / 'file').write_text('mine')
    told = refusal(OutputFolder(tmp_path / 'file/deep/output'))
    assert f'because of {tmp_path}/file: it is no folder' in told and 'another --output' in told
    with pytest.raises(AwlikeError, match='cannot be made .*another --output'):
        OutputFolder(Path('/proc/output')).keep(SECTIONS, False)
