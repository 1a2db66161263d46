"""Frames in an image window: the image, the values that describe it, the frame to blink with, and plots."""

import dataclasses
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.errors import ParameterError
from awlike.persist.links import listed
from awlike.products.file_names import stamp_name
from awlike.products.pixel_map import good_pixels, weight_of
from awlike.views.image import panels

if TYPE_CHECKING:
    from awlike.pixels.geometry import Geometry, Section
    from awlike.products.frame import Frame, Panel
    from awlike.products.product import ProcessTarget
    from awlike.views.image.view import View


def inspect(frame: 'Frame', *, blink: 'Frame | None' = None, filename: str | Path | None = None, **options: Any) -> Any:
    """Show `frame`; `Frame.inspect` explains keys and arguments."""
    from awlike.views.image.window import Window
    from awlike.views.show import show
    view = view_of(frame, blink)
    if view.image is None and not view.panels:
        raise ParameterError(f'{frame} has no image to look at: info() shows what it has')
    path = filename or Path(frame.filename or stamp_name(frame)).with_suffix('.png')
    return show(Window(view, **options), path, asked=filename is not None)


def view_of(frame: 'Frame', blink: 'Frame | None' = None) -> 'View':
    """Return the `View` of a frame; `blink` is another frame, by default the principal input."""
    from awlike.products.astrometry import trimmed_wcs
    from awlike.sky.linear_wcs import trimmed_place
    from awlike.views.image.view import View
    shown, geometry = frame.shown(), getattr(frame, 'geometry', None)
    if shown is not None and not isinstance(shown, np.ndarray):
        return dataclasses.replace(view_of(shown, blink), title=str(frame), outlines=frame.outlines, panels=frame.panels())
    image = frame.data if shown is None else shown
    shape = None if image is None else image.shape
    view = View(str(frame), image, frame.unit, blink=lambda: _other(frame, blink, shape), levels=frame.LEVELS,
                outlines=frame.outlines, panels=frame.panels())
    if shown is None:
        view.good, view.weight = lambda: good_pixels(frame), lambda: weight_of(frame)
    if image is not None:
        view.wcs = trimmed_wcs(frame) if geometry else frame.wcs
    if geometry:  # the astrometry is that of the first of several amplifiers, and holds for what they see together
        view.on_sky, view.sections = functools.partial(trimmed_place, geometry), sections(geometry)
    return view


def _other(frame: 'Frame', blink: 'Frame | None', shape: tuple[int, ...] | None) -> 'View | None':
    """Return the view to blink with, without the borders that a raw frame has and `frame` has not."""
    if blink is None:
        blink = next(iter(listed(getattr(frame, frame.principal_role()))), None) if frame.inputs() else None
    if blink is None or blink.data is None:
        return None
    other = view_of(blink)
    geometry = getattr(blink, 'geometry', None)
    if geometry is not None and blink.data.shape != shape and geometry.shape == shape:
        from awlike.pixels.amplifiers import light_sensitive
        other.image, other.sections = light_sensitive(blink.data, geometry), []
        other.on_sky = lambda x, y: (x, y)
    return other


def sections(geometry: 'Geometry') -> 'list[tuple[str, Section]]':
    """Return names and sections of the parts of a raw frame; of several amplifiers each with its name, as ``'trim C00'``."""
    return [(f'{name} {getattr(part, "name", "")}'.rstrip(), section)
            for part in geometry.parts for name, section in part.regions().items()]


def against_time(product: 'ProcessTarget', name: str) -> 'Panel':
    """Return the panel of the value `name` against time, of all valid products of the class and detector of `product`."""
    cls, rows = type(product), []
    if product.is_committed:
        rows = list(((cls.chip == product.chip) & (cls.is_valid >= 1)).table('DATE_OBS', name))
    return panels.against_time([row[0] for row in rows], [row[1] for row in rows], product.DATE_OBS, getattr(product, name),
                               name, cls.__properties__[name].unit)
