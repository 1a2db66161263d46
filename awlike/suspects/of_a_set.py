"""The raw frames of a product that stand out from the others from which it was made."""

from typing import Any

from awlike.persist.links import inputs_of
from awlike.products.raw import RawFrame
from awlike.suspects.compare import stand_out
from awlike.suspects.measure import measured, seen

_FEWEST = 3  # raw frames of a set: one can stand out from two
_NAMED = 2  # frames that are named at most


def standing_out(product: Any) -> str:
    """Return which raw frames of `product` stand out most, in words, as ``'RawBiasFrame_x.fits: level 312 ADU, others 201
    +- 3 ADU'``; empty where none does, or where `product` is not made from a set of raw frames.
    """
    raws = [one for _, _, one in inputs_of(product) if isinstance(one, RawFrame)]
    if len(raws) < _FEWEST:
        return ''
    known = [(raw, found) for raw, found in measured(raws) if not isinstance(found, str)]
    reasons = stand_out([seen(raw, found) for raw, found in known], raws[0].COMPARED, _FEWEST)
    worst = sorted(((why[0], raw) for (raw, _), why in zip(known, reasons, strict=True) if why),
                   key=lambda pair: -pair[0].weight)
    return '; '.join(f'{raw}: {sign.text}' for sign, raw in worst[:_NAMED])
