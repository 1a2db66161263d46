"""Help: every command, argument and option is explained, and every example that is shown can be run."""

import shlex
import subprocess
import sys

import pytest
import typer.main

from awlike.cli import app
from tests.cli.conftest import process

ROOT = typer.main.get_command(app)
EAGER = {'help', 'install_completion', 'show_completion'}  # Typer's own


def commands(group=ROOT, *before):
    for name, command in group.commands.items():
        if hasattr(command, 'commands'):
            yield from commands(command, *before, name)
        else:
            yield (*before, name), command


COMMANDS = dict(commands())


@pytest.mark.parametrize('name', COMMANDS)
def test_each_command_argument_and_option_is_explained(name):
    command = COMMANDS[name]
    summary = command.help.partition('\n\n')[0]
    assert summary.endswith('.') and len(summary) < 60, 'it fits on one line of the list of commands'
    for parameter in command.params:
        assert parameter.help and parameter.help.rstrip().endswith('.'), parameter.name


@pytest.mark.parametrize('name', COMMANDS)
def test_each_example_can_be_run(name):
    lines = [line.strip() for line in COMMANDS[name].epilog.splitlines() if 'awe ' in line]
    assert lines and all(' '.join(('awe', *name)) in line for line in lines)
    for line in lines:
        words = shlex.split(line[line.index(' '.join(('awe', *name))):])
        given = ['NAME'] if 'xargs' in line else []  # by what stands before the pipe
        COMMANDS[name].make_context(name[-1], words[len(name) + 1:] + given)


def test_what_a_machine_may_read_is_there_as_json():
    asked = {name for name, command in COMMANDS.items() if any('--json' in one.opts for one in command.params)}
    project = 'create', 'add-member', 'remove-member', 'join', 'leave', 'add-source', 'remove-source'
    assert asked == set(COMMANDS) - {('simulate',), *(('project', name) for name in project), ('user', 'add'), ('db', 'init'),
                                    ('db', 'upgrade'), ('intervention', 'add'), ('intervention', 'withdraw'),
                                    ('refcat', 'remove'), ('selection', 'remove'), ('selection', 'export'),
                                    ('release', 'deliver'),
                                    ('process-file',), ('process-ccd',), ('process',), ('collectcells',),
                                    ('makecalibrations',), ('headers', 'undo'), ('web',)}


def test_the_commands_are_listed_in_groups(home):
    shown = process('--help').stdout
    for group in ('Files in and out', 'Looking', 'Processing', 'Keeping in order', 'Setting up'):
        assert f'\n{group}:\n' in shown
    assert all(f'\n  {name[0]} ' in shown for name in COMMANDS)
    assert '...' not in shown.partition('Files in')[2].partition('Examples')[0], 'no summary is cut'


def test_help_and_completion_need_neither_database_nor_frames(home):
    code = ('import sys; from awlike.cli import app; import typer.main; typer.main.get_command(app)\n'
            'print(*(m for m in ("numpy", "sqlalchemy", "astropy", "rich", "pydantic", "IPython") if m in sys.modules))')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
    assert not list(home.iterdir())


def test_the_version(awe):
    assert awe('--version')[:2] == (0, 'awlike 0.1.0\n')
