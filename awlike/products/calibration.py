"""Calibrations: products that serve for other observations."""

import datetime
import functools
from typing import ClassVar

from awlike.persist.dbobject import Reference, attribute
from awlike.persist.references import Chip
from awlike.products.product import ProcessTarget
from awlike.products.raw import RawFrame
from awlike.remedies import imported_instead


class CalibrationFrame(ProcessTarget):
    """A product that serves for frames that were observed near it: the nearest by observing night.

    At first, the interval of a calibration is the nights of its raw frames. Once a person changes the interval, the
    calibration goes before nearer ones inside, and does not serve outside.
    """

    FAMILY = 'calibration'
    AFTER_FIRST: ClassVar[bool] = False
    """Of two calibrations at equal distance, whether the later goes before the earlier."""

    IMPORTABLE: ClassVar[bool] = False
    """Whether a ready-made one can be imported."""

    _shared = True
    chip = Reference(Chip, 'the detector')
    timestamp_start = attribute(datetime.datetime, 'begin of its own nights, or of the interval that a person chose (UTC)')
    timestamp_end = attribute(datetime.datetime, 'end of its own nights, or of the interval that a person chose (UTC)')

    @classmethod
    def own_values(cls) -> list[str]:
        return [name for name in super().own_values() if name not in CalibrationFrame.__properties__]

    @classmethod
    def or_import(cls) -> str:
        """Return the end of an error that nothing serves: import a ready-made one, where the kind can be imported."""
        return f', or import a ready-made one: {imported_instead(cls.__name__)}' if cls.IMPORTABLE else ''

    @classmethod
    def raw_kind(cls) -> type[RawFrame] | None:
        """Return the class of the raw frames that it is made from; None for a kind that is made from other calibrations."""
        link = cls.inputs()[cls.principal_role()]
        return link.target if link.many and issubclass(link.target, RawFrame) else None

    @classmethod
    def begins_with(cls) -> 'type[CalibrationFrame]':
        """Return the class at the beginning of the principal inputs: the class itself, where it is made from raw frames."""
        return cls if cls.raw_kind() is not None else cls.inputs()[cls.principal_role()].target.begins_with()

    @classmethod
    def chosen_by(cls) -> frozenset[str]:
        """Return the attributes of a frame, besides its place, date and setup, by which its calibration is chosen."""
        return _chosen_by(cls)


@functools.cache
def _chosen_by(cls: type[CalibrationFrame]) -> frozenset[str]:
    raw_kind = cls.raw_kind()
    if raw_kind is not None:
        return frozenset(raw_kind.ALIKE)
    principal = cls.inputs().get(cls.principal_role())
    leads = [link for link in cls.inputs().values() if link is principal or link.optional]
    return frozenset().union(*(link.target.chosen_by() for link in leads if issubclass(link.target, CalibrationFrame)))
