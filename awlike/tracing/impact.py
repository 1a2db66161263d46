"""Impact: the products that would have to be made again if an object were invalidated, or because of an intervention."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from awlike.current import current
from awlike.persist.dataobject import DataObject
from awlike.persist.header_correction import HeaderCorrection
from awlike.persist.intervention import Intervention
from awlike.persist.lineage import descendants_of, invalid_with_descendants, with_descendants
from awlike.persist.release import Release
from awlike.persist.tables import lineage
from awlike.products.calibration import CalibrationFrame
from awlike.products.product import ProcessTarget
from awlike.query.properties import classes
from awlike.query.statement import Builder
from awlike.spelling import counted
from awlike.terminal import Readable, duration


class Impact(Readable):
    """The number of products of each class that would have to be made again, and about how long that would take."""

    def __init__(self, obj: DataObject, rows: Sequence[Any]) -> None:
        self.obj = obj
        self._counts = {name: number for name, number, _ in rows}
        self._seconds = {name: seconds or 0.0 for name, _, seconds in rows}

    @property
    def seconds(self) -> float:
        """The time that the products took to make the first time [s]."""
        return sum(self._seconds.values())

    def count(self, cls: type) -> int:
        """Return the number of products of class `cls`, its subclasses included."""
        return sum(number for name, number in self._counts.items()
                   if name in classes and issubclass(classes[name], cls))

    def rows(self) -> list[tuple[str, int, float]]:
        """Return for each class its name, the number of products, and the time that they took [s]."""
        return [(name, number, self._seconds[name]) for name, number in sorted(self._counts.items())]

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON values, for machines."""
        return {'products': len(self), 'seconds': self.seconds, 'classes': {
            name: {'products': number, 'seconds': seconds} for name, number, seconds in self.rows()}}

    def __len__(self) -> int:
        return sum(self._counts.values())

    def __str__(self) -> str:
        across, corrects = isinstance(self.obj, Intervention), isinstance(self.obj, HeaderCorrection)
        if not self._counts:
            how = 'with a calibration across' if across else 'from the frame before the' if corrects else 'from'
            return f'nothing valid was made {how} {self.obj}'
        lines = [f'{"because of" if across or corrects else "without"} {self.obj}, {counted(len(self), "product")} would have '
                 f'to be made again, about {duration(self.seconds)}:']
        width = len(str(max(self._counts.values())))
        lines += [f'  {number:{width}} {name}, about {duration(seconds)}' for name, number, seconds in self.rows()]
        return '\n'.join(lines)


def impact(obj: DataObject) -> Impact:
    """Return the products that would have to be made again if `obj` were invalidated: its visible, valid descendants.

    Of a correction of a header, committed or not, they are the descendants of its frame. Of an intervention, likewise, they
    are the products that were made with a calibration across it, and their descendants.

    Products that are invalid already, or have another invalid ancestor, would have to be made again anyway and are left
    out. One statement finds all, whatever the depth.
    """
    builder = Builder(ProcessTarget)
    table = builder.root.table
    gone = invalid_with_descendants().subquery()
    concerned = with_descendants(_across(obj)) if isinstance(obj, Intervention) else descendants_of(
        (obj.frame if isinstance(obj, HeaderCorrection) else obj).object_id)
    statement = (select(table.c.class_name, func.count(), func.sum(table.c.seconds))
                 .outerjoin(gone, gone.c.id == table.c.object_id)
                 .where(table.c.object_id.in_(concerned), gone.c.id.is_(None), table.c.class_name != Release.__name__)
                 .group_by(table.c.class_name))
    seen = current().visible(builder)
    return Impact(obj, current().session().execute(statement if seen is None else statement.where(seen)).all())


def _across(intervention: Intervention) -> Select:
    """Select the ids of the products that lie on one side of `intervention` in time, and a calibration of theirs on the other.

    A product of its very date comes after it.
    """
    used, made = DataObject.__table__.alias('used'), DataObject.__table__.alias('made')
    before, after = used.c.DATE_OBS < intervention.date, used.c.DATE_OBS >= intervention.date
    across = or_(and_(before, made.c.DATE_OBS >= intervention.date), and_(after, made.c.DATE_OBS < intervention.date))
    place = [column == link.object_id for column, link in (
        (used.c.instrument_id, intervention.instrument), (used.c.chip_id, intervention.chip),
        (used.c.filter_id, intervention.filter)) if link is not None]
    return (select(lineage.c.product.label('id'))
            .join(used, used.c.object_id == lineage.c.input).join(made, made.c.object_id == lineage.c.product)
            .where(used.c.class_name.in_(intervention.kinds or CalibrationFrame.class_names()), across, *place))
