"""Compiled kernels that resample images; see `kernels.combine` for the rules.

An image comes as a window of its rows. Places come as the nodes of a lattice, see `awlike.sky.lattice.Lattice`.
"""

import math

import numpy as np
from numba import types

from awlike.compiled import kernel, part, read_only
from awlike.pixels.arrays import Array, Bytes, Doubles, Float, Floats, Integers

TAPS = 6  # of Lanczos-3 along each axis
REACH = 8  # pixels: how far a bad pixel looks for good ones
OUTSIDE, EDGE = -1, -2
MOST_BAD = np.float32(0.15)  # sum of the weights of bad pixels, their signs dropped: above it a pixel is bad
_IMAGE, _MAP, _RESULT = read_only(types.float32, 2), read_only(types.uint8, 2), types.float32[:, ::1]
_NODES, _TABLE = read_only(types.float64, 2), read_only(types.float32, 2)
_LARGEST = np.float32(3.4028235e38)
_1, _2, _3, _4, _5 = np.uintp(1), np.uintp(2), np.uintp(3), np.uintp(4), np.uintp(5)


@part
def _nearest_good(image: Floats, good: Bytes, y: int, x: int, step_y: int, step_x: int) -> tuple[Float, Float]:
    """Return the value of the nearest good pixel in one direction, and the inverse of its distance; 0, 0 where none is near."""
    height, width = image.shape
    for distance in range(1, REACH + 1):
        row, column = y + distance * step_y, x + distance * step_x
        if row < 0 or row >= height or column < 0 or column >= width:
            break
        if good[row, column] and abs(image[row, column]) <= _LARGEST:
            return image[row, column], np.float32(1.0 / distance)
    return np.float32(0), np.float32(0)


@kernel((_IMAGE, _MAP, _RESULT, types.uint8[:, ::1]))
def fill_and_mark(image: Floats, good: Bytes, filled: Floats, near: Bytes) -> None:
    """Copy an image with its bad pixels filled, and mark the pixels that have a bad one among the taps of their kernel.

    A bad pixel gets the mean of the nearest good pixels along its row and its column, each weighted by the inverse of its
    distance, and 0 where none is near. `near` has the bit 2 where the pixel itself is bad, and the bit 1 where one from 2 below
    to 3 above it is, along both axes.
    """
    height, width = image.shape
    for y in range(height):
        for x in range(width):
            filled[y, x], near[y, x] = image[y, x], 0
    for y in range(height):
        for x in range(width):
            if good[y, x] and abs(image[y, x]) <= _LARGEST:
                continue
            total, weight = np.float32(0), np.float32(0)
            for step_y, step_x in ((0, -1), (0, 1), (-1, 0), (1, 0)):
                value, share = _nearest_good(image, good, y, x, step_y, step_x)
                total, weight = total + value * share, weight + share
            filled[y, x] = total / weight if weight > 0 else np.float32(0)
            for row in range(max(0, y - 3), min(height, y + 3)):
                for column in range(max(0, x - 3), min(width, x + 3)):
                    near[row, column] |= 1
            near[y, x] |= 2


@part
def _cubic(t: Float, weights: Doubles) -> None:
    """Write the weights of four nodes for a place `t` between the two in the middle."""
    weights[0] = -t * (t - 1) * (t - 2) / 6
    weights[1] = (t + 1) * (t - 1) * (t - 2) / 2
    weights[2] = -(t + 1) * t * (t - 2) / 2
    weights[3] = (t + 1) * t * (t - 1) / 6


@part
def _row_of_nodes(nodes: Doubles, first: int, weights: Doubles, row: Doubles) -> None:
    for column in range(row.size):
        row[column] = (weights[0] * nodes[first, column] + weights[1] * nodes[first + 1, column]
                       + weights[2] * nodes[first + 2, column] + weights[3] * nodes[first + 3, column])


@part
def _places(row: Doubles, first: int, step: int, start: int, places: Doubles) -> None:
    """Write the place of each pixel of a row of the grid, whose first column is `start`, by the nodes of that row."""
    column, width, part_of_step = 0, places.size, 1 / step
    while column < width:
        cell = (start + column - first) // step
        left = first + cell * step
        stop = min(width, left + step - start)
        a, b, c, d = row[cell - 1], row[cell], row[cell + 1], row[cell + 2]
        c1, c2, c3 = -a / 3 - b / 2 + c - d / 6, (a + c) / 2 - b, (d - a) / 6 + (b - c) / 2
        for k in range(column, stop):
            t = (start + k - left) * part_of_step
            places[k] = b + t * (c1 + t * (c2 + t * c3))
        column = stop


