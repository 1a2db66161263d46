"""From options to process parameters of the steps."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from awlike.processors.mosaic.options import CalibrationOptions, CollectOptions
from awlike.processors.mosaic.wanted import Wanted

_SWITCHES = {'bias': ('BIAS_CORRECTION', 'HOT_PIXELS'), 'dark': ('DARK_CORRECTION',), 'flat': ('FLAT_FIELD',)}
"""The switches of a reduced frame that need a kind of calibration."""
_KEYS = {'gain': '_GAIN', 'nonlinearity': '_NONLIN', 'crosstalk': '_XTALK', 'bpm': '_BADPXLS', 'trimcell': '_TRIMCELL',
         'photflat': '_FOTFLAT', 'autophotflat': '_AUTOFOT', 'illumcorr': '_ILLUMCR', 'persistency': '_PERSIST',
         'crj': '_COSMICS', 'fringe': '_FRINGE', 'pupilghost': '_PGHOST', 'softbin': '_SOFTBIN', 'wcs': '_WCSDIST',
         'fixwcs': '_WCSCAL', 'nonsidereal': '_NONSDRL', 'photcalib': '_PHOTCAL'}
"""The key of the reduction log for what an option asks for."""


def of_exposure(options: CollectOptions, wanted: Wanted, asked: Collection[str], there: Collection[str]) -> dict[str, Any]:
    """Return the process parameters of an exposure.

    Parameters
    ----------
    asked, there : collection of str
        The kinds of calibrations that the options ask for, and those for which there are masters.
    """
    return {f'{cls}.process_params.{name}': value for cls, values in _of_exposure(options, wanted, asked, there).items()
            for name, value in values.items()}


def _of_exposure(options: CollectOptions, wanted: Wanted, asked: Collection[str],
                 there: Collection[str]) -> Mapping[str, dict[str, Any]]:
    reduced = {name: False for kind, names in _SWITCHES.items() if kind not in there for name in names}
    mosaic: dict[str, Any] = {'REQUESTED': ' '.join(requested(options, asked))}
    weight = {'COSMIC_RAYS': 'crj' in wanted.cosmics, 'SATELLITE_TRACKS': False}
    return {'ReducedScienceFrame': reduced, 'WeightFrame': weight, 'MosaicFrame': mosaic}


def requested(options: CollectOptions, asked: Collection[str]) -> Iterator[str]:
    """Yield the keys of the reduction log for the steps that the options ask for: not done, such a step has failed."""
    yield from (f'_{kind.upper()}' for kind in asked)
    yield from (key for name, key in _KEYS.items() if getattr(options, name) not in (None, False))


def of_calibrations(options: CalibrationOptions) -> dict[str, Any]:
    """Return the process parameters of calibrations."""
    return {}
