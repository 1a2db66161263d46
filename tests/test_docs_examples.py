"""What the pages say is true: every example at a prompt, in order, on a simulated night, and every line of the query tables.

A fence called `console` holds commands of the shell behind ``$``, one called `awe` what is typed at the prompt; what follows is
what must come out, with ``...`` for any text.
"""

import contextlib
import doctest
import io
import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from awlike import cli, config
from awlike.context import context
from awlike.errors import AwlikeError
from awlike.ingest import ingest
from awlike.names import at_the_prompt
from awlike.query.query import Query
from tests.conftest import home_in

DOCS = Path(__file__).resolve().parents[1] / 'docs'
FENCE = re.compile(r'^```(console|awe)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
PAGES = sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob('*.md')
               if FENCE.search(path.read_text()) and not path.relative_to(DOCS).parts[0].startswith('_'))
FIRST = 'first-hour.md'


def examples(page):
    """(what is typed, what must come out, line) of each example of a page; commands of the shell begin with ``$``."""
    text = (DOCS / page).read_text()
    for fence in FENCE.finditer(text):
        first = text[:fence.start(2)].count('\n') + 1
        typed, wanted, line = None, [], 0
        for number, row in enumerate(fence[2].splitlines(), first):
            if row.startswith(('$ ', 'awe> ')):
                if typed is not None:
                    yield typed, '\n'.join(wanted), line
                typed, wanted, line = row.removeprefix('awe> '), [], number
            elif row.startswith('...  '):
                typed += '\n' + row.removeprefix('...  ')
            else:
                wanted.append(row)
        yield typed, '\n'.join(wanted), line


def do(typed, names, monkeypatch, wanted='') -> str:
    """What comes out; an error is what comes out where the page shows it."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        if typed.startswith('$ export '):
            name, _, value = typed.removeprefix('$ export ').partition('=')
            monkeypatch.setenv(name, value.replace('$PWD', os.getcwd()))
            config.settings.cache_clear()
        elif typed.startswith('$ '):
            command, *words = shlex.split(typed.removeprefix('$ '))
            assert command == 'awe' and words, 'only commands of awe are tried here'
            monkeypatch.setattr(sys, 'argv', [command, *words])
            with pytest.raises(SystemExit) as end:
                cli.main()
            assert not end.value.code, f'exit status {end.value.code}'
            context.reset()
        else:
            try:
                exec(compile(typed, typed, 'single'), names)
            except AwlikeError as error:
                if not wanted:
                    raise
                print(f'{type(error).__name__}: {error}')
    return out.getvalue()


def run(page, monkeypatch) -> None:
    """Try all examples of a page, from top to bottom."""
    names, same = at_the_prompt(), doctest.OutputChecker().check_output
    for typed, wanted, line in examples(page):
        try:
            got = do(typed, names, monkeypatch, wanted)
        except Exception as error:
            raise AssertionError(f'{page}, line {line}: {typed}: {type(error).__name__}: {error}') from error
        if wanted:
            assert same(wanted.replace('\n...', '...') + '\n', got, doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE), \
                f'{page}, line {line}: {typed}\ngives\n{got}'


@pytest.fixture(scope='module')
def reduced_home(tmp_path_factory, night_files, on):
    """The folder of an awlike in which the night of the examples was reduced, to be copied."""
    with home_in(tmp_path_factory.mktemp('examples') / 'awlike', on) as folder:
        context.create_project('NIGHT', 'a simulated night')
        context.set_project('NIGHT')
        ingest(night_files, how='refer')
        at_the_prompt()['ReduceTask']('OMEGACAM', commit=True).execute()
    return folder


@pytest.fixture
def reduced(home, reduced_home, night_files, monkeypatch, on):
    """The night, reduced and committed, in the current project NIGHT; the raw files lie in the folder `night`."""
    on.copy(reduced_home, home)
    (home / 'night').symlink_to(night_files)
    monkeypatch.setenv('AWLIKE_PROJECT', 'NIGHT')
    config.settings.cache_clear()


def test_the_first_hour_begins_with_nothing(home, monkeypatch):
    run(FIRST, monkeypatch)


@pytest.mark.parametrize('page', [page for page in PAGES if page != FIRST])
def test_examples_do_what_the_page_says(page, reduced, home, monkeypatch):
    recipe = re.search(r'`recipes/(\w+\.py)`.*?^```python\n(.*?)^```$', (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)
    if recipe:
        (home / 'recipes').mkdir()
        (home / 'recipes' / recipe[1]).write_text(recipe[2])
    run(page, monkeypatch)


# --- the tables of queries ---


def table(title) -> list[tuple[str, str]]:
    """The first two cells of the rows of the tables under a heading of the page of queries."""
    text = (DOCS / 'concepts/queries.md').read_text().partition(f'## {title}\n')[2].partition('\n## ')[0]
    rows = [re.split(r'(?<!\\)\|', line)[1:3] for line in text.splitlines() if line.startswith('| `')]
    return [tuple(re.search('`(.+)`', cell)[1].replace('\\|', '|') if '`' in cell else '' for cell in row) for row in rows]


def test_the_tables_of_queries_are_true(reduced, monkeypatch):
    names = at_the_prompt()
    for typed, _, _ in examples('concepts/queries.md'):
        do(typed, names, monkeypatch)
    for expression, _ in table('What you can write'):
        query = eval(expression, names)
        assert isinstance(query, Query) and len(query) == len(list(query)), expression
    for expression, _ in table('What you can ask of a query'):
        assert eval(expression, names) is not None, expression
    for wrong, right in table('What is refused, and what to write instead'):
        with pytest.raises(AwlikeError):
            eval(wrong, names)
            pytest.fail(f'{wrong} is not refused')
        eval(right, names)


def test_the_tables_of_queries_are_complete():
    text = (DOCS / 'concepts/queries.md').read_text()
    inside = {'columns', 'preview', 'numbers_by', 'with_criteria', 'written', 'rows', 'number_up_to'}  # for plans, pages, rules
    asked = {name for name in dir(Query) if not name.startswith('_') and name != 'cls'} - inside
    assert not [name for name in asked if f'.{name}(' not in text]
    of_classes = ('like', 'in_', 'between', 'made_from', 'descends_from', 'used_by', 'select', 'select_all', 'select_valid')
    assert all(f'.{name}(' in text for name in of_classes)
    assert all(f'`{sign}`' in text for sign in ('!=', '<', '<=', '>', '>='))
    assert len(table('What is refused, and what to write instead')) > 8
