"""Sets: what a product of many members is made from, member by member, and the product of a whole ensemble."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from awlike.errors import NoCalibration
from awlike.planning.request import Members, Request, of_frame, of_set
from awlike.planning.step import MemberInputs, Step, error_of
from awlike.products.frame import Frame
from awlike.remedies import to_type
from awlike.spelling import counted

if TYPE_CHECKING:
    from awlike.planning.counting import Counting
    from awlike.products.parameters import ProcessParameters

_NAMED = 3  # reasons that an error names

Wanted = list[Any]
"""For each request a step, a frame, None or an error."""


def member_requests(request: Request, params: 'ProcessParameters') -> list[Request]:
    """Return the requests for the members of what is wanted by `request`, with its grid and ensemble.

    Where the request names no ensemble, and the process parameter ENSEMBLE says so, the members are the ensemble.
    """
    own = getattr(params, 'ENSEMBLE', False)
    ensemble = request.ensemble or (Members(request.members) if own else None)
    return [of_frame(member, request.grid, ensemble) for member in members_of(request)]


def members_of(request: Request) -> tuple[Frame, ...]:
    """Return the members of what is wanted by `request`; a product of one frame has that frame as its only member."""
    return (request.of,) if isinstance(request.of, Frame) else request.members


def of_members(counting: 'Counting', requests: Sequence[Request], params: 'Sequence[ProcessParameters]', label: str,
               resolve: Any) -> list[MemberInputs | NoCalibration]:
    """Return for each of `requests` the inputs of its members, or the error that they are too few.

    Parameters
    ----------
    resolve : callable
        Returns for a list of requests what each gets: a step, a frame, None or an error.
    label : str
        The name of the input in errors.
    """
    asked = [member_requests(request, its) for request, its in zip(requests, params, strict=True)]
    every = {one.object_id: one for request in requests for one in members_of(request)}
    usable = dict(zip(every, counting.checked(list(every.values())), strict=True))
    fit = [one for some in asked for one in some if not isinstance(usable[_id_of(one)], Exception)]
    got = dict(zip(map(id, fit), resolve(fit), strict=True)) if fit else {}
    return [_enough(its, [(one.of, got.get(id(one), usable[_id_of(one)])) for one in some])
            if some else _of_no_set(request, resolve, label)
            for request, its, some in zip(requests, params, asked, strict=True)]


def _of_no_set(request: Request, resolve: Any, label: str) -> NoCalibration:
    """Return the error that `request` names no members: what the input could be, or that a set is needed."""
    value, = resolve([request])
    return value if isinstance(value, NoCalibration) else NoCalibration(
        f'{label} is of the members of a set, and {request} names none: ask for a product of frames')


def _id_of(request: Request) -> Any:
    assert isinstance(request.of, Frame)
    return request.of.object_id


def _enough(params: 'ProcessParameters', members: list[tuple[Any, Any]]) -> MemberInputs | NoCalibration:
    """Return the inputs of the `members`, pairs of a frame and what it gets, that can be had, if they are enough."""
    found = MemberInputs()
    for frame, value in members:
        error = NoCalibration('it has none') if value is None else error_of(value)
        if error is None:
            found.append(value)
        else:
            found.left_out[str(frame)] = str(error)
    return too_few(params, found) or found


def too_few(params: 'ProcessParameters', found: MemberInputs) -> NoCalibration | None:
    """Return the error that `found` are too few members, or None. Without MINIMUM_MEMBERS none may be left out."""
    number = len(found) + len(found.left_out)
    minimum = getattr(params, 'MINIMUM_MEMBERS', number)
    if len(found) >= minimum:
        return None
    may = f', {minimum} are needed (MINIMUM_MEMBERS)' if hasattr(params, 'MINIMUM_MEMBERS') else ', and each is needed'
    why = '; '.join(in_words(found.left_out)) or 'ask for more frames, or lower the limit'
    return NoCalibration(f'{len(found)} of {counted(number, "member")} can be had{may}: {why}')


def in_words(left_out: dict[str, str]) -> list[str]:
    """Return which members are left out, and why: a reason that several share stands once."""
    reasons: dict[str, list[str]] = {}
    for name, why in left_out.items():
        reasons.setdefault(why, []).append(name)
    told = [f'{names[0]}{f" and {len(names) - 1} more" if len(names) > 1 else ""}: {why}' for why, names in reasons.items()]
    return told[:_NAMED] + ([f'and {counted(len(told) - _NAMED, "other reason")}'] if len(told) > _NAMED else [])


def of_ensembles(requests: Sequence[Request], resolve: Any) -> Wanted:
    """Return for each of `requests` what its ensemble gets, None where it has none; `resolve` as for `of_members`."""
    ensembles = {id(one.ensemble): one.ensemble for one in requests if one.ensemble is not None}
    wanted = {key: of_set(members) for key, members in ensembles.items()}
    got = dict(zip(wanted, resolve(list(wanted.values())), strict=True)) if wanted else {}
    return [None if one.ensemble is None else _as_member(one, got[id(one.ensemble)]) for one in requests]


def _as_member(request: Request, value: Any) -> Any:
    """Return `value`, the product of the ensemble, unless the frame of `request` was left out of it."""
    why = left_out_of(value, members_of(request)) if isinstance(value, Step) else ''
    return NoCalibration(why) if why else value


def left_out_of(ensemble: Step, frames: Iterable[Hashable]) -> str:
    """Return why any of `frames` was left out of the product of `ensemble`, in words; empty where none was."""
    lacking = ensemble.members_left_out
    return next((f'{one} was left out of the {ensemble.cls.__name__}: {lacking[str(one)]}; ask without it'
                 f'{to_type(", or with ENSEMBLE = False by Pars", ", or with --par ENSEMBLE=False")}'
                 for one in frames if str(one) in lacking), '')
