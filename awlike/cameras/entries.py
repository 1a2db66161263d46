"""The entries of files that describe cameras: each is checked for itself, and becomes what `Camera` has.

A check raises ValueError, whose text says the rule and the remedy; `described` says the file and the entry.
"""

import keyword
import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo

from awlike.cameras.amplifiers import ENTRIES, OWN_HDU
from awlike.cameras.dates import checked_format
from awlike.cameras.declaration import ATTRIBUTES
from awlike.cameras.windows import WINDOW
from awlike.spelling import near

SETTING = re.compile(r'[A-Za-z][\w-]*')
PARAMETER = re.compile(r'([A-Za-z]\w*|\*)\.[A-Z]\w*')
SCALED = ('EXPTIME', 'TEMPERATURE', 'AIRMASS', 'MJD_OBS', 'window_x', 'window_y')
KEY = re.compile(r'[A-Za-z][A-Za-z0-9_]*')
METHODS = ('like', 'in_', 'between')  # of what stands before a comparison in a query


def _attribute(name: str) -> str:
    if name not in ATTRIBUTES:
        raise ValueError(f'{name!r} is no attribute of a raw frame{near(name, ATTRIBUTES)}; '
                         f'there are {", ".join(sorted(ATTRIBUTES))}')
    return name


def _setting(name: str) -> str:
    if name in ATTRIBUTES:
        raise ValueError(f'{name!r} is an attribute of a raw frame; call the setting otherwise, as READMODE or BINNING')
    if name == WINDOW:
        raise ValueError(f'{name!r} is a setting that awlike finds by itself; name detector, window_x and window_y instead')
    if not SETTING.fullmatch(name):
        raise ValueError(f'{name!r}: the name of a setting is of letters, digits, _ and -, as READMODE or BINNING')
    return name


def _key(name: str) -> str:
    if not KEY.fullmatch(name) or keyword.iskeyword(name) or name in METHODS:
        raise ValueError(f'{name!r}: queries name a key as data_id.{name}, so it is of letters, digits and _, and no word of '
                         f'Python, nor {", ".join(METHODS)}')
    return name


def _path_pattern(pattern: str) -> str:
    """Return a regular expression that is searched in paths."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f'{pattern!r} is no regular expression: {error}') from None
    return pattern


def refuse_unmatched(pattern: str, with_keyword: Iterable[str], without: Iterable[str]) -> None:
    """Refuse groups of `pattern` that are no keys of data_id, and keys in neither header (`with_keyword`) nor path."""
    groups, keys = re.compile(pattern).groupindex, [*with_keyword, *without]
    for group in groups:
        if group not in keys:
            raise ValueError(f'data_path has the group {group!r}, which is no key{near(group, keys)}: describe it as '
                             f'[data_id.{group}], or make it a group without name, (?:...)')
    for name in without:
        if name not in groups:
            raise ValueError(f'data_id.{name} stands nowhere: give its keyword, or make it a group of data_path, '
                             f'(?P<{name}>...)')


def _translations(values: dict[str, dict[str, str]], info: ValidationInfo) -> dict[str, dict[str, str]]:
    """Return words for values, by attribute or setting."""
    known = [*ATTRIBUTES, *info.data.get('setup', values)]  # a wrong setup is told by itself
    for name in values:
        if name not in known:
            raise ValueError(f'{name!r} is no attribute of a raw frame, and no entry of setup{near(name, known)}; '
                             f'there are {", ".join(sorted(known))}')
    return values


def _flat(parameters: dict[str, object]) -> dict[str, object]:
    """Return {'Class.PARAMETER': value}, from the tables within tables that TOML makes of a key with a dot."""
    flat: dict[str, object] = {}
    for key, value in parameters.items():
        flat |= {f'{key}.{name}': inner for name, inner in value.items()} if isinstance(value, dict) else {key: value}
    for key, value in flat.items():
        table = isinstance(value, dict) and all(isinstance(inner, dict) for inner in value.values())
        if not PARAMETER.fullmatch(key) or not (table or isinstance(value, (bool, int, float, str))):
            raise ValueError(f'{key} = {value!r}: write Class.PARAMETER = value, as in CosmicMap.GAIN = 2.5')
    return flat


def _value(value: object) -> str | int | float:
    """Return a constant in place of a header value."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f'{value!r}: write a text in quotes, or a number')
    return value


