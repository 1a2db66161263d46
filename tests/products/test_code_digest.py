"""The digest of the source: changed by all that can change a product, and by nothing else."""

import importlib
import itertools
import subprocess
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from awlike.products import modules
from awlike.products.code_digest import code_digest, source_digest, sources
from awlike.products.product import ProcessTarget
from awlike.query.properties import classes
from awlike.tasks.known import tasks

PRODUCT = '''
import importlib

from awlike.frames.bias import BiasFrame
from awlike.products.parameters import FromRawFrames
from package import deep
from package.helpers import level, unused

FACTOR = 2

class Product:
    """What is made."""

    inputs = staticmethod(BiasFrame.inputs)

    class Parameters(FromRawFrames):
        def doubled(self):
            return 2 * self.MINIMUM_NUMBER

    @staticmethod
    def make(inputs, params):
        """Make it."""
        # a remark
        return {'data': level(inputs.raw_bias_frames) * FACTOR + deep.offset() + params.doubled()}
'''
HELPERS = '''
from .deep import bottom as ground

def level(frames):
    """How high."""
    return sum(frame.data[frame.geometry.trim] for frame in frames) + ground()

def unused():
    return 1
'''
DEEP = '''
MODES = {'a': 1}
MODES['b'] = 2

def bottom():
    return MODES['a'] + lowest(1)

def lowest(x):
    return x - 1

def offset():
    return 0

def nobody():
    return 3
'''
FILES = {'product': PRODUCT, 'package/__init__': '', 'package/helpers': HELPERS, 'package/deep': DEEP}
_number = itertools.count()


@pytest.fixture
def imported(tmp_path, monkeypatch):
    """Import modules from texts, anew each time; gives the class `Product` of the module ``product``."""

    def forget():
        for name in [name for name in sys.modules if name.partition('.')[0] in ('product', 'package')]:
            del sys.modules[name]

    def imported(**changed):
        folder = tmp_path / str(next(_number))
        for name, text in (FILES | {name.replace('__', '/', 1): text for name, text in changed.items()}).items():
            path = folder / f'{name}.py'
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        forget()
        monkeypatch.syspath_prepend(folder)
        importlib.invalidate_caches()
        return importlib.import_module('product').Product

    yield imported
    forget()


@pytest.fixture
def digest(imported):
    return lambda **changed: code_digest(imported(**changed))


def edited(text, *changes):
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_same_source_same_digest(digest):
    assert digest() == digest()


@pytest.mark.parametrize('change', [
    {'product': edited(PRODUCT, ('# a remark', '# another remark,\n        # and a longer one'))},
    {'product': edited(PRODUCT, ('"""Make it."""', '"""Make it, and tell more."""'), ('"""What is made."""', ''))},
    {'product': edited(PRODUCT, ('inputs, params', 'inputs,\n             params,'), (' * FACTOR', '*(FACTOR)'))},
    {'package__helpers': '\n\n# moved\n' + edited(HELPERS, ('"""How high."""', '"""How high it is."""'))},
    {'package__deep': edited(DEEP, ('2', '0x2'), ("'a'", '"a"'))}],
    ids=['comment', 'docstring', 'layout', 'helper', 'spelling'])
def test_comments_layout_and_docstrings_do_not_count(digest, change):
    assert digest(**change) == digest()


@pytest.mark.parametrize('change', [
    {'product': PRODUCT + '\ndef other():\n    return 1\n'},
    {'package__helpers': edited(HELPERS, ('return 1', 'return 2'))},
    {'package__deep': edited(DEEP, ('return 3', 'return 4'))}],
    ids=['beside make', 'imported but not used', 'beside what is used'])
def test_unrelated_changes_do_not_count(digest, change):
    assert digest(**change) == digest()


