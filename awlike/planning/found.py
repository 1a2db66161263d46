"""Objects that exist, as far as planning must know them."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from awlike.products import shapes


class Found(NamedTuple):
    """An object that exists, as far as planning must know it. The object itself is read only when it is used."""

    object_id: uuid.UUID
    instrument_id: uuid.UUID
    chip_id: uuid.UUID | None
    filter_id: uuid.UUID | None
    setup_id: uuid.UUID | None
    DATE_OBS: datetime.datetime
    digest: str
    reuse_key: str
    creation_date: datetime.datetime
    filename: str | None
    is_valid: int
    quality_flags: int
    quality: dict[str, Any] | None
    privileges: int
    project_id: uuid.UUID
    creator_id: uuid.UUID
    process_parameters: dict[str, Any] | None
    make_version: int
    code_digest: str | None
    recipe: str | None
    imported: dict[str, Any] | None

    @classmethod
    def of(cls, obj: Any) -> 'Found':
        """Return the object `obj` as planning must know it."""
        values: list[Any] = [getattr(obj, name, None) for name in cls._fields]
        return cls(*values)

    @classmethod
    def of_row(cls, row: Iterable[Any]) -> 'Found':
        """Return the object of which the database has `row`, its values in the order of the fields.

        A value of another shape than awlike writes counts as absent, and a warning names the object.
        """
        found = cls(*row)
        odd = [name for name in _SHAPED
               if (value := getattr(found, name)) is not None and not shapes.has_shape(name, value)]
        if not odd:
            return found
        shapes.warn(found.name, odd)
        absent: dict[str, Any] = dict.fromkeys(odd)
        return found._replace(**absent)

    def place(self, with_filter: bool) -> tuple[uuid.UUID, uuid.UUID | None, uuid.UUID | None]:
        """Return the ids of instrument, chip and, if asked for, filter."""
        return self.instrument_id, self.chip_id, self.filter_id if with_filter else None

    @property
    def name(self) -> str:
        """The name of its file, or when it was made where it has none."""
        return self.filename or f'the one made {self.creation_date:%Y-%m-%d %H:%M:%S}'


class Used(NamedTuple):
    """An input that a product was made from."""

    object_id: uuid.UUID
    digest: str
    name: str
    chip_id: uuid.UUID | None = None
    DATE_OBS: datetime.datetime | None = None


class ReferenceChoice(NamedTuple):
    """A reference catalogue that serves a product, as far as planning must know it, and the rule by which it was chosen."""

    object_id: uuid.UUID
    digest: str
    name: str
    rule: str

    def __str__(self) -> str:
        return self.name


_SHAPED = [name for name in shapes.SHAPED if name in Found._fields]
