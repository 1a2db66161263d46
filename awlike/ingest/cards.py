"""The cards of raw headers in the database: of new files, and of files that an older awlike ingested."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, exists, func, select

from awlike.database.sessions import Database
from awlike.errors import AwlikeError
from awlike.fits.cards import CardValue, cards_of
from awlike.fits.headers import frame_headers
from awlike.ingest.setups import as_owner
from awlike.persist.dataobject import DataObject
from awlike.persist.header_cards import key_of, shared_and_own
from awlike.persist.header_correction import HeaderCorrection
from awlike.persist.references import Readout
from awlike.persist.tables import header_card
from awlike.products.raw import tiles_of
from awlike.progress import Progress
from awlike.spelling import counted
from awlike.store import server

_FILES = 100  # in one transaction: whoever interrupts the work loses little

_objects = DataObject.__table__
_corrections = HeaderCorrection.__table__


@dataclasses.dataclass
class FilledCards:
    """The result of filling in cards of headers."""

    files: int = 0
    """The number of raw files whose headers were read."""
    cards: int = 0
    """The number of cards that were kept."""
    failed: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    """(name, reason) of raw files that cannot be read."""

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values, for machines."""
        return vars(self) | {'failed': [{'filename': name, 'reason': reason} for name, reason in self.failed]}

    def __str__(self) -> str:
        return (f'{counted(self.files, "raw file")} read, {counted(self.cards, "card")} kept, '
                f'{counted(len(self.failed), "file")} refused')


def cards_by_holder(file: UUID, frames: Sequence[UUID], headers: Iterable[Any]) -> dict[UUID, Mapping[str, CardValue]]:
    """Return the cards of a raw file and of its frames by their ids, from the header of each frame."""
    shared, own = shared_and_own([cards_of(header) for header in headers])
    return {file: shared, **dict(zip(frames, own, strict=True))}


def files_without_cards(database: Database) -> int:
    """Return the number of raw files whose cards the database lacks. Only the owner of the database may ask."""
    with as_owner(database, 'cards') as connection:
        return connection.scalar(select(func.count()).select_from(_objects).where(_lacks_cards())) or 0


def fill_in_cards(database: Database) -> FilledCards:
    """Read the headers of stored raw files whose cards the database lacks. The work may be interrupted and repeated.

    Raises
    ------
    NotAllowed
        When the account that connects is not the owner of the database.
    """
    database.ready()
    with as_owner(database, 'cards') as connection:
        files = connection.execute(select(_objects.c.object_id, _objects.c.filename).where(_lacks_cards())
                                   .order_by(_objects.c.object_id)).all()
    done = FilledCards()
    with Progress('cards', len(files)) as progress:
        for some in _batches(files):
            with as_owner(database, 'cards') as connection:
                for file, filename in some:
                    progress.now(filename)
                    _fill(database, connection, file, filename, done)
                    progress.advance()
    with as_owner(database, 'cards') as connection:
        _fill_corrections(database, connection)
    return done


def _batches(files: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (files[start:start + _FILES] for start in range(0, len(files), _FILES))


def _lacks_cards() -> ColumnElement[bool]:
    """Return the condition for raw files without cards: each header has SIMPLE, which is then the file's."""
    return (_objects.c.class_name == 'RawFits') & ~exists().where(
        header_card.c.keyword == key_of('SIMPLE'), header_card.c.object_id == _objects.c.object_id)


def _fill(database: Database, connection: Connection, file: UUID, filename: str, done: FilledCards) -> None:
    """Put in the cards of one stored file and its frames, unless somebody did meanwhile."""
    raw, readout = _objects.c, Readout.__table__
    frames = connection.execute(
        select(raw.object_id, raw.extension, readout.c.amplifiers).outerjoin(readout, readout.c.object_id == raw.readout_id)
        .where(raw.raw_fits_id == file).order_by(raw.object_id)).all()
    there = exists().where(header_card.c.keyword == key_of('SIMPLE'), header_card.c.object_id == file)
    if not frames or connection.scalar(select(there)):
        return
    try:
        headers = frame_headers(server().open_path(filename), [
            [number for number, _ in tiles_of(frame.extension, frame.amplifiers)] for frame in frames])
    except AwlikeError as error:
        done.failed.append((filename, str(error)))
        return
    cards = cards_by_holder(file, [frame.object_id for frame in frames], headers)
    database.insert_cards(connection, cards)
    done.files += 1
    done.cards += sum(map(len, cards.values()))


def _fill_corrections(database: Database, connection: Connection) -> None:
    """Put in the cards of corrections that have none."""
    rows = connection.execute(select(_corrections.c.object_id, _corrections.c.in_force).where(
        ~exists().where(header_card.c.object_id == _corrections.c.object_id)))
    database.insert_cards(connection, {object_id: in_force or {} for object_id, in_force in rows})
