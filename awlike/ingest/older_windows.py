"""Windows that an older awlike did not know: which frames of the archive may be such, and which setup they get.

A frame that an older awlike ingested has the settings of its header without the window, so that it counts as a whole frame.
To read all headers of a survey again would take hours. Frames that agree in chip, setup and sections are a group; frames of a
group that is smaller than others of its chip may be windows, and so may the frames of any other group if one of them is.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select

from awlike.cameras.raw_facts import RawFacts
from awlike.cameras.windows import WINDOW, place_of
from awlike.persist.dataobject import DataObject
from awlike.persist.references import Readout, Setup
from awlike.pixels.geometry import Section

_objects = DataObject.__table__
_setups = Setup.__table__
_GROUP = 'chip_id', 'setup_id', 'trim', 'readout_id'


def frames_to_read(connection: Connection, facts_of: Callable[[str], list[RawFacts]]) -> ColumnElement[bool]:
    """Return the condition for the raw frames with a setup whose headers may tell of a window that the setup lacks.

    `facts_of` returns the facts of the stored file of this name; it is called once a group at most, and may fail.
    """
    groups = list(_groups(connection))
    largest: dict[uuid.UUID, int] = {}
    for group, area in groups:
        largest[group.chip_id] = max(largest.get(group.chip_id, 0), area)
    wanted = [group for group, area in groups if area < largest[group.chip_id] or _is_window(connection, group, facts_of)]
    return or_(false(), *(_of(group) for group in wanted))


def with_window(values: Mapping[str, str], facts: RawFacts) -> dict[str, str] | None:
    """Return the settings `values` of a stored frame with the window that its header tells; None where nothing is new."""
    window = (facts.setup or {}).get(WINDOW)
    return None if window is None or WINDOW in values else {**values, WINDOW: window}


def unwindowed(connection: Connection) -> dict[uuid.UUID, uuid.UUID]:
    """Return for each setup with a window the id of the setup without, if there is one."""
    found = {(row.instrument_id, _key(row.values)): row.object_id for row in connection.execute(select(_setups))}
    pairs = {other: found.get((instrument, tuple(pair for pair in values if pair[0] != WINDOW)))
             for (instrument, values), other in found.items() if WINDOW in dict(values)}
    return {setup: without for setup, without in pairs.items() if without is not None}


def _key(values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(values.items()))


def _groups(connection: Connection) -> Iterator[tuple[Any, int]]:
    """Yield the groups of raw frames whose setup has no window, each with the number of pixels that its frames have."""
    columns = [_objects.c[name] for name in _GROUP]
    readouts = {row.object_id: row.amplifiers for row in connection.execute(select(Readout.__table__))}
    rows = connection.execute(
        select(*columns, func.min(_objects.c.filename).label('example'))
        .where(_objects.c.raw_fits_id.is_not(None), _objects.c.setup_id.is_not(None)).group_by(*columns)).all()
    windows = {row.object_id for row in connection.execute(select(_setups)) if WINDOW in row.values}
    for row in rows:
        part = place_of(readouts[row.readout_id]) if row.trim is None else Section.from_fits(row.trim)
        if row.setup_id not in windows:
            yield row, part.shape[0] * part.shape[1]


def _is_window(connection: Connection, group: Any, facts_of: Callable[[str], list[RawFacts]]) -> bool:
    """Return whether a frame of a group is a window, by its stored header."""
    file = _objects.alias()
    name, extension = connection.execute(
        select(file.c.filename, _objects.c.extension).join(file, file.c.object_id == _objects.c.raw_fits_id)
        .where(_objects.c.filename == group.example)).one()
    return any(WINDOW in (facts.setup or {}) for facts in facts_of(name) if facts.extension == extension)


def _of(group: Any) -> ColumnElement[bool]:
    return and_(*(_objects.c[name].is_not_distinct_from(getattr(group, name)) for name in _GROUP))
