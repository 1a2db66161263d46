"""Is a quantity steady, does it drift, or did it jump? Robust answers from dates and values, in numbers and in words."""

import dataclasses
import datetime
from typing import Literal

import numpy as np

FEWEST = 6          # values from which anything is said
_SIDE = 3           # values on each side of a jump
_SIGNIFICANT = 5.0  # in units of its error: a change that is told
_OUTLIER = 5.0      # in units of the scatter
_MONTH = 30.4375    # days
_TO_SIGMA = 1.4826  # of a median absolute deviation
_OF_MEDIAN = 1.2533  # the error of a median of Gaussian values, in units of the error of their mean
_MOST = 400         # values between which slopes are worked out

State = Literal['too few', 'steady', 'drifts', 'jumped']


@dataclasses.dataclass(frozen=True)
class Change:
    """What became of a quantity with time.

    Attributes
    ----------
    state : str
        ``'too few'`` values, ``'steady'``, ``'drifts'`` or ``'jumped'``.
    level, scatter : float
        The median, and the robust scatter about what is told of it.
    by : float
        The drift in 30.4 days, or the height of the jump; 0 where it is steady.
    significance : float
        The change in units of its error; of a drift, that over all of the time.
    date : datetime.datetime or None
        The date of the first value after a jump.
    outliers : tuple of int
        The numbers of the values that stand out.
    """

    state: State
    level: float
    scatter: float
    by: float = 0.0
    significance: float = 0.0
    date: datetime.datetime | None = None
    outliers: tuple[int, ...] = ()

    def words(self, unit: str = '') -> str:
        """Return the change in words."""
        unit = f' {unit}' if unit else ''
        if self.state == 'too few':
            return f'{self.level:.5g}{unit}; too few values to say more, it takes {FEWEST}'
        about = f'{self.level:.5g} \N{PLUS-MINUS SIGN} {self.scatter:.2g}{unit}'
        sure = f'({self.significance:.0f} sigma)'
        if self.state == 'drifts':
            found = f'drifts by {self.by:+.3g}{unit} a month {sure}, about {about}'
        elif self.state == 'jumped' and self.date is not None:
            found = f'jumped by {self.by:+.3g}{unit} on {self.date:%Y-%m-%d} {sure}, now {about}'
        else:
            found = f'steady at {about}'
        number = len(self.outliers)
        return found + (f'; {number} value{"s stand" if number > 1 else " stands"} out' if number else '')


def change(dates: list[datetime.datetime], values: np.ndarray) -> Change:
    """Return what became of `values` [number] with `dates`, in order of time.

    A jump is told before a drift where it leaves less scatter. Both are told only where they exceed five times their error.
    """
    values = np.asarray(values, float)
    level = float(np.median(values)) if values.size else float('nan')
    if values.size < FEWEST:
        return Change('too few', level, _scatter(values - level) if values.size else 0.0)
    days = np.array([(date - dates[0]).total_seconds() / 86400 for date in dates])
    found = [_steady(values), _drift(days, values), *_jump(dates, values)]
    changed = [one for one in found[1:] if one[0].significance > _SIGNIFICANT]
    best, rest = min(changed, key=lambda one: float(np.mean(np.abs(one[1]))), default=found[0])
    scatter = best.scatter or float(np.std(rest))
    outliers = tuple(np.flatnonzero(np.abs(rest) > _OUTLIER * scatter).tolist()) if scatter > 0 else ()
    return dataclasses.replace(best, outliers=outliers)


def _scatter(rest: np.ndarray) -> float:
    return float(_TO_SIGMA * np.median(np.abs(rest)))


def _grain(values: np.ndarray) -> float:
    """Return half the step of values that are whole or half numbers, as medians of counts are; 0 of other values.

    Such values may scatter by less than their step, even by nothing: a change of one step is no change.
    """
    return 0.5 if np.array_equal(values * 2, np.round(values * 2)) else 0.0


def _steady(values: np.ndarray) -> tuple[Change, np.ndarray]:
    level = float(np.median(values))
    rest = values - level
    return Change('steady', level, _scatter(rest)), rest


def _drift(days: np.ndarray, values: np.ndarray) -> tuple[Change, np.ndarray]:
    """Return the median of the slopes between all pairs of values (Theil and Sen)."""
    chosen = np.unique(np.linspace(0, days.size - 1, min(days.size, _MOST)).astype(int))
    first, second = np.triu_indices(chosen.size, 1)
    apart = days[chosen][second] - days[chosen][first]
    rise = values[chosen][second] - values[chosen][first]
    if not (apart > 0).any():
        return _steady(values)
    slope = float(np.median(rise[apart > 0] / apart[apart > 0]))
    rest = values - slope * days
    rest = rest - np.median(rest)
    scatter, spread = max(_scatter(rest), _grain(values)), float(np.sqrt(np.sum((days - days.mean()) ** 2)))
    error = _OF_MEDIAN * scatter / spread
    significance = abs(slope) / error if error > 0 else float('inf') if slope else 0.0
    return Change('drifts', float(np.median(values)), scatter, slope * _MONTH, min(significance, 999.0)), rest


def _jump(dates: list[datetime.datetime], values: np.ndarray) -> list[tuple[Change, np.ndarray]]:
    """Return the jump after which the values are least scattered about the two medians; empty where all are alike."""
    best: tuple[float, int] | None = None
    for cut in range(_SIDE, values.size - _SIDE + 1):
        before, after = values[:cut], values[cut:]
        left = float(np.sum(np.abs(before - np.median(before))) + np.sum(np.abs(after - np.median(after))))
        if best is None or left < best[0]:
            best = left, cut
    if best is None:
        return []
    cut = best[1]
    before, after = float(np.median(values[:cut])), float(np.median(values[cut:]))
    rest = np.concatenate([values[:cut] - before, values[cut:] - after])
    scatter = max(_scatter(rest), _grain(values))
    error = _OF_MEDIAN * scatter * float(np.sqrt(1 / cut + 1 / (values.size - cut)))
    # The cut was chosen among many, which makes chance jumps look significant: hence half their significance.
    significance = abs(after - before) / error / 2 if error > 0 else float('inf') if after != before else 0.0
    return [(Change('jumped', after, scatter, after - before, min(significance, 999.0), dates[cut]), rest)]
