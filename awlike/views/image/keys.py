"""The keys of an image window: a function for each key, and the table by which the window and its help find them."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from awlike.errors import ProcessingError
from awlike.pixels import at_position
from awlike.views.image import plots

if TYPE_CHECKING:
    from awlike.views.image.view import View
    from awlike.views.image.window import Window

_STATISTICS, _HISTOGRAM, _CONTOURS, _WIRE = 10, 50, 20, 20  # pixels: half the sides of boxes

F = TypeVar('F', bound=Callable[..., None])


@dataclasses.dataclass(frozen=True)
class Key:
    """A key: its help of one line, and its function of a window, and of x and y if the key acts at the cursor."""

    text: str
    function: Callable[..., None]
    at_cursor: bool = True
    of_image: bool = True


KEYS: dict[str, Key] = {}


def key(letter: str, text: str, at_cursor: bool = True, of_image: bool = True) -> Callable[[F], F]:
    """Decorate a function of a window, and of x and y if the key acts at the cursor, to be called by a key."""
    def register(function: F) -> F:
        KEYS[letter] = Key(text, function, at_cursor, of_image)
        return function
    return register


def help_lines() -> list[str]:
    """Return a line for each key."""
    return [f'{letter}    {entry.text}' for letter, entry in KEYS.items()]


def help_table(indent: int) -> str:
    """Return the keys as a table in reStructuredText; each line after the first has an indent."""
    rule = '===  ' + '=' * max(len(entry.text) for entry in KEYS.values())
    return f'\n{" " * indent}'.join([rule, *help_lines(), rule])


@key('r', 'radial profile of the star at the cursor, and its FWHM')
def radial_profile(window: 'Window', x: int, y: int) -> None:
    view = window.view
    star = at_position.star_at(view.pixels, x, y, view.good_pixels)
    plots.radial_profile(window.beside()[0], star, view.unit)
    window.tell(f'{_place(view, star.x, star.y)}  FWHM {star.fwhm:.2f} pixels{_arcseconds(view, star.fwhm)}  '
                f'peak {star.peak:.5g}  sky {star.sky:.5g} {view.unit}', prompt=True)


@key('a', 'aperture photometry of the star at the cursor')
def aperture_photometry(window: 'Window', x: int, y: int) -> None:
    view = window.view
    found = at_position.aperture_photometry(view.pixels, x, y, view.good_pixels)
    window.image_layers().circle(found.star.x, found.star.y, [found.radius, *(found.star.fwhm * factor for factor in (4, 6))])
    magnitude = f'  mag {-2.5 * np.log10(found.flux):.3f}' if found.flux > 0 else ''
    bad = f'  {found.bad} PIXELS ARE BAD OR BEYOND THE EDGE: FLUX IS MISSING' if found.bad else ''
    window.tell(f'{_place(view, found.star.x, found.star.y)}  flux {found.flux:.6g} +- {found.error:.2g} {view.unit}'
                f'{magnitude}  sky {found.sky:.5g}  radius {found.radius:.1f}  FWHM {found.star.fwhm:.2f} pixels{bad}',
                prompt=True)


@key('s', f'statistics of the {2 * _STATISTICS + 1} x {2 * _STATISTICS + 1} pixels around the cursor')
def statistics(window: 'Window', x: int, y: int) -> None:
    view = window.view
    found = at_position.box_statistics(view.pixels, x, y, _STATISTICS, view.good_pixels)
    values = '  '.join(f'{name} {found[name]:.5g}' for name in ('mean', 'median', 'stdev', 'sigma', 'min', 'max'))
    window.tell(f'x {x}  y {y}  {values} {view.unit}  good pixels {found["npix"]}', prompt=True)


@key('h', f'histogram of the {2 * _HISTOGRAM + 1} x {2 * _HISTOGRAM + 1} pixels around the cursor')
def histogram(window: 'Window', x: int, y: int) -> None:
    view = window.view
    found = at_position.box(view.pixels, x, y, _HISTOGRAM, view.good_pixels)
    plots.histogram(window.beside()[0], _good_values(found, x, y), view.unit)


@key('l', 'line cut: the row through the cursor')
def line_cut(window: 'Window', x: int, y: int) -> None:
    columns, view = window.image_layers().visible()[0], window.view
    plots.cut(window.beside()[0], columns.start, view.pixels[y, columns], x, 'x', f'row y {y}', view.unit)


@key('c', 'column cut: the column through the cursor')
def column_cut(window: 'Window', x: int, y: int) -> None:
    rows, view = window.image_layers().visible()[1], window.view
    plots.cut(window.beside()[0], rows.start, view.pixels[rows, x], y, 'y', f'column x {x}', view.unit)


@key('e', f'contours of the {2 * _CONTOURS + 1} x {2 * _CONTOURS + 1} pixels around the cursor')
def contours(window: 'Window', x: int, y: int) -> None:
    view = window.view
    found = at_position.box(view.pixels, x, y, _CONTOURS, view.good_pixels)
    if min(found.pixels.shape) < 2 or np.ptp(_good_values(found, x, y)) == 0:
        raise ProcessingError(f'the pixels around x {x}, y {y} are all alike: they have no contours')
    plots.contours(window.beside()[0], found, view.unit, (x, y))


@key('w', f'wire frame: the {2 * _WIRE + 1} x {2 * _WIRE + 1} pixels around the cursor in 3-D')
def wire_frame(window: 'Window', x: int, y: int) -> None:
    view = window.view
    found = at_position.box(view.pixels, x, y, _WIRE)
    _good_values(found, x, y)
    axes = window.beside(projection='3d')[0]
    plots.wire_frame(axes, found)
    axes.set_title(f'around x {x}, y {y}  [{view.unit}]')


@key('z', 'zoom in by 2, at the cursor')
def zoom_in(window: 'Window', x: int, y: int) -> None:
    window.image_layers().zoom(x, y, 0.5)


@key('Z', 'zoom out by 2, as far as the whole image')
def zoom_out(window: 'Window', x: int, y: int) -> None:
    window.image_layers().zoom(x, y, 2.0)


@key('m', 'mask: bad pixels in red; again: weight in colours; again: neither', at_cursor=False)
def mask(window: 'Window') -> None:
    window.tell(window.image_layers().next_overlay())


@key('o', 'hide the outlines of sources; again: show them', at_cursor=False)
def outlines(window: 'Window') -> None:
    window.tell(window.image_layers().toggle_outlines())


@key('b', 'blink with the frame from which it was made, or another frame', at_cursor=False)
def blink(window: 'Window') -> None:
    window.swap()
    window.tell(window.view.title)


@key('p', 'plots of this kind of frame, in place of the drawings of other keys', at_cursor=False, of_image=False)
def own_panels(window: 'Window') -> None:
    window.draw_panels()


@key('?', 'show these keys; again: hide them', at_cursor=False, of_image=False)
def keys(window: 'Window') -> None:
    window.toggle_help(help_lines())


@key('q', 'close the window', at_cursor=False, of_image=False)
def close(window: 'Window') -> None:
    window.close()


def _good_values(found: at_position.Box, x: float, y: float) -> np.ndarray:
    """Return the good values of a box."""
    values = found.pixels[found.good]
    if not values.size:
        raise ProcessingError(f'no good pixel is around x {x}, y {y}')
    return values.astype(np.float32)


def _place(view: 'View', x: float, y: float) -> str:
    return f'x {x:.2f}  y {y:.2f}  {view.sky(x, y)}'.rstrip()


def _arcseconds(view: 'View', pixels: float) -> str:
    if view.wcs is None:
        return ''
    from astropy.wcs.utils import proj_plane_pixel_scales
    return f' = {pixels * 3600 * float(np.mean(proj_plane_pixel_scales(view.wcs))):.2f} arcsec'
