"""What the database knows of a night, as plain rows, by a number of statements that does not grow with the night."""

import datetime
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from awlike import nights
from awlike.cameras.declaration import STANDARD_KEYWORDS
from awlike.cameras.known import cameras
from awlike.context import context
from awlike.current import current
from awlike.errors import ParameterError
from awlike.persist.references import Chip, Filter, Instrument
from awlike.persist.tables import arrival
from awlike.products.calibration import CalibrationFrame
from awlike.products.product import ProcessTarget
from awlike.products.raw import RawFrame
from awlike.query.path import parse
from awlike.query.statement import Builder

Span = tuple[datetime.datetime, datetime.datetime]


class Exposed(NamedTuple):
    """A raw frame of the night."""

    filename: str
    kind: str
    chip: str
    filter: str
    run: str
    object: str
    date: datetime.datetime
    exptime: float
    is_valid: int
    exposure: str
    file: UUID
    astrom: dict[str, Any] | None
    trim: str | None
    value: float | None


class Refused(NamedTuple):
    """A file that was refused."""

    path: str
    reason: str
    kind: str
    date: datetime.datetime
    observed: datetime.datetime | None


class Made(NamedTuple):
    """Products of a class and filter that were made from the night, and how many of them missed limits or are invalid."""

    kind: str
    is_calibration: bool
    filter: str
    number: int
    flagged: int
    invalid: int


def span_of(instrument: Instrument, first: datetime.date, last: datetime.date) -> Span:
    """Return the instants (naive UTC) between which the nights of an instrument lie."""
    return nights.span(first, last, nights.zone(instrument.timezone, instrument.longitude))


def exposed(instrument: Instrument, span: Span, quantity: str) -> list[Exposed]:
    """Return the raw frames of an instrument, in order of time, by one statement; `value` is the quantity of each."""
    raw: Any = RawFrame
    query = (raw.instrument == instrument) & (raw.DATE_OBS >= span[0]) & (raw.DATE_OBS < span[1])
    paths = [parse(RawFrame, f"card('{keyword}')") for keyword in _run_keywords(instrument.name)]
    measured = _quantity(quantity)

    def columns(builder: Builder) -> list[Any]:
        row, column = builder.root.table.c, builder.root.column
        chips, filters = builder.alias(Chip.__table__), builder.alias(Filter.__table__)
        runs = [builder.value(path._links, path._leaf) for path in paths]
        builder.joins.append((chips, chips.c.object_id == column('chip_id'), True))
        builder.joins.append((filters, filters.c.object_id == row.filter_id, True))
        run = runs[0] if len(runs) == 1 else func.coalesce(*runs)
        return [row.filename, row.class_name, chips.c.name, filters.c.name, run, column('OBJECT'), column('DATE_OBS'),
                column('EXPTIME'), column('is_valid'), column('exposure'), row.raw_fits_id, column('astrom'), column('trim'),
                builder.value(measured._links, measured._leaf)]

    rows: Any = current().session().execute(query.order_by('DATE_OBS')._statement(columns))
    return [Exposed(name, kind, chip or '', band or '', _word(run), target or '', date, exptime or 0.0, valid,
                    exposure or str(date), file, astrom, trim, value if isinstance(value, int | float) else None)
            for name, kind, chip, band, run, target, date, exptime, valid, exposure, file, astrom, trim, value in rows]


def _quantity(name: str) -> Any:
    path = parse(RawFrame, name)
    if path._leaf is None or path._many or path._leaf.type not in (int, float, object):
        raise ParameterError(f"quantity {name!r} is no number of a raw frame: name one, as 'imstat.median', 'EXPTIME' or "
                             '"card(\'FOCUS\')"')
    return path


def _run_keywords(instrument: str) -> tuple[str, ...]:
    camera = cameras().get(instrument)
    found = (camera.keywords if camera else {}).get('run', STANDARD_KEYWORDS['run'])
    return (found,) if isinstance(found, str) else tuple(found)


def _word(run: Any) -> str:
    return '' if run is None else f'{run:g}' if isinstance(run, float) else str(run)


def refused(span: Span) -> list[Refused]:
    """Return the files that were refused: of the date in their header, or where they have none, of the date of the ingest."""
    columns = arrival.c
    projects = [one.object_id for one in context.projects()]
    moment = func.coalesce(columns.observed, columns.date)
    rows = current().session().execute(
        select(columns.path, columns.reason, columns.kind, columns.date, columns.observed)
        .where(columns.outcome == 'refused', columns.project_id.in_(projects), moment >= span[0], moment < span[1],
               *([] if context.moment is None else [columns.date <= context.moment]))
        .order_by(columns.date, columns.path))
    return [Refused(path, reason or '', kind or '', date, seen) for path, reason, kind, date, seen in rows]


def made(instrument: Instrument, span: Span) -> list[Made]:
    """Return the products of an instrument whose date of observation is in the span, by class and filter."""
    classes, calibrations = ({cls.__name__ for cls in _below(root)} for root in (ProcessTarget, CalibrationFrame))
    target: Any = ProcessTarget
    query = (target.instrument == instrument) & (target.DATE_OBS >= span[0]) & (target.DATE_OBS < span[1])

    def columns(builder: Builder) -> list[Any]:
        row, filters = builder.root.table.c, builder.alias(Filter.__table__)
        builder.joins.append((filters, filters.c.object_id == row.filter_id, True))
        return [row.class_name, filters.c.name, row.quality_flags, builder.root.column('is_valid')]

    found: dict[tuple[str, str], list[int]] = {}
    rows: Any = current().session().execute(query._statement(columns, ordered=False))
    for kind, band, flags, valid in rows:
        if kind in classes:
            count = found.setdefault((kind, band or ''), [0, 0, 0])
            for number, holds in enumerate((True, bool(flags), valid == 0)):
                count[number] += holds
    return [Made(kind, kind in calibrations, band, *count) for (kind, band), count in sorted(found.items())]


def _below(cls: type[Any]) -> Sequence[type[Any]]:
    return [cls, *(one for below in cls.__subclasses__() for one in _below(below))]