@part
def _areas(nodes: Doubles, cell_y: int, t: Float, first: int, step: int, start: int, areas: Doubles) -> None:
    """Write the area of each pixel of a row of the grid, linear between nodes."""
    column, width = 0, areas.size
    while column < width:
        cell = (start + column - first) // step
        left = first + cell * step
        stop = min(width, left + step - start)
        near = (1 - t) * nodes[cell_y, cell] + t * nodes[cell_y + 1, cell]
        far = (1 - t) * nodes[cell_y, cell + 1] + t * nodes[cell_y + 1, cell + 1]
        slope = (far - near) / step
        for k in range(column, stop):
            areas[k] = near + (start + k - left) * slope
        column = stop


@part
def _sum_taps(pixels: Floats, marks: Bytes, width: int, taps: Floats, corner: Integers, phase_x: Integers, phase_y: Integers,
              light: Floats) -> None:
    """Write the light of the places of a row whose taps are all good pixels of the window; image and table come as one row."""
    up, two = np.uintp(width), np.uintp(2 * width + 2)
    for m in range(light.size):
        if corner[m] < 0 or marks[np.uintp(corner[m])]:
            continue
        i, j, k = np.uintp(phase_x[m]), np.uintp(phase_y[m]), np.uintp(corner[m]) - two  # no index counts from the end
        a, b, c, d, e, f = taps[i], taps[i + _1], taps[i + _2], taps[i + _3], taps[i + _4], taps[i + _5]
        even, odd = np.float32(0), np.float32(0)
        for _ in range(TAPS // 2):
            even += taps[j] * (a * pixels[k] + b * pixels[k + _1] + c * pixels[k + _2] + d * pixels[k + _3]
                               + e * pixels[k + _4] + f * pixels[k + _5])
            k += up
            odd += taps[j + _1] * (a * pixels[k] + b * pixels[k + _1] + c * pixels[k + _2] + d * pixels[k + _3]
                                   + e * pixels[k + _4] + f * pixels[k + _5])
            j, k = j + _2, k + up
        light[m] = even + odd


@part
def _with_edges(image: Floats, near: Bytes, y: int, x: int, along_y: Floats, along_x: Floats) -> tuple[Float, Float]:
    """Return the sum over the taps from (x, y) on, the edge continued, and the weight of the bad ones among them."""
    height, width = image.shape
    total, bad = np.float32(0), np.float32(0)
    for j in range(TAPS):
        row = min(max(y + j, 0), height - 1)
        part = np.float32(0)
        for i in range(TAPS):
            column = min(max(x + i, 0), width - 1)
            part += along_x[i] * image[row, column]
            if row != y + j or column != x + i or near[row, column] >= 2:
                bad += abs(along_y[j] * along_x[i])
        total += along_y[j] * part
    return total, bad


@part
def _corners(places_x: Doubles, places_y: Doubles, top: int, shape: tuple[int, int], phases: int, corner: Integers,
             phase_x: Integers, phase_y: Integers) -> None:
    """Write for each place the pixel below and left of it, as in one row, and where its weights begin in the table.

    The pixel is OUTSIDE where the place lies outside the window, and EDGE where the taps do.
    """
    height, width = shape
    for m in range(corner.size):
        x, y = places_x[m], places_y[m] - top
        inside = (x > -0.5) & (x < width - 0.5) & (y > -0.5) & (y < height - 0.5)  # NaN lies nowhere
        x, y = (x if inside else 0.0), (y if inside else 0.0)
        column, row = int(x + 1) - 1, int(y + 1) - 1  # rounded down
        whole = (column >= 2) & (column < width - 3) & (row >= 2) & (row < height - 3)
        corner[m] = (row * width + column if whole else EDGE) if inside else OUTSIDE
        phase_x[m], phase_y[m] = TAPS * int((x - column) * phases + 0.5), TAPS * int((y - row) * phases + 0.5)


@part
def _weigh(light: Floats, areas: Doubles, variance: Floats, places_x: Doubles, places_y: Doubles, top: int, scale: Float,
           bad: Floats, weight: Floats) -> None:
    """Scale the light of a row, and write the inverse of its variance: 0 where bad pixels tell too much, or none does."""
    alike, own = variance.size == 1, variance[0, 0]
    for m in range(light.size):
        factor = scale * np.float32(areas[m])
        light[m] *= factor
        told = (abs(light[m]) <= _LARGEST) & (bad[m] <= MOST_BAD)
        if told and not alike:
            own = variance[int(places_y[m] - top + 0.5), int(places_x[m] + 0.5)]
        told = told and own > 0 and own <= _LARGEST
        weight[m] = np.float32(1) / (own * scale * factor) if told else np.float32(0)


@kernel((_IMAGE, _MAP, _IMAGE, types.int64, _NODES, _NODES, _NODES, types.int64, types.int64, types.int64, types.int64,
         types.int64, types.float64, _TABLE, _RESULT, _RESULT))
def resample_rows(image: Floats, near: Bytes, variance: Floats, top: int, nodes_x: Doubles, nodes_y: Doubles,
                  nodes_area: Doubles, first_x: int, first_y: int, step: int, start_x: int, start_y: int, scale: Float,
                  table: Floats, result: Floats, weight: Floats) -> None:
    """Resample the pixels of a block of a grid by Lanczos-3.

    Parameters
    ----------
    image, near : 2-D [y, x]
        A window of rows of the frame, as `fill_and_mark` writes it.
    variance : float32 [y, x]
        Of the pixels of the window; one pixel stands for all.
    top : int
        The row of the frame that is the first of the window.
    nodes_x, nodes_y, nodes_area, first_x, first_y, step
        The lattice.
    start_x, start_y : int
        The first column and row of the block.
    scale : float
        By which light is multiplied.
    table : float32 [phase, tap]
        Weights of the taps for places between two pixels, from 0 to 1.
    result, weight : float32 [y, x]
        Are filled: light, NaN outside the frame; and the inverse of the variance, 0 outside and where a bad pixel tells.
    """
    height, width = image.shape
    phases = table.shape[0] - 1
    pixels, marks, taps = image.reshape(image.size), near.reshape(near.size), table.reshape(table.size)
    weights = np.empty(4)
    row_x, row_y = np.empty(nodes_x.shape[1]), np.empty(nodes_x.shape[1])
    places_x, places_y, areas = np.empty(result.shape[1]), np.empty(result.shape[1]), np.empty(result.shape[1])
    corner, phase_x, phase_y = np.empty((3, result.shape[1]), np.int64)
    bad = np.empty(result.shape[1], np.float32)
    for k in range(result.shape[0]):
        cell = (start_y + k - first_y) // step
        t = (start_y + k - first_y - cell * step) / step
        _cubic(t, weights)
        _row_of_nodes(nodes_x, cell - 1, weights, row_x)
        _row_of_nodes(nodes_y, cell - 1, weights, row_y)
        _places(row_x, first_x, step, start_x, places_x)
        _places(row_y, first_x, step, start_x, places_y)
        _areas(nodes_area, cell, t, first_x, step, start_x, areas)
        _corners(places_x, places_y, top, (height, width), phases, corner, phase_x, phase_y)
        line = result[k]
        _sum_taps(pixels, marks, width, taps, corner, phase_x, phase_y, line)
        for m in range(line.size):
            bad[m] = 0
            if corner[m] == OUTSIDE:
                line[m] = np.nan
            elif corner[m] == EDGE or marks[np.uintp(corner[m])]:
                x, y = int(math.floor(places_x[m])), int(math.floor(places_y[m] - top))
                line[m], bad[m] = _with_edges(image, near, y - 2, x - 2, taps[phase_y[m]:], taps[phase_x[m]:])
        _weigh(line, areas, variance, places_x, places_y, top, np.float32(scale), bad, weight[k])


@kernel((read_only(types.int16, 2), types.int64, _NODES, _NODES, types.int64, types.int64, types.int64, types.int64,
         types.int64, types.int16, types.int16[:, ::1]))
def nearest_rows(mask: Array, top: int, nodes_x: Doubles, nodes_y: Doubles, first_x: int, first_y: int, step: int,
                 start_x: int, start_y: int, outside: int, result: Array) -> None:
    """Write the mask of the nearest pixel of the frame for each pixel of a block of a grid, `outside` where there is none."""
    height, width = mask.shape
    weights, row_x, row_y = np.empty(4), np.empty(nodes_x.shape[1]), np.empty(nodes_x.shape[1])
    places_x, places_y = np.empty(result.shape[1]), np.empty(result.shape[1])
    for k in range(result.shape[0]):
        cell = (start_y + k - first_y) // step
        _cubic((start_y + k - first_y - cell * step) / step, weights)
        _row_of_nodes(nodes_x, cell - 1, weights, row_x)
        _row_of_nodes(nodes_y, cell - 1, weights, row_y)
        _places(row_x, first_x, step, start_x, places_x)
        _places(row_y, first_x, step, start_x, places_y)
        for m in range(result.shape[1]):
            x, y = places_x[m], places_y[m] - top
            if x > -0.5 and x < width - 0.5 and y > -0.5 and y < height - 0.5:
                result[k, m] = mask[int(y + 0.5), int(x + 0.5)]
            else:
                result[k, m] = outside
