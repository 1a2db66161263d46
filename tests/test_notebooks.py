"""The notebooks as they are committed; `make test` also runs them."""

import base64
import importlib.util
import io
import json
import re
import socket
from pathlib import Path

import nbformat
import pytest
from PIL import Image

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / 'notebooks').glob('*.ipynb'))
_spec = importlib.util.spec_from_file_location('run_notebooks', NOTEBOOKS[0].with_name('run.py'))
_run = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_run)
MACHINE, cleaned = _run.MACHINE, _run.cleaned
METADATA = {'kernelspec': {'display_name': 'Python 3 (ipykernel)', 'language': 'python', 'name': 'python3'},
            'language_info': {'name': 'python'}}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=nbformat.NO_CONVERT)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == 'code']


def prose(notebook):
    return '\n'.join(cell.source for cell in notebook.cells if cell.cell_type == 'markdown')


def test_there_is_one_for_each_subject():
    assert [path.stem for path in NOTEBOOKS] == ['1-calibration', '2-a-real-night', '3-why', '4a-your-camera',
                                                 '4b-your-frame-class', '4c-your-recipe', '5-sharing']


def test_it_is_valid_and_each_cell_has_an_id(notebook):
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def test_it_is_committed_as_a_run_from_top_to_bottom_leaves_it(notebook):
    assert notebook.metadata == METADATA
    for cell in notebook.cells:
        assert set(cell.metadata) <= {'tags'}
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1)), 'make outputs'
    assert all(cell.source.strip() for cell in code(notebook))
    shown = [cell for cell in code(notebook) if cell.outputs]
    assert len(shown) >= len(code(notebook)) / 3, 'make outputs'


def test_its_outputs_are_small_and_tell_nothing_of_the_machine(notebook):
    outputs = json.dumps([cell.outputs for cell in code(notebook)])
    assert len(outputs) < 600_000 and MACHINE.search(outputs) is None
    for names in (socket.gethostname(), str(NOTEBOOKS[0].parents[1]), str(Path.home())):
        assert names == '/' or f'{names}/' not in outputs
    assert 'Traceback' not in outputs and not [cell for cell in code(notebook) for one in cell.outputs
                                               if one.output_type == 'error' and 'raises-exception' not in cell.metadata.tags]


def test_what_only_one_run_has_is_left_out():
    picture = io.BytesIO()
    Image.effect_noise((1800, 900), 60).save(picture, 'PNG')
    shown = nbformat.v4.new_output('display_data', {
        'image/png': base64.b64encode(picture.getvalue()).decode(), 'text/plain': '/tmp/awlike-ab12cd/night/a.fits'})
    found = cleaned(shown)
    assert found.data['text/plain'] == '/tmp/awlike/night/a.fits' and 'image/png' not in found.data
    with Image.open(io.BytesIO(base64.b64decode(found.data['image/jpeg']))) as image:
        assert image.size == (700, 350)
    assert cleaned(nbformat.v4.new_output('display_data', {'text/html': ''})) is None, 'a bar that went away'
    for path, told in (('/home/ada/x', True), ('/tmp/other', True), ('/tmp/awlike/x', False), ('https://a.org/home', False)):
        assert (MACHINE.search(json.dumps(f'in {path}')) is not None) is told, path


def test_it_says_what_one_will_learn_first(notebook):
    first = notebook.cells[0]
    assert first.cell_type == 'markdown' and first.source.startswith('# ') and 'You will learn how to\n\n- ' in first.source


def test_it_works_in_a_fresh_folder_before_awlike_is_loaded(notebook):
    loading = next(number for number, cell in enumerate(code(notebook)) if '%load_ext awlike' in cell.source)
    cell, before = code(notebook)[loading].source, code(notebook)[:loading]
    assert cell.index('mkdtemp') < cell.index('AWLIKE_HOME=folder') < cell.index('%cd -q $folder') < cell.index('%load_ext')
    assert 'AWLIKE_DATABASE=' in cell and 'AWLIKE_STORE=' in cell and 'rmtree' in cell
    assert not any('awlike' in one.source for one in before)


def test_it_states_facts(notebook):
    assert sum('assert ' in cell.source for cell in code(notebook)) >= 2


def test_lines_can_be_read(notebook):
    assert max(len(line) for cell in code(notebook) for line in cell.source.splitlines()) <= 114


def test_its_links_lead_somewhere(notebook):
    for target in re.findall(r'\]\(([^)]+)\)', prose(notebook)):
        assert (NOTEBOOKS[0].parent / target).is_file(), target
