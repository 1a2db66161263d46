"""What an image window is given of a frame: its image, what is known of it, and what lies behind."""

import functools
from pathlib import Path

from awlike.errors import ParameterError
from awlike.persist.links import listed
from awlike.products.file_names import stamp_name
from awlike.products.pixel_map import good_pixels, weight_of


def inspect(frame, *, blink=None, filename=None, **options):
    """Show `frame`; `Frame.inspect` tells the keys and arguments."""
    from awlike.views.image.window import Window
    from awlike.views.show import show
    view = view_of(frame, blink)
    if view.image is None and not view.panels:
        raise ParameterError(f'{frame} has no image to look at: info() shows what it has')
    path = filename or Path(frame.filename or stamp_name(frame)).with_suffix('.png')
    return show(Window(view, **options), path, asked=filename is not None)


def view_of(frame, blink=None):
    """The `View` of a frame; `blink` is another frame, by default the principal input."""
    from awlike.products.astrometry import trimmed_wcs
    from awlike.sky.linear_wcs import trimmed_place
    from awlike.views.image.view import View
    image, geometry = frame.data, getattr(frame, 'geometry', None)
    shape = None if image is None else image.shape
    view = View(str(frame), image, frame.UNIT, good=lambda: good_pixels(frame), weight=lambda: weight_of(frame),
                blink=lambda: _other(frame, blink, shape), panels=frame.panels())
    if image is not None:
        view.wcs = trimmed_wcs(frame) if geometry else frame.wcs
    if geometry:  # its astrometry is that of the first of several amplifiers, and holds for what they see together
        view.on_sky, view.sections = functools.partial(trimmed_place, geometry), sections(geometry)
    return view


def _other(frame, blink, shape):
    """The view to blink with: that of a frame, without the borders that a raw frame has and `frame` has not."""
    if blink is None:
        blink = next(iter(listed(getattr(frame, frame.principal_role()))), None) if frame.inputs() else None
    if blink is None or blink.data is None:
        return None
    other = view_of(blink)
    geometry = getattr(blink, 'geometry', None)
    if geometry is not None and other.image.shape != shape and geometry.shape == shape:
        from awlike.pixels.amplifiers import light_sensitive
        other.image, other.sections = light_sensitive(other.image, geometry), []
        other.on_sky = lambda x, y: (x, y)
    return other


def sections(geometry) -> list:
    """Names and sections of what a raw frame consists of; of several amplifiers each with its name, as ``'trim C00'``."""
    return [(f'{name} {getattr(part, "name", "")}'.rstrip(), section)
            for part in geometry.parts for name, section in part.regions().items()]