@pytest.mark.parametrize('change', [
    {'product': edited(PRODUCT, ('* FACTOR', '/ FACTOR'))},
    {'product': edited(PRODUCT, ('FACTOR = 2', 'FACTOR = 3'))},
    {'product': edited(PRODUCT, ('return 2 * self', 'return 3 * self'))},
    {'package__helpers': edited(HELPERS, ('+ ground', '- ground'))},
    {'package__deep': edited(DEEP, ("{'a': 1}", "{'a': 2}"))},
    {'package__deep': edited(DEEP, ("MODES['b'] = 2", "MODES['b'] = 3"))},
    {'package__deep': edited(DEEP, ('return x - 1', 'return x - 2'))},
    {'package__deep': edited(DEEP, ('return 0', 'return 1'))}],
    ids=['make', 'constant', 'method of parameters', 'helper', 'constant of a helper', 'what adds to a constant',
         'helper of a helper of a helper', 'helper by the name of its module'])
def test_all_that_can_change_the_result_counts(digest, change):
    assert digest(**change) != digest()


@pytest.mark.parametrize(('how', 'call'), [
    ('import package.helpers', 'package.helpers.level'), ('import package.helpers as h', 'h.level'),
    ('from package import helpers', 'helpers.level'), ('from package import *', 'level'),
    ('from package.helpers import *', 'level'), ('from package import level as how_high', 'how_high'),
    ('try:\n    from package.helpers import level\nexcept ImportError:\n    level = None', 'level'),
    ('from package import helpers\nlevel = helpers.level', 'level'),
    ('import functools\nfrom package import helpers\nhigh = functools.partial(helpers.level)', 'high')])
def test_a_helper_is_found_however_it_is_imported(digest, how, call):
    product = edited(PRODUCT, ('from package.helpers import level, unused', how), ('level(inputs', f'{call}(inputs'))
    with_it = {'product': product,
               'package____init__': 'from package.helpers import level\n'}
    assert digest(**with_it) != digest(**with_it, package__deep=edited(DEEP, ('return x - 1', 'return x - 2')))


def test_a_helper_under_a_condition_is_found(digest):
    """Whichever of two definitions holds."""
    def text(value):
        return edited(HELPERS, ('def unused', f'if ground:\n    def chosen():\n        return {value}\nelse:\n'
                                              '    def chosen():\n        return 0\n\ndef unused'),
                      ('+ ground()', '+ chosen()'))
    assert digest(package__helpers=text(1)) != digest(package__helpers=text(2))


def test_a_property_of_an_input_counts_where_it_is_read_however_deep(imported):
    assert 'awlike.products.raw.RawFrame.geometry' in sources(imported())
    without = imported(package__helpers=edited(HELPERS, ('[frame.geometry.trim]', '')))
    assert not [name for name in sources(without) if 'eometry' in name]


def test_modules_that_import_a_name_from_each_other_end_the_search(digest):
    with_it = {'product': edited(PRODUCT, ('import level, unused', 'import level\nimport package'),
                                 ("'data': ", "'more': package.nothing, 'data': ")),
               'package____init__': 'import sys\nfrom package import other\nsys.modules["package"].nothing = 1\n'
                                    'def late():\n    from package.other import nothing\n',
               'package__other': 'def late():\n    from package import nothing\n'}
    assert digest(**with_it) != digest()


def test_a_library_is_no_part_of_it(imported):
    found = sources(imported(package__deep=edited(DEEP, ('return 0', 'import numpy\n    return numpy.zeros(2)'))))
    assert {name.partition('.')[0] for name in found} == {'product', 'package', 'awlike'}


def test_the_one_import_of_authors_changes_no_digest(digest):
    call = ('level(inputs', 'data_of(inputs.raw_bias_frames) + level(inputs')
    through, directly = (edited(PRODUCT, ('import importlib', f'import importlib\nfrom {module} import data_of'), call)
                         for module in ('awlike.declare', 'awlike.products.inputs'))
    assert digest(product=through) == digest(product=directly) != digest(product=edited(PRODUCT, ('import importlib', '')))


def test_awlike_counts_also_where_it_is_installed_like_a_library(monkeypatch):
    """In an ordinary installation it lies beside numpy."""
    monkeypatch.setattr(modules, '_in_library', lambda path: True)
    assert 'awlike.pixels.combine.combine_clipped' in sources(classes['BiasFrame'])


