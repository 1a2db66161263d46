"""The notebooks as they are committed; `make test` also runs them."""

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / 'notebooks').glob('*.ipynb'))
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


def test_it_is_committed_without_what_a_run_leaves(notebook):
    assert notebook.metadata == METADATA
    for cell in notebook.cells:
        assert set(cell.metadata) <= {'tags'}
    for cell in code(notebook):
        assert cell.outputs == [] and cell.execution_count is None and cell.source.strip()


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
