"""From options to process parameters of the steps."""

import dataclasses
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from awlike.pixels.bad_regions import read_boxes
from awlike.pixels.fringe_vectors import read_vectors
from awlike.processors.mosaic.exposure import Exposure
from awlike.processors.mosaic.masters import IMAGES
from awlike.processors.mosaic.options import AUTO, CalibrationOptions, CollectOptions
from awlike.processors.mosaic.resolution import at_date, default_names, file_or_default, tell_absent
from awlike.processors.mosaic.wanted import Wanted, gain_of
from awlike.sky.exposure_wcs import read_model

log = logging.getLogger('awlike')

_SWITCHES = {'bias': ('BIAS_CORRECTION', 'HOT_PIXELS'), 'dark': ('DARK_CORRECTION',), 'flat': ('FLAT_FIELD',),
             'illumcorr': ('ILLUMINATION_CORRECTION',), 'photflat': ('PHOTOMETRIC_FLAT',)}
"""The switches of a reduced frame that need a kind of calibration."""
_KEYS = {'gain': '_GAIN', 'nonlinearity': '_NONLIN', 'crosstalk': '_XTALK', 'bpm': '_BADPXLS', 'trimcell': '_TRIMCEL',
         'photflat': '_FOTFLAT', 'autophotflat': '_AUTOFOT', 'illumcorr': '_ILLUMCR', 'persistency': '_PERSIST',
         'crj': '_COSMICS', 'fringe': '_FRINGE', 'pupilghost': '_PGHOST', 'softbin': '_SOFTBIN', 'wcs': '_WCSDIST',
         'fixwcs': '_WCSCAL', 'nonsidereal': '_NONSDRL', 'photcalib': '_PHOTCAL'}
"""The key of the reduction log for what an option asks for."""
PERSISTENCY_TIME = 600.0
"""For so many seconds the charge of full pixels stays behind."""


@dataclasses.dataclass
class Parameters:
    """Process parameters by class, and the files that the user names for steps."""

    reduced: dict[str, Any] = dataclasses.field(default_factory=dict)
    weight: dict[str, Any] = dataclasses.field(default_factory=dict)
    cosmics: dict[str, Any] = dataclasses.field(default_factory=dict)
    astrometry: dict[str, Any] = dataclasses.field(default_factory=dict)
    mosaic: dict[str, Any] = dataclasses.field(default_factory=dict)
    files: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def named(self) -> dict[str, Any]:
        """Return all by their full names, as tasks take them."""
        by_class = {'ReducedScienceFrame': self.reduced, 'WeightFrame': self.weight, 'CosmicMap': self.cosmics,
                    'AstrometricParameters': self.astrometry,
                    'MosaicFrame': self.mosaic | ({'FILES': self.files} if self.files else {})}
        return {f'{cls}.process_params.{name}': value for cls, values in by_class.items() for name, value in values.items()}


def of_exposure(of: Exposure, options: CollectOptions, wanted: Wanted, masters: Mapping[str, set[str]],
                earlier: Sequence[Path] = ()) -> dict[str, Any]:
    """Return the process parameters of an exposure.

    Parameters
    ----------
    masters : mapping
        The detectors with a master, by kind: an entry without any was asked for in vain.
    earlier : sequence of pathlib.Path
        The files that tell the saturated pixels of earlier exposures.
    """
    found = Parameters()
    found.reduced |= {name: False for kind, names in _SWITCHES.items() if not masters.get(kind) for name in names}
    found.weight |= {'COSMIC_RAYS': 'crj' in wanted.cosmics, 'SATELLITE_TRACKS': False}
    found.mosaic['REQUESTED'] = ' '.join(_requested(options, masters))
    if _gain_is_there(wanted.gain, masters):
        found.reduced['GAIN_CORRECTION'] = wanted.gain
    if options.persistency is not None:
        found.reduced |= {'PERSISTENCY_TIME': PERSISTENCY_TIME, 'SATURATION_TRAILS': True}
    if earlier:
        found.files['persistency'] = [str(path.resolve()) for path in earlier]
    if masters.get('fringe'):
        found.mosaic['FRINGES'], found.reduced['FRINGE_CORRECTION'] = True, False
        _of_vectors(found, of, options)
    if 'crjsigclip' in wanted.cosmics:
        found.cosmics['DETECTION_THRESHOLD'] = wanted.cosmics['crjsigclip']
    _of_bad_pixels(found, of, options)
    if options.bpm is not None or options.persistency is not None or 'crj' in wanted.cosmics:
        found.mosaic['MASKED'] = True
    if wanted.plots is not None or wanted.fixwcs or options.photcalib:
        found.mosaic['SOURCES'] = True
    _of_header(found, wanted)
    _of_cells(found, wanted)
    _of_photometry(found, options, wanted)
    _of_wcs(found, of, options, wanted)
    return found.named()


