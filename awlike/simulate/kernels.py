"""Compiled kernels that draw stars and galaxies; see `awlike.pixels.kernels.combine` for the rules.

Images are float32 [y, x]. A shape is the inverse of a 2 x 2 matrix of second moments, as (xx, xy, yy).
"""

import math

from numba import types

from awlike.compiled import kernel, read_only
from awlike.pixels.arrays import Doubles, Floats
from awlike.simulate.profiles import BETA

_CORE = 3.0  # core radii within which the light is integrated over a pixel; beyond, the value at its centre is as good
_NODE, _MIDDLE, _SIDE = math.sqrt(0.15), 8 / 18, 5 / 18  # Gauss-Legendre over a pixel
_FAINT = 0.3  # electrons: the light on a pixel where a star ends
_LEAST_REACH = 12.0  # core radii: less than 1e-4 of the light of a star lies beyond
_REACH = 4.5  # sigma, of a Gaussian

_IMAGE, _VALUES, _SHAPES = types.float32[:, ::1], read_only(types.float64, 1), read_only(types.float64, 2)


@kernel((_IMAGE, _VALUES, _VALUES, _VALUES, _SHAPES))
def add_stars(image: Floats, x: Doubles, y: Doubles, flux: Doubles, shapes: Doubles) -> None:
    """Add Moffat stars; the shape of a star is that of 1 + shape = (radius in core radii) squared."""
    ny, nx = image.shape
    for star in range(x.size):
        xx, xy, yy = shapes[star]
        core = 1 / (xx * yy - xy * xy) ** 0.25
        peak = flux[star] * (BETA - 1) / (math.pi * core * core)
        reach = core * max(_LEAST_REACH, (peak / _FAINT) ** (0.5 / BETA))
        x0, x1 = max(int(x[star] - reach), 0), min(int(x[star] + reach) + 2, nx)
        y0, y1 = max(int(y[star] - reach), 0), min(int(y[star] + reach) + 2, ny)
        for row in range(y0, y1):
            dy = row - y[star]
            for column in range(x0, x1):
                dx = column - x[star]
                if dx * dx + dy * dy > (_CORE * core + 1) ** 2:
                    value = 1 + xx * dx * dx + 2 * xy * dx * dy + yy * dy * dy
                    image[row, column] += peak / (value * value * value)
                    continue
                light = 0.0
                for j in range(-1, 2):
                    v = dy + j * _NODE
                    for i in range(-1, 2):
                        u = dx + i * _NODE
                        value = 1 + xx * u * u + 2 * xy * u * v + yy * v * v
                        light += (_SIDE if i else _MIDDLE) * (_SIDE if j else _MIDDLE) / (value * value * value)
                image[row, column] += peak * light


@kernel((_IMAGE, _VALUES, _VALUES, _VALUES, _SHAPES))
def add_gaussians(image: Floats, x: Doubles, y: Doubles, flux: Doubles, moments: Doubles) -> None:
    """Add Gaussians; `moments` are their second moments (xx, xy, yy), square pixels."""
    ny, nx = image.shape
    for one in range(x.size):
        xx, xy, yy = moments[one]
        determinant = xx * yy - xy * xy
        peak = flux[one] / (2 * math.pi * math.sqrt(determinant))
        reach_x, reach_y = _REACH * math.sqrt(xx), _REACH * math.sqrt(yy)
        x0, x1 = max(int(x[one] - reach_x), 0), min(int(x[one] + reach_x) + 2, nx)
        y0, y1 = max(int(y[one] - reach_y), 0), min(int(y[one] + reach_y) + 2, ny)
        a, b, c = yy / determinant, xy / determinant, xx / determinant
        change, start = math.exp(-a), x0 - x[one]
        for row in range(y0, y1):  # from pixel to pixel a Gaussian changes by a factor, which changes by a factor itself
            dy = row - y[one]
            value = peak * math.exp(-0.5 * (a * start * start - 2 * b * start * dy + c * dy * dy))
            factor = math.exp(-0.5 * (a * (2 * start + 1) - 2 * b * dy))
            for column in range(x0, x1):
                image[row, column] += value
                value *= factor
                factor *= change