def test_every_product_follows_its_pixel_functions():
    kinds = [cls for cls in classes.values() if issubclass(cls, ProcessTarget) and cls.make is not ProcessTarget.make
             and cls.__module__.startswith('awlike.frames')]
    digests = {cls: code_digest(cls) for cls in kinds}
    assert len(kinds) > 12 and len(set(digests.values())) == len(kinds)
    assert all(any(name.startswith(('awlike.pixels.', 'awlike.sky.')) for name in sources(cls)) for cls in kinds)


def test_a_sub_class_made_by_its_parent_s_make_is_made_by_the_same_code(imported):
    product = imported()
    assert code_digest(type('Other', (product,), {'__module__': 'product'})) == code_digest(product)


@pytest.mark.slow
def test_make_that_calls_another_s_make_follows_it(digest):
    inherited = PRODUCT + '''
class Other(Product):
    @staticmethod
    def make(inputs, params):
        return Product.make(inputs, params)

Product = Other
'''
    assert digest(product=inherited) != digest(product=edited(inherited, ('FACTOR = 2', 'FACTOR = 3')))


# --- where a definition lies ---

LOWEST = 'def lowest(x):\n    return x - 1\n'


def test_a_definition_that_moves_to_another_module_changes_no_digest(digest):
    moved = {'package__deep': edited(DEEP, (LOWEST, 'from .floor import lowest\n')), 'package__floor': LOWEST}
    assert digest(**moved) == digest()
    assert digest(**moved | {'package__floor': LOWEST.replace('- 1', '- 2')}) != digest()


def test_a_module_that_is_moved_with_all_that_it_defines_changes_no_digest(digest):
    moved = {'product': edited(PRODUCT, ('from package.helpers', 'from package.aids'),
                               ('import deep', 'import bottom as deep')),
             'package__aids': edited(HELPERS, ('.deep', '.bottom')), 'package__bottom': DEEP}
    assert digest(**moved) == digest()


@pytest.mark.parametrize('how', ['from package.helpers import level', 'import package.helpers', 'from package import helpers'])
def test_an_import_inside_make_does_not_count(digest, how):
    call = {'import package.helpers': 'package.helpers.level', 'from package import helpers': 'helpers.level'}.get(how, 'level')
    inside = edited(PRODUCT, ('from package.helpers import level, unused\n', ''), ('# a remark', how),
                    ('level(inputs', f'{call}(inputs'))
    assert digest(product=inside) == digest()


def test_the_import_of_a_library_inside_make_counts(digest):
    def text(name):
        return edited(PRODUCT, ('# a remark', f'from math import {name} as f'), ("{'data': ", "{'data': f(1) * "))
    assert digest(product=text('sin')) != digest(product=text('cos'))


def test_annotations_of_arguments_and_variables_do_not_count(digest):
    annotated = edited(DEEP, ('def bottom()', 'def bottom() -> int'), ('def lowest(x)', 'def lowest(x: int) -> int'),
                       ("MODES = {'a': 1}", "MODES: dict[str, int] = {'a': 1}"))
    assert digest(package__deep=annotated) == digest()


def test_two_definitions_of_one_name_do_not_hide_each_other(digest):
    def files(first, second):
        return {'product': edited(PRODUCT, ('from package import deep', 'from package import deep, other'),
                                  (' + deep.offset()', ' + deep.offset() - other.offset()')),
                'package__deep': edited(DEEP, ('return 0', f'return {first}')),
                'package__other': f'def offset():\n    return {second}\n'}
    assert len({digest(**files(0, 1)), digest(**files(1, 0)), digest(**files(0, 0)), digest(**files(1, 1))}) == 4


# --- of the user's own ---

RECIPE = '''
from awlike import ReduceTask

LIMIT = {limit}

def few(raws):
    return raws[:LIMIT]

class ReduceTask(ReduceTask):
    """Reduce a few."""

    def requests(self):
        return self.one_for_each(few(self.raw_frames(RawScienceFrame)))
'''


