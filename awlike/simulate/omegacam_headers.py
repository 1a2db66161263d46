"""The headers of simulated raw files, with the cards of OmegaCAM that awlike or its users read."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from awlike.cameras.header_values import modified_julian_date
from awlike.instruments.omegacam import CHIPS, OVERSCAN_BELOW

if TYPE_CHECKING:
    from astropy.io.fits import Header

SCALE = 0.214 / 3600  # deg/pixel
POINTING = (315.0, -31.0)  # deg: near the zenith of Paranal at the end of that night
# Where the axis of the telescope meets the focal plane, in pixels of the light-sensitive part of a chip.
AXIS_X = (8433.0, 6291.0, 4149.0, 2011.0, -128.0, -2275.0, -4413.0, -6552.0)
AXIS_Y = (8552.0, 4089.0, -58.0, -4520.0)
DPR = {'bias': ('CALIB', 'BIAS', 'IMAGE'), 'dark': ('CALIB', 'DARK', 'IMAGE'),
       'domeflat': ('CALIB', 'FLAT,DOME', 'IMAGE'), 'twilightflat': ('CALIB', 'FLAT,TWILIGHT', 'IMAGE'),
       'science': ('SCIENCE', 'OBJECT', 'IMAGE,OFFSET')}
TEMPLATES = {'bias': 'OMEGACAM_img_cal_bias', 'dark': 'OMEGACAM_img_cal_dark',
             'domeflat': 'OMEGACAM_img_cal_domeflat', 'twilightflat': 'OMEGACAM_img_cal_twflat',
             'science': 'OMEGACAM_img_obs_offset'}


@dataclass(frozen=True)
class Exposure:
    """An exposure of a schedule. `dither` is the offset of the telescope in pixels (x, y)."""

    index: int  # in the night
    kind: str
    filter: str | None
    start: datetime  # UTC
    seconds: float
    template_start: datetime
    number: int  # in its template, from 1
    of: int
    dither: tuple[float, float] = (0.0, 0.0)
    mode: str | None = None  # of the read-out; None: the header names none
    level: int = 0  # number of the mode: a later one has a higher pedestal and more structure in its bias
    pointing: tuple[float, float] | None = None  # deg: RA and Dec as told, of a night with a sky
    middle: tuple[float, float] = (0.0, 0.0)  # where it points, pixels from the axis of the telescope
    angle: float = 0.0  # deg: the camera's north, from north to east

    @property
    def filename(self) -> str:
        """The name that ESO has for the file, without colons, which some file systems refuse."""
        return f'OMEGA.{_iso(self.start).replace(":", "-")}.fits'

    @property
    def airmass(self) -> float:
        """The airmass at the start; it rises while the field sets."""
        return round(1.02 + 0.004 * (self.number - 1), 3)


def _iso(when: datetime) -> str:
    """Return a time with milliseconds."""
    return when.isoformat(timespec='milliseconds')


def pointing(exposure: Exposure) -> tuple[float, float]:
    """Return RA and Dec [deg] of the optical axis; an offset in x moves it by about the same angle on the sky."""
    if exposure.pointing:
        return exposure.pointing
    dx, dy = exposure.dither
    return POINTING[0] + dx * SCALE / 0.857, POINTING[1] + dy * SCALE  # 0.857: cosine of the declination


def axis_of(chip: str) -> tuple[float, float]:
    """Return where the axis of the telescope meets the focal plane, in pixels of the light-sensitive part, from 1."""
    half, place = divmod(CHIPS.index(chip), 16)
    row, column = divmod(place, 4)
    return AXIS_X[column + 4 * half], AXIS_Y[row]


def wcs_cards(exposure: Exposure, chip: str, corner: tuple[int, int]) -> dict[str, Any]:
    """Return the linear astrometry of a chip whose light-sensitive part begins at raw pixel `corner` (x, y; from 0)."""
    x, y = axis_of(chip)
    ra, dec = pointing(exposure)
    cos, sin = SCALE * math.cos(math.radians(exposure.angle)), SCALE * math.sin(math.radians(exposure.angle))
    return {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': ra, 'CRVAL2': dec,
            'CRPIX1': x + exposure.middle[0] + corner[0], 'CRPIX2': y + exposure.middle[1] + corner[1],
            'CUNIT1': 'deg', 'CUNIT2': 'deg', 'CD1_1': -cos, 'CD1_2': sin, 'CD2_1': sin, 'CD2_2': cos}


def primary_header(exposure: Exposure, n_chips: int) -> 'Header':
    """Return the header of the exposure."""
    catg, dpr_type, tech = DPR[exposure.kind]
    ra, dec = pointing(exposure)
    science = exposure.kind == 'science'
    name = 'awlike simulated field' if science else dpr_type
    began = exposure.template_start
    cards = {
        'ORIGIN': 'ESO-PARANAL', 'DATE': _iso(exposure.start + timedelta(seconds=exposure.seconds)),
        'TELESCOP': 'ESO-VST', 'INSTRUME': 'OMEGACAM', 'OBJECT': name, 'RA': ra, 'DEC': dec, 'EQUINOX': 2000.0,
        'RADECSYS': 'FK5', 'EXPTIME': exposure.seconds, 'MJD-OBS': modified_julian_date(exposure.start),
        'DATE-OBS': _iso(exposure.start), 'OBSERVER': 'SIMULATED', 'PI-COI': 'SIMULATED',
        'ARCFILE': exposure.filename,
        'ESO DPR CATG': catg, 'ESO DPR TYPE': dpr_type, 'ESO DPR TECH': tech,
        'ESO OBS ID': 200600000 + began.hour * 60 + began.minute, 'ESO OBS NAME': name,
        'ESO OBS START': _iso(began)[:-4],
        'ESO TPL START': _iso(began)[:-4], 'ESO TPL ID': TEMPLATES[exposure.kind],
        'ESO TPL NAME': f'{dpr_type} of the simulator', 'ESO TPL EXPNO': exposure.number, 'ESO TPL NEXP': exposure.of,
        'ESO DET CHIPS': n_chips, 'ESO DET EXP TYPE': 'Normal' if exposure.seconds else 'Bias',
    }
    if exposure.mode:
        cards |= {'ESO DET READ CLOCK': exposure.mode, 'ESO DET WIN1 BINX': 1, 'ESO DET WIN1 BINY': 1}
    if exposure.filter:
        cards |= {'ESO INS FILT1 NAME': exposure.filter, 'ESO INS FILT1 ID': exposure.filter}
    if science:
        cards |= {'ESO TEL AIRM START': exposure.airmass, 'ESO TEL AIRM END': exposure.airmass + 0.004}
    return _header(cards)


def extension_header(exposure: Exposure, chip: str, sizes: Mapping[str, int], corner: tuple[int, int], gain: float,
                     read_noise: float) -> 'Header':
    """Return the header of one chip; `sizes` maps PRSCX, NX, OVSCX, PRSCY, NY, OVSCY to pixels, gain [e-/ADU], noise [e-]."""
    cards = {
        'EXTNAME': chip, 'BUNIT': 'adu', 'ORIGIN': 'ESO-PARANAL', 'MJD-OBS': modified_julian_date(exposure.start),
        'DATE-OBS': _iso(exposure.start), 'EXPTIME': exposure.seconds, **wcs_cards(exposure, chip, corner),
        'ESO DET CHIP1 ID': chip, 'ESO DET CHIP1 NX': sizes['NX'], 'ESO DET CHIP1 NY': sizes['NY'],
        'ESO DET CHIP1 PSZX': 15.0, 'ESO DET CHIP1 PSZY': 15.0,
        **{f'ESO DET OUT1 {name}': size for name, size in sizes.items()},
        'ESO DET OUT1 X': 1, 'ESO DET OUT1 Y': sizes['NY'] if chip in OVERSCAN_BELOW else 1,
        'ESO DET OUT1 CONAD': gain, 'ESO DET OUT1 GAIN': 1 / gain, 'ESO DET OUT1 RON': read_noise,
    }
    return _header(cards)


def _header(cards: Mapping[str, Any]) -> 'Header':
    """Return a header; ESO's keywords of several words are HIERARCH cards."""
    from astropy.io import fits
    return fits.Header([(f'HIERARCH {key}' if key.startswith('ESO ') else key, value) for key, value in cards.items()])
