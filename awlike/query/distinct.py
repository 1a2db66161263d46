"""The distinct values of an attribute, for completion and for hints on what may be meant."""

from typing import TYPE_CHECKING, Any

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
