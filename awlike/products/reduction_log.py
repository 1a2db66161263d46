"""The reduction log of an exposure: what became of each step, in the words of WIYN's pODI QuickReduce."""

import enum
import functools
from collections.abc import Iterable, Mapping


class Outcome(enum.StrEnum):
    """What became of a step of the reduction."""

    ATTEMPTED = 'attempted'
    FAILED = 'failed'
    SUCCESSFUL = 'successful'
    NOT_SELECTED = 'not selected'
    SKIPPED = 'skipped after fail'
    PARTIALLY_FAILED = 'partially failed'
    MISSING_DATA = 'missing data'
    PARTIAL_SUCCESS = 'partial success'
    NOT_REQUIRED = 'not required'
    NO_DATA = 'no data'


STEPS: Mapping[str, str] = {
    '_OVERSCN': 'overscan', '_XTALK': 'crosstalk', '_GAIN': 'gain', '_TRIMCEL': 'trimming of cells',
    '_NONLIN': 'nonlinearity', '_BIAS': 'bias', '_DARK': 'dark', '_FLAT': 'flat', '_FOTFLAT': 'photometric flat',
    '_ILLUMCR': 'illumination', '_BADPXLS': 'bad pixels', '_EXTNORM': 'normalisation by exposure time',
    '_PERSIST': 'persistency', '_SATURAT': 'saturation trails', '_WCSDIST': 'canned distortion', '_COSMICS': 'cosmic rays',
    '_PGHOST': 'pupil ghost', '_FRINGE': 'fringes', '_WCSCAL': 'astrometry', '_NONSDRL': 'non-sidereal motion',
    '_PHOTCAL': 'zero point', '_AUTOFOT': 'automatic photometric flat', '_SOFTBIN': 'sums of pixels',
}
"""The keywords of the log in their order, and the step that each tells of."""

Told = Outcome | None
_GOOD = {Outcome.SUCCESSFUL, Outcome.PARTIALLY_FAILED}
_BAD = {Outcome.FAILED, Outcome.PARTIALLY_FAILED, Outcome.SKIPPED}
_IN_PART = {Outcome.NOT_SELECTED, Outcome.PARTIAL_SUCCESS}
_IDLE = {Outcome.NOT_SELECTED, Outcome.NOT_REQUIRED}


def merged(outcomes: Iterable[Told]) -> Told:
    """Return what a step came to over all detectors, whatever their order; None where no detector tells.

    Parameters
    ----------
    outcomes : iterable of Outcome or None
        The outcome on each detector; None where the detector does not tell.
    """
    return functools.reduce(_of_two, sorted({one for one in outcomes if one is not None}), None)


def _of_two(one: Told, other: Told) -> Told:
    if one is None or other is None or one == other:
        return one or other
    both = {one, other}
    if both & _GOOD and both & _BAD and both <= _GOOD | _BAD:
        return Outcome.PARTIALLY_FAILED
    if Outcome.SUCCESSFUL in both and both & _IN_PART or Outcome.PARTIAL_SUCCESS in both and both & _IDLE:
        return Outcome.PARTIAL_SUCCESS
    if both == {Outcome.NOT_REQUIRED, Outcome.SUCCESSFUL}:
        return Outcome.SUCCESSFUL
    if both == {Outcome.FAILED, Outcome.SKIPPED}:
        return Outcome.FAILED
    if both <= _IDLE:
        return Outcome.NOT_REQUIRED
    if both & _BAD and both <= _BAD | _IN_PART | _IDLE:
        return Outcome.PARTIALLY_FAILED
    return Outcome.MISSING_DATA


def log_cards(outcomes: Mapping[str, Told]) -> list[tuple[str, str, str]]:
    """Return the cards of the log in their order; a step of which nothing is told was not selected."""
    return [(key if len(key) <= 8 else f'HIERARCH {key}', str(outcomes.get(key) or Outcome.NOT_SELECTED), text)
            for key, text in STEPS.items()]
