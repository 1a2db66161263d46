"""Data ids: the keys by which an archive names its files, as run, camcol, field and filter. They stand in headers or paths."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from awlike.cameras.header_values import Cards, first
from awlike.errors import HeaderError

Keys = dict[str, str | int]


@dataclass(frozen=True)
class DataKey:
    """One key of the data ids of a camera.

    `keyword` is the keyword of the header that has its value, or several; the path has it where the group of this name is part
    of the pattern of the camera.
    """

    text: str
    kind: type[str] | type[int] = str
    keyword: str | tuple[str, ...] = ()


def data_id(keys: Mapping[str, DataKey], pattern: str, header: Cards, path: PurePath) -> Keys:
    """Return the data id of a file, from its path and from its header.

    Parameters
    ----------
    keys : mapping
        The keys by name.
    pattern : str
        A regular expression that is searched in the path (with ``/``); its named groups are keys. Empty for none.
    header : Cards
        The header of the file.
    path : PurePath
        The path of the file.

    Returns
    -------
    dict
        The value of each key that is known.

    Raises
    ------
    HeaderError
        When path and header say different values, or a value is no number that must be one.
    """
    match = re.search(pattern, path.as_posix()) if pattern else None
    of_path = {} if match is None else {name: value for name, value in match.groupdict().items() if value is not None}
    found: Keys = {}
    for name, key in keys.items():
        keyword, value = first(header, (key.keyword,) if isinstance(key.keyword, str) else key.keyword)
        values = [_typed(name, key, source, one) for source, one in ((keyword, value), ('the path', of_path.get(name)))
                  if source is not None and one is not None]
        if len(set(values)) > 1:
            raise HeaderError(f'{keyword} = {value!r}, and the path says {name} {values[1]}: correct the card, or put the file '
                              'where it belongs')
        if values:
            found[name] = values[0]
    return found


def _typed(name: str, key: DataKey, source: str, value: object) -> str | int:
    """Return `value` as its key has values."""
    text = str(value).strip()
    if key.kind is str:
        return text
    if not re.fullmatch(r'[+-]?\d{1,18}(\.0*)?', text):
        raise HeaderError(f'{source}: {name} is {text!r} and must be a whole number; correct it')
    return int(float(text)) if '.' in text else int(text)