def _scale(value: object) -> tuple[float, float]:
    """Return factor and offset of a scale."""
    pair: Any = value if isinstance(value, list) else [value, 0.0]
    if len(pair) != 2 or not all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in pair) or not pair[0]:
        raise ValueError(f'{value!r}: write a factor other than 0, as 0.001, or [factor, offset], as [1.0, -273.15]')
    return float(pair[0]), float(pair[1])


def _scaled(name: str) -> str:
    if name not in SCALED:
        raise ValueError(f'{name!r} is no number of a raw frame{near(name, SCALED)}; there are {", ".join(SCALED)}')
    return name


def _months(names: list[str]) -> tuple[str, ...]:
    if names and (len(names) != 12 or len({name.lower() for name in names}) != 12):
        raise ValueError(f'{len(names)} names: write the names of the twelve months, each another')
    return tuple(names)


def _date_format(text: str) -> str:
    return checked_format(text, 'd|j m|b|B|j y|Y') if text else text


def _time_format(text: str) -> str:
    return checked_format(text, 'H|I M') if text else text


def _several(value: object) -> tuple[str, ...]:
    """Return one or several patterns or keywords as a tuple."""
    several: tuple[Any, ...] = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else ()
    if not several or not all(isinstance(word, str) and word for word in several):
        raise ValueError(f'{value!r}: write one text in quotes, or a list of them')
    return several


def _amplifier(entries: dict[str, object]) -> dict[str, object]:
    """Return the keywords, sections and numbers of an amplifier, checked."""
    unknown = [name for name in entries if name not in ENTRIES]
    if unknown:
        raise ValueError(f'{unknown[0]!r} is nothing that an amplifier has{near(unknown[0], ENTRIES)}; '
                         f'there are {", ".join(ENTRIES)}')
    for needed in ('trim', 'detsec'):
        if needed not in entries:
            raise ValueError(f'{needed} is missing: a keyword, or a section in brackets')
    return {name: value if isinstance(value, (int, float)) else _several(value) if isinstance(value, list) else _value(value)
            for name, value in entries.items()}


def _amplifiers(amplifiers: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    """Return amplifiers by name, or one entry for all."""
    if OWN_HDU in amplifiers and len(amplifiers) > 1:
        raise ValueError(f'"{OWN_HDU}" describes amplifiers that have an extension each; describe either all by it, or each')
    return amplifiers


def _zone(value: object) -> str | int | float:
    """Return an IANA name, or hours. The camera checks that the name exists."""
    if isinstance(value, str) and value:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and -24 < value < 24:
        return value
    raise ValueError(f'{value!r}: write an IANA name such as "America/Santiago", or the hours east of Greenwich')


ScaledEntry = Annotated[str, AfterValidator(_scaled)]
Scale = Annotated[Any, AfterValidator(_scale)]
AttributeEntry = Annotated[str, AfterValidator(_attribute)]
SettingEntry = Annotated[str, AfterValidator(_setting)]
Words = Annotated[str, Field(min_length=1)]
Several = Annotated[Any, AfterValidator(_several)]
ValueEntry = Annotated[Any, AfterValidator(_value)]
Zone = Annotated[Any, AfterValidator(_zone)]
AmplifierEntry = Annotated[dict[str, object], AfterValidator(_amplifier)]
Amplifiers = Annotated[dict[str, AmplifierEntry], AfterValidator(_amplifiers)]
Translations = Annotated[dict[str, dict[Words, str]], AfterValidator(_translations)]
Parameters = Annotated[dict[str, object], AfterValidator(_flat)]
KeyEntry = Annotated[str, AfterValidator(_key)]
ReasonEntry = Annotated[str, Field(pattern=r'^[A-Za-z0-9_-]{1,40}$')]
PathPattern = Annotated[str, AfterValidator(_path_pattern)]
Months = Annotated[list[Words], AfterValidator(_months)]
DateFormat = Annotated[str, AfterValidator(_date_format)]
TimeFormat = Annotated[str, AfterValidator(_time_format)]
