"""Reference pages in reStructuredText: headings, tables, and docstrings as they are written in the code."""

import functools
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

_LINES = '=-~^'


def heading(text: str, level: int = 0) -> str:
    """Return a heading; level 0 is that of the page."""
    return f'{text}\n{_LINES[level] * len(text)}\n'


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int]) -> str:
    """Return a table whose cells wrap, or an empty text without rows; `widths` are percents."""
    rows = list(rows)
    if not rows:
        return ''
    lines = ['.. list-table::', '   :header-rows: 1', f'   :widths: {" ".join(map(str, widths))}', '   :width: 100%', '']
    for row in [columns, *rows]:
        for number, cell in enumerate(row):
            first, *rest = str(cell).split('\n') or ['']
            lines.append(f'   {"*" if number == 0 else " "} - {first}'.rstrip())
            lines += [f'       {line}'.rstrip() for line in rest]
    return '\n'.join(lines) + '\n'


def code(text: object) -> str:
    """Return `text` as code."""
    return f'``{text}``' if text != '' else ''


def plain(text: object) -> str:
    """Return `text` with its markup escaped."""
    return re.sub(r'([\\*`|_])', r'\\\1', str(text))


def link(name: str, text: str = '') -> str:
    """Return a link to the description of `name`."""
    return f':py:obj:`{text} <{name}>`' if text else f':py:obj:`{name}`'


def indented(text: str, by: int = 3) -> str:
    """Return `text` with each line indented."""
    return textwrap.indent(text, ' ' * by)


def docstring(obj: object) -> str:
    """Return the docstring of `obj`, without the list of properties that a persistent class adds."""
    text = (inspect.getdoc(obj) or '').partition('\nPersistent properties\n---')[0].strip()
    return from_numpy(text)


def from_numpy(text: str) -> str:
    """Return a numpy docstring as reStructuredText."""
    from sphinx.ext.napoleon import Config, NumpyDocstring
    settings = Config(napoleon_use_ivar=True, napoleon_use_rtype=False, napoleon_use_admonition_for_examples=False)
    return str(NumpyDocstring(text, settings)).rstrip()  # pyrefly: ignore[bad-argument-type] -- it takes this Config, too


def summary(obj: object) -> str:
    """Return the first sentence of the docstring, on one line."""
    first = (inspect.getdoc(obj) or '').partition('\n\n')[0].replace('\n', ' ')
    return re.split(r'(?<=[a-z\d)`])\. (?=[A-Z])', first, maxsplit=1)[0].rstrip('.')


class _Short:
    """An annotation by its short name."""

    def __init__(self, annotation: Any) -> None:
        self._text = _short(annotation)

    def __repr__(self) -> str:
        return self._text


def signature(function: Callable, method: bool = False) -> str:
    """Return the signature of `function`, with types by their short names."""
    found = inspect.signature(function)
    parameters = list(found.parameters.values())
    if method and parameters and parameters[0].name in ('self', 'cls'):
        parameters = parameters[1:]
    nothing = inspect.Signature.empty
    parameters = [one if one.annotation is nothing else one.replace(annotation=_Short(one.annotation)) for one in parameters]
    returns = found.return_annotation
    return str(inspect.Signature(parameters, return_annotation=returns if returns is nothing else _Short(returns)))


def members(cls: type, over: set[type]) -> dict[str, Any]:
    """Return by name the public methods and properties of `cls` that the classes `over` define."""
    found = {}
    for base in reversed([base for base in cls.__mro__ if base in over]):
        found |= {name: value for name, value in vars(base).items() if not name.startswith('_') and is_member(value)}
    return found


def is_member(value: Any) -> bool:
    """Return whether `value` is a method or a property written in Python."""
    value = getattr(value, '__func__', value)
    return inspect.isfunction(value) or isinstance(value, property | functools.cached_property)


def has_text(value: Any) -> bool:
    """Return whether a method or property has its own docstring, not that of a base class."""
    return bool(value.__doc__)


def described(name: str, value: Any, prefix: str = '', kind: str = '') -> str:
    """Return the description of a function, method or property, under its full name."""
    full = f'{prefix}.{name}' if prefix else name
    if isinstance(value, property | functools.cached_property):
        getter: Any = value.fget if isinstance(value, property) else value.func
        kind, call, source = 'property', '', getter
        returns = inspect.signature(getter).return_annotation
        options = [f'   :type: {_short(returns)}'] if returns is not inspect.Signature.empty else []
    else:
        source, options = getattr(value, '__func__', value), []
        kind = kind or ('method' if prefix else 'function')
        call = signature(source, method=kind == 'method' and not isinstance(value, staticmethod))
        options += ['   :classmethod:'] if isinstance(value, classmethod) else []
        options += ['   :staticmethod:'] if isinstance(value, staticmethod) else []
    return '\n'.join([f'.. py:{kind}:: {full}{call}', *options, '', indented(docstring(source)), ''])


def _short(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = text.replace("'", '')
    return re.sub(r'(?:\b[a-z_]\w*\.)+(?=[A-Z]\w*)', '', text)
