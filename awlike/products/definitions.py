"""Definitions: functions, classes and constants for which names stand in the source of awlike or of a user's module."""

import ast
import copy
import functools
import importlib
import importlib.util
import inspect
import sys
import textwrap
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any

from awlike.products.modules import cached_until_reload, is_library, module_named

_PLAIN_DECORATORS = {'staticmethod', 'classmethod', 'property'}  # which read no annotations
_one_at_a_time = threading.Lock()

Imports = dict[str, tuple[types.ModuleType | None, str | None]]  # the module and name for which an imported name stands


class Definition:
    """A function, class or constant at the top of a module, or a method."""

    def __init__(self, module: types.ModuleType, name: str, node: ast.AST) -> None:
        self.module, self.name, self.node = module, f'{module.__name__}.{name}', node

    @property
    def source(self) -> str:
        """The source without what changes no result: comments, docstrings, annotations, and where a definition lies."""
        return self._read[0]

    @property
    def used(self) -> list['Definition']:
        """The definitions that this one names, in the order of its source, one for each time."""
        return self._read[1]

    @functools.cached_property
    def attributes(self) -> frozenset[str]:
        """The names of the attributes that the definition reads, of any object."""
        return frozenset(node.attr for node in ast.walk(self.node) if isinstance(node, ast.Attribute))

    @property
    def imported_modules(self) -> set[types.ModuleType | None]:
        """The modules from which the definition, or the module around it, imports; None for those that are not there."""
        return {module for module, _ in self._imported.values()}

    @functools.cached_property
    def _read(self) -> tuple[str, list['Definition']]:
        reader = _Reader(self.node, self._stands_for)
        return ast.unparse(reader.visit(copy.deepcopy(self.node))), reader.used

    def _stands_for(self, first: str, *rest: str) -> 'Definition | None':
        """Return the definition for which ``first.rest`` stands, or None."""
        module, name = self._imported.get(first, (self.module, first))
        return _find(module, *rest) if name is None else _find(module, name, *rest)

    @functools.cached_property
    def _imported(self) -> Imports:
        return _module_imports(self.module) | _imports(self.module, self.node)


