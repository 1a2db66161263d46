"""Reference pages in reStructuredText: headings, tables, and docstrings as they are written in the code."""

import functools
import inspect
import re
import textwrap

_LINES = '=-~^'


def heading(text: str, level: int = 0) -> str:
    """A heading; level 0 is the page's own."""
    return f'{text}\n{_LINES[level] * len(text)}\n'


def table(columns, rows, widths) -> str:
    """A table whose cells wrap; nothing when it has no rows. `widths` are percents."""
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


def code(text) -> str:
    """`text` as it is typed."""
    return f'``{text}``' if str(text) else ''


def plain(text: str) -> str:
    """`text`, not as markup."""
    return re.sub(r'([\\*`|_])', r'\\\1', str(text))


def link(name: str, text: str = '') -> str:
    """A link to where `name` is described."""
    return f':py:obj:`{text} <{name}>`' if text else f':py:obj:`{name}`'


def indented(text: str, by: int = 3) -> str:
    return textwrap.indent(text, ' ' * by)


def docstring(obj) -> str:
    """The numpy docstring of `obj`, without what a persistent class adds to its own."""
    text = (inspect.getdoc(obj) or '').partition('\nPersistent properties\n---')[0].strip()
    return from_numpy(text)


def from_numpy(text: str) -> str:
    """A numpy docstring as reStructuredText."""
    from sphinx.ext.napoleon import Config, NumpyDocstring
    settings = Config(napoleon_use_ivar=True, napoleon_use_rtype=False, napoleon_use_admonition_for_examples=False)
    return str(NumpyDocstring(text, settings)).rstrip()


def summary(obj) -> str:
    """The first sentence of the docstring, on one line."""
    first = (inspect.getdoc(obj) or '').partition('\n\n')[0].replace('\n', ' ')
    return re.split(r'(?<=[a-z\d)`])\. (?=[A-Z])', first, maxsplit=1)[0].rstrip('.')


class _Short:
    """An annotation by its short name."""

    def __init__(self, annotation):
        self._text = _short(annotation)

    def __repr__(self):
        return self._text


def signature(function, method=False) -> str:
    """How `function` is called, with types by their short names."""
    found = inspect.signature(function)
    parameters = list(found.parameters.values())
    if method and parameters and parameters[0].name in ('self', 'cls'):
        parameters = parameters[1:]
    nothing = inspect.Signature.empty
    parameters = [one if one.annotation is nothing else one.replace(annotation=_Short(one.annotation)) for one in parameters]
    returns = found.return_annotation
    return str(inspect.Signature(parameters, return_annotation=returns if returns is nothing else _Short(returns)))


def members(cls, over) -> dict:
    """Public methods and properties that `cls` and its parents define, as far as their class is among `over`, by name."""
    found = {}
    for base in reversed([base for base in cls.__mro__ if base in over]):
        found |= {name: value for name, value in vars(base).items() if not name.startswith('_') and is_member(value)}
    return found


def is_member(value) -> bool:
    """Whether it is a method or a property written in Python."""
    value = getattr(value, '__func__', value)
    return inspect.isfunction(value) or isinstance(value, property | functools.cached_property)


def has_text(value) -> bool:
    """Whether a method or property has a docstring of its own, and not that of a class above."""
    return bool(value.__doc__)


def described(name: str, value, prefix: str = '', kind: str = '') -> str:
    """One function, method or property, under its full name."""
    full = f'{prefix}.{name}' if prefix else name
    if isinstance(value, property | functools.cached_property):
        getter = value.fget if isinstance(value, property) else value.func
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


def _short(annotation) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = text.replace("'", '')
    return re.sub(r'(?:\b[a-z_]\w*\.)+(?=[A-Z]\w*)', '', text)
