"""A page for each persistent class: its inputs, attributes, parameters, limits and methods."""

import dataclasses
from typing import Any

from awlike.names import standard
from awlike.persist.dbobject import DBObject
from awlike.persist.intervention import Intervention
from awlike.persist.links import Input
from awlike.persist.references import ReferenceObject
from awlike.products.calibration import CalibrationFrame
from awlike.products.product import ProcessTarget
from awlike.products.quality import bits
from awlike.products.raw import RawFits, RawFrame
from awlike.tasks.known import standard_tasks
from awlike_reference.rst import (
    code,
    described,
    docstring,
    has_text,
    heading,
    indented,
    link,
    members,
    plain,
    summary,
    table,
)

_SIGNS = {'ge': '≥', 'gt': '>', 'le': '≤', 'lt': '<'}


def classes() -> list[type]:
    """Return all persistent classes of awlike, and their base classes, which have methods."""
    found = {base: None for cls in standard().values() if isinstance(cls, type(DBObject))
             for base in reversed(cls.__mro__) if issubclass(base, DBObject)}
    return list(found)


def groups() -> dict[str, list[type]]:
    """Return the classes by their kind, each once, for tables of contents."""
    waiting = classes()
    kinds = {'Raw frames': lambda cls: issubclass(cls, RawFrame | RawFits),
             'Calibrations': lambda cls: issubclass(cls, CalibrationFrame),
             'Made from science frames': lambda cls: issubclass(cls, ProcessTarget) and cls is not ProcessTarget,
             'What was done to instruments': lambda cls: issubclass(cls, Intervention),
             'What frames refer to': lambda cls: issubclass(cls, ReferenceObject),
             'What others have in common': lambda cls: True}
    found = {}
    for title, belongs in kinds.items():
        found[title] = [cls for cls in waiting if belongs(cls)]
        waiting = [cls for cls in waiting if cls not in found[title]]
    return found


def class_page(cls: Any) -> str:
    """Return the page of one class."""
    parts = [heading(cls.__name__), f'.. py:class:: {cls.__name__}', '', indented(docstring(cls)), '', _place(cls), '']
    parts += [_inputs(cls), _attributes(cls), _parameters(cls), _limits(cls), _methods(cls), _inherited(cls)]
    return '\n'.join(part for part in parts if part is not None)


def index_rows(cls: Any) -> tuple[str, str]:
    """Return the row of `cls` in a table of classes: its name, and what it is."""
    inputs = ', '.join(code(name) for name in getattr(cls, 'inputs', dict)())
    return link(cls.__name__), summary(cls) + (f'. Inputs: {inputs}' if inputs else '')


# --- the place among other classes ---


def _place(cls: Any) -> str:
    rows = []
    above = _above(cls)
    if above:
        rows.append(('Is a', ' → '.join(link(base.__name__) for base in above)))
    below = [other for other in classes() if cls in other.__bases__]
    if below:
        rows.append(('Kinds of it', ', '.join(link(other.__name__) for other in below)))
    makers = [task.__name__ for task in standard_tasks().values() if task.target is cls]
    if makers:
        rows.append(('Made by', ', '.join(map(link, makers))))
    users = [f'{link(other.__name__)} ({code(role)})' for other in classes() if hasattr(other, 'inputs')
             for role, one in other.inputs().items() if one.target is cls]
    if users:
        rows.append(('Is an input of', ', '.join(users)))
    if getattr(cls, 'UNIT', ''):
        rows.append(('Unit of its image', plain(cls.UNIT)))
    return '\n'.join(f':{name}: {text}' for name, text in rows) + '\n'


def _above(cls: type) -> list[type]:
    return [base for base in cls.__mro__[1:] if issubclass(base, DBObject)]


# --- inputs and attributes ---


def _inputs(cls: Any) -> str | None:
    if not hasattr(cls, 'inputs') or not cls.inputs():
        return None
    rows = [(code(name), _type_link(one), f'{plain(one.text)}. {_how_many(one)}') for name, one in cls.inputs().items()]
    principal = f'It takes place and date from its input {code(cls.principal_role())}.\n\n'
    return heading('Inputs', 1) + '\n' + principal + table(('Input', 'Class', 'What for'), rows, (25, 30, 45))


def _how_many(one: Input) -> str:
    if one.of_chips:
        return f'Other chips of the same exposure, which {code(one.of_chips)} names; empty if it names none.'
    if one.existing:
        return 'Optional: used where it exists, never made on the way.'
    if one.optional:
        return 'Optional: made on the way where raw frames for it exist.'
    return 'Needed, several.' if one.many else 'Needed.'


def _attributes(cls: Any) -> str:
    own = _own(cls)
    parts = [heading('Attributes', 1), '']
    parts.append(_attribute_table(cls, own) if own else 'It has the attributes of its base classes.\n')
    for base in _above(cls):
        if _own(base):
            parts += [f'From {link(base.__name__)}:\n', _attribute_table(cls, _own(base))]
    return '\n'.join(parts)


