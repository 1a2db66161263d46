"""Stacks: resampled frames combined into one image, a block of pixels at a time, so that memory stays bounded."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Doubles, Image32
from awlike.pixels.combine import sorting_network
from awlike.pixels.mask_flags import MaskFlag
from awlike.pixels.strips import Frame, for_strips
from awlike.sky.grid import Box

KINDS = 'weighted', 'clipped', 'median', 'sum'

_BLOCK_BYTES = 32 << 20  # of values and weights of all members in a block
_LEAST_WIDTH = 256  # columns of a block
_MEDIAN = (1.0, 1.0, 1.0, 0.7430, 0.8384, 0.6973, 0.7764, 0.6790, 0.7434, 0.6690, 0.7234)  # see `median_efficiency`
_MARGIN = 1  # rows and columns about a block whose medians tell how far values may be apart


class Member(Protocol):
    """A resampled frame, of which blocks are read, or worked out, when somebody asks for them."""

    box: Box
    fwhm: float

    def block(self, box: Box) -> tuple[Image32, Image32]:
        """Return light and weight of the pixels of `box`, all of which lie in the box of the member."""

    def mask_block(self, box: Box) -> Array:
        """Return the mask of the pixels of `box`, int16."""


@dataclass(frozen=True)
class StoredMember:
    """A resampled frame whose planes are at hand, or are read when they are sliced.

    Parameters
    ----------
    box : Box
        Its pixels on the grid.
    data, weight, mask : 2-D array [y, x], or `Rows`
        Light, the inverse of its variance, and the bits of `MaskFlag`.
    fwhm : float
        Of its stars, in any unit that all members have. Default: NaN, unknown.
    """

    box: Box
    data: Frame
    weight: Frame
    mask: Frame
    fwhm: float = math.nan

    def block(self, box: Box) -> tuple[Image32, Image32]:
        """Return light and weight of the pixels of `box`."""
        light, weight = (self._cut(plane, box) for plane in (self.data, self.weight))
        return light, weight

    def mask_block(self, box: Box) -> Array:
        """Return the mask of the pixels of `box`."""
        return self._cut(self.mask, box)

    def _cut(self, plane: Frame, box: Box) -> Array:
        return plane[box.y0 - self.box.y0:box.y1 - self.box.y0][:, box.x0 - self.box.x0:box.x1 - self.box.x0]


@dataclass(frozen=True)
class Combination:
    """How the values of a pixel are combined.

    Parameters
    ----------
    kind : str
        'weighted', the weighted mean; 'clipped', the weighted mean of the values that agree; 'median'; or 'sum'.
    nsigma : float
        Values agree within so many sigma of the median, ... Default: 4.
    fraction : float
        ... and this part of the largest median in the 3 x 3 pixels about theirs, beside it: so much may a star change by the
        seeing. Default: 0.5.
    """

    kind: str = 'clipped'
    nsigma: float = 4.0
    fraction: float = 0.5

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ParameterError(f'{self.kind!r} is no way to combine frames: take {", ".join(KINDS)}')
        if not self.nsigma > 0 or not self.fraction >= 0:
            raise ParameterError(f'values are clipped beyond {self.nsigma} sigma and a part {self.fraction} of the median: the '
                                 'first must be above 0, the second at least 0')


@dataclass(frozen=True)
class Stacked:
    """A stack.

    Attributes
    ----------
    data, weight : float32 [y, x]
        Light, NaN where no member lies, and the inverse of its variance, 0 where no member tells.
    exposures : int16 [y, x]
        How many members tell each pixel.
    mask : int16 [y, x]
        The bits of `MaskFlag`: CLIPPED where a member was rejected; where no member tells, what the masks of the members say,
        or NO_DATA.
    seeing : float32 [y, x]
        FWHM of stars: the root of the mean of the squares of those of the members, by their weights. NaN where nobody knows.
    """

    data: Image32
    weight: Image32
    exposures: Array
    mask: Array
    seeing: Image32


def stack(members: Sequence[Member], box: Box, how: Combination = Combination(), masks: bool = True) -> Stacked:
    """Combine resampled frames.

    The result does not depend on how many cores work, nor on the size of the blocks.

    Parameters
    ----------
    members : sequence of Member
        On one grid.
    box : Box
        The pixels of the stack.
    how : Combination
        Default: the weighted mean of the values that agree.
    masks : bool
        Whether to read the masks of the members; without them the mask of a pixel that none tells is NO_DATA. Default: yes.

    Raises
    ------
    ParameterError
        When there is no member, or the box has no pixel.
    """
    if not members or box.is_empty:
        raise ParameterError(f'{len(members)} frames on {box.shape[1]} x {box.shape[0]} pixels make no stack: select frames '
                             'that lie on the grid')
    made = Stacked(np.empty(box.shape, np.float32), np.empty(box.shape, np.float32), np.empty(box.shape, np.int16),
                   np.zeros(box.shape, np.int16), np.full(box.shape, np.nan, np.float32))
    for part in _blocks(members, box):
        _combine(members, box, part, how, made)
        if masks:
            _mask(members, box, part, made)
    made.mask[(made.exposures == 0) & (made.mask == 0)] = MaskFlag.NO_DATA
    return made


def median_efficiency(number: int) -> Doubles:
    """Return how much the median of 0 to `number` Gaussian values tells, by how much their mean tells: 1, ..., 2 / pi.

    Up to 10 values the variances of medians are those of order statistics (Sarhan & Greenberg 1962), beyond they follow their
    expansion in 1 / n.
    """
    n = np.arange(len(_MEDIAN), max(number + 1, len(_MEDIAN)))
    rest = 2 / np.pi * (1 + np.where(n % 2, 0.429, 1.36) / n)
    return np.concatenate([_MEDIAN, rest])[:number + 1]


def _blocks(members: Sequence[Member], box: Box) -> list[Box]:
    """Return the blocks in which a box is worked out, each as large as memory allows for the members that lie there."""
    found, y, tallest = [], box.y0, _height(1, box.shape[1])
    while y < box.y1:
        number = max(1, sum(one.box.y0 < y + tallest and one.box.y1 > y for one in members))
        width = min(box.shape[1], max(_LEAST_WIDTH, _BLOCK_BYTES // (8 * number * (1 + 2 * _MARGIN))))
        stop = min(y + _height(number, width), box.y1)
        found += [Box(x, y, min(x + width, box.x1), stop) for x in range(box.x0, box.x1, width)]
        y = stop
    return found


def _height(number: int, width: int) -> int:
    """Return how many rows of a block of this width memory allows for so many members."""
    return max(1, _BLOCK_BYTES // (8 * number * width) - 2 * _MARGIN)


def _combine(members: Sequence[Member], box: Box, part: Box, how: Combination, made: Stacked) -> None:
    """Fill a block of a stack."""
    margin = _MARGIN if how.kind == 'clipped' else 0
    wide = Box(part.x0 - margin, part.y0 - margin, part.x1 + margin, part.y1 + margin).common(box)
    there = [one for one in members if not one.box.common(wide).is_empty]
    where = (slice(part.y0 - box.y0, part.y1 - box.y0), slice(part.x0 - box.x0, part.x1 - box.x0))
    if not there:
        made.data[where], made.weight[where], made.exposures[where] = np.nan, 0, 0
        return
    values, weights = _gathered(there, wide)
    medians = None if how.kind in ('weighted', 'sum') else _medians(values, weights)
    inner, before = slice(part.y0 - wide.y0, part.y1 - wide.y0), part.y0 - wide.y0
    values, weights = values[inner], weights[inner]
    planes, shape = (made.data, made.weight, made.exposures, made.seeing), (part.shape[0], wide.shape[1])
    results = tuple(np.empty(shape, plane.dtype) for plane in planes)
    squares, seeing = np.array([one.fwhm for one in there], np.float32) ** 2, results[3]
    clipped = np.zeros(shape, np.uint8)

    def combine(rows: slice) -> None:
        own = values[rows], weights[rows]
        if medians is not None and how.kind == 'clipped':
            from awlike.pixels.kernels.stack import clip
            clip(*own, medians[rows.start:], before, how.nsigma, how.fraction, clipped[rows])
        _kernel(how.kind, medians, results[:3])(own, rows)
        seeing[rows] = _seeing(own[1], squares, like=how.kind == 'sum')
    for_strips(shape[0], len(there) * shape[1], combine)
    columns = slice(part.x0 - wide.x0, part.x1 - wide.x0)
    for plane, result in zip(planes, results, strict=True):
        plane[where] = result[:, columns]
    made.mask[where][clipped[:, columns] > 0] |= MaskFlag.CLIPPED


def _seeing(weights: Array, squares: Array, like: bool) -> Image32:
    """Return the root of the mean of `squares` [member] by weights [y, member, x], or, with `like`, of those that have one.

    Members whose square is NaN do not count.
    """
    known = np.isfinite(squares)
    weights, squares = (weights > 0).astype(np.float32) if like else weights, squares[known]
    weights = weights if known.all() else weights[:, known]
    with np.errstate(divide='ignore', invalid='ignore'):
        return np.sqrt(np.einsum('ykx,k->yx', weights, squares) / weights.sum(axis=1))


def _kernel(kind: str, medians: Image32 | None, results: tuple[Array, ...]) -> Callable[[tuple[Array, Array], slice], None]:
    """Return the function that combines values and weights of some rows into these rows of the results."""
    from awlike.pixels.kernels.stack import sum_of_members, weigh_medians, weighted_mean

    def combine(own: tuple[Array, Array], rows: slice) -> None:
        data, weight, count = (plane[rows] for plane in results)
        if kind == 'median':
            assert medians is not None
            data[:] = medians[rows]
            weigh_medians(*own, median_efficiency(own[0].shape[1]), data, weight, count)
        else:
            (sum_of_members if kind == 'sum' else weighted_mean)(*own, data, weight, count)
    return combine


def _gathered(members: Sequence[Member], box: Box) -> tuple[Array, Array]:
    """Return values and weights of a block, float32 [y, member, x]; NaN and 0 where a member does not lie."""
    height, width = box.shape
    values = np.full((height, len(members), width), np.nan, np.float32)
    weights = np.zeros(values.shape, np.float32)

    def gather(numbers: slice) -> None:
        for number in range(numbers.start, numbers.stop):
            part = members[number].box.common(box)
            where = (slice(part.y0 - box.y0, part.y1 - box.y0), number, slice(part.x0 - box.x0, part.x1 - box.x0))
            values[where], weights[where] = members[number].block(part)
    for_strips(len(members), 1, gather, values=1)
    return values, weights


def _medians(values: Array, weights: Array) -> Image32:
    """Return the median of the values of each pixel that have weight, float32 [y, x]; NaN where there is none."""
    from awlike.pixels.kernels.combine import median_of_stack
    height, number, width = values.shape
    result, network = np.empty((height, width), np.float32), sorting_network(number)

    def middle(rows: slice) -> None:
        median_of_stack(np.where(weights[rows] > 0, values[rows], np.float32(np.nan)), network, result[rows])
    for_strips(height, number * width, middle)
    return result


def _mask(members: Sequence[Member], box: Box, part: Box, made: Stacked) -> None:
    """Say of the pixels of a block that no member tells what the masks of the members say."""
    where = (slice(part.y0 - box.y0, part.y1 - box.y0), slice(part.x0 - box.x0, part.x1 - box.x0))
    lacking = made.exposures[where] == 0
    if not lacking.any():
        return
    mask = made.mask[where]
    for one in members:
        common = one.box.common(part)
        if common.is_empty:
            continue
        own = (slice(common.y0 - part.y0, common.y1 - part.y0), slice(common.x0 - part.x0, common.x1 - part.x0))
        if lacking[own].any():
            mask[own] |= np.where(lacking[own], one.mask_block(common) & ~np.int16(MaskFlag.NO_DATA), 0).astype(np.int16)
