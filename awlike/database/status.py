"""How a database stands: its version, what it lacks of what is declared, and what to do about it."""

import dataclasses

from sqlalchemy import text

from awlike.database import owner, schema, upgrade
from awlike.database.user_tables import is_own
from awlike.errors import ConfigError


@dataclasses.dataclass(frozen=True)
class Status:
    """How a database stands.

    `version` is None where there are no tables yet; `head` is the version of this awlike. `pending` are the revisions,
    `lacking` the tables, columns and indexes that are not there yet, `refused` what cannot be brought to what is declared. `owner`
    is the role that owns the tables, and `account` who asks; None on SQLite.
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
        """Whether there is nothing to do."""
        return not self.todo

    @property
    def is_usable(self) -> bool:
        """Whether it can be used as it is, by all but what is lacking."""
        return self.version == self.head and not self.refused

    @property
    def told(self) -> str:
        """In one line what is not well."""
        if self.version is None:
            return 'it is empty'
        if self.version != self.head:
            return f'it is of version {self.version}, this awlike is of {self.head}'
        return self.refused or f'it lacks {", ".join(self.lacking[:5])}{" ..." if len(self.lacking) > 5 else ""}'


def status(connection) -> Status:
    """How the database of `connection` stands; nothing is changed."""
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


def _lacking_indexes(found, connection) -> list[str]:
    """The indexes that are lacking, in words, apart from those that come with a table or a column that is lacking."""
    coming = {table.name for table in found.tables} | {f'{table.name}.{column.name}' for table, column in found.columns}
    return [f'index {index.name}' for index in upgrade.lacking_indexes(connection)
            if not coming & {index.table.name, *(f'{index.table.name}.{column.name}' for column in index.columns)}]


def _todo(found, refused, indexes, connection) -> str:
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
