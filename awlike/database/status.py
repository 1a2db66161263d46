"""The status of a database: its version, what it lacks of the declarations, and what to do about it."""

import dataclasses

from sqlalchemy import Connection, text

from awlike.database import owner, schema, upgrade
from awlike.database.user_tables import is_own
from awlike.errors import ConfigError


@dataclasses.dataclass(frozen=True)
class Status:
    """The status of a database.

    `version` is None where there are no tables yet; `head` is the version of this awlike. `pending` are the revisions that
    are still to apply, `lacking` the tables, columns and indexes that are not there yet, `refused` says what cannot be
    changed to agree with the declarations. `owner` is the role that owns the tables, `account` the one that asks; both are
    None on SQLite.
    """

    version: str | None
    head: str
    owner: str | None
    account: str | None
    pending: list[str]
    lacking: list[str]
    refused: str
    todo: str

    @property
    def is_well(self) -> bool:
        """True when there is nothing to do."""
        return not self.todo

    @property
    def is_usable(self) -> bool:
        """True when the database can be used as it is, apart from what it lacks."""
        return self.version == self.head and not self.refused

    @property
    def told(self) -> str:
        """The problem in one line."""
        if self.version is None:
            return 'it is empty'
        if self.version != self.head:
            return f'it is of version {self.version}, this awlike is of {self.head}'
        return self.refused or f'it lacks {", ".join(self.lacking[:5])}{" ..." if len(self.lacking) > 5 else ""}'


def status(connection: Connection) -> Status:
    """Return the status of the database of `connection`; nothing is changed."""
    found, name = schema.state(connection), owner.of(connection)
    account = connection.scalar(text('SELECT session_user')) if name else None
    refused, pending, indexes = '', [], []
    if found.version is not None and found.version <= schema.HEAD:
        pending = [upgrade.in_words(script) for script in upgrade.pending(found, connection.engine.url)]
    if found.version == schema.HEAD:
        try:
            schema.refuse_needed_columns(found)
            upgrade.refuse_differences(connection)
            indexes = _lacking_indexes(found, connection)
        except ConfigError as error:
            refused = str(error)
    todo = _todo(found, refused, indexes, connection)
    lacking = [*found.names, *indexes] if found.version else []
    return Status(found.version, schema.HEAD, name, account, pending, lacking, refused, todo)


def _lacking_indexes(found: schema.State, connection: Connection) -> list[str]:
    """Return the lacking indexes, in words, apart from indexes that come with a lacking table or column."""
    coming = {table.name for table in found.tables} | {f'{table.name}.{column.name}' for table, column in found.columns}
    lacking = []
    for index in upgrade.lacking_indexes(connection):
        table = index.table.name if index.table is not None else ''
        if not coming & {table, *(f'{table}.{column.name}' for column in index.columns)}:
            lacking.append(f'index {index.name}')
    return lacking


def _todo(found: schema.State, refused: str, indexes: list[str], connection: Connection) -> str:
    if found.version is None:
        return 'awe db init makes it ready' if owner.may(connection) else f'ask {owner.of(connection)} to run awe db init'
    if found.version > schema.HEAD:
        return 'install a newer awlike, as by pip install --upgrade awlike'
    if refused or (found.is_complete and found.version == schema.HEAD and not indexes):
        return refused
    own = found.version == schema.HEAD and not indexes and all(
        is_own(table) for table in [*found.tables, *(table for table, _ in found.columns)])
    if not own and not owner.may(connection):
        return f'ask {owner.of(connection)} to run awe db upgrade'
    if found.version != schema.HEAD:
        return 'back it up, then awe db upgrade'
    return 'awe db upgrade adds it' if indexes or connection.dialect.name == 'postgresql' else 'it is added at the next use'
