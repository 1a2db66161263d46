"""Meaning: what an input of a class is for a product of one frame. A class can stand for several kinds."""

from typing import Any

from awlike.errors import NoCalibration
from awlike.planning.chooser import NothingThere
from awlike.planning.kinds import is_made, kinds_of
from awlike.planning.request import Request
from awlike.products.calibration import CalibrationFrame
from awlike.products.frame import Frame
from awlike.products.product import ProcessTarget


def meaning(cls: type[Any], request: Request, label: str) -> Any:
    """Return what an input of class `cls`, no raw frame, is for a product that is wanted by `request`; `label` names the input.

    Returns
    -------
    type, Frame, NoCalibration or None
        - The frame that `request` is of, where it is of the class.
        - The kind to make: `cls` itself; where `cls` only stands for several kinds, as `ScienceFrame` does, the kind that is
          made of what `request` is of.
        - Where the product is of a science frame, from which no `cls` is made, what that frame was itself made with: its
          weight, say, or the map of saturated pixels of its weight; None where it has none.
        - An error where no kind, or more than one, can be made.
    """
    of = request.of
    if isinstance(of, cls):
        return of
    if issubclass(cls, getattr(type(of), 'TELLS_ITSELF', ())):
        return NothingThere(f'{of} tells itself what a {cls.__name__} would tell: it lies on a grid')
    if not isinstance(of, Frame) or issubclass(cls, CalibrationFrame):
        return cls if is_made(cls) or _is_only_imported(cls) else _none(label, cls, 'a set or an exposure')
    kinds = kinds_of(cls, type(of))
    if len(kinds) == 1:
        return kinds[0]
    if not kinds and isinstance(of, ProcessTarget):
        return _made_with(of, cls)
    return _none(label, cls, f'a {type(of).__name__}', kinds) if kinds or not is_made(cls) else cls


def _is_only_imported(cls: type[Any]) -> bool:
    """Return whether calibrations of class `cls` come from outside awlike alone, so that an input can only look for them."""
    return issubclass(cls, CalibrationFrame) and cls.IMPORTABLE and not cls.__subclasses__()


def _made_with(product: ProcessTarget, cls: type[Any]) -> Any:
    """Return the object of class `cls` with which `product` was made, or else one of its own products; None without any.

    So the map of saturated pixels of a frame is the map that its weight was made with. Inputs of calibrations are not looked
    at, nor inputs of a product on a grid, which has other pixels.
    """
    if 'grid' in type(product).__properties__:
        return None
    links = {role: link for role, link in product.inputs().items() if not link.many}
    for role, link in links.items():
        if issubclass(link.target, cls):
            return getattr(product, role)
    behind = (getattr(product, role) for role, link in links.items()
              if issubclass(link.target, ProcessTarget) and not issubclass(link.target, CalibrationFrame))
    return next((found for one in behind if one is not None and (found := _made_with(one, cls)) is not None), None)


def _none(label: str, cls: type[Any], of: str, kinds: tuple[type[ProcessTarget], ...] = ()) -> NoCalibration:
    found = f'{" and ".join(kind.__name__ for kind in kinds)} are' if kinds else 'none of its kinds is'
    return NoCalibration(f'{label} can be any {cls.__name__}, and {found} made of {of}, so no plan can choose it: declare an '
                         'input of a kind that can be made')
