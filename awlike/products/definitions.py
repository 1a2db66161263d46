"""Definitions: what a name in the source of awlike, or of a user's own module, stands for."""

import ast
import copy
import functools
import importlib
import importlib.util
import inspect
import sys
import sysconfig
import textwrap
from pathlib import Path

from awlike.query.properties import classes

_INSTALLED = 'site-packages', 'dist-packages'

_PLAIN_DECORATORS = {'staticmethod', 'classmethod', 'property'}  # which read no annotations

def cached_until_reload(function):
    """`function` of a class, function or module, computed once; anew for a module that was reloaded, and each time for what
    was typed, which can change.
    """
    cache = {}

    @functools.wraps(function)
    def wrapper(owner):
        module = owner if inspect.ismodule(owner) else sys.modules[owner.__module__]
        if not hasattr(module, '__file__'):
            return function(owner)
        spec, known = getattr(owner, '__spec__', None), cache.get(owner)  # a module that is reloaded gets another spec
        if known is None or known[0] is not spec:
            known = cache[owner] = spec, function(owner)
        return known[1]
    return wrapper


class Definition:
    """A function, class or constant at the top of a module, or a method."""

    def __init__(self, module, name, node):
        self.module, self.name, self.node = module, f'{module.__name__}.{name}', node

    @property
    def source(self) -> str:
        """Its source, without what changes no result: comments, docstrings, annotations, and where a definition lies."""
        return self._read[0]

    @property
    def used(self) -> list['Definition']:
        """The definitions that this one names, one for each time, in the order of its source."""
        return self._read[1]

    @functools.cached_property
    def attributes(self) -> frozenset:
        """The names of the attributes that it reads, of whatever."""
        return frozenset(node.attr for node in ast.walk(self.node) if isinstance(node, ast.Attribute))

    @functools.cached_property
    def _read(self):
        reader = _Reader(self.node, self._stands_for)
        return ast.unparse(reader.visit(copy.deepcopy(self.node))), reader.used

    def _stands_for(self, first, *rest):
        """Return the definition for which ``first.rest`` stands, or None."""
        module, name = self._imported.get(first, (self.module, first))
        return _find(module, *rest) if name is None else _find(module, name, *rest)

    @functools.cached_property
    def _imported(self):
        return _module_imports(self.module) | _imports(self.module, self.node)


class _Reader(ast.NodeTransformer):
    """Reduces a definition to what can change a result, and collects the definitions that it names.

    Comments, layout and docstrings are gone already. Left out are imports of what is followed, for their names are followed
    wherever they come from; the module before the name of a definition; and annotations, but for those of classes and of
    decorated functions, which are often read.
    """

    def __init__(self, node, stands_for):
        self.used, self._stands_for = [], stands_for
        function = node.body[0] if isinstance(node, ast.Module) and len(node.body) == 1 else node
        signature = ast.walk(function.args) if isinstance(function, ast.FunctionDef) else ()
        self._arguments = {one.arg for one in signature if isinstance(one, ast.arg)}
        self._in_class = False

    def generic_visit(self, node):
        super().generic_visit(node)
        if getattr(node, 'body', None) == []:
            node.body = [ast.Pass()]
        return node

    def visit_ClassDef(self, node):
        return self._inside(node, True)

    def visit_FunctionDef(self, node):
        if all(isinstance(one, ast.Name) and one.id in _PLAIN_DECORATORS for one in node.decorator_list):
            node.returns = None
            for one in ast.walk(node.args):
                if isinstance(one, ast.arg):
                    one.annotation = None
        return self._inside(node, False)

    def _inside(self, node, in_class):
        before, self._in_class = self._in_class, in_class
        node = self.generic_visit(node)
        self._in_class = before
        return node

    def visit_AnnAssign(self, node):
        if self._in_class:
            return self.generic_visit(node)
        return None if node.value is None else self.visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_Import(self, node):
        node.names = [alias for alias in node.names if is_library(_module(alias.name))]
        return node if node.names else None

    def visit_ImportFrom(self, node):
        return node if not node.level and is_library(_module(node.module)) else None

    def visit_Name(self, node):
        return self._named(node, node)

    def visit_Attribute(self, node):
        parts, first = [node.attr], node.value
        while isinstance(first, ast.Attribute):
            parts.insert(0, first.attr)
            first = first.value
        return self._named(node, first, *parts) if isinstance(first, ast.Name) else self.generic_visit(node)

    def _named(self, node, first, *rest):
        """Return `node`, which stands for ``first.rest``, from the name of the definition on."""
        if first.id in self._arguments:
            return node
        definition = self._stands_for(first.id, *rest)
        if definition is not None:
            self.used.append(definition)
            name = definition.name.rpartition('.')[2]
            if name in rest and self._stands_for(first.id) is None:  # the parts before are modules
                text = '.'.join(rest[rest.index(name):])
                return ast.copy_location(ast.parse(text, mode='eval').body, node)
        return node


