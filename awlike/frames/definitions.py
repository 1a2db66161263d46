"""Definitions: what a name in the source of awlike, or of a user's own module, stands for."""

import ast
import functools
import importlib
import importlib.util
import inspect
import sys
import sysconfig
import textwrap
from pathlib import Path

from awlike.query.properties import classes

_LIBRARIES = tuple(Path(sysconfig.get_path(name)).resolve() for name in ('stdlib', 'platstdlib', 'purelib', 'platlib'))


def kept(function):
    """`function` of a class, function or module, computed once; anew for a module that was reloaded, and each time for what
    was typed, which can change.
    """
    kept = {}

    @functools.wraps(function)
    def wrapper(owner):
        module = owner if inspect.ismodule(owner) else sys.modules[owner.__module__]
        if not hasattr(module, '__file__'):
            return function(owner)
        spec, known = getattr(owner, '__spec__', None), kept.get(owner)  # a module that is reloaded gets another spec
        if known is None or known[0] is not spec:
            known = kept[owner] = spec, function(owner)
        return known[1]
    return wrapper


class Definition:
    """A function, class or constant at the top of a module, or a method."""

    def __init__(self, module, name, node):
        self.module, self.name, self.node = module, f'{module.__name__}.{name}', node

    @functools.cached_property
    def source(self) -> str:
        """Its source, without comments and docstrings."""
        return ast.unparse(self.node)

    @functools.cached_property
    def attributes(self) -> frozenset:
        """The names of the attributes that it reads, of whatever."""
        return frozenset(node.attr for node in ast.walk(self.node) if isinstance(node, ast.Attribute))

    def used(self) -> list:
        """The definitions that this one names."""
        found = []
        for first, *rest in self._names:
            module, name = self._imported.get(first, (self.module, first))
            found.append(_find(module, *rest) if name is None else _find(module, name, *rest))
        return found

    @functools.cached_property
    def _names(self):
        return sorted(set(_names(self.node)))

    @functools.cached_property
    def _imported(self):
        return _module_imports(self.module) | _imports(self.module, self.node)


@kept
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


def _names(tree):
    """The names in `tree` but the arguments of a function, each with what follows it: ``(module, part, function)``."""
    function = tree.body[0] if isinstance(tree, ast.Module) and len(tree.body) == 1 else tree
    signature = ast.walk(function.args) if isinstance(function, ast.FunctionDef) else ()
    own = {one.arg for one in signature if isinstance(one, ast.arg)}
    for node in ast.walk(tree):
        attributes = []
        while isinstance(node, ast.Attribute):
            attributes.insert(0, node.attr)
            node = node.value
        if isinstance(node, ast.Name) and node.id not in own:
            yield node.id, *attributes


def _find(module, name=None, *attributes):
    """The definition of `name` in `module`, through re-exports; None for what is a library's, a builtin or a variable."""
    if module is None or name is None or is_library(module):
        return None
    definition = _top_level(module).get(name)
    if definition is not None:
        return definition
    value = getattr(module, name, None)
    if inspect.ismodule(value):
        return _find(value, *attributes)
    elsewhere, there = _module_imports(module).get(name) or _home(value)
    return _find(elsewhere, there) if elsewhere is not module else None


def _home(value):
    """Module and name of a function or class that came by ``import *``, or is at hand at the prompt."""
    known = inspect.isfunction(value) or inspect.isclass(value)
    return (sys.modules.get(value.__module__), value.__name__) if known else (None, None)


@kept
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
    return sys.modules.get(name) or _imported(name)


@functools.cache
def _imported(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


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
    return any(map(Path(path).resolve().is_relative_to, _LIBRARIES))


@kept
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
    """The source of a function or class that was typed; of a class, where it was not kept, that of its methods."""
    try:
        return textwrap.dedent(inspect.getsource(value))
    except (OSError, TypeError):
        functions = [getattr(member, '__func__', member) for member in vars(value).values()] if inspect.isclass(value) else []
        return '\n'.join(_typed_source(function) for function in functions if inspect.isfunction(function))


@kept
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
