"""The distinct values of an attribute, for completion and for hints on what may be meant."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import String, cast, func

if TYPE_CHECKING:
    from awlike.query.path import Path
    from awlike.query.query import Query

MANY = 200  # values at most


def distinct_values(query: 'Query', path: 'Path', number: int = MANY) -> list[Any]:
    """Return the distinct values at the end of `path` of the objects of `query`, without missing ones, in order.

    Parameters
    ----------
    number : int
        The largest number of values. Default: 200.
    """
    from awlike.current import current
    statement = query._statement(lambda builder: [builder.value(path._links, path._leaf)], ordered=False)
    found = current().session().execute(statement.distinct().limit(number)).scalars()
    return sorted(value for value in found if value is not None)


def text_values(query: 'Query', key: str, length: int) -> list[str]:
    """Return the distinct beginnings, so many characters long, of the mapped column `key` of the objects of `query` as text."""
    from awlike.current import current
    statement = query._statement(
        lambda builder: [func.substr(cast(builder.root.column(key), String), 1, length)], ordered=False)
    return [value for value in current().session().execute(statement.distinct()).scalars() if value is not None]