def _requested(options: CollectOptions, masters: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield the keys of the reduction log for the steps that the options ask for: not done, such a step has failed."""
    yield from (f'_{kind.upper()}' for kind in masters if kind in IMAGES)
    yield from (key for name, key in _KEYS.items() if getattr(options, name) not in (None, False))


def _gain_is_there(gain: str, masters: Mapping[str, set[str]]) -> bool:
    """Return whether there is what a way of taking gains needs."""
    needed = {'techdata': 'techdata', 'relative': 'nonlinearity'}
    return bool(gain) and (gain not in needed or bool(masters.get(needed[gain])))


def _of_header(found: Parameters, wanted: Wanted) -> None:
    """Add what is presented otherwise: cards of the user, and a value in place of NaN."""
    if wanted.cards:
        found.mosaic['FITS_KEYS'] = dict(wanted.cards)
    if wanted.undefined is not None:
        found.mosaic['UNDEFINED'] = repr(wanted.undefined)


def _of_cells(found: Parameters, wanted: Wanted) -> None:
    """Add the cells that count, how many pixels at the edge of a cell do not count, and how many pixels become one."""
    if wanted.trimmed:
        found.reduced['CELL_EDGE'] = wanted.trimmed
    if wanted.cells:
        found.reduced['CELLS'] = ' '.join(f'xy{one}' for one in wanted.cells)
    if wanted.binning > 1:
        found.mosaic['BINNING'] = wanted.binning


def _of_photometry(found: Parameters, options: CollectOptions, wanted: Wanted) -> None:
    """Add what standard stars tell. What needs the zero point fails without -photcalib."""
    for name, parameter in (('fitradialZP', 'RADIAL_ZERO_POINT'), ('autophotflat', 'AUTO_PHOTFLAT')):
        if getattr(options, name):
            if not options.photcalib:
                log.warning('-%s needs -photcalib: without, no star tells a zero point', name)
            found.mosaic[parameter] = True
    if options.photcalib:
        found.mosaic['PHOTCALIB'] = True


def _of_bad_pixels(found: Parameters, of: Exposure, options: CollectOptions) -> None:
    """Add the boxes of bad pixels in the region files of a folder, one for each detector."""
    if options.bpm in (None, AUTO):
        return
    tell_absent('bpm', options.bpm)
    boxes = {chip: (path, read_boxes(path.read_text('utf-8', errors='replace'))) for chip in of.chips
             if (path := file_or_default(options.bpm, [f'bpm_{chip}.reg'])) is not None}
    found.reduced['BAD_PIXELS'] = {chip: its for chip, (_, its) in boxes.items()}
    found.files['bpm'] = [str(path.resolve()) for path, _ in boxes.values()]
    for chip in (chip for chip in of.chips if chip not in boxes):
        log.warning('%s: there is no bpm_%s.reg', options.bpm, chip)


def _of_vectors(found: Parameters, of: Exposure, options: CollectOptions) -> None:
    """Add the vectors from dark to bright places in the region files of a folder, one for each detector."""
    if options.fringevectors in (None, AUTO):
        return
    tell_absent('fringevectors', options.fringevectors)
    names = {chip: f'fringevectors__{of.facts.filter}__{chip}.reg' for chip in of.chips}
    paths = {chip: path for chip, name in names.items()
             if (path := file_or_default(options.fringevectors, [name])) is not None}
    found.mosaic['FRINGE_VECTORS'] = {chip: read_vectors(path.read_text('utf-8', errors='replace'), path.name).tolist()
                                      for chip, path in paths.items()}
    found.files['fringevector'] = [str(path.resolve()) for path in paths.values()]


def _of_wcs(found: Parameters, of: Exposure, options: CollectOptions, wanted: Wanted) -> None:
    """Add what changes the place on the sky."""
    mosaic = found.mosaic
    if options.wcs not in (None, AUTO):
        tell_absent('wcs', options.wcs)
        path = at_date(file_or_default(options.wcs, default_names('wcs', of.facts.filter)), of.facts.MJD_OBS)
        if path is not None:
            mosaic['WCS_DISTORTION'] = read_model(path, of.chips)
            found.files['wcs'] = [str(path.resolve())]
    if wanted.fixwcs:
        mosaic['FIXWCS'] = wanted.fixwcs
    if wanted.offset is not None:
        mosaic['WCS_OFFSET_RA'], mosaic['WCS_OFFSET_DEC'] = wanted.offset
        cos = math.cos(math.radians(of.facts.CRVAL2 or 0.0))  # stars are searched there
        found.astrometry |= {'POINTING_OFFSET_RA': 3600 * wanted.offset[0] * cos,
                             'POINTING_OFFSET_DEC': 3600 * wanted.offset[1]}
    if options.simplewcs or options.tanwcs:
        mosaic['SIMPLE_WCS'] = True
    if wanted.moving is not None:
        mosaic |= {'NONSIDEREAL_RA': wanted.moving.ra, 'NONSIDEREAL_DEC': wanted.moving.dec,
                   'NONSIDEREAL_MJD': wanted.moving.mjd}
        if wanted.moving.path is not None:
            found.files['nonsidereal-reference'] = [str(wanted.moving.path.resolve())]


def of_calibrations(options: CalibrationOptions, masters: Mapping[str, set[str]]) -> dict[str, Any]:
    """Return the process parameters of calibrations; `masters` has the detectors with imported ones, by kind."""
    gain = gain_of(options)
    return {f'{cls}.process_params.GAIN_CORRECTION': gain for cls in ('DomeFlatFrame', 'TwilightFlatFrame')
            if _gain_is_there(gain, masters)}
