"""Names that others put into a database cannot act on the terminal, whichever way awlike shows them."""

import ast
import io
import json
import logging
import re
import sqlite3
import sys
import xml.etree.ElementTree
from pathlib import Path

import pytest

import awlike
from awlike import RawBiasFrame, RawScienceFrame, ReduceTask, context, terminal
from awlike.arguments import check_shown
from awlike.calibrations.check import check
from awlike.calibrations.overview import calibrations
from awlike.characters import printable, readable
from awlike.cli import main
from awlike.database.accounts import check_name
from awlike.errors import AwlikeError, ParameterError, StoreError, said
from awlike.ingest import ingest
from awlike.persist.references import Chip, Filter, Project
from awlike.products.raw import RawFits
from awlike.progress import NotebookBar, Progress, StandardError, _Now
from awlike.prompt.shell import _tell
from awlike.tracing.fsck import fsck
from awlike.views.graph import Graph
from awlike.views.html import tree_view
from awlike.views.tree import Node

EVIL = 'x\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\u2066\u200f\x7f\x08'
ACTING = re.compile('[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]')


def test_what_acts_becomes_a_question_mark_and_ends_of_lines_stay():
    assert printable('a\x1b[1mb\nc\u202ed') == 'a?[1mb?c?d'
    assert readable('é 你好 ≥ 3σ\n\ta\x1b\r\n') == 'é 你好 ≥ 3σ\n\ta??\n'


@pytest.mark.parametrize('error', [AwlikeError(EVIL), StoreError(EVIL), ParameterError(f'no {EVIL}\nline')])
def test_errors_are_safe_to_show(error):
    assert not ACTING.search(str(error)) and not ACTING.search(said(error)) and not ACTING.search(said(ValueError(EVIL)))
    assert str(ParameterError('a\nb')) == 'a\nb' and str(AwlikeError()) == ''


