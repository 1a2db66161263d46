"""What became of files that arrived, kept in the database: the nights tell of what was refused, and why."""

import contextlib
import datetime
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from awlike.characters import readable
from awlike.context import context
from awlike.database.sessions import database
from awlike.fits.opening import load, opened
from awlike.nights import utcnow
from awlike.persist.ids import new_id
from awlike.persist.tables import arrival

REFUSED, INGESTED, KNOWN = 'refused', 'ingested', 'known'
_MOST = 1000  # characters of a reason


def noted(path: Path, outcome: str, reason: str = '', kind: str = '', watched: str | None = None,
          raw_fits_id: UUID | None = None, state: tuple[int | None, int | None] | None = None) -> dict[str, Any]:
    """Return the row that says what became of the file `path`.

    `watched` is the folder that is watched, if any; `state` the `state_of` the file that was taken, by default that of now.
    """
    size, modified = state or state_of(path)
    return {'id': new_id(), 'project_id': context.project.object_id, 'user_id': context.account('ingest').object_id,
            'date': utcnow(), 'path': name_of(path), 'size': size, 'modified': modified, 'watched': watched,
            'outcome': outcome, 'kind': kind or None, 'reason': readable(reason)[:_MOST] or None,
            'observed': observed(path) if outcome == REFUSED else None, 'raw_fits_id': raw_fits_id}


def name_of(path: Path) -> str:
    """Return the path under which a file is noted: absolute, and a text whatever bytes the name has."""
    return os.fsencode(os.path.abspath(path)).decode('utf-8', 'backslashreplace')


def state_of(path: Path) -> tuple[int | None, int | None]:
    """Return size [bytes] and time of the last change [ns] of a file, None for both where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None, None
    return found.st_size, found.st_mtime_ns


def note(rows: Iterable[dict[str, Any]]) -> None:
    """Keep rows of `noted`. A refusal of the same file for the same reason is kept once."""
    rows = list(rows)
    if not rows:
        return
    known = set(database().session.execute(
        select(arrival.c.path, arrival.c.size, arrival.c.modified, arrival.c.watched, arrival.c.reason)
        .where(arrival.c.project_id == rows[0]['project_id'], arrival.c.path.in_([row['path'] for row in rows]))).all())
    new = [row for row in rows if (row['path'], row['size'], row['modified'], row['watched'], row['reason']) not in known]
    if new:
        with database().transaction() as connection:
            connection.execute(insert(arrival), new)


def observed(path: Path) -> datetime.datetime | None:
    """Return the DATE-OBS of a file, as far as its headers can be read."""
    with contextlib.suppress(Exception), opened(load(path), whole=False) as hdus:
        texts = (str(hdus[index].header.get('DATE-OBS', '')) for index in range(2))
        found = datetime.datetime.fromisoformat(next(text for text in texts if text))
        return found if found.tzinfo is None else found.astimezone(datetime.UTC).replace(tzinfo=None)
    return None
