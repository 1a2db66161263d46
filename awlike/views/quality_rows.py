"""The values of a quality report as rows: what was measured, its limit, and how it differs from earlier frames."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

FEWEST = 5  # earlier values that tell what is usual
OUTLYING = 5.0  # sigma
_FLOOR = 0.01  # of the median: earlier values differ at least by this
_UNITS = {'mag/arcsec2': 'mag arcsec⁻²', 'adu2': 'ADU²', 'adu': 'ADU', 'pix2': 'pixel²', 'pix': 'pixel'}


@dataclasses.dataclass(frozen=True)
class Earlier:
    """What the same value was in earlier frames.

    Attributes
    ----------
    values : tuple of float
        The earlier values, oldest first.
    median, scatter : float
        Their median, and their robust standard deviation.
    words : str
        What is to be said: an outlier in words, or that there is nothing to compare with; empty for a usual value.
    """

    values: tuple[float, ...]
    median: float
    scatter: float
    words: str

    @classmethod
    def of(cls, value: float | None, values: Sequence[float | None]) -> 'Earlier':
        """Return how `value` differs from earlier `values`, oldest first, of which some may be unknown."""
        known = [float(one) for one in values if one is not None and math.isfinite(one)]
        if not known:
            return cls((), math.nan, math.nan, '')
        median = float(np.median(known))
        scatter = 1.4826 * float(np.median(np.abs(np.array(known) - median)))
        return cls(tuple(known), median, scatter, _said(value, median, scatter, len(known)))

    @property
    def text(self) -> str:
        """Median, scatter and number, as ``'0.912 ± 0.05 (30)'``; empty without earlier values."""
        if not self.values:
            return ''
        return f'{short(self.median)} ± {short(self.scatter, 2)} ({len(self.values)})'

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return {'number': len(self.values), 'median': self.median, 'scatter': self.scatter, 'words': self.words}


def _said(value: float | None, median: float, scatter: float, number: int) -> str:
    """Return what is to be said of a value among earlier ones."""
    if value is None or number < FEWEST:
        return ''
    width = max(scatter, _FLOOR * abs(median))
    if width == 0:
        return '' if value == median else f'unusual: the last {number} all had {short(median)}'
    sigma = (value - median) / width
    if abs(sigma) < OUTLYING:
        return ''
    kind, side = ('high', 'above') if sigma > 0 else ('low', 'below')
    return f'unusually {kind}: {abs(sigma):.0f} sigma {side} the last {number}'


@dataclasses.dataclass(frozen=True)
class Row:
    """One value of a report.

    Attributes
    ----------
    name, about, unit : str
        Its name, what it means, and its unit.
    value : float or None
        The value; None where it could not be measured.
    reason : str
        Why it could not be measured.
    limit : float or None
        Its limit; None for a value that is not held to one.
    is_least : bool
        Whether the value is at least the limit; else at most.
    earlier : Earlier
        What it was in earlier frames.
    """

    name: str
    about: str
    unit: str
    value: float | None
    reason: str
    limit: float | None
    is_least: bool
    earlier: Earlier

    @property
    def state(self) -> str:
        """``'good'``, ``'missed'``, ``'unknown'``; empty for a value without limit."""
        if self.value is None:
            return 'unknown'
        if self.limit is None:
            return ''
        return 'good' if (self.value >= self.limit if self.is_least else self.value <= self.limit) else 'missed'

    @property
    def label(self) -> str:
        """Its name in words."""
        return self.name.replace('_', ' ')

    @property
    def unit_text(self) -> str:
        """Its unit as people read it."""
        return _UNITS.get(self.unit, self.unit)

    @property
    def text(self) -> str:
        """The value without unit, or a dash."""
        return '–' if self.value is None else short(self.value)

    @property
    def limit_text(self) -> str:
        """The limit in words; empty without one."""
        return '' if self.limit is None else f'at {"least" if self.is_least else "most"} {short(self.limit)}'

    @property
    def sentence(self) -> str:
        """What a verdict says of a missed limit."""
        unit = f' {self.unit_text}' if self.unit else ''
        return f'{self.label} is {self.text}{unit}, {self.limit_text.replace("at", "and should be at", 1)}'

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return {'name': self.name, 'value': self.value, 'unit': self.unit, 'limit': self.limit,
                'bound': None if self.limit is None else 'least' if self.is_least else 'most', 'state': self.state,
                'reason': self.reason, 'earlier': self.earlier.to_dict()}


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a report comes to, in words. It decides nothing.

    Attributes
    ----------
    missed, unknown, unusual : list of str
        Sentences about missed limits, names of values that could not be measured, and sentences about outliers.
    """

    missed: list[str]
    unknown: list[str]
    unusual: list[str]

    @classmethod
    def of(cls, rows: Sequence[Row], principal: Sequence[str]) -> 'Verdict':
        """Return the verdict of `rows`; of values that could not be measured the `principal` ones count."""
        return cls([row.sentence for row in rows if row.state == 'missed'],
                   [row.label for row in rows if row.state == 'unknown' and row.name in principal],
                   [f'{row.label} is {row.earlier.words}' for row in rows if row.earlier.words])

    @property
    def is_good(self) -> bool:
        """Whether nothing stands out."""
        return not (self.missed or self.unusual)

    @property
    def headline(self) -> str:
        """The verdict in a few words."""
        if self.missed:
            return 'Look at it: ' + ('one value misses its limit' if len(self.missed) == 1 else
                                     f'{len(self.missed)} values miss their limits')
        return 'Look at it: it is unusual' if self.unusual else 'Nothing stands out'

    @property
    def details(self) -> list[str]:
        """The sentences below the headline."""
        unknown = [f'not measured: {", ".join(self.unknown)}'] if self.unknown else []
        return [*self.missed, *self.unusual, *unknown]

    @property
    def text(self) -> str:
        """The whole verdict as one line."""
        return '; '.join([self.headline, *self.details])

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON values."""
        return {'headline': self.headline, 'good': self.is_good, 'missed': self.missed, 'unusual': self.unusual,
                'unknown': self.unknown}


def short(value: float, digits: int = 4) -> str:
    """Return a number as short as it tells: counts whole, others with `digits` digits, and one more between 10 and 100."""
    if isinstance(value, int) or (value == int(value) and abs(value) >= 1000):
        return f'{int(value):,}'
    return f'{value:.{digits + (10 <= abs(value) < 100)}g}'
