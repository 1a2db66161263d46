"""Everything public is in the docs: what is new and not there, or has no text, fails here."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import awlike
import awlike.pixels
from awlike import errors
from awlike.config import Settings
from awlike.persist.dbobject import DBObject
from awlike.planning.plan import Plan
from awlike.query.path import Path as QueryPath
from awlike.query.properties import classes
from awlike.query.query import Query
from awlike.tasks.task import Task

pytest.importorskip('sphinx', reason='the reference is written with Sphinx: pip install -e ".[docs]"')
DOCS = Path(__file__).resolve().parents[1] / 'docs'


@pytest.fixture(scope='module')
def pages():
    """The generated pages by their path below ``docs/reference``."""
    sys.path.insert(0, str(DOCS / '_ext'))
    try:
        from awlike_reference import pages
        return pages()
    finally:
        sys.path.remove(str(DOCS / '_ext'))


@pytest.fixture(scope='module')
def described(pages):
    """The names that the reference describes, ``'Query.exists'``, each with its text."""
    parts = re.split(r'^\.\. py:\w+:: ', '\n'.join(pages.values()), flags=re.MULTILINE)[1:]
    return {re.match(r'[\w.]+', part)[0]: part.partition('\n')[2] for part in parts}


def persistent():
    """The persistent classes of awlike, and those above them."""
    mine = [cls for cls in classes.values() if cls.__module__.startswith('awlike.')]
    return {base for cls in mine for base in cls.__mro__ if issubclass(base, DBObject)}


def public(cls):
    """Name and function of each public method and property that `cls` itself defines."""
    for name, value in vars(cls).items():
        value = getattr(value, 'fget', None) or getattr(value, 'func', None) or getattr(value, '__func__', value)
        if not name.startswith('_') and inspect.isfunction(value) and value.__module__.startswith('awlike.'):
            yield name, value


# --- nothing is missing ---


def test_every_name_is_described(described):
    assert not set(awlike.__all__) - set(described)


@pytest.mark.parametrize('cls', [Query, QueryPath, Task, Plan, awlike.Pars, awlike.Chain], ids=lambda cls: cls.__name__)
def test_every_method_of_what_one_types_is_described(cls, described):
    assert not [name for name, _ in public(cls) if f'{cls.__name__}.{name}' not in described]


def test_every_method_of_the_context_is_described(described):
    names = [name for base in type(awlike.context).__mro__ for name, _ in public(base)]
    assert len(names) > 20 and not [name for name in names if f'context.{name}' not in described]


def test_every_method_of_every_class_is_described(described):
    """Where a class does in its own way what one above it does, the text of that one is enough."""
    for cls in persistent():
        above = [base.__name__ for base in cls.__mro__ if base in persistent()]
        for name, function in public(cls):
            where = above[:1] if function.__doc__ else above
            assert any(f'{one}.{name}' in described for one in where), f'{cls.__name__}.{name}'


def test_what_methods_return_is_described(described):
    assert {'Tree', 'Relatives', 'Verdict', 'Selection', 'Reason', 'Reproduction', 'Difference', 'Impact', 'Quality',
            'LimitCheck', 'NightCheck', 'CheckRow', 'Freed', 'Report', 'Change', 'Imstat', 'Step'} <= set(described)


def test_every_attribute_input_and_parameter_is_on_the_page_of_its_class(pages):
    for cls in persistent():
        page = pages[f'classes/{cls.__name__}.rst']
        names = [*getattr(cls, '__properties__', {}), *(cls.Parameters.model_fields if hasattr(cls, 'Parameters') else ())]
        assert not [name for name in names if f'``{name}``' not in page], cls.__name__
        texts = [field.description for field in cls.Parameters.model_fields.values()] if hasattr(cls, 'Parameters') else []
        assert all(texts) and all(one.text for one in getattr(cls, '__properties__', {}).values()), cls.__name__


def test_every_command_and_option_is_on_the_page_of_commands(pages):
    import typer.main

    import awlike.cli
    waiting = [('awe', typer.main.get_command(awlike.cli.app))]
    assert waiting[0][1].commands
    for words, command in waiting:
        waiting += [(f'{words} {name}', one) for name, one in getattr(command, 'commands', {}).items() if not one.hidden]
        section = pages['commands.rst'].partition(f'\n{words}\n---')[2].partition('\n.. _command-')[0]
        options = [option for one in command.params for option in one.opts if option.startswith('--') and option != '--help']
        assert not [option for option in options if f'``{option}' not in section], words
        assert (command.help or '').strip(), words
        assert all(one.help for one in command.params if one.param_type_name == 'option'), words


def test_every_setting_and_error_is_described(pages, described):
    assert not [name for name in Settings.model_fields if f'``AWLIKE_{name.upper()}``' not in pages['settings.rst']]
    assert all(field.description for field in Settings.model_fields.values())
    assert not [name for name, one in vars(errors).items() if isinstance(one, type) and name not in described]


def test_every_function_on_pixels_is_described(described):
    for info in pkgutil.iter_modules(awlike.pixels.__path__):
        module = importlib.import_module(f'awlike.pixels.{info.name}')
        names = [name for name, _ in public(module) if vars(module)[name].__module__ == module.__name__]
        kernels = info.name.endswith('kernels') or info.name == 'compiled'
        assert kernels or not [name for name in names if f'{module.__name__}.{name}' not in described], info.name


def test_every_camera_and_its_parameters_are_on_the_page_of_cameras(pages):
    from awlike.cameras.known import cameras
    for name, camera in cameras().items():
        section = pages['cameras.rst'].partition(f'\n{name}\n---')[2].partition('\n.. _camera-')[0]
        assert camera.telescope in section and all(f'``{one}``' in section for one in camera.parameters)


# --- what is there says something ---


def test_all_that_authors_import_is_on_the_page_of_declarations(pages):
    from awlike import declare
    assert not [name for name in declare.__all__ if name not in pages['declaring.rst']]


def test_everything_public_has_a_docstring(described):
    silent = [name for name, text in described.items()
              if not re.search(r'^   (?!:)\S', text.partition('\n.. ')[0], re.MULTILINE)]
    assert not silent


# --- pages lead to pages ---


def sources():
    """The pages written by hand, by their path below ``docs``."""
    paths = [path.relative_to(DOCS) for path in DOCS.rglob('*.md')]
    return {str(path): (DOCS / path).read_text() for path in paths if not path.parts[0].startswith('_')}


def test_links_lead_somewhere(pages):
    pictures = (f'pictures/{path.name}' for path in DOCS.glob('pictures/*.png'))
    there = {*sources(), *(f'reference/{name}' for name in pages), *pictures}
    for name, text in sources().items():
        text = re.sub(r'^```(?!\{).*?^```$', '', text, flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r'\[[^\]]+\]\(([\w./:-]+)(?:#[^)]*)?\)|\{doc\}`(?:[^`<]*<)?([^`>]+)>?`', text):
            target = next(filter(None, target))
            if re.match(r'\w+:', target):
                continue
            path = (DOCS / target.lstrip('/') if target.startswith('/') else DOCS / name / '..' / target).resolve()
            found = str(path.relative_to(DOCS)) if path.is_relative_to(DOCS) else ''
            assert {found, f'{found}.md', f'{found}.rst'} & there, f'{name} leads to {target}, which is not there'


def test_every_how_to_is_in_one_group():
    text = sources()['howto/index.md']
    groups = re.findall(r'```\{toctree\}\n:maxdepth: 1\n:caption: (.+)\n\n((?:[\w-]+\n)+)```', text)
    pages = [page for _, members in groups for page in members.split()]
    assert sorted(pages) == sorted(path.stem for path in (DOCS / 'howto').glob('*.md') if path.stem != 'index')
    assert 4 <= len(groups) <= 9 and text.count('{toctree}') == len(groups)


def test_the_start_page_has_a_picture():
    picture, = re.findall(r'!\[[^\]]{20,}\]\(([\w/.]+)\)', sources()['index.md'])
    assert (DOCS / picture).is_file()


def test_the_readme_leads_to_what_is_there():
    root = DOCS.parent
    targets = re.findall(r'\]\(([^):#]+)\)', (root / 'README.md').read_text())
    assert len(targets) > 5 and not [target for target in targets if not (root / target).exists()]


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path):
    command = [sys.executable, '-m', 'sphinx', '-W', '--keep-going', '-q', '-b', 'html', '-d', tmp_path / 'doctrees', DOCS]
    done = subprocess.run([*command, tmp_path / 'html'], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'html/reference/classes/BiasFrame.html').is_file()


@pytest.mark.parametrize('page', sorted(DOCS.rglob('*.md')), ids=lambda page: page.stem)
def test_what_a_page_shows_as_python_is_python(page):
    """What is not ends the building of the site."""
    from pygments.lexers.python import PythonLexer
    from pygments.token import Error
    for shown in re.findall(r'^```python\n(.*?)^```$', page.read_text(), re.MULTILINE | re.DOTALL):
        assert not [text for token, text in PythonLexer().get_tokens(shown) if token is Error], shown
