"""The digest of the source that makes a product: its `make` and all that it calls, however deep.

Followed are the definitions in awlike and in a user's own modules, name by name, from `make` on. Left out are
comments, layout and docstrings, which change nothing, and libraries, whose versions are theirs to tell.
"""

import ast
import functools
import importlib
import importlib.util
import inspect
import sys
import sysconfig
import textwrap
from pathlib import Path

from awlike.store.digest import key_digest

_LIBRARIES = tuple(str(Path(sysconfig.get_path(name)).resolve()) for name in ('stdlib', 'platstdlib', 'purelib', 'platlib'))


def _kept(function):
    """`function` of a class or module, computed once; anew each time for what was typed, which can change."""
    kept = functools.cache(function)

    @functools.wraps(function)
    def wrapper(owner):
        module = sys.modules[owner.__module__] if isinstance(owner, type) else owner
        return (kept if hasattr(module, '__file__') else function)(owner)
    return wrapper


@_kept
def code_digest(cls) -> str:
    """Digest of the source by which objects of class `cls` are made; hexadecimal."""
    return key_digest(sorted(sources(cls).items()))


@_kept
def source_digest(cls) -> str:
    """Digest of the source of the class `cls` itself, comments and layout aside; hexadecimal."""
    return key_digest(ast.dump(_Definition.of_function(cls).node))


def sources(cls) -> dict[str, str]:
    """What `code_digest` covers: the syntax of each definition, by module and name."""
    found, waiting = {}, [_Definition.of_function(cls.make)]
    waiting += [_Definition.of_function(function) for function in _properties_of_inputs(cls, waiting[0])]
    while waiting:
        definition = waiting.pop()
        if definition is None or definition.name in found:
            continue
        found[definition.name] = ast.dump(definition.node)
        waiting += definition.used()
    return found


def _properties_of_inputs(cls, make) -> list:
    """The Python properties of its inputs that `make` reads, as ``raw.geometry``."""
    names = {node.attr for node in ast.walk(make.node) if isinstance(node, ast.Attribute)}
    members = [inspect.getattr_static(link.target, name, None) for link in cls.inputs().values() for name in names]
    return [member.fget for member in members if isinstance(member, property) and member.fget.__name__ != 'data']


class _Definition:
    """A function, class or constant at the top of a module, or a method."""

    def __init__(self, module, name, node):
        self.module, self.name, self.node = module, f'{module.__name__}.{name}', node

    @classmethod
    def of_function(cls, function):
        module = sys.modules[function.__module__]
        try:
            node = _tree(module)
            for part in function.__qualname__.replace('.<locals>', '').split('.'):
                node = next(child for child in ast.walk(node)
                            if isinstance(child, ast.FunctionDef | ast.ClassDef) and child.name == part)
        except StopIteration:  # a method of a class that was typed
            node = ast.parse(_typed_source(function))
        return cls(module, function.__qualname__, node)

    def used(self) -> list:
        """The definitions that this one names."""
        imported = _module_imports(self.module) | _imports(self.module, self.node)
        found = []
        for node in ast.walk(self.node):
            if isinstance(node, ast.Name):
                found.append(_find(*imported.get(node.id, (self.module, node.id))))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imported:
                found.append(_find(*imported[node.value.id], node.attr))
        return found


def _find(module, name, attribute=None):
    """The definition of `name` in `module`, through re-exports; None for what is a library's, a builtin or a variable."""
    if module is None or _is_library(module):
        return None
    if name is None:
        return None if attribute is None else _find(module, attribute)
    node = _top_level(module).get(name)
    if node is not None:
        return _Definition(module, name, node)
    elsewhere = _module_imports(module).get(name)
    return _find(*elsewhere, attribute) if elsewhere is not None else None


@_kept
def _module_imports(module) -> dict:
    return _imports(module, _tree(module))


def _imports(module, tree) -> dict:
    """What the names stand for that `tree`, in `module`, imports: (module, name in it), or (module, None) for a module."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.asname or alias.name.partition('.')[0]: (_module(alias.name), None) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = '.' * node.level + (node.module or '')
            base = importlib.util.resolve_name(base, module.__package__) if node.level else base
            for alias in node.names:
                submodule = None if _is_library(_module(base)) else _module(f'{base}.{alias.name}')
                found[alias.asname or alias.name] = (submodule, None) if submodule else (_module(base), alias.name)
    return found


@functools.cache
def _module(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


@functools.cache
def _is_library(module) -> bool:
    path = getattr(module, '__file__', None)
    if path is None:
        return getattr(module, '__spec__', None) is not None or module is None  # built in, rather than typed
    return str(Path(path).resolve()).startswith(_LIBRARIES)


@_kept
def _tree(module) -> ast.Module:
    """The syntax of `module` without docstrings; of one that has no file, what was typed."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):
        typed = [value for value in vars(module).values() if inspect.isfunction(value) or inspect.isclass(value)]
        tree = ast.parse('\n'.join(map(_typed_source, typed)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def _typed_source(value) -> str:
    """The source of a function or class that was typed; of a class, where it was not kept, that of its methods."""
    try:
        return textwrap.dedent(inspect.getsource(value))
    except (OSError, TypeError):
        functions = [getattr(member, '__func__', member) for member in vars(value).values()] if inspect.isclass(value) else []
        return '\n'.join(_typed_source(function) for function in functions if inspect.isfunction(function))


@_kept
def _top_level(module) -> dict:
    """The definitions and constants at the top of `module` by name."""
    found = {}
    for node in _tree(module).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {name.id: node for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return found
