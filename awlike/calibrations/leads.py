"""Leads: the kinds from which date, setup and era of a calibration follow, down to the raw frames."""

from typing import cast

from awlike.planning.calibrations import lead_roles
from awlike.planning.step import Step
from awlike.products.calibration import CalibrationFrame
from awlike.products.product import ProcessTarget
from awlike.query.properties import classes

Kind = type[CalibrationFrame]


def leads(cls: Kind) -> list[Kind]:
    """Return `cls` and the kinds that it follows, as `FlatFrame` follows twilight flats and dome flats."""
    if cls.raw_kind() is not None:
        return [cls]
    links = cls.inputs()
    below = [links[role].target for role in lead_roles(cls)
             if not links[role].existing and issubclass(links[role].target, CalibrationFrame)]
    return list(dict.fromkeys([cls, *(one for target in below for one in leads(target))]))


def is_used_where_it_exists(cls: Kind) -> bool:
    """Return whether calibrations of class `cls` are made by their own task alone, and never on the way to a product."""
    links = [link for owner in classes.values() if issubclass(owner, ProcessTarget)
             for link in owner.inputs().values() if link.target is cls]
    return bool(links) and all(link.existing for link in links)


def has_half_nights(cls: Kind) -> bool:
    """Return whether a calibration of class `cls` follows from the raw frames of an evening or of a morning."""
    return any(raw_kind.HALF_NIGHTS for lead in leads(cls) if (raw_kind := lead.raw_kind()) is not None)


def raw_frames_in_words(step: Step) -> str:
    """Return the raw frames from which `step` makes a calibration, as ``5 RawBiasFrame``."""
    lead = step.inputs.get(step.lead)
    if isinstance(lead, Step):
        return raw_frames_in_words(lead)
    return in_words(cast(Kind, step.cls), len(step.raws))


def in_words(cls: Kind, number: int) -> str:
    """Return the number and the class of the raw frames from which `cls` is made, as ``5 RawBiasFrame``."""
    raw_kind = cls.raw_kind()
    return f'{number} {raw_kind.__name__ if raw_kind is not None else "raw frames"}'
