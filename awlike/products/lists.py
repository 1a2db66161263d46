"""The columns of a list of objects, which a command and a page show alike."""

from typing import Any


def columns_of_list(cls: Any) -> list[str]:
    """Return the columns of a list of `cls`, as paths: date and place, what the class itself shows, quality, and name."""
    own = [name for name in cls.columns_to_show() if name != 'filename']
    wanted = dict.fromkeys(['DATE_OBS', 'instrument.name', *own, 'is_valid', 'quality_flags', 'filename'])
    return [name for name in wanted if name.partition('.')[0] in cls.__properties__]
