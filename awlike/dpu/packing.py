"""Packing of steps: as plain values (ids, parameters, dates, texts) they travel between processes and become steps again."""

import uuid
from collections.abc import Mapping
from typing import Any

import awlike.frames  # noqa: F401 -- declares the classes of the steps, also on a worker that loads nothing else
from awlike import errors
from awlike.current import current
from awlike.errors import AwlikeError
from awlike.persist.links import fetch
from awlike.persist.references import Chip, Filter, Instrument
from awlike.planning.found import Found
from awlike.planning.reasons import Reason
from awlike.planning.request import Request
from awlike.planning.step import Step
from awlike.products.raw import RawFrame
from awlike.query.properties import classes

_AS_THEY_ARE = 'rule', 'asked', 'without'

PackedError = tuple[str, str]
"""The class of an error and its message."""


def packed(step: Step, numbers: Mapping[int, int]) -> dict[str, Any]:
    """Return `step` as plain values; `numbers` are the numbers of the steps of the job by their `id`."""
    def one(value: Any) -> dict[str, Any]:
        if not isinstance(value, Step):
            return {'class': type(value).__name__, 'object_id': value.object_id}
        name = {'class': value.cls.__name__, 'of': str(value.request)}
        if id(value) in numbers:
            return name | {'number': numbers[id(value)]}
        return name | {'found': value.found and tuple(value.found), 'error': packed_error(value.error)}

    request, params = step.request, step.params
    assert params is not None, 'a step that makes something has parameters'
    return {
        'class': step.cls.__name__, 'params': params.model_dump(),
        'place': request.place, 'date': request.date, 'raw': _id(request.raw), 'raws': [raw.object_id for raw in request.raws],
        'inputs': {role: [one(v) for v in value] if isinstance(value, list) else one(value)
                   for role, value in step.inputs.items()},
        'found': step.found and tuple(step.found), 'why': step.why and tuple(step.why),
        'set_by_user': sorted(step.set_by_user), 'number': numbers[id(step)],
        **{name: getattr(step, name) for name in _AS_THEY_ARE},
    }


def unpacked_all(packed_steps: list[dict], results: Mapping[int, dict]) -> dict[int, Step]:
    """Return the steps of `packed_steps`, inputs first, by number.

    `results` are the outcomes of the steps before these, by number too.
    """
    steps = {}
    for values in packed_steps:
        steps[values['number']] = _unpacked(values, results, steps)
    return steps


def _unpacked(values: dict[str, Any], results: Mapping[int, dict], steps: Mapping[int, Step]) -> Step:
    session, cls = current().session(), classes[values['class']]

    def get(kind: type, object_id: uuid.UUID | None) -> Any:
        return None if object_id is None else fetch(session, kind, [object_id])[object_id]

    def one(value: dict[str, Any]) -> Any:
        kind = classes[value['class']]
        if 'object_id' in value:
            return get(kind, value['object_id'])
        if value.get('number') in steps:
            return steps[value['number']]
        before = Step(kind, value['of'])
        outcome = results[value['number']] if 'number' in value else value
        before.error = unpacked_error(outcome['error'])
        if outcome.get('found'):
            before.found = Found(*outcome['found'])
        elif before.error is None:
            before.found = Found.of(get(kind, outcome['made']))
        return before

    (instrument, chip, filter_), raw, raws = values['place'], values['raw'], values['raws']
    frames = fetch(session, RawFrame, [*raws, *([raw] if raw else [])])
    request = Request(get(Instrument, instrument), get(Chip, chip), get(Filter, filter_), values['date'], frames.get(raw),
                      tuple(frames[object_id] for object_id in raws))
    step = Step(cls, request, cls.Parameters(**values['params']))
    step.take({role: [one(v) for v in value] if isinstance(value, list) else one(value)
               for role, value in values['inputs'].items()})
    step.found = values['found'] and Found(*values['found'])
    step.why = values['why'] and Reason(*values['why'])
    step.set_by_user = frozenset(values['set_by_user'])
    for name in _AS_THEY_ARE:
        setattr(step, name, values[name])
    return step


def packed_error(error: BaseException | None) -> PackedError | None:
    """Return an error as plain values: its class and its message."""
    return None if error is None else (type(error).__name__, str(error))


def unpacked_error(values: PackedError | None) -> AwlikeError | None:
    """Return the error again; an AwlikeError, when its class is not one of awlike's."""
    if values is None:
        return None
    kind = getattr(errors, values[0], AwlikeError)
    return kind(values[1])


def _id(obj: Any) -> uuid.UUID | None:
    return None if obj is None else obj.object_id