def test_log_lines_are_safe_to_show(monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(sys, 'stderr', written)
    try:
        raise ValueError(EVIL)
    except ValueError as error:
        StandardError().handle(logging.makeLogRecord({'msg': '%s failed', 'args': (EVIL,), 'exc_info': (
            ValueError, error, error.__traceback__)}))
    assert 'owned' in written.getvalue() and not ACTING.search(written.getvalue())


def test_trees_of_text_html_and_svg():
    node = Node(EVIL, 'role', f' [{EVIL}]', notes=(EVIL,), key=1, kind='calibration', box=(EVIL, EVIL))
    graph = Graph(node, EVIL)
    assert not ACTING.search(str(node)) and not ACTING.search(graph.svg) and not ACTING.search(tree_view(node, graph, EVIL))
    xml.etree.ElementTree.fromstring(graph.svg)


def test_progress_bars():
    with Progress(EVIL, 3) as progress:
        progress.now(EVIL)
        assert not ACTING.search(NotebookBar(progress).html(1.0))
        assert not ACTING.search(_Now(lambda: progress.what).__rich__().plain)


def test_text_at_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(terminal, '_is_terminal', lambda: True)
    assert not ACTING.search(re.sub(r'\x1b\[[\d;]*m', '', terminal.coloured(EVIL)))
    terminal.say(EVIL, 'b')
    assert not ACTING.search(capsys.readouterr().out)


@pytest.fixture
def hostile(project, small_night, home):
    """An archive in which every name is hostile, as somebody with a connection of their own can make it."""
    ingest(small_night)
    with sqlite3.connect(home / 'awlike.db') as connection:
        for table in ('chip', 'filter', 'project', 'user', 'instrument'):
            if table not in ('user', 'instrument'):
                connection.execute(f'UPDATE "{table}" SET name = name || ?', [EVIL])
        columns = {row[1] for row in connection.execute('PRAGMA table_info(dbobject)')}
        for column in columns & {'filename', 'original_name', 'OBJECT', 'OBSERVER', 'reason'}:
            connection.execute(f'UPDATE dbobject SET "{column}" = "{column}" || ?', [EVIL])
        connection.execute('UPDATE project SET description = ?', [EVIL])
        columns = {row[1] for row in connection.execute('PRAGMA table_info(raw_fits)')}
        for column in columns & {'original_name'}:
            connection.execute(f'UPDATE raw_fits SET "{column}" = "{column}" || ?', [EVIL])
    context.reset()
    context.set_project(f'TEST{EVIL}')
    return home


def shown(thing):
    """All texts of a thing: of prompts, notebooks and files."""
    texts = [str(thing), repr(thing)]
    texts += [getattr(thing, name)() for name in ('_repr_html_', '_repr_svg_') if hasattr(thing, name)]
    return [text for text in texts if text]


@pytest.mark.sqlite
def test_every_way_to_show_hostile_names(hostile, capsys):
    raw = RawScienceFrame.select_all()[0]
    night = raw.DATE_OBS.date()
    task = ReduceTask(instrument='OMEGACAM', raw_filenames=[raw.filename])
    tree = raw.lineage()
    things = [raw, raw.raw_fits, raw.chip, raw.filter, raw.facts(), tree, tree.graph() if hasattr(tree, 'graph') else '',
              RawScienceFrame.select_all(), RawBiasFrame.select_all(), RawFits.select_all(), Chip.select_all(),
              Project.select_all(), Filter.select_all(), context.get_current_project(), context.project,
              (RawScienceFrame.chip.name == raw.chip.name), (RawScienceFrame.chip.name == EVIL).explain(),
              task.plan(), task, check(night), calibrations(instrument='OMEGACAM'), raw.ancestors(), *fsck()]
    for thing in things:
        for text in shown(thing):
            assert not ACTING.search(text), (type(thing), text[:3000])
    raw.info()
    with pytest.raises(AwlikeError) as caught:
        context.set_project(f'none{EVIL}')
    print(caught.value)
    assert not ACTING.search(capsys.readouterr().out)


@pytest.mark.sqlite
@pytest.mark.parametrize('words', [
    ['list'], ['list', 'RawScienceFrame'], ['list', 'RawScienceFrame', '--names'], ['list', 'RawScienceFrame', '--json'],
    ['project', 'list'], ['project', 'list', '--json'], ['fsck'], ['fsck', '--json'], ['config'], ['info', 'FILE'],
    ['info', 'FILE', '--json'], ['lineage', 'FILE'], ['plan', 'Reduce', '--instrument', 'OMEGACAM'], ['check', 'NIGHT'],
    ['check', 'NIGHT', '--json'], ['retrieve', 'FILE'], ['info', EVIL], ['user', 'list']], ids=' '.join)
def test_every_command_with_hostile_names(hostile, monkeypatch, capfd, words):
    raw = RawScienceFrame.select_all()[0]
    words = [{'FILE': raw.filename, 'NIGHT': f'{raw.DATE_OBS:%Y-%m-%d}'}.get(word, word) for word in words]
    monkeypatch.setenv('AWLIKE_PROJECT', f'TEST{EVIL}')
    awlike.config.settings.cache_clear()
    monkeypatch.setattr(sys, 'argv', ['awe', *words])
    capfd.readouterr()
    with pytest.raises(SystemExit):
        main()
    printed = capfd.readouterr()
    assert printed.out or printed.err
    assert not ACTING.search(printed.out) and not ACTING.search(printed.err), printed
    if '--json' in words:
        json.loads(printed.out)


def test_an_error_of_another_library_at_the_prompt():
    class Shell:
        colors = 'nocolor'

        class InteractiveTB:
            mode, tb = 'Plain', None

        def _showtraceback(self, kind, error, lines):
            self.lines = lines

        def debugger(self):
            pass

    shell = Shell()
    _tell(shell, ValueError, ValueError(EVIL), None)
    assert not ACTING.search(''.join(shell.lines))


def test_no_command_prints_but_by_functions_that_make_text_safe():
    for path in sorted((Path(awlike.__file__).parent / 'cli').glob('*.py')):
        for node in ast.walk(ast.parse(path.read_text())):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ''
            assert name not in ('sys.stdout.write', 'sys.stdout.writelines'), f'{path.name}:{node.lineno}'
            assert name != 'print' or path.name == 'options.py', f'{path.name}:{node.lineno}: say or tell it'  # JSON in ASCII


@pytest.mark.parametrize('name', ['a\x1b[1m', 'a\u202eb', 'a\nb', 'a\x7f'])
def test_a_person_cannot_give_such_a_name(project, name):
    with pytest.raises(ParameterError, match='characters that control a terminal'):
        context.create_project(name)
    with pytest.raises(ParameterError, match='characters that control a terminal'):
        context.create_project('GOOD', name)
    with pytest.raises(ParameterError, match='characters that control a terminal'):
        check_name(name)
    check_shown('a name', 'Ångström 5 µm')


def test_a_raw_file_with_such_a_name_is_stored_under_a_safe_one(project, write):
    report = ingest(write(name='a\x1b[2J.fits\x1b[31m\u202e.fits'))
    assert report.ingested[0].filename.isprintable() and not ACTING.search(str(report))
