"""The completion of values in a shell: names in the database, cameras, steps.

A shell asks at each Tab. So these functions read little, never make a database, and are silent when anything is wrong.
"""

import contextlib
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awlike.config import Settings

_HOME = Path(__file__).parents[1]
_MANY = 200  # names at most


def steps(incomplete: str) -> list[str]:
    """Return steps of the pipeline; after a ``>`` the next step of a chain."""
    before, mark, last = incomplete.rpartition('>')
    folders = [_HOME / 'recipes', _HOME.parent / 'recipes']  # installed, and in a working copy
    with contextlib.suppress(Exception):
        folders.append(_settings().recipe_folder)
    found = {name for folder in folders for file in folder.glob('*.py')
             for name in re.findall(r'^class (\w+)Task\(', file.read_text('utf-8', 'replace'), re.MULTILINE)}
    return [before + mark + name for name in sorted(found) if name.startswith(last)]


def instruments(incomplete: str) -> list[str]:
    """Return cameras whose frames are in the database."""
    return _names('SELECT name FROM instrument WHERE name {begins}', incomplete)


def chips(incomplete: str) -> list[str]:
    """Return names of detectors."""
    return _names('SELECT DISTINCT name FROM chip WHERE name {begins}', incomplete)


def filters(incomplete: str) -> list[str]:
    """Return names of filters."""
    return _names('SELECT DISTINCT name FROM filter WHERE name {begins}', incomplete)


def projects(incomplete: str) -> list[str]:
    """Return names of projects."""
    return _names('SELECT name FROM project WHERE name {begins}', incomplete)


def selections(incomplete: str) -> list[str]:
    """Return names of saved selections."""
    return _names('SELECT DISTINCT name FROM saved_selection WHERE ended IS NULL AND name {begins}', incomplete)


def releases(incomplete: str) -> list[str]:
    """Return names of releases."""
    return _names('SELECT DISTINCT name FROM "release" WHERE name {begins}', incomplete)


def kinds(incomplete: str) -> list[str]:
    """Return classes that have objects."""
    return _names('SELECT DISTINCT class_name AS name FROM dbobject WHERE class_name {begins}', incomplete)


def filenames(incomplete: str) -> list[str]:
    """Return names of files, as soon as one character is typed."""
    return _names('SELECT filename AS name FROM dbobject WHERE filename {begins}', incomplete) if incomplete else []


def _settings() -> 'Settings':
    from awlike.config import settings
    return settings()


def _names(statement: str, incomplete: str) -> list[str]:
    """Return the first names that begin with `incomplete`, from an SQLite file that exists or from a server."""
    statement = statement.format(begins='BETWEEN :begin AND :end') + f' ORDER BY name LIMIT {_MANY}'
    values = {'begin': incomplete, 'end': incomplete + chr(0x10ffff)}  # rather than LIKE, which uses no index
    with contextlib.suppress(Exception):
        file = _settings().database_file
        if file is not None:
            uri = f'{file.resolve().as_uri()}?mode=ro'
            with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=0.5)) as connection:
                rows = connection.execute(statement, values).fetchall()
        else:
            from sqlalchemy import text

            from awlike.database.sessions import Database
            with Database(_settings().database_url, _settings().user).engine.connect() as connection:
                rows = connection.execute(text(statement), values).fetchall()
        return [name for name, in rows if name.startswith(incomplete) and name.isprintable()]  # a shell shows them as they are
    return []