class _Reader(ast.NodeTransformer):
    """Reduce a definition to what can change a result, and collect the definitions that it names.

    Comments, layout and docstrings are gone already. Left out are imports of modules that are followed, because their names
    are followed wherever they come from; the module before the name of a definition; and annotations, except those of
    classes and of decorated functions, which code may read.
    """

    def __init__(self, node: ast.AST, stands_for: Callable[..., 'Definition | None']) -> None:
        self.used: list[Definition] = []
        self._stands_for = stands_for
        function = node.body[0] if isinstance(node, ast.Module) and len(node.body) == 1 else node
        signature = ast.walk(function.args) if isinstance(function, ast.FunctionDef) else ()
        self._arguments = {part.arg for part in signature if isinstance(part, ast.arg)}
        self._in_class = False

    def generic_visit(self, node: Any) -> Any:
        super().generic_visit(node)
        if getattr(node, 'body', None) == []:
            node.body = [ast.Pass()]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        return self._inside(node, True)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        if all(isinstance(part, ast.Name) and part.id in _PLAIN_DECORATORS for part in node.decorator_list):
            node.returns = None
            for part in ast.walk(node.args):
                if isinstance(part, ast.arg):
                    part.annotation = None
        return self._inside(node, False)

    def _inside(self, node: ast.AST, in_class: bool) -> Any:
        before, self._in_class = self._in_class, in_class
        node = self.generic_visit(node)
        self._in_class = before
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if self._in_class:
            return self.generic_visit(node)
        return None if node.value is None else self.visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_Import(self, node: ast.Import) -> ast.Import | None:
        node.names = [alias for alias in node.names if is_library(module_named(alias.name))]
        return node if node.names else None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        return node if not node.level and is_library(module_named(node.module or '')) else None

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._named(node, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        parts, first = [node.attr], node.value
        while isinstance(first, ast.Attribute):
            parts.insert(0, first.attr)
            first = first.value
        return self._named(node, first, *parts) if isinstance(first, ast.Name) else self.generic_visit(node)

    def _named(self, node: ast.AST, first: ast.Name, *rest: str) -> ast.AST:
        """Return `node`, which stands for ``first.rest``, from the name of the definition on."""
        if first.id in self._arguments:
            return node
        definition = self._stands_for(first.id, *rest)
        if definition is not None:
            self.used.append(definition)
            name = definition.name.rpartition('.')[2]
            if name in rest and self._stands_for(first.id) is None:  # the parts before are modules
                short: ast.expr = ast.Name(name, ast.Load())
                for part in rest[rest.index(name) + 1:]:
                    short = ast.Attribute(short, part, ast.Load())
                return ast.copy_location(short, node)
        return node


@cached_until_reload
def definition_of(function: Any) -> Definition:
    """Return the definition of a function, method or class."""
    module = sys.modules[function.__module__]
    try:
        node: ast.AST = _tree(module)
        for part in function.__qualname__.replace('.<locals>', '').split('.'):
            node = next(child for child in ast.walk(node)
                        if isinstance(child, ast.FunctionDef | ast.ClassDef) and child.name == part)
    except StopIteration:  # a method of a class that was typed
        node = _parsed(_typed_source(function))
    return Definition(module, function.__qualname__, node)


def _find(module: types.ModuleType | None, name: str | None = None, *attributes: str,
          seen: frozenset[tuple[types.ModuleType, str]] = frozenset()) -> Definition | None:
    """Return the definition of `name` in `module`, through re-exports; None for a name of a library, builtin or variable."""
    if module is None or name is None or is_library(module) or (module, name) in seen:
        return None
    definition = _top_level(module).get(name)
    if definition is not None:
        return definition
    value = getattr(module, name, None)
    if inspect.ismodule(value):
        return _find(value, *attributes)
    elsewhere, its_name = _module_imports(module).get(name) or _home(value)
    return _find(elsewhere, its_name, seen=seen | {(module, name)})


def _home(value: Any) -> tuple[types.ModuleType | None, str | None]:
    """Return module and name of a function or class that came by ``import *``, or that the prompt has."""
    known = inspect.isfunction(value) or inspect.isclass(value)
    return (sys.modules.get(value.__module__), value.__name__) if known else (None, None)


@cached_until_reload
def _module_imports(module: types.ModuleType) -> Imports:
    return _imports(module, _tree(module))


def _imports(module: types.ModuleType, tree: ast.AST) -> Imports:
    """Return for each name that `tree`, in `module`, imports: (module, name in it), or (module, None) for a module."""
    found: Imports = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole, top = module_named(alias.name), alias.name.partition('.')[0]
                found[alias.asname or top] = (whole if alias.asname else module_named(top), None)
        elif isinstance(node, ast.ImportFrom):
            base = '.' * node.level + (node.module or '')
            base = importlib.util.resolve_name(base, module.__package__ or '') if node.level else base
            for alias in node.names:
                found |= _imported_from(base, alias.name, alias.asname or alias.name)
    return found


def _imported_from(base: str, name: str, known_as: str) -> Imports:
    origin = module_named(base)
    if name == '*':
        return {} if origin is None or is_library(origin) else {known: (origin, known) for known in _top_level(origin)}
    submodule = None if origin is None or is_library(origin) else module_named(f'{base}.{name}')
    return {known_as: (submodule, None) if submodule else (origin, name)}


def _parsed(source: str) -> ast.Module:
    """Return the syntax of `source`; Python before 3.11.8 and 3.12.2 fails when two threads parse (cpython #106905)."""
    with _one_at_a_time:
        return ast.parse(source)


@cached_until_reload
def _tree(module: types.ModuleType) -> ast.Module:
    """Return the syntax of `module` without docstrings; of a module without a file, the syntax of what was typed."""
    try:
        tree = _parsed(inspect.getsource(module))
    except (OSError, TypeError):
        tree = _parsed('\n'.join(_typed(module)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def _typed(module: types.ModuleType) -> Iterator[str]:
    """Yield the source of what was typed: functions, classes, numbers and texts."""
    for name, value in list(vars(module).items()):
        if (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == module.__name__:
            yield _typed_source(value)
        elif isinstance(value, int | float | complex | str) and not name.startswith('_'):
            yield f'{name} = {value!r}'


def _typed_source(value: Any) -> str:
    """Return the source of a function or class that was typed, or of the methods of a class whose source was not kept."""
    try:
        return textwrap.dedent(inspect.getsource(value))
    except (OSError, TypeError):
        functions = [getattr(member, '__func__', member) for member in vars(value).values()] if inspect.isclass(value) else []
        return '\n'.join(_typed_source(function) for function in functions if inspect.isfunction(function))


@cached_until_reload
def _top_level(module: types.ModuleType) -> dict[str, Definition]:
    """Return the definitions and constants at the top of `module` by name; all of them where there are several of one name."""
    found: dict[str, list[ast.stmt]] = {}
    for node in _statements(_tree(module)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}:
                found.setdefault(name, []).append(node)
    return {name: Definition(module, name, ast.Module(nodes, [])) for name, nodes in found.items()}


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements of a module, also those under `if`, `try` and the like."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from _statements(node)
