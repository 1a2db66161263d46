"""Packing of steps: as plain values (ids, parameters, dates, texts) they travel between processes and become steps again."""

import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import awlike.frames  # noqa: F401 -- declares the classes of the steps, also on a worker that loads nothing else
from awlike import errors
from awlike.current import current
from awlike.errors import AwlikeError
from awlike.persist.dataobject import DataObject
from awlike.persist.links import fetch
from awlike.persist.references import Chip, Filter, Instrument, Setup
from awlike.planning.found import Found, ReferenceChoice
from awlike.planning.nearest import Chosen
from awlike.planning.outcome import Failed, Make, Restore, Reuse
from awlike.planning.reasons import Reason
from awlike.planning.request import Request
from awlike.planning.reuse import MissedLimits
from awlike.planning.step import MemberInputs, Step, member_of
from awlike.products.frame import Frame
from awlike.products.raw import RawFrame
from awlike.products.reference_catalogue import ReferenceCatalogue
from awlike.query.properties import classes


class Told(NamedTuple):
    """The part of a request that other workers need to name a step: its text, and its frame."""

    text: str
    of: str

    def __str__(self) -> str:
        return self.text


PackedError = tuple[str, ...]
"""The class of an error, its message and perhaps the name of what it is about."""


def packed(step: Step, numbers: Mapping[int, int]) -> dict[str, Any]:
    """Return `step` as plain values; `numbers` are the numbers of the steps of the job by their `id`."""
    def one(value: Any) -> dict[str, Any]:
        if isinstance(value, ReferenceChoice):
            return {'class': ReferenceCatalogue.__name__, 'chosen': tuple(value)}
        if not isinstance(value, Step):
            kind = type(value) if isinstance(value, DataObject) else RawFrame
            return {'class': kind.__name__, 'object_id': value.object_id}
        name = {'class': value.cls.__name__, 'of': str(value.request), 'member': member_of(value)}
        if id(value) in numbers:
            return name | {'number': numbers[id(value)]}
        return name | {'found': value.found and tuple(value.found), 'error': packed_error(value.error),
                       'left_out': value.members_left_out}

    request = step.request
    return {
        'class': step.cls.__name__, 'params': step.params.model_dump(),
        'place': request.place, 'date': request.date, 'of': _packed_of(request.of),
        'grid': None if request.grid is None else str(request.grid),
        'setup': request.setup_id, 'EXPTIME': request.EXPTIME, 'TEMPERATURE': request.TEMPERATURE, 'avoid': request.avoid,
        'inputs': {role: [one(v) for v in value] if isinstance(value, list) else one(value)
                   for role, value in step.inputs.items()},
        'found': step.found and tuple(step.found), 'rule': step.rule, 'why': step.why and tuple(step.why),
        'asked': step.asked, 'without': step.without, 'levels': {role: tuple(one) for role, one in step.levels.items()},
        'left_out': {role: value.left_out for role, value in step.inputs.items() if isinstance(value, MemberInputs)},
        'lead': step.lead, 'selected_by': step.selected_by, 'set_by_user': sorted(step.set_by_user),
        'number': numbers[id(step)],
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
        if 'chosen' in value:
            return ReferenceChoice(*value['chosen'])
        kind = classes[value['class']]
        if 'object_id' in value:
            return get(kind, value['object_id'])
        if value.get('number') in steps:
            return steps[value['number']]
        before = Step(kind, cast(Request, Told(value['of'], value['member'])), kind.Parameters())
        result = results[value['number']] if 'number' in value else value
        before.members_left_out = result['left_out']
        error = unpacked_error(result['error'])
        if error is not None:
            before.outcome = Failed(error)
        else:
            before.outcome = Reuse(Found(*result['found']) if result.get('found') else Found.of(get(kind, result['made'])), '')
        return before

    instrument, chip, filter_ = values['place']
    request = Request(get(Instrument, instrument), get(Chip, chip), get(Filter, filter_), values['date'],
                      _unpacked_of(values['of']), values['grid'], get(Setup, values['setup']), values['EXPTIME'],
                      values['TEMPERATURE'], values['avoid'])
    step = Step(cls, request, cls.Parameters(**values['params']), values['asked'], values['set_by_user'])
    left_out = values['left_out']

    def several(role: str, some: list[dict[str, Any]]) -> list[Any]:
        return MemberInputs(map(one, some), left_out[role]) if role in left_out else list(map(one, some))

    step.take({role: several(role, value) if isinstance(value, list) else one(value)
               for role, value in values['inputs'].items()}, values['without'],
              {role: Chosen(*one) for role, one in values['levels'].items()})
    step.lead, step.selected_by = values['lead'], values['selected_by']
    reason = Reason(*values['why'])
    step.outcome = Restore(Found(*values['found']), values['rule'], reason) if values['found'] else Make(reason)
    return step


def _packed_of(of: Any) -> Any:
    """Return what a request is of, with ids in place of frames."""
    if isinstance(of, tuple):
        return [frame.object_id for frame in of]
    return of.object_id if isinstance(of, Frame) else of


def _unpacked_of(packed: Any) -> Any:
    """Return what a request is of from `_packed_of`."""
    if not isinstance(packed, list | uuid.UUID):
        return packed
    ids = packed if isinstance(packed, list) else [packed]
    frames = fetch(current().session(), Frame, ids)
    return tuple(frames[one] for one in ids) if isinstance(packed, list) else frames[packed]


def packed_error(error: BaseException | None) -> PackedError | None:
    """Return an error as plain values: its class, its message and, of a calibration that missed its limits, the name."""
    if error is None:
        return None
    return type(error).__name__, str(error), *([error.name] if isinstance(error, MissedLimits) else [])


def unpacked_error(values: PackedError | None) -> AwlikeError | None:
    """Return the error again; an AwlikeError, when its class is not one of awlike's."""
    if values is None:
        return None
    kind, message, *names = values
    return MissedLimits(names[0], message) if names else getattr(errors, kind, AwlikeError)(message)
