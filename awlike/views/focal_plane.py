"""The detectors of a camera as SVG, coloured by a quantity."""

import html
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from awlike.characters import readable

_WIDTH, _EDGE, _HEAD, _FOOT, _SMALLEST = 760, 16, 40, 56, 9
_COLOURS = np.array([(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)])  # dark to bright, as viridis
_ABSENT = '#d9d9d9'
_BAR = 300


class Chip(NamedTuple):
    """A detector: its corners [4, (x, y)], y upwards, and its value; None where there is none."""

    name: str
    corners: np.ndarray
    value: float | None


class FocalPlane:
    """The drawing of `chips`; colours go from the least to the largest value of `quantity`.

    Attributes
    ----------
    svg : str
        The drawing: a polygon for each detector, with name and value, and a scale below.
    """

    def __init__(self, chips: Sequence[Chip], quantity: str) -> None:
        values = [chip.value for chip in chips if chip.value is not None and math.isfinite(chip.value)]
        self._low, self._high = (min(values), max(values)) if values else (0.0, 0.0)
        every = np.concatenate([chip.corners for chip in chips]) if chips else np.array([(0.0, 0.0), (1.0, 1.0)])
        self._left, self._top = every[:, 0].min(), every[:, 1].max()
        extent = np.ptp(every, axis=0)
        self._scale = (_WIDTH - 2 * _EDGE) / max(extent[0], extent[1] * 0.5, 1e-12)
        height = _HEAD + extent[1] * self._scale + _FOOT
        drawn = ''.join(map(self._chip, chips))
        self.svg = (f'<svg xmlns="http://www.w3.org/2000/svg" class="focal-plane" viewBox="0 0 {_WIDTH} {height:.0f}" '
                    f'width="{_WIDTH}" height="{height:.0f}" font-family="sans-serif" font-size="11" role="group">'
                    f'<title>detectors by {_text(quantity)}</title><text x="{_EDGE}" y="24" font-size="14">{_text(quantity)}'
                    f'</text>{drawn}{self._legend(height, len(values), len(chips))}</svg>')

    def _chip(self, chip: Chip) -> str:
        places = (chip.corners - (self._left, self._top)) * (self._scale, -self._scale) + (_EDGE, _HEAD)
        points = ' '.join(f'{x:.1f},{y:.1f}' for x, y in places)
        colour, dark = self._colour(chip.value)
        said = 'no value' if chip.value is None else f'{chip.value:.6g}'
        (x, y), (across, up) = places.mean(axis=0), np.ptp(places, axis=0)
        longest = max(len(chip.name), len(said))
        size = min(11.0, across / (0.62 * longest), up / 2.4)
        words = '' if size < _SMALLEST / 2 else (
            f'<g text-anchor="middle" font-size="{size:.1f}" fill="{dark}"><text x="{x:.1f}" y="{y - 1:.1f}">{_text(chip.name)}'
            f'</text><text x="{x:.1f}" y="{y + size:.1f}">{said}</text></g>')
        return (f'<g class="chip"><title>{_text(chip.name)}: {said}</title><polygon points="{points}" fill="{colour}" '
                f'stroke="#ffffff"/>{words}</g>')

    def _colour(self, value: float | None) -> tuple[str, str]:
        """Return the colour for a value, and one that can be read on it."""
        if value is None or not math.isfinite(value):
            return _ABSENT, '#333333'
        width = self._high - self._low
        part = (value - self._low) / width if width > 0 else 0.5
        red, green, blue = (round(float(np.interp(part * 4, range(5), _COLOURS[:, band]))) for band in range(3))
        return f'#{red:02x}{green:02x}{blue:02x}', '#000000' if part > 0.6 else '#ffffff'

    def _legend(self, height: float, number: int, chips: int) -> str:
        if not number:
            return f'<text x="{_EDGE}" y="{height - 20:.0f}">no values</text>'
        y, steps = height - 44, 60
        boxes = ''.join(
            f'<rect x="{_EDGE + _BAR * step / steps:.1f}" y="{y:.0f}" width="{_BAR / steps + 0.5:.1f}" height="12" '
            f'fill="{self._colour(self._low + (self._high - self._low) * step / (steps - 1))[0]}"/>' for step in range(steps))
        lacking = f'{chips - number} of {chips} detectors have no value' if number < chips else ''
        return (f'<g class="scale">{boxes}<text x="{_EDGE}" y="{y + 26:.0f}">{self._low:.6g}</text>'
                f'<text x="{_EDGE + _BAR}" y="{y + 26:.0f}" text-anchor="end">{self._high:.6g}</text>'
                f'<text x="{_EDGE + _BAR + 20}" y="{y + 10:.0f}">{lacking}</text></g>')


def _text(text: str) -> str:
    return html.escape(readable(text))
