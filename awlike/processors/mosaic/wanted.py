"""What options ask for, as values: all are checked before anything is done."""

import contextlib
import dataclasses
import os
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Self

from awlike.errors import ParameterError
from awlike.processors.catalogue import NAME, Catalogue
from awlike.processors.mosaic import values
from awlike.processors.mosaic.extra_cards import extra_cards
from awlike.processors.mosaic.options import CollectOptions, Corrections
from awlike.processors.mosaic.values import NonSidereal
from awlike.progress import hidden

SEXTRACTOR = -1e31
"""The value of undefined pixels that SExtractor ignores."""
GAINS = 'techdata', 'relative', 'header'
FITS_OF_WCS = 'shift', 'rotation', 'otashift', 'otashear', 'distortion'
BINNINGS = '2', '4', '8'


@dataclasses.dataclass(frozen=True)
class Plots:
    """The diagnostic plots that are wanted: formats, whether of each detector, too, and the folder for them, if any."""

    formats: list[str]
    of_detectors: bool
    folder: str | None


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What the options of `awe collectcells` ask for, as values.

    Attributes
    ----------
    cards : dict
        Entries of the primary header that the user adds.
    undefined : float, optional
        The value of undefined pixels, in place of NaN.
    offset : tuple of float, optional
        What is added to right ascension and declination, degrees.
    moving : NonSidereal, optional
        The motion of the object that the frame follows.
    plots : Plots, optional
        The diagnostic plots.
    cosmics : dict
        The numbers of ``-crj`` and its like, by option.
    catalogue : Catalogue or str, optional
        The reference catalogue in files, or the name of one that the home of the user has.
    """

    timeout: float | None
    cards: Mapping[str, str]
    undefined: float | None
    offset: tuple[float, float] | None
    moving: NonSidereal | None
    plots: Plots | None
    gain: str
    fixwcs: str
    photcalib: bool
    binning: int
    trimmed: int
    cells: list[str]
    cosmics: Mapping[str, float]
    catalogue: Catalogue | str | None

    @classmethod
    def of(cls, options: CollectOptions) -> Self:
        """Return what `options` ask for.

        Raises
        ------
        ParameterError
            For a value without meaning.
        """
        return cls(
            timeout=seconds(options), cards=extra_cards(options.addfitskey), undefined=_undefined(options),
            offset=None if options.wcsoffset is None else values.offset(options.wcsoffset),
            moving=None if options.nonsidereal is None else values.nonsidereal(options.nonsidereal), plots=_plots(options),
            gain=gain_of(options),
            fixwcs='' if options.fixwcs is None else values.one_of('fixwcs', options.fixwcs, FITS_OF_WCS),
            photcalib=options.photcalib,
            binning=1 if options.softbin is None else int(values.one_of('softbin', options.softbin, BINNINGS)),
            trimmed=trimmed_of(options), cells=[] if options.keepcells is None else values.cells(options.keepcells),
            cosmics=_cosmics(options), catalogue=catalogue_of(options))


def catalogue_of(options: CollectOptions) -> Catalogue | str | None:
    """Return the reference catalogue that the options name: files, or the name of a known one.

    Raises
    ------
    ParameterError, NotFound
        For columns that do not suffice, or files that are not there.
    """
    columns = {name: getattr(options, name) for name in ('ra_error', 'dec_error', 'pm_ra', 'pm_dec', 'epoch')}
    files = [Path(one).expanduser() for one in (options.refcat or '').split(',') if one]
    named = any((options.ra, options.dec, options.band, *columns.values()))
    if len(files) == 1 and not files[0].exists() and not named and NAME.fullmatch(str(options.refcat)):
        return options.refcat
    return Catalogue.given(files, options.ra, options.dec, list(options.band), dash='-', **columns)


def seconds(options: Corrections) -> float | None:
    """Return the limit of time, None without one."""
    return None if options.timeout is None else values.number('timeout', options.timeout, 0.001)


def gain_of(options: Corrections) -> str:
    """Return the way in which gains are taken, empty where no gain is wanted."""
    if options.gain is None:
        return ''
    if not options.gain:
        return 'relative' if options.nonlinearity is not None else 'techdata' if options.techdata is not None else 'header'
    return values.one_of('gain', options.gain, GAINS)


def trimmed_of(options: Corrections) -> int:
    """Return how many pixels at the edges of a cell are masked."""
    return 0 if options.trimcell is None else values.whole('trimcell', options.trimcell)


@contextlib.contextmanager
def as_wanted(options: Corrections) -> Generator[None]:
    """Return a context: no progress is shown where ``-bgmode`` says so, and ``-ncpu`` limits the processors."""
    number = None if options.ncpu is None else values.whole('ncpu', options.ncpu, 1)
    with contextlib.ExitStack() as stack:
        if options.bgmode:
            stack.enter_context(hidden())
        if number is not None and hasattr(os, 'sched_setaffinity'):
            before = os.sched_getaffinity(0)
            os.sched_setaffinity(0, sorted(before)[:number])
            stack.callback(os.sched_setaffinity, 0, before)
        yield


def _undefined(options: CollectOptions) -> float | None:
    if options.indefval is not None:
        if options.prep4sex:
            raise ParameterError(f'-prep4sex and -indefval={options.indefval} both say what undefined pixels are: give one')
        return values.number('indefval', options.indefval)
    return SEXTRACTOR if options.prep4sex else None


def _plots(options: CollectOptions) -> Plots | None:
    formats = values.formats(options.plotformat or 'png')
    folder = options.qasubdirname or ('QA' if options.qasubdirs else None)
    if folder is not None and (os.path.isabs(folder) or '..' in folder.split('/') or not folder.strip('./')):
        raise ParameterError(f'-qasubdirname={folder}: give the name of a folder beside the output')
    return None if options.noqaplots else Plots(formats, not options.nootalevelplots, folder)


def _cosmics(options: CollectOptions) -> dict[str, float]:
    found: dict[str, float] = {}
    if options.crj is not None:
        found['crj'] = values.whole('crj', options.crj, 1)
    for name in ('crjsigclip', 'crjsigfrac', 'crjobjlim', 'crjsaturation'):
        text = getattr(options, name)
        if text is not None:
            found[name] = values.number(name, text, 0)
    if found and 'crj' not in found:
        raise ParameterError(f'-{next(iter(found))} is of no use without -crj: give both')
    return found
