"""What a shell offers for a value: names in the database, cameras, steps.

It is asked at each Tab. So it reads as little as possible, never makes a database, and is silent when anything is wrong.
"""

import contextlib
import re
import sqlite3
from pathlib import Path

_HOME = Path(__file__).parents[1]
_MANY = 200


def steps(incomplete: str):
    """Steps of the pipeline; after a ``>`` the next of a chain."""
    before, mark, last = incomplete.rpartition('>')
    folders = [_HOME / 'recipes', _HOME.parent / 'recipes']  # installed, and in a working copy
    with contextlib.suppress(Exception):
        folders.append(_settings().recipe_folder)
    found = {name for folder in folders for file in folder.glob('*.py')
             for name in re.findall(r'^class (\w+)Task\(', file.read_text('utf-8', 'replace'), re.MULTILINE)}
    return [before + mark + name for name in sorted(found) if name.startswith(last)]


def instruments(incomplete: str):
    """Cameras whose frames are in the database."""
    return _names('SELECT name FROM instrument WHERE name {begins}', incomplete)


def chips(incomplete: str):
    """Detectors."""
    return _names('SELECT DISTINCT name FROM chip WHERE name {begins}', incomplete)


def filters(incomplete: str):
    """Filters."""
    return _names('SELECT DISTINCT name FROM filter WHERE name {begins}', incomplete)


def projects(incomplete: str):
    """Projects."""
    return _names('SELECT name FROM project WHERE name {begins}', incomplete)


def kinds(incomplete: str):
    """Classes of which there is something."""
    return _names('SELECT DISTINCT class_name AS name FROM dbobject WHERE class_name {begins}', incomplete)


def filenames(incomplete: str):
    """Names of files, once they are begun."""
    return _names('SELECT filename AS name FROM dbobject WHERE filename {begins}', incomplete) if incomplete else []


def _settings():
    from awlike.config import settings
    return settings()


def _names(statement, incomplete):
    """The first names that begin with `incomplete`, of an SQLite database that exists or of a server."""
    statement = statement.format(begins='BETWEEN :begin AND :end') + f' ORDER BY name LIMIT {_MANY}'
    values = {'begin': incomplete, 'end': incomplete + chr(0x10ffff)}  # not LIKE: this goes by the index
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
        return [name for name, in rows if name.startswith(incomplete)]
    return []
