"""Frames of a field of known stars and galaxies, reduced as by somebody else, and reference catalogues of them."""

import numpy as np
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from awlike.ingest import ingest, refcat
from tests.pixels.fields import GAIN, READ_NOISE

SCALE, EXPTIME, ZERO_POINT = 0.5, 100.0, 24.0  # arcsec/pixel, s, magnitude of 1 ADU/s
PLACE = 150.0, 2.0  # deg: of the middle of the frame
OFF = 25.0, -15.0  # arcsec: from where the frame is to where its header has it
REFERENCE_ERROR, FAINTEST = 0.02, 15.0  # arcsec along an axis; S/N of the faintest star in the catalogue
CARDS = {'LCAMMOD': 'nasa42', 'DETECTOR': 'E2V CCD-231 4096x4112', 'IMAGETYP': 'OBJECT', 'FILTNAME': 'R',
         'UTC-OBS': '03:08:43.48', 'DATE-OBS': '2019-03-26', 'EXPTIME': EXPTIME, 'OBJECT': 'field', 'AIRMASS': 1.02,
         'GAIN': GAIN, 'RDNOISE': READ_NOISE}


def true_wcs(shape, place=PLACE):
    """Return where the pixels of a frame are: north up, east left, turned by half a degree."""
    wcs, angle = WCS(naxis=2), np.radians(0.5)
    wcs.wcs.ctype, wcs.wcs.crval = ['RA---TAN', 'DEC--TAN'], place
    wcs.wcs.crpix = [(shape[1] + 1) / 2, (shape[0] + 1) / 2]
    wcs.wcs.cd = SCALE / 3600 * np.array([[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return wcs


def header_cards(shape, off=OFF, place=PLACE):
    """Return what a header says of the place: off [arcsec] and not turned."""
    return {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': place[0] + off[0] / 3600 / np.cos(np.radians(place[1])),
            'CRVAL2': place[1] + off[1] / 3600, 'CRPIX1': (shape[1] + 1) / 2, 'CRPIX2': (shape[0] + 1) / 2,
            'CD1_1': -SCALE / 3600, 'CD1_2': 0.0, 'CD2_1': 0.0, 'CD2_2': SCALE / 3600}


def science_frame(path, image, astrometry=None, **changes):
    """Write an image and import it; `changes` are cards, None leaves one out. Returns the `ImportedScienceFrame`."""
    cards = CARDS | (header_cards(image.shape) if astrometry is None else astrometry) | {
        key.replace('_', '-') if key in ('UTC_OBS', 'DATE_OBS') else key: one for key, one in changes.items()}
    fits.writeto(path, np.asarray(image, np.float32), fits.Header({key: one for key, one in cards.items() if one is not None}))
    report = ingest(path, as_='ImportedScienceFrame')
    assert not report.refused, report
    frame, = report.ingested
    return frame


def reference(field, path, name='REFERENCE', seed=3, missing=0.2, foreign=40, place=PLACE, error=0.01):
    """Add the stars of a field as a reference catalogue, without some of them and with foreign ones."""
    rng, wcs = np.random.default_rng(seed), true_wcs(field.image.shape, place)
    known = np.flatnonzero(~field.galaxy & (field.snr > FAINTEST) & (rng.uniform(size=field.x.size) > missing))
    sides = np.array(field.image.shape[::-1])
    x, y = np.concatenate([np.array([field.x[known], field.y[known]]).T, rng.uniform(-0.3, 1.3, (foreign, 2)) * sides]).T
    ra, dec = wcs.pixel_to_world_values(x, y)
    magnitude = np.concatenate([magnitudes(field.flux[known]), rng.uniform(15, 20, foreign)])
    Table({'ra': ra + rng.normal(0, REFERENCE_ERROR, ra.size) / 3600 / np.cos(np.radians(dec)),
           'dec': dec + rng.normal(0, REFERENCE_ERROR, ra.size) / 3600, 'e': np.full(ra.size, 1000 * REFERENCE_ERROR),
           'r': magnitude + rng.normal(0, error, ra.size), 'r_err': np.full(ra.size, error)}).write(path)
    return refcat.add(name, path, ra='ra', dec='dec', bands={'R': ('r', 'r_err')}, ra_error='e', dec_error='e')


def magnitudes(flux):
    """Return the true magnitudes of fluxes, ADU."""
    return ZERO_POINT - 2.5 * np.log10(flux / EXPTIME)


def matched(field, x, y, radius=1.5):
    """Return objects of a field, and the sources at x, y [pixels from 0] that they are, each nearest to the other."""
    apart = np.hypot(field.x[:, None] - x, field.y[:, None] - y)
    nearest, of_sources = apart.argmin(axis=1), apart.argmin(axis=0)
    found = np.flatnonzero((apart.min(axis=1) < radius) & (of_sources[nearest] == np.arange(len(nearest))))
    return found, nearest[found]


def isolated(field, radius=15.0, ratio=0.003):
    """Return which objects of a field have no other within `radius` pixels that is brighter than `ratio` of them."""
    apart = np.hypot(field.x[:, None] - field.x, field.y[:, None] - field.y)
    near = (apart < radius) & (field.flux > ratio * field.flux[:, None])
    return near.sum(axis=1) == 1


def width(values):
    """Return the standard deviation by the middle 68 percent."""
    return float(np.diff(np.percentile(values, [15.87, 84.13]))[0] / 2)
