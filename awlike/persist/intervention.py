"""Interventions: dated breaks in the life of an instrument, across which calibrations of some kinds do not serve."""

import datetime
from typing import Any

from sqlalchemy import CheckConstraint

from awlike.characters import printable
from awlike.current import current
from awlike.persist.dataobject import DataObject
from awlike.persist.dbobject import Reference, attribute
from awlike.persist.references import Chip, Filter


class Intervention(DataObject):
    """A moment from which an instrument is another: a mirror was washed, a detector changed, a lamp replaced.

    No calibration of a kind that the intervention names serves across it. `context.intervention` makes one.
    """

    chip = Reference(Chip, 'the detector that it concerns; none where it concerns all', optional=True)
    filter = Reference(Filter, 'the filter that it concerns; none where it concerns all', optional=True)
    date = attribute(datetime.datetime, 'the moment (UTC): what was observed then or later comes after it')
    kinds = attribute(list, 'classes of the calibrations that it concerns; empty where it concerns all')
    reason = attribute(str, 'what was done to the instrument')

    # Everybody reads the interventions that others publish: whoever writes one by plain SQL writes one that can be read.
    __table_args__ = (
        CheckConstraint("date IS NOT NULL AND date >= '1900-01-01' AND date < '2200-01-01'", name='date'),
        CheckConstraint('reason IS NOT NULL', name='reason'),
        CheckConstraint(r"""(CAST(kinds AS text) ~ '^\[("[^"\\]+"(, ?"[^"\\]+")*)?\]$') IS TRUE""",
                        name='kinds').ddl_if(dialect='postgresql'),
    )

    @classmethod
    def columns_to_show(cls) -> list[str]:
        return ['date', 'instrument.name', 'chip.name', 'filter.name', 'reason', 'is_valid']

    @property
    def place(self) -> str:
        """The names of its instrument, and of its chip and filter where it has them."""
        return ' '.join(link.name for link in (self.instrument, self.chip, self.filter) if link is not None)

    @property
    def kinds_in_words(self) -> str:
        """The names of the kinds of calibrations that it concerns."""
        return ', '.join(self.kinds) or 'all kinds'

    def impact(self) -> Any:
        """Return the products that were made with a calibration across it, and all that descends from these.

        The intervention need not be committed.

        Returns
        -------
        awlike.tracing.impact.Impact
            Print it.
        """
        return current().impact(self)

    def __str__(self) -> str:
        return printable(f'intervention {self.date:%Y-%m-%d %H:%M:%S} {self.place}')
