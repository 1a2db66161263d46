"""Setups, names of exposures and temperatures of frames that an older awlike ingested, read from the stored raw files."""

import contextlib
import dataclasses
import itertools
import uuid
from collections.abc import Generator, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select, update

from awlike.cameras.raw_facts import RawFacts
from awlike.cameras.reading import read_raw
from awlike.database import owner
from awlike.database.sessions import Database
from awlike.errors import AwlikeError, HeaderError, NotAllowed
from awlike.ingest.older_windows import frames_to_read, unwindowed, with_window
from awlike.masking import masked
from awlike.persist.dataobject import DataObject
from awlike.persist.references import Instrument, Setup, setup_name
from awlike.persist.tables import lineage
from awlike.progress import Progress
from awlike.query.properties import classes
from awlike.spelling import counted
from awlike.store import server

_FILES = 500  # in one transaction: whoever interrupts the work loses little

_objects = DataObject.__table__
_is_raw = _objects.c.raw_fits_id.is_not(None)


@dataclasses.dataclass
class Filled:
    """The result of filling in setups and temperatures."""

    frames: int = 0
    """The number of raw frames that got a setup, the name of their exposure, or a temperature."""
    products: int = 0
    """The number of products that got the setup of the frames from which they were made."""
    without: int = 0
    """The number of raw frames that stay without a setup, because their headers have no setting that the camera names."""
    failed: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    """(name, reason) of raw files that cannot be read."""

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values, for machines."""
        return vars(self) | {'failed': [{'filename': name, 'reason': reason} for name, reason in self.failed]}

    def __str__(self) -> str:
        return (f'{counted(self.frames, "raw frame")} filled in, {counted(self.products, "product")}, '
                f'{counted(self.without, "raw frame")} without settings in '
                f'their headers, {counted(len(self.failed), "file")} refused')


def number_without(database: Database) -> int:
    """Return the number of raw frames without a setup, or a name of their exposure. Only the owner of the database may ask."""
    with as_owner(database) as connection:
        return connection.scalar(select(func.count()).where(
            _is_raw, or_(_objects.c.setup_id.is_(None), _objects.c.exposure.is_(None)))) or 0


def fill_in_setups(database: Database) -> Filled:
    """Fill in setup, exposure and temperature of frames from their stored files, and setups of products from their frames.

    The cameras are as they are today. What a frame has stays; only a window that an older awlike did not know is added to its
    setup. The work may be interrupted and repeated.

    Raises
    ------
    NotAllowed
        When the account that connects is not the owner of the database.
    """
    database.ready()
    with as_owner(database) as connection:
        files = _files_of_lacking(connection)
    report = Filled()
    with Progress('setups', len(files)) as progress:
        for start in range(0, len(files), _FILES):
            values, setups = [], {}
            for filename, frames in files[start:start + _FILES]:
                progress.now(filename)
                try:
                    values += _values(filename, frames, setups, report)
                except AwlikeError as error:
                    report.failed.append((filename, str(error)))
                progress.advance()
            with as_owner(database) as connection:
                database.insert_absent(connection, setups.values())
                _fill(connection, values)
            report.frames += len(values)
    with as_owner(database) as connection:
        report.products = _fill_products(connection)
    return report


@contextlib.contextmanager
def as_owner(database: Database, what: str = 'setups') -> Generator[Connection]:
    """Return a context: a transaction of the owner of the database, who fills in `what`."""
    with database.whole() as connection:
        if not owner.become(connection):
            raise NotAllowed(f'{what} in {masked(database.engine.url)} are filled in by its owner alone: ask '
                             f'{owner.of(connection)} to run awe db {what}')
        yield connection


def _files_of_lacking(connection: Connection) -> list[tuple[str, list[Any]]]:
    """Return each raw file with frames that lack setup, window or temperature, and the rows of these frames."""
    file, raw, setup = _objects.alias(), _objects.c, Setup.__table__
    lacking = or_(raw.setup_id.is_(None), raw.exposure.is_(None), raw.TEMPERATURE.is_(None),
                  frames_to_read(connection, _stored_facts))
    rows = connection.execute(
        select(raw.object_id, raw.instrument_id, raw.extension, raw.setup_id, raw.exposure, raw.TEMPERATURE, file.c.filename,
               setup.c['values'].label('settings'))
        .join(file, file.c.object_id == raw.raw_fits_id).outerjoin(setup, setup.c.object_id == raw.setup_id)
        .where(_is_raw, lacking).order_by(file.c.object_id)).all()
    return [(name, list(frames)) for name, frames in itertools.groupby(rows, lambda row: row.filename)]


def _stored_facts(filename: str) -> list[RawFacts]:
    """Return the facts of a stored raw file; none of one that cannot be read."""
    try:
        return read_raw(server().open_path(filename), whole=False).frames
    except AwlikeError:
        return []


def _values(filename: str, frames: Sequence[Any], setups: dict[uuid.UUID, Setup], report: Filled) -> list[dict[str, Any]]:
    """Return the values that the frames of a file lack and that its headers have; keep their setups in `setups`."""
    raw = read_raw(server().open_path(filename), whole=False)
    instrument = Instrument(name=raw.instrument)
    facts_of: dict[int, RawFacts] = {facts.extension: facts for facts in raw.frames}
    found = []
    for frame in frames:
        facts = facts_of.get(frame.extension)
        if facts is None or frame.instrument_id != instrument.object_id:
            raise HeaderError(f'{filename}: its frames were ingested as those of another camera than {raw.instrument}, which '
                              'recognises the file now; make recognised_by of that camera narrower')
        if frame.setup_id is None and facts.setup is None:
            report.without += 1
        settings = facts.setup if frame.setup_id is None else with_window(frame.settings, facts)
        if settings or frame.exposure is None or (frame.TEMPERATURE is None and facts.TEMPERATURE is not None):
            setup = settings and Setup(instrument=instrument, name=setup_name(settings), values=settings)
            if setup:
                setups[setup.object_id] = setup
            found.append({'frame': frame.object_id, 'setup': setup.object_id if setup else None,
                          'celsius': facts.TEMPERATURE, 'name': facts.exposure, 'angle': facts.rotator})
    return found


def _fill(connection: Connection, values: Sequence[dict[str, Any]]) -> None:
    """Fill in setups of frames; and name of the exposure, angle of the rotator and temperature where these are empty."""
    columns = _objects.c
    statement = update(_objects).where(columns.object_id == bindparam('frame')).values(
        setup_id=func.coalesce(bindparam('setup', type_=columns.setup_id.type), columns.setup_id),
        exposure=func.coalesce(columns.exposure, bindparam('name', type_=columns.exposure.type)),
        rotator=func.coalesce(columns.rotator, bindparam('angle', type_=columns.rotator.type)),
        TEMPERATURE=func.coalesce(columns.TEMPERATURE, bindparam('celsius', type_=columns.TEMPERATURE.type)))
    if values:
        connection.execute(statement, values)


def _fill_products(connection: Connection) -> int:
    """Copy setups and windows from origins to products that lack them; return the number of products that got one."""
    statement = update(_objects).where(_objects.c.object_id == bindparam('product')).values(setup_id=bindparam('setup'))
    number = 0
    while found := _inherited(connection):  # products of products come in the next round
        connection.execute(statement, [{'product': product, 'setup': setup} for product, setup in found.items()])
        number += len(found)
    return number


def _inherited(connection: Connection) -> dict[uuid.UUID, uuid.UUID]:
    """Return the setup of the origin of each product that has none or has the setup of its origin without the window.

    The origin is the first input in the order of `describe_origin`.
    """
    product, used, without = _objects.alias(), _objects.alias(), unwindowed(connection)
    first = lineage.c.position == 0
    lacks = product.c.setup_id.is_(None) | product.c.setup_id.in_(without.values())
    with_setup = select(lineage.c.product).join(used, used.c.object_id == lineage.c.input).where(
        first, used.c.setup_id.is_not(None))
    rows = connection.execute(
        select(lineage.c.product, lineage.c.role, product.c.class_name, used.c.setup_id, product.c.setup_id.label('own'))
        .join(product, product.c.object_id == lineage.c.product).join(used, used.c.object_id == lineage.c.input)
        .where(first, lacks, product.c.object_id.in_(with_setup)))
    inputs: dict[tuple[uuid.UUID, str, uuid.UUID | None], dict[str, uuid.UUID | None]] = {}
    for row in rows:
        inputs.setdefault((row.product, row.class_name, row.own), {})[row.role] = row.setup_id
    found = {}
    for (object_id, class_name, own), setups in inputs.items():
        cls: Any = classes.get(class_name)  # None for a class that somebody else declared
        roles = [cls.principal_role(), *cls.inputs()] if cls else []
        setup = next((setups[role] for role in roles if role in setups), None)
        if setup is not None and (own is None or without.get(setup) == own):
            found[object_id] = setup
    return found