@cached_until_reload
def definition_of(function) -> Definition:
    """The definition of a function or method."""
    module = sys.modules[function.__module__]
    try:
        node = _tree(module)
        for part in function.__qualname__.replace('.<locals>', '').split('.'):
            node = next(child for child in ast.walk(node)
                        if isinstance(child, ast.FunctionDef | ast.ClassDef) and child.name == part)
    except StopIteration:  # a method of a class that was typed
        node = ast.parse(_typed_source(function))
    return Definition(module, function.__qualname__, node)


def _find(module, name=None, *attributes, seen=frozenset()):
    """The definition of `name` in `module`, through re-exports; None for what is a library's, a builtin or a variable."""
    if module is None or name is None or is_library(module) or (module, name) in seen:
        return None
    definition = _top_level(module).get(name)
    if definition is not None:
        return definition
    value = getattr(module, name, None)
    if inspect.ismodule(value):
        return _find(value, *attributes)
    elsewhere, there = _module_imports(module).get(name) or _home(value)
    return _find(elsewhere, there, seen=seen | {(module, name)})


def _home(value):
    """Module and name of a function or class that came by ``import *``, or is at hand at the prompt."""
    known = inspect.isfunction(value) or inspect.isclass(value)
    return (sys.modules.get(value.__module__), value.__name__) if known else (None, None)


@cached_until_reload
def _module_imports(module) -> dict:
    return _imports(module, _tree(module))


def _imports(module, tree) -> dict:
    """What the names stand for that `tree`, in `module`, imports: (module, name in it), or (module, None) for a module."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole, top = _module(alias.name), alias.name.partition('.')[0]
                found[alias.asname or top] = (whole if alias.asname else _module(top), None)
        elif isinstance(node, ast.ImportFrom):
            base = '.' * node.level + (node.module or '')
            base = importlib.util.resolve_name(base, module.__package__) if node.level else base
            for alias in node.names:
                found |= _imported_from(base, alias.name, alias.asname or alias.name)
    return found


def _imported_from(base, name, known_as) -> dict:
    origin = _module(base)
    if name == '*':
        return {} if origin is None or is_library(origin) else {one: (origin, one) for one in _top_level(origin)}
    submodule = None if origin is None or is_library(origin) else _module(f'{base}.{name}')
    return {known_as: (submodule, None) if submodule else (origin, name)}


def _module(name):
    """Return the module `name`, imported if need be; None when there is none."""
    return sys.modules.get(name) or (importlib.import_module(name) if _can_be_imported(name) else None)


@functools.cache
def _can_be_imported(name) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def is_library(module) -> bool:
    """Whether what `module` does is a library's to tell; a package that defines persistent classes is none."""
    if module is None:
        return True
    path = getattr(module, '__file__', None)
    if path is None:
        return getattr(module, '__spec__', None) is not None  # built in, rather than typed
    package = module.__name__.partition('.')[0]
    return _in_library(path) and package not in {cls.__module__.partition('.')[0] for cls in classes.values()}


@functools.cache
def _in_library(path) -> bool:
    return any(map(Path(path).resolve().is_relative_to, _library_folders()))


@functools.cache
def _library_folders() -> tuple[Path, ...]:
    """Return the folders of installed packages, also those of a Python that this environment extends."""
    own = [sysconfig.get_path(name) for name in ('stdlib', 'platstdlib', 'purelib', 'platlib')]
    return tuple(Path(one).resolve() for one in [*own, *(entry for entry in sys.path if Path(entry).name in _INSTALLED)])


@cached_until_reload
def _tree(module) -> ast.Module:
    """The syntax of `module` without docstrings; of one that has no file, what was typed."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):
        tree = ast.parse('\n'.join(_typed(module)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def _typed(module):
    """The source of what was typed: functions, classes, numbers and texts."""
    for name, value in list(vars(module).items()):
        if (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == module.__name__:
            yield _typed_source(value)
        elif isinstance(value, int | float | complex | str) and not name.startswith('_'):
            yield f'{name} = {value!r}'


def _typed_source(value) -> str:
    """The source of a function or class that was typed; of a class, where it was not cached_until_reload, that of its methods."""
    try:
        return textwrap.dedent(inspect.getsource(value))
    except (OSError, TypeError):
        functions = [getattr(member, '__func__', member) for member in vars(value).values()] if inspect.isclass(value) else []
        return '\n'.join(_typed_source(function) for function in functions if inspect.isfunction(function))


@cached_until_reload
def _top_level(module) -> dict:
    """The definitions and constants at the top of `module` by name; all of them where there are several of one name."""
    found = {}
    for node in _statements(_tree(module)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}:
                found.setdefault(name, []).append(node)
    return {name: Definition(module, name, ast.Module(nodes, [])) for name, nodes in found.items()}


def _statements(tree):
    """The statements of a module, also those under `if`, `try` and the like."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from _statements(node)
