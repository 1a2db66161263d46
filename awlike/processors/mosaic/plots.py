"""The diagnostic plots of an exposure: their kinds, and the files in which they lie."""

import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.processors.mosaic.wanted import Plots
from awlike.products.mosaic_response import Standards, pointing_of, radial_zero_point, standards_of
from awlike.views import focal_plane_plots as plots
from awlike.views.focal_plane_plots import Outline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Draw = Callable[['Axes'], None]
_SIZE, _DPI = (7.5, 6.8), 110
_STYLE = {'font.family': 'sans-serif', 'font.size': 10, 'axes.edgecolor': '#8a949e', 'axes.titlesize': 11,
          'axes.labelcolor': '#323a43', 'xtick.color': '#59636f', 'ytick.color': '#59636f', 'text.color': '#323a43'}


def write_plots(mosaic: Any, folder: Path, name: str, wanted: Plots) -> list[Path]:
    """Write the diagnostic plots of `mosaic` into `folder`, and return their paths.

    Without a folder for them they are ``NAME.KIND.png`` and ``NAME.KIND_OTA33.png``, else ``QA/KIND.png`` and
    ``QA/KIND/OTA33.png``.

    Parameters
    ----------
    name : str
        The name of the file of the output, without its suffix.
    """
    written = []
    for kind, detector, draw in _every(mosaic, wanted.of_detectors):
        if wanted.folder is None:
            stem = folder / (f'{name}.{kind}' if detector is None else f'{name}.{kind}_{detector}')
        else:
            stem = folder / wanted.folder / (kind if detector is None else f'{kind}/{detector}')
        stem.parent.mkdir(parents=True, exist_ok=True)
        written += _saved(draw, stem, wanted.formats)
    return written


def _saved(draw: Draw, stem: Path, formats: list[str]) -> list[Path]:
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    with rc_context(_STYLE):
        figure = Figure(figsize=_SIZE, layout='constrained')
        FigureCanvasAgg(figure)
        draw(figure.add_subplot())
        paths = [stem.with_name(f'{stem.name}.{one}') for one in formats]
        for path in paths:
            figure.savefig(path, dpi=_DPI, bbox_inches='tight', pad_inches=0.15)
    return paths


def _every(mosaic: Any, of_detectors: bool) -> Iterator[tuple[str, str | None, Draw]]:
    """Yield kind, detector (None: the focal plane) and drawing of each plot for which there is something to draw."""
    shown = Shown(mosaic)
    for detector in (None, *(shown.outlines if of_detectors else ())):
        for kind, plot in KINDS.items():
            draw = plot(shown, detector)
            if draw is not None:
                yield kind, detector, draw


