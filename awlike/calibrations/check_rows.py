"""Rows of a check: all chips of which the same is to be told of a kind of calibration, and what mends it."""

import collections
import dataclasses
import datetime
from collections.abc import Collection, Iterable
from typing import Any

from awlike.calibrations.alike import rounded
from awlike.calibrations.needs import Kind, Need
from awlike.calibrations.verdicts import BAD, FEW, MISSING, OK, Verdict, Verdicts
from awlike.planning.calibrations import lead_roles
from awlike.planning.request import Request
from awlike.query.properties import classes


@dataclasses.dataclass(frozen=True)
class CheckRow:
    """One kind of calibration in one setup and filter, and all chips for which the same is to be told.

    Attributes
    ----------
    instrument, setup : str
        The names of instrument and setup; an empty setup where headers name none.
    night : datetime.date
        The night for which the calibration is needed: a night that is checked, or the night of another calibration.
    calibrations : tuple of str
        The classes, which are made from the same raw frames.
    raw_kinds : tuple of str
        The classes of the raw frames.
    filter : str
        The name of the filter; empty where it does not matter.
    exptime : float or None
        The exposure time of the science frames [s], where it matters.
    chips : tuple of str
        The names of the chips.
    frames : int
        The number of science frames that need it.
    serves : tuple of str
        The calibrations of other nights for which it is needed; none where science frames need it themselves.
    state : str
        OK, OLD (of a level worse than *plan*), FEW (too few raw frames were taken), MISSING (nothing serves), or BAD (it
        missed its limits, or its raw frames are invalid).
    detail : str
        How far it is, or what is lacking.
    about : str
        More of the first chip, as names of files.
    remedy : str
        What mends it; empty where nothing is to be done.
    """

    instrument: str
    setup: str
    night: datetime.date
    calibrations: tuple[str, ...]
    raw_kinds: tuple[str, ...]
    filter: str
    exptime: float | None
    chips: tuple[str, ...]
    frames: int
    serves: tuple[str, ...]
    state: str
    detail: str
    about: str
    remedy: str

    @property
    def ok(self) -> bool:
        """True if nothing is to be done."""
        return self.state == OK

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return dataclasses.asdict(self) | {'night': self.night.isoformat()}


def rows(found: Iterable[Need], verdicts: Verdicts,
         checked: Collection[datetime.date]) -> list[CheckRow]:
    """Return a row for all chips of which the same is to be told, in order of night, setup, kind and filter."""
    alike: dict[tuple, list[tuple[Need, Verdict]]] = collections.defaultdict(list)
    for need in found:
        verdict = verdicts[need.cls, need.request]
        if verdict is not None:
            key = need.cls, need.request.names[2], need.request.night, setup_of(need.request), rounded(need.request.EXPTIME), (
                verdict.state, verdict.detail, verdict.lacking)
            alike[key].append((need, verdict))
    made = collections.defaultdict(list)
    for (cls, *_), members in alike.items():
        one = _row(cls, members, checked)
        made[dataclasses.replace(one, calibrations=(), about='', frames=0, serves=())].append(one)
    merged = [_merged(some) for some in made.values()]
    return sorted(merged, key=lambda row: (row.night not in checked, row.night, row.setup, row.raw_kinds, row.filter,
                                           row.exptime or 0, row.calibrations, row.chips))


def _row(cls: Kind, members: list[tuple[Need, Verdict]], checked: Collection[datetime.date]) -> CheckRow:
    need, verdict = members[0]
    here = need.request.night in checked
    serves = () if here else tuple(sorted({one.__name__ for need, _ in members for one in need.serves}))
    raw_kinds = tuple(dict.fromkeys(one.__name__ for one in raw_kinds_of(cls)))
    return CheckRow(
        *need.request.names[:1], setup_of(need.request), need.request.night, (cls.__name__,), raw_kinds,
        need.request.names[2] or '', rounded(need.request.EXPTIME),
        tuple(sorted({need.request.names[1] or '' for need, _ in members})),
        len(set().union(*(need.frames for need, _ in members))), serves, verdict.state, verdict.detail,
        next((one.about for _, one in members if one.about), ''), _remedy(verdict, _raws_for(need.request, raw_kinds), serves))


def _raws_for(request: Request, raw_kinds: Collection[str]) -> str:
    """Return the raw frames that serve `request` in words, as ``RawDarkFrame of 300 s in READMODE=fast``."""
    filter_ = request.names[2]
    exposed = '' if request.EXPTIME is None else f'of {request.EXPTIME:.3g} s'
    setup = f'in {setup_of(request)}' if request.setup else ''
    return ' '.join(part for part in (' or '.join(raw_kinds), filter_, exposed, setup) if part)


def _merged(some: list[CheckRow]) -> CheckRow:
    """Return one row for kinds that are made from the same raw frames, and of which the same is to be told."""
    return dataclasses.replace(
        some[0], calibrations=tuple(name for row in some for name in row.calibrations),
        serves=tuple(sorted({name for row in some for name in row.serves})), frames=max(row.frames for row in some))


def raw_kinds_of(cls: Kind) -> list[type]:
    """Return the classes of the raw frames from which a calibration of class `cls` is made in the end."""
    raw_kind = cls.raw_kind()
    if raw_kind is not None:
        return [raw_kind]
    return [one for role in lead_roles(cls) for one in raw_kinds_of(cls.inputs()[role].target)]


def _remedy(verdict: Verdict, what: str, serves: tuple[str, ...]) -> str:
    """Return what mends the state of a calibration that is made from the raw frames `what`."""
    if verdict.state == OK or (verdict.state == MISSING and not verdict.lacking):
        return ''
    anew = [name for name in serves if classes[name].raw_kind() is not None]
    if anew:
        return f'take raw frames for {", ".join(anew)} anew, and {what} in the same night'
    take = f'take {verdict.lacking or "some"}{" more" * (verdict.state == FEW)} {what}'
    return f'inspect it and invalidate bad raw frames, or {take}' if verdict.state == BAD and verdict.about else take


def setup_of(request: Request) -> str:
    """Return the name of the setup of `request`; empty where headers name none."""
    return request.setup.name if request.setup else ''
