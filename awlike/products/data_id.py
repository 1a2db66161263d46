"""Data ids of frames in queries: ``ImportedScienceFrame.data_id.run == 4192``."""

from typing import Any

from awlike.cameras.known import cameras
from awlike.query.path import Value
from awlike.query.properties import Item, Property


class DataId(Value):
    """The keys by which the archive of a camera names a frame, kept in the column `data_keys`; each camera has its own keys."""

    def __init__(self) -> None:
        super().__init__(dict, 'keys by which the archive of its camera names it')

    def parts(self, cls: type[Any]) -> dict[str, Property]:
        return {name: Item(f'data_id.{name}', key.kind, key.text, '', 'data_keys')
                for one in cameras().values() for name, key in one.data_id.items()}

    def read(self, instance: Any) -> dict[str, Any]:
        return dict(instance.data_keys or {})

    def __set__(self, instance: Any, value: dict[str, Any]) -> None:
        instance.data_keys = value or None
