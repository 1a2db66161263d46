"""The attributes and example queries of a persistent class, as ``print(RawScienceFrame)`` shows them."""

import textwrap
from typing import Any

from awlike.query.path import Link
from awlike.terminal import columns

_EXAMPLES = {'filter': "({0}.filter.name == 'r_SDSS')", 'DATE_OBS': "({0}.DATE_OBS > '2012-05-31')",
             'name': "{0}.name.like('*A*')"}


def class_facts(cls: Any) -> str:
    """Return the meaning of `cls`, its attributes and its links, a query to begin with, and where to read more."""
    properties = cls.__properties__
    links = sorted(name for name, one in properties.items() if isinstance(one, Link))
    rows = {'attributes': ', '.join(sorted(set(properties) - set(links))), 'links': ', '.join(links),
            'a query': _query(cls), 'more': f'help({cls.__name__}) explains each; Tab completes behind {cls.__name__}.'}
    lines = textwrap.wrap(f'{cls.__name__}: {cls.__doc__.partition(chr(10))[0]}', columns())
    for name, text in rows.items():
        wrapped = textwrap.wrap(text, columns() - 18, break_long_words=False, break_on_hyphens=False)
        lines += [f'  {head:14}  {line}' for head, line in zip([name, *[''] * len(wrapped)], wrapped, strict=False)]
    return '\n'.join(lines)


def _query(cls: Any) -> str:
    """Return a query of `cls` to begin with; for a class without the attributes of the examples, of all objects."""
    found = [example.format(cls.__name__) for name, example in _EXAMPLES.items() if name in cls.__properties__]
    return ' & '.join(found) or f'{cls.__name__}.select_all()'
