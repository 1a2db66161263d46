"""Messages name what a person types: calls at the prompt, commands in the shell."""

import ast
import re
from pathlib import Path

import pytest

import awlike
from awlike import remedies
from awlike.context import context
from awlike.errors import NotFound
from awlike.remedies import by_parameter, judged_invalid, to_type, typed_in_shell

PACKAGE = Path(awlike.__file__).parent
CALL = re.compile(r'\b(context|dpu)\.[a-z_]+\(|by Pars\b|\.execute\(\)')
FOR_THE_PROMPT = {  # what is met by those who type Python alone
    'persist/dbobject.py': 'context.update_is_valid(obj, 0)',  # an attribute is set
    'context/interventions.py': 'context.interventions(), or its',  # an argument of another type is given
    'dpu/own_recipes.py': 'a local cluster by dpu.close()',  # of those who hold a cluster
    'current.py': 'context.acting(user=...)',  # a program of many people
    'dpu/session.py': 'dpu.get_logs(3)', 'dpu/status.py': 'dpu.get_status(all_sessions=True)',  # the jobs of a session
}


def test_a_message_has_two_spellings():
    assert to_type('f()', 'awe f') == 'f()'
    with typed_in_shell():
        assert to_type('f()', 'awe f') == 'awe f' and to_type('f()') == 'f() at the prompt (awe)'
        assert judged_invalid() == 'awe invalidate NAME --reason TEXT'
        assert by_parameter() == 'by --par CLASS.PARAMETER=VALUE'
        with typed_in_shell(False):
            assert judged_invalid() == 'context.update_is_valid(raw, 0)'
        assert to_type('f()', 'awe f') == 'awe f'
    assert by_parameter() == 'by Pars'


def test_the_spelling_goes_back_after_an_error():
    with pytest.raises(NotFound), typed_in_shell():
        raise NotFound('nothing')
    assert not remedies._in_shell


def texts(path):
    """Return the texts of a module that people may read, without docstrings and without those that have two spellings."""
    tree = ast.parse(path.read_text())
    hidden = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == 'to_type':
            hidden |= set(map(id, ast.walk(node)))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            hidden.add(id(node.value))
    return [node.value for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in hidden]


@pytest.mark.slow
def test_no_message_names_a_call_alone():
    told = []
    for path in sorted(PACKAGE.rglob('*.py')):
        place = path.relative_to(PACKAGE).as_posix()
        if place.split('/')[0] in ('cli', 'prompt') or place == 'remedies.py':
            continue
        told += [(place, text) for text in texts(path) if CALL.search(text) and FOR_THE_PROMPT.get(place, '\0') not in text]
    assert told == []


def test_commands_name_commands(awe):
    status, _, errors = awe('run', 'Bias', '--instrument', 'OMEGACAM', '--commit', '--project', 'NOWHERE')
    assert status == 2 and 'awe project create NOWHERE' in errors and 'context.' not in errors
    status, _, errors = awe('job', 'status', '77')
    assert status == 2 and 'awe job list' in errors and 'dpu.' not in errors
    status, _, errors = awe('list', 'RawScienceFrame', '--date', '2012-05-31')
    assert status == 2 and '--date: a night is reckoned at the telescope' in errors and '--instrument' in errors
    with pytest.raises(NotFound, match=r'context.create_project\(.NOWHERE.\) makes a new one'):
        context.set_project('NOWHERE')


def test_a_limit_that_is_missed_names_the_shells_remedies(awe, night):
    status, _, errors = awe('run', 'Bias', '--instrument', 'OMEGACAM', '--commit', '--project', 'TEST',
                            '--par', 'BiasFrame.MAXIMUM_STDEV=0.001')
    assert status == 1 and 'invalidate bad raw frames (awe invalidate NAME --reason TEXT)' in errors
    assert 'change the limits by --par CLASS.PARAMETER=VALUE' in errors and 'Pars' not in errors
