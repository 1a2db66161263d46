"""Releases: a named list of objects that stays what it is. `context.release` makes one.

In the table of lineage the members are inputs of the release: so they are published with it, and nobody deletes one. Code,
parameters and calibrations may change afterwards; a release has the objects that it had.
"""

from collections import Counter
from typing import TYPE_CHECKING, Any

from awlike.characters import printable
from awlike.persist import relatives
from awlike.persist.dataobject import DataObject
from awlike.persist.dbobject import attribute
from awlike.query.query import Query
from awlike.spelling import counted

if TYPE_CHECKING:
    from awlike.persist.relatives import Relatives


class Release(DataObject):
    """Objects under a name that can be cited: always the same, byte by byte. `context.release` makes one."""

    FAMILY = 'reference'

    name = attribute(str, 'what it is called', index=True)
    comment = attribute(str, 'what it is for')
    rule = attribute(str, 'the query that found its members')
    number = attribute(int, 'how many members it has')

    @classmethod
    def columns_to_show(cls) -> list[str]:
        return ['name', 'creation_date', 'creator.name', 'number', 'comment']

    @property
    def moment(self) -> Any:
        """The instant (UTC) at which its members were found."""
        return self.creation_date

    def members(self) -> 'Relatives':
        """Return its members, which are read when they are first needed."""
        return relatives.inputs(self)

    def query(self, cls: Any = None) -> Query:
        """Return the query for its members of class `cls`, by default for all."""
        return (cls or DataObject).releases == self

    def kinds(self) -> dict[str, int]:
        """Return the number of its members by class."""
        return dict(sorted(Counter(row.class_name for row in self.query().columns('class_name')).items()))

    def __len__(self) -> int:
        return self.number or 0

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return printable(f'release {self.name}, {counted(len(self), "member")}')
