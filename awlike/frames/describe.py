"""What `info()` prints."""

from awlike.frames.quality import as_judged
from awlike.persist.links import Input, Reference

_GROUPS = ('what it is', 'inputs', 'results', 'process parameters', 'quality', 'file')
_QUALITY = {'is_valid', 'quality_flags'}
_FILE = {'filename', 'size', 'digest', 'reuse_key', 'make_version', 'code_digest', 'libraries', 'recipe', 'seconds', 'object_id'}


def describe(obj) -> str:
    """All that is known of `obj`, in groups; links by name, values with units."""
    groups = {group: [] for group in _GROUPS}
    for name, prop in type(obj).__properties__.items():
        if name == 'process_params':
            groups['process parameters'] += _parameters(obj)
        elif name == 'quality':
            groups['quality'] += _measured(obj)
        else:
            groups[_group(name, prop, type(obj))].append((name, _value(getattr(obj, name), prop), prop.unit))
    state = '' if obj.is_committed else ' (not committed)'
    lines = [f'{type(obj).__name__} {obj}'.replace(f'{type(obj).__name__} {type(obj).__name__} ', f'{type(obj).__name__} ')
             + state]
    width = max((len(name) for rows in groups.values() for name, *_ in rows), default=0)
    for group, rows in groups.items():
        if rows:
            lines += ['', group]
            lines += [f'  {name:{width}}  {value}{" " + unit if unit and value != "-" else ""}'
                      for name, value, unit in rows]
    return '\n'.join(lines)


def to_dict(obj) -> dict:
    """What is known of `obj` as JSON values, for machines; links by name, inputs by file name."""
    values = {}
    for name, prop in type(obj).__properties__.items():
        value = getattr(obj, name)
        if value is None:
            pass
        elif name == 'process_params':
            value = value.model_dump()
        elif isinstance(prop, Input):
            value = [str(one) for one in value] if isinstance(value, list) else str(value)
        elif isinstance(prop, Reference):
            value = getattr(value, 'name', None) or str(value)
        elif prop.kind == 'value':
            value = vars(value)
        values[name] = {'value': value} | ({'unit': prop.unit} if prop.unit else {})
    return {'class': type(obj).__name__, 'name': str(obj), 'object_id': str(obj.object_id), 'values': values}


def _group(name, prop, cls):
    if isinstance(prop, Input):
        return 'inputs'
    if name in _QUALITY:
        return 'quality'
    if name in _FILE:
        return 'file'
    if name == 'imstat' or (cls.inputs() and name in cls.own_values()):
        return 'results'
    return 'what it is'


def _value(value, prop):
    if value is None or value == []:
        return '-'
    if isinstance(value, list) and isinstance(prop, Input):
        return f'{len(value)}: {value[0]}' + (f' ... {value[-1]}' if len(value) > 1 else '')
    if isinstance(prop, Reference):
        return getattr(value, 'name', None) or str(value)
    if isinstance(value, list) and isinstance(value[0], dict):
        return f'{len(value)}: {", ".join(str(one.get("name")) for one in value)}'
    if isinstance(value, list):
        return ', '.join(_value(one, prop) for one in value)
    if isinstance(value, float):
        return f'{value:.6g}'
    if prop.kind == 'value':
        return ', '.join(f'{name} {part:.6g}' for name, part in vars(value).items() if part is not None) or '-'
    if isinstance(value, dict):
        return ', '.join(f'{key} {one}' for key, one in value.items() if one is not None) or '-'
    return str(value)


def _parameters(obj):
    params = obj.process_params
    if params is None:
        return []
    return [(name, str(getattr(params, name)), field.json_schema_extra['unit'])
            for name, field in type(params).model_fields.items()]


def _measured(obj):
    """What was measured when it was made, beside its limits."""
    quality = as_judged(type(obj), obj)
    rows = [(one.name, f'{one}{"  MISSED" if one.missed else ""}'.removeprefix(f'{one.name}: '), '') for one in quality.held]
    return rows + ([('compared with', quality.compared_with, '')] if quality.compared_with else [])
