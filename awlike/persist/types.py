"""Column types: ids as 16 bytes, instants as naive UTC."""

import datetime
import functools
import uuid
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    String,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine


class Id(TypeDecorator):
    """A UUID: 16 bytes in SQLite (half the size of text, and it sorts by time), the native type elsewhere."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine:
        kind: TypeEngine[Any] = LargeBinary(16) if dialect.name == 'sqlite' else Uuid()
        return dialect.type_descriptor(kind)

    # The processors themselves rather than `process_bind_param`: inserting takes half the time.

    def bind_processor(self, dialect: Dialect) -> Any:
        return _to_bytes if dialect.name == 'sqlite' else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return _from_bytes if dialect.name == 'sqlite' else super().result_processor(dialect, coltype)


@functools.lru_cache(4096)  # the rows of a lineage name a product, and the same raw frames, again and again
def _to_bytes(value: uuid.UUID | None) -> bytes | None:
    return None if value is None else value.bytes


@functools.lru_cache(4096)  # many rows name the same few instruments, chips and people
def _from_bytes(value: bytes | None) -> uuid.UUID | None:
    return None if value is None else uuid.UUID(bytes=value)


COLUMN_TYPES: dict[type, TypeEngine] = {
    float: Float(53),
    int: Integer(),
    str: String(),
    bool: Boolean(),
    datetime.datetime: DateTime(),
    uuid.UUID: Id(),
    dict: JSON(none_as_null=True),
    list: JSON(none_as_null=True),
}
