"""The releases to which an object belongs, as a link against the direction of lineage."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, FromClause, and_, select
from typing_extensions import override

from awlike.current import current
from awlike.errors import NotAllowed
from awlike.persist.tables import lineage
from awlike.query.path import Link
from awlike.query.statement import Builder

if TYPE_CHECKING:
    from awlike.query.statement import Node

ROLE = 'released'
"""The role that members of a release have in the table of lineage."""


class InReleases(Link[Any]):
    """The releases to which an object belongs, as far as you see them, the first made first."""

    kind = 'inverse'

    def __init__(self) -> None:
        super().__init__('Release', 'the releases to which it belongs', many=True, optional=True)

    @override
    def members(self, node: 'Node') -> tuple[FromClause, ColumnElement[bool], ColumnElement[Any]]:
        edge, release = node.builder.alias(lineage), Builder(self.target, node.builder)
        seen = current().visible(release)
        releases = select(release.root.id) if seen is None else select(release.root.id).where(seen)
        return edge, and_(edge.c.input == node.id, edge.c.role == ROLE, edge.c.product.in_(releases)), edge.c.product

    @override
    def load(self, instance: Any) -> list[Any]:
        if not instance.is_committed:
            return []
        return list(self.target.made_from(instance).order_by('creation_date', 'object_id'))

    def __set__(self, instance: object, value: object) -> None:
        raise NotAllowed('an object comes into a release when the release is made, and never later')