def users_recipe(home, text):
    """The `Reduce` that a user has in AWLIKE_HOME/recipes."""
    folder = home / 'recipes'
    folder.mkdir(exist_ok=True)
    (folder / 'few.py').write_text(text)
    return tasks()['Reduce']


def test_a_recipe_of_the_user_s_own_is_told_by_name_and_digest(home):
    first = users_recipe(home, RECIPE.format(limit=5)).recipe()
    assert first.startswith('Reduce ') and len(first) == 23
    assert users_recipe(home, '# my own\n' + RECIPE.format(limit=5)).recipe() == first
    assert users_recipe(home, RECIPE.format(limit=10)).recipe() != first
    (home / 'recipes' / 'few.py').unlink()


def test_a_kind_of_frame_in_the_user_s_recipes_follows_its_helpers(home):
    kind = PRODUCT.replace('from package import deep\n', '').replace('from package.helpers import level, unused',
                                                                     'def level(frames):\n    return {}') \
        .replace(' + deep.offset()', '')

    def product(value):
        users_recipe(home, kind.replace('{}', str(value), 1))
        return sys.modules['awlike_user_recipes.few'].Product

    assert 'awlike_user_recipes.few.level' in sources(product(1))
    assert code_digest(product(1)) == code_digest(product(1)) != code_digest(product(2))


# --- typed at the prompt ---

@pytest.fixture
def typed(home, monkeypatch):
    """Type cells at a prompt; gives the digest of the class `Product` as it is then."""
    monkeypatch.setitem(sys.modules, '__main__', sys.modules['__main__'])
    before = sys.displayhook, sys.excepthook
    shell = InteractiveShell()
    shell.history_manager.enabled = False
    sys.modules['__main__'] = shell.user_module

    def typed(*cells):
        for cell in cells:
            shell.run_cell(cell).raise_error()
        return code_digest(shell.user_ns['Product'])

    yield typed
    sys.displayhook, sys.excepthook = before


CELLS = ('from awlike import *\nfrom awlike.pixels.combine import combine_clipped', 'SCALE = 2.0',
         'def deepest(x):\n    return x * SCALE', 'def helper(x):\n    """Help."""\n    return deepest(x)', '''
class Product:
    inputs = staticmethod(BiasFrame.inputs)
    Parameters = BiasFrame.Parameters

    @staticmethod
    def make(inputs, params):
        return {'data': helper(combine_clipped([raw.data for raw in inputs.raw_bias_frames], 3, 1))}
''')


def test_what_is_typed_counts_as_it_is_now(typed):
    first = typed(*CELLS)
    assert typed('def helper(x):\n    # the same\n    return deepest( x )') == first
    assert typed('x = 1', 'def other():\n    return 2') == first
    changed = typed('def deepest(x):\n    return x + SCALE')
    assert changed != first and typed('SCALE = 3.0') not in (first, changed)
    assert typed('SCALE = 2.0', CELLS[2]) == first


def test_what_is_typed_follows_a_module_that_is_reloaded(typed, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / 'mine.py').write_text('def deepest(x):\n    return x + 1\n')
    first = typed(*CELLS[:1], 'import importlib, mine', 'def helper(x):\n    return mine.deepest(x)', CELLS[-1])
    (tmp_path / 'mine.py').write_text('def deepest(x):\n    return x + 200\n')
    assert typed('importlib.reload(mine)') != first
    sys.modules.pop('mine')


def test_what_is_typed_follows_awlike(typed):
    typed(*CELLS)
    assert 'awlike.pixels.combine.combine_clipped' in sources(sys.modules['__main__'].Product)


@pytest.mark.slow
def test_the_digest_is_the_same_in_every_process():
    script = 'from awlike import BiasFrame; from awlike.products.code_digest import code_digest; print(code_digest(BiasFrame))'
    said = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == code_digest(classes['BiasFrame'])


def test_the_digest_of_a_class_s_own_source(imported):
    assert source_digest(imported()) == source_digest(imported(package__deep=edited(DEEP, ('return 0', 'return 1'))))
    assert source_digest(imported()) != source_digest(imported(product=edited(PRODUCT, ('FACTOR = 2', 'FACTOR = 3'))))
