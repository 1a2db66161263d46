"""A map of footprints on the sky as SVG, in the colours of the page's style."""

import html
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from awlike.characters import readable

_WIDTH, _HEIGHT, _EDGE = 900, 560, 46
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 45, 90)  # deg between lines
_LINES = 8
_SMALLEST = 0.02  # deg of sky that a map shows


class Footprint(NamedTuple):
    """A polygon on the sky, [corner, (ra, dec)] in degrees, with a name, an address, and a class of the style."""

    corners: np.ndarray
    name: str
    link: str
    kind: str


def centred(footprints: Sequence[Footprint]) -> tuple[float, float]:
    """Return the middle of `footprints`, right ascension and declination in degrees, also across the pole and ra 0."""
    every = np.radians(np.concatenate([one.corners for one in footprints]))
    x, y, z = (np.cos(every[:, 1]) * np.cos(every[:, 0])).mean(), (np.cos(every[:, 1]) * np.sin(every[:, 0])).mean(), \
        np.sin(every[:, 1]).mean()
    return math.degrees(math.atan2(y, x)) % 360, math.degrees(math.atan2(z, math.hypot(x, y)))


class SkyMap:
    """The map of `footprints` around `centre`, in the plane that touches the sky at an equal-area distance (Lambert).

    North is up and east is left.

    Parameters
    ----------
    footprints : sequence of Footprint
        The polygons; at least one.
    centre : (float, float)
        Right ascension and declination of the middle, degrees.
    width : float
        The degrees that the map shows from left to right.

    Attributes
    ----------
    svg : str
        The drawing.
    """

    def __init__(self, footprints: Sequence[Footprint], centre: tuple[float, float], width: float) -> None:
        self._ra, self._dec = map(math.radians, centre)
        self._scale = (_WIDTH - 2 * _EDGE) / max(width, _SMALLEST)
        self._reach = max(width, _SMALLEST)
        self._centre = centre
        drawn = ''.join(map(self._polygon, footprints))
        self.svg = (f'<svg xmlns="http://www.w3.org/2000/svg" class="sky" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
                    f'height="{_HEIGHT}" font-size="11" role="group"><title>footprints on the sky</title>'
                    f'{self._grid()}{drawn}</svg>')

    def _placed(self, points: np.ndarray) -> np.ndarray:
        """Return the places [number, (x, y)] of positions in pixels; NaN for the far side of the sky."""
        ra, dec = np.radians(np.asarray(points, float)).T
        ra = ra - self._ra
        along = np.sin(self._dec) * np.sin(dec) + np.cos(self._dec) * np.cos(dec) * np.cos(ra)
        with np.errstate(invalid='ignore', divide='ignore'):
            factor = np.degrees(np.where(along > -0.5, np.sqrt(2 / (1 + along)), np.nan)) * self._scale
        x = factor * np.cos(dec) * np.sin(ra)
        y = factor * (np.cos(self._dec) * np.sin(dec) - np.sin(self._dec) * np.cos(dec) * np.cos(ra))
        return np.transpose([_WIDTH / 2 - x, _HEIGHT / 2 - y])

    def _polygon(self, one: Footprint) -> str:
        corners = one.corners[[0, 1, 3, 2]] if len(one.corners) == 4 else one.corners
        places = self._placed(corners)
        if not np.isfinite(places).all() or not _near(places):
            return ''
        points = ' '.join(f'{x:.1f},{y:.1f}' for x, y in places)
        x, y = places[0]
        shape = f'<polygon points="{points}"/>' if len(places) > 2 else f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
        drawn = f'<g class="{html.escape(one.kind)}"><title>{_text(one.name)}</title>{shape}</g>'
        return f'<a href="{html.escape(one.link)}">{drawn}</a>' if one.link else drawn

    def _grid(self) -> str:
        """Return circles of declination and lines of right ascension, with their degrees."""
        height = self._reach * _HEIGHT / _WIDTH
        low, high = max(-90.0, self._centre[1] - height), min(90.0, self._centre[1] + height)
        shrink = max(math.cos(math.radians(max(abs(low), abs(high)))), 0.05)
        across = min(self._reach / shrink, 180.0)
        drawn = []
        for dec in _round_values(low, high):
            line = np.array([(self._centre[0] + part * across, dec) for part in np.linspace(-1, 1, 41)])
            drawn.append(self._line(line, f'{dec:+g}\N{DEGREE SIGN}', vertical=False))
        for ra in _round_values(self._centre[0] - across, self._centre[0] + across):
            line = np.array([(ra, low + part * (high - low)) for part in np.linspace(0, 1, 21)])
            drawn.append(self._line(line, f'{ra % 360:g}\N{DEGREE SIGN}', vertical=True))
        return f'<g class="grid">{"".join(drawn)}</g>'

    def _line(self, positions: np.ndarray, text: str, vertical: bool) -> str:
        places = self._placed(positions)
        places = places[np.isfinite(places).all(axis=1)]
        inside = places[(places[:, 0] > 2) & (places[:, 0] < _WIDTH - 2) & (places[:, 1] > 2) & (places[:, 1] < _HEIGHT - 2)]
        if len(inside) < 2:
            return ''
        points = ' '.join(f'{x:.1f},{y:.1f}' for x, y in places if abs(x) < 5 * _WIDTH and abs(y) < 5 * _HEIGHT)
        x, y = inside[inside[:, 1].argmax()] if vertical else inside[inside[:, 0].argmin()]
        x, y = (x + 3, _HEIGHT - 6) if vertical else (6, y - 4)
        return f'<polyline points="{points}"/><text x="{x:.1f}" y="{y:.1f}">{text}</text>'


def _near(places: np.ndarray) -> bool:
    """Return whether a polygon can be seen, and is no larger than a map can show."""
    (left, top), (right, bottom) = places.min(axis=0), places.max(axis=0)
    return right > 0 and left < _WIDTH and bottom > 0 and top < _HEIGHT and right - left < 20 * _WIDTH


def _round_values(low: float, high: float) -> list[float]:
    """Return some round numbers between two, at most about eight."""
    step = next((one for one in _STEPS if (high - low) / one <= _LINES), _STEPS[-1])
    return [round(number * step, 6) for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _text(text: str) -> str:
    return html.escape(readable(text))