def _own(cls: Any) -> dict[str, Any]:
    """Return the properties that are no inputs and that no base class has."""
    inherited = {name for base in _above(cls) for name in getattr(base, '__properties__', {})}
    return {name: one for name, one in getattr(cls, '__properties__', {}).items()
            if name not in inherited and not isinstance(one, Input)}


def _attribute_table(cls: Any, properties: dict[str, Any]) -> str:
    rows = []
    for name, one in properties.items():
        text = plain(one.text)
        if one.kind == 'value' and name == 'imstat':
            text += ': ' + ', '.join(code(f'imstat.{part}') for part in one.parts(cls))
        elif one.kind == 'value':
            text += f', as {code(f"{name}.NAME")}'
        if getattr(one, 'optional', False):
            text += '; may be empty'
        rows.append((code(name), _type_link(one), text))
    return table(('Attribute', 'Type', 'Meaning'), rows, (28, 22, 50))


def _type_link(one: Any) -> str:
    named = {'datetime': 'instant, UTC', 'UUID': 'id', 'str': 'text', 'dict': 'table', 'int': 'integer'}
    target = one.target.__name__ if hasattr(one, 'target') else None
    text = (f'list of {link(target)}' if one.many else link(target)) if target else named.get(one.type_name, one.type_name)
    return text + (f', {plain(one.unit)}' if getattr(one, 'unit', '') else '')


# --- parameters and limits ---


def _parameters(cls: Any) -> str | None:
    fields = getattr(cls, 'Parameters', None) and cls.Parameters.model_fields
    if not fields:
        return None
    rows = []
    for name, field in fields.items():
        if name not in bits(cls):
            stays_out = '' if field.json_schema_extra['in_key'] else ' Does not change pixels.'
            rows.append((f'{code(name)}', _default(field), _range(field), f'{plain(field.description)}.{stays_out}'))
    return '\n'.join([heading('Process parameters', 1), _CHANGED.format(cls.__name__),
                      table(('Parameter', 'Default', 'Range', 'Meaning'), rows, (30, 17, 13, 40))]) if rows else None


_CHANGED = '''
Each object keeps them in ``process_params``. :py:obj:`Pars` changes them for a task, as in ``p.{}.process_params``. A camera
may have other defaults (:doc:`/reference/cameras`).
'''


def _limits(cls: Any) -> str | None:
    if not bits(cls) if hasattr(cls, 'LIMITS') else True:
        return None
    fields = cls.Parameters.model_fields
    rows = [(code(name), _default(fields[name]), str(bit), plain(fields[name].description.removeprefix('quality: ')))
            for name, bit in bits(cls).items()]
    note = ('Limits are process parameters, too. A missed limit sets its bit of ``quality_flags``; limits from bit 16 on '
            'compare the product with its predecessor.\n\n')
    return heading('Limits of quality', 1) + '\n' + note + table(('Limit', 'Default', 'Bit', 'Meaning'), rows, (34, 16, 8, 42))


def _default(field: Any) -> str:
    value = field.get_default(call_default_factory=True)
    unit = field.json_schema_extra['unit']
    shown = f'{value:g}' if isinstance(value, float) else f'{value:,}'.replace(',', ' ') if type(value) is int else str(value)
    return (shown if value != {} else 'empty') + (f' {plain(unit)}' if unit else '')


def _range(field: Any) -> str:
    limits = [f'{sign} {getattr(limit, name):g}' for limit in field.metadata for name, sign in _SIGNS.items()
              if getattr(limit, name, None) is not None]
    return ', '.join(limits) or 'any'


# --- methods ---


def _methods(cls: Any) -> str | None:
    above = set().union(*(members(base, {base}) for base in _above(cls)))
    own = {name: value for name, value in members(cls, {cls}).items() if has_text(value) or name not in above}
    if not own:
        return None
    return '\n'.join([heading('Methods', 1), *(described(name, value, cls.__name__) for name, value in own.items())])


def _inherited(cls: Any) -> str | None:
    rows, seen = [], set(members(cls, {cls}))
    for base in _above(cls):
        names = [name for name in members(base, {base}) if name not in seen]
        seen |= set(names)
        if names:
            rows.append((link(base.__name__), ', '.join(link(f'{base.__name__}.{name}', name) for name in names)))
    if not rows:
        return None
    return '\n'.join([heading('Methods of base classes', 1), '', table(('Class', 'Methods'), rows, (25, 75))])


def value_classes() -> list[type]:
    """Return the small classes of attributes with several parts, as `Imstat`."""
    found = {one.type for cls in classes() for one in getattr(cls, '__properties__', {}).values() if one.kind == 'value'}
    return [cls for cls in found if dataclasses.is_dataclass(cls)]
