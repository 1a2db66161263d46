"""What planning must know of objects that exist."""

import datetime
import uuid
from typing import NamedTuple


class Found(NamedTuple):
    """What planning must know of an object that exists. The object itself is read only when it is used."""

    object_id: uuid.UUID
    instrument_id: uuid.UUID
    chip_id: uuid.UUID
    filter_id: uuid.UUID | None
    DATE_OBS: datetime.datetime
    digest: str
    reuse_key: str
    creation_date: datetime.datetime
    filename: str | None
    is_valid: int
    quality_flags: int
    quality: dict | None
    privileges: int
    project_id: uuid.UUID
    creator_id: uuid.UUID
    process_parameters: dict | None
    make_version: int
    code_digest: str | None
    recipe: str | None

    @classmethod
    def of(cls, obj) -> 'Found':
        """What planning must know of the object `obj`."""
        return cls(*(getattr(obj, name, None) for name in cls._fields))

    def place(self, with_filter: bool) -> tuple:
        return self.instrument_id, self.chip_id, self.filter_id if with_filter else None

    @property
    def name(self) -> str:
        return self.filename or f'the one made {self.creation_date:%Y-%m-%d %H:%M:%S}'


class Used(NamedTuple):
    """An input that a product was made from."""

    object_id: uuid.UUID
    digest: str
    name: str