class Shown:
    """The tables of a mosaic with their places on the focal plane."""

    def __init__(self, mosaic: Any) -> None:
        self.mosaic = mosaic
        self.cards: Mapping[str, Any] = mosaic.detectors or {}
        self.outlines = {name: self._outline(name, mosaic.images[name].shape) for name in mosaic.images if self._located(name)}

    def _located(self, name: str) -> bool:
        return 'CD1_1' in (self.cards.get(name) or {})

    def _outline(self, name: str, shape: tuple[int, ...]) -> Outline:
        rows, columns = shape
        corners = np.array([(0.5, 0.5), (columns + 0.5, 0.5), (columns + 0.5, rows + 0.5), (0.5, rows + 0.5)])
        return Outline(name, np.stack(self._place(name, corners[:, 0], corners[:, 1]), axis=1))

    def _place(self, name: str, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return arcminutes to the east and to the north of the pointing, by the linear part of the place on the sky."""
        cards = self.cards[name]
        dx, dy = np.asarray(x, float) - cards['CRPIX1'], np.asarray(y, float) - cards['CRPIX2']
        return (60 * (cards['CD1_1'] * dx + cards['CD1_2'] * dy), 60 * (cards['CD2_1'] * dx + cards['CD2_2'] * dy))

    @functools.cache  # noqa: B019 -- as long as the plots are drawn
    def rows(self, table: str) -> np.ndarray:
        """Return the rows of a table of the mosaic."""
        return getattr(self.mosaic, table).whole()

    def standards(self, detector: str | None) -> np.ndarray:
        """Return the rows of the standard stars, of one detector or of all."""
        rows = self.rows('calibration')
        return rows if detector is None else rows[rows['OTA'] == detector.encode('ascii', 'replace')]

    def of(self, table: str, detector: str | None, x: str, y: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the rows of a table, of one detector or of all, and their places from the columns `x` and `y`."""
        some, east, north = [], [], []
        for name in self.outlines if detector is None else [detector]:
            mine = self.rows(table)[self.rows(table)['OTA'] == name.encode('ascii', 'replace')]
            place = self._place(name, mine[x], mine[y])
            some.append(mine)
            east.append(place[0])
            north.append(place[1])
        if not some:
            return self.rows(table)[:0], np.empty(0), np.empty(0)
        return np.concatenate(some), np.concatenate(east), np.concatenate(north)

    def around(self, detector: str | None) -> list[Outline]:
        """Return the outlines that a plot shows."""
        return list(self.outlines.values()) if detector is None else [self.outlines[detector]]


def _sky(shown: Shown, detector: str | None) -> Draw | None:
    rows, x, y = shown.of('sky', detector, 'X', 'Y')
    if not len(rows):
        return None
    return lambda axes: plots.coloured(axes, shown.around(detector), x, y, rows['LEVEL'], 'sky', shown.mosaic.unit)


def _stars(shown: Shown, detector: str | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the sources that nothing disturbed."""
    rows, x, y = shown.of('sources', detector, 'X_IMAGE', 'Y_IMAGE')
    good = (rows['FLAGS'] == 0) & np.isfinite(rows['FWHM_IMAGE'])
    return rows[good], x[good], y[good]


def _scale(shown: Shown) -> float:
    """Return arcseconds a pixel."""
    cards = next(iter(shown.cards.values()))
    return 3600 * float(np.sqrt(abs(cards['CD1_1'] * cards['CD2_2'] - cards['CD1_2'] * cards['CD2_1'])))


def _seeing(shown: Shown, detector: str | None) -> Draw | None:
    rows, x, y = _stars(shown, detector)
    if not len(rows):
        return None
    return lambda axes: plots.coloured(axes, shown.around(detector), x, y, rows['FWHM_IMAGE'] * _scale(shown), 'seeing',
                                             'FWHM [arcsec]')


def _psfshape(shown: Shown, detector: str | None) -> Draw | None:
    rows, x, y = _stars(shown, detector)
    if not len(rows):
        return None
    return lambda axes: plots.whiskers(axes, shown.around(detector), x, y, 1 - 1 / rows['ELONGATION'],
                                             rows['THETA_IMAGE'], 'ellipticity')


def _shifts(shown: Shown, detector: str | None) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
    """Return places, and shifts from the catalogue to the mosaic [arcsec], of the stars that tell the place on the sky."""
    rows, x, y = shown.of('pairs', detector, 'X_IMAGE', 'Y_IMAGE')
    if not len(rows):
        return None
    east = 3600 * (rows['ODI_RA'] - rows['REF_RA']) * np.cos(np.radians(rows['REF_DEC']))
    return x, y, east, 3600 * (rows['ODI_DEC'] - rows['REF_DEC'])


def _wcs1(shown: Shown, detector: str | None) -> Draw | None:
    found = _shifts(shown, detector)
    return None if found is None else lambda axes: plots.scattered(axes, found[2], found[3], 'stars about the catalogue')


def _wcs2(shown: Shown, detector: str | None) -> Draw | None:
    found = _shifts(shown, detector)
    if found is None:
        return None
    x, y, east, north = found
    return lambda axes: plots.arrows(axes, shown.around(detector), x, y, east, north, 'from the catalogue to the mosaic')


def _photcalib(shown: Shown, detector: str | None) -> Draw | None:
    rows = shown.standards(detector)
    rows = rows[np.isfinite(rows['RESIDUAL'])]
    if not len(rows):
        return None
    return lambda axes: plots.against(axes, rows['MAG'], rows['RESIDUAL'], rows['USED'].astype(bool), 'magnitude [mag]',
                                            'off the zero point [mag]', 'standard stars')


def _zero_points(shown: Shown, detector: str | None) -> Standards | None:
    """Return the places and zero points of the standard stars that tell; None without any."""
    rows = shown.standards(detector)
    stars = standards_of({name: rows[name] for name in rows.dtype.names or ()}, pointing_of(shown.cards))
    return stars if len(stars.offset) and np.isfinite(stars.east).all() else None


def _photzp_map(shown: Shown, detector: str | None) -> Draw | None:
    stars = _zero_points(shown, detector)
    if stars is None:
        return None
    return lambda axes: plots.coloured(axes, shown.around(detector), 60 * stars.east, 60 * stars.north, stars.offset,
                                       'zero point', 'zero point of a star [mag]')


def _photzp_radial(shown: Shown, detector: str | None) -> Draw | None:
    stars = _zero_points(shown, detector)
    if stars is None:
        return None
    fit = radial_zero_point(stars)
    line = None if fit is None else (fit.p0, fit.p1 / 60)
    return lambda axes: plots.radial(axes, 60 * np.hypot(stars.east, stars.north), stars.offset, line)


KINDS: Mapping[str, Callable[[Shown, str | None], Draw | None]] = {
    'sky': _sky, 'seeing': _seeing, 'psfshape': _psfshape, 'wcs1': _wcs1, 'wcs2': _wcs2, 'photcalib': _photcalib,
    'photZP_map': _photzp_map, 'photZP_radial': _photzp_radial}
"""The kinds of plots, by the name in their files."""
