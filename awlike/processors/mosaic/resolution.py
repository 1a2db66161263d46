"""A file, or a folder with a default name; the file for a date in a history file."""

import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from awlike.sky.exposure_wcs import from_history
from awlike.spelling import near

log = logging.getLogger('awlike')

FLAT_ORDER = 'tflat', 'dflat', 'flat'
"""Which flat in a folder is taken: twilight before dome, and last one that does not tell."""
HISTORY = '.history'


def default_names(kind: str, filter_: str | None = None, binning: int = 1) -> list[str]:
    """Return the names under which a folder of calibrations has one of this kind, the best first.

    Parameters
    ----------
    kind : {'bias', 'dark', 'flat', 'photflat', 'illumcorr', 'techdata', 'fringe', 'pupilghost'}
        What is looked for.
    filter_ : str, optional
        The filter.
    binning : int
        The binning of the detectors.
    """
    word = _word(filter_)
    names = {'bias': [f'bias_bin{binning}.fits'], 'dark': [f'dark_yes_bin{binning}.fits', f'dark_no_bin{binning}.fits'],
             'flat': [flat_name(one, filter_, binning) for one in FLAT_ORDER], 'fringe': [f'fringe__{word}.fits'],
             'pupilghost': [f'pupilghost_template___{word}.fits', 'pupilghost_template.fits'],
             'techdata': [f'techdata_{word}_bin{binning}.fits', f'techdata_bin{binning}.fits', 'techdata.fits']}
    return names.get(kind, [f'{kind}_{word}_bin{binning}.fits'])


def flat_name(kind: str, filter_: str | None, binning: int = 1) -> str:
    """Return the name of the file of a flat; `kind` is one of `FLAT_ORDER`."""
    return f'{kind}_{_word(filter_)}_bin{binning}.fits'


def _word(filter_: str | None) -> str:
    """Return the name of a filter as part of the name of a file."""
    return re.sub(r'[^\w.+-]', '_', filter_ or '')


def file_or_default(given: str | Path | Sequence[str | Path] | None, defaults: Iterable[str]) -> Path | None:
    """Return the file that `given` is, or the first of `defaults` that is in the folder `given`; None where there is none.

    Several may be given, as a list or with commas between; the first that leads to a file wins.
    """
    names = list(defaults)
    for one in _listed(given):
        if one.is_dir():
            there = next((one / name for name in names if (one / name).is_file()), None)
            if there is not None:
                return there
        elif one.is_file():
            return one
    return None


def _listed(given: str | Path | Sequence[str | Path] | None) -> list[Path]:
    if given is None:
        return []
    if isinstance(given, str) and not Path(given).exists() and ',' in given:
        given = given.split(',')
    return [Path(one).expanduser() for one in ([given] if isinstance(given, str | Path) else given) if str(one).strip()]


def at_date(path: Path | None, mjd: float) -> Path | None:
    """Return the file that a history file has for a date; `path` itself, where it is no history file.

    None where the history begins later.

    Raises
    ------
    HeaderError
        When a line of the history has no meaning.
    """
    if path is None or path.suffix != HISTORY:
        return path
    return from_history(path, mjd)


def tell_absent(option: str, given: str | None) -> None:
    """Warn of a path that the user names and that is nowhere, with the near names: the step will fail, and the run goes on."""
    if given is None or any(one.exists() for one in _listed(given)):
        return
    path = Path(given).expanduser()
    beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    log.warning('-%s=%s: there is no such file or folder%s', option, given, near(path.name, beside))
