"""Source lists of a simulated night with a sky, and the truth about them: for tests and benchmarks."""

import datetime
import json

import numpy as np
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from scipy.ndimage import label

from awlike.frames.source_list import SourceList
from awlike.ingest import ingest, refcat
from awlike.recipes.source_list import SourceListTask
from awlike.simulate.truth import load_truth

EXPTIME = 360.0  # s, of a simulated science exposure
FAINTER, APART = 6.0, 15.0  # mag, pixels: a star is compared that has no neighbours of that kind


class Exposure:
    """The source list of an exposure, and the truth about it."""

    def __init__(self, sources, truth, sky):
        self.sources, self.zero_point = sources, truth['zero_point']
        wcs, table = WCS(fits.Header(truth['wcs'])), sources.sources.whole()
        x, y = wcs.all_world2pix(sky['ra'], sky['dec'], 0, quiet=True)
        apart = np.hypot(x[:, None] - (table['X_IMAGE'] - 1), y[:, None] - (table['Y_IMAGE'] - 1))
        nearest = apart.argmin(axis=1)
        same = np.flatnonzero((apart.min(axis=1) < 1.5) & (apart.argmin(axis=0)[nearest] == np.arange(len(x))))
        mag = np.asarray(sky['mag'])
        alone = np.array([((np.hypot(x - x[k], y - y[k]) < APART) & (mag < mag[k] + FAINTER)).sum() == 1 for k in same])
        kept = alone & np.asarray(sky['star'])[same] & (table['FLAGS'][nearest[same]] == 0)
        self.star, self.rows = same[kept], table[nearest[same[kept]]]
        self.x, self.y, self.mag = x[self.star], y[self.star], mag[self.star]
        self.ra, self.dec = (np.asarray(sky[name])[self.star] for name in ('ra', 'dec'))

    @property
    def off(self):
        """The zero point less the true one [mag]."""
        return self.sources.photom_params.zero_point - self.zero_point


def exposures_of(night):
    """Make the source lists of a simulated night in the current project; return an `Exposure` for each, in order of time."""
    truth, sky = json.loads((night / 'truth.json').read_text()), Table.read(night / 'sky.fits')
    starts = {one['filename']: datetime.datetime.fromisoformat(one['DATE_OBS']) for one in truth['files']}
    assert not ingest(night.glob('OMEGA*.fits'), how='refer').refused
    refcat.add('SIMULATED', night / 'reference.fits', ra='ra', dec='dec', ra_error='ra_error', dec_error='dec_error',
               pm_ra='pmra', pm_dec='pmdec', epoch='epoch', bands={'r': ('mag', 'mag_err')})
    SourceListTask(instrument='OMEGACAM', commit=True).execute()
    made = list(SourceList.select_all().order_by('DATE_OBS'))
    frames = sorted(truth['frames'], key=lambda frame: starts[frame['filename']])
    return [Exposure(one, frame, sky) for one, frame in zip(made, frames, strict=True)]


class Seen:
    """What an exposure of a simulated night shows, as far as it follows from the truth."""

    def __init__(self, folder, number, frame, shape):
        self.chip, sky = load_truth(folder)[frame['chip']], Table.read(folder / 'sky.fits')
        self.fwhm, self.zero_point, self.transparency = frame['fwhm'], frame['zero_point'], frame['transparency']
        self.airmass, self.gain, self._number = frame['airmass'], self.chip.gain, number
        axes = (1 - np.hypot(*frame['ellipticity'])) / (1 + np.hypot(*frame['ellipticity']))
        self.ellipticity = (1 - axes ** 2) / (1 + axes ** 2)
        self.sky = self.chip.sky[number] / self.gain
        self.noise = np.hypot(np.sqrt(self.sky / self.gain), self.chip.read_noise)
        core = np.hypot(self.fwhm, 2.3548 / np.sqrt(12)) / (2 * np.sqrt(2 ** (1 / 3) - 1))  # of a Moffat star of beta 3
        self.psf_area = np.pi * core ** 2 * 5 / 4
        self.depth = self._magnitude(5 * self.noise * np.sqrt(self.psf_area))
        x, y = WCS(fits.Header(frame['wcs'])).all_world2pix(sky['ra'], sky['dec'], 0, quiet=True)
        inside = (x > 0) & (x < shape[1] - 1) & (y > 0) & (y < shape[0] - 1)
        self._star, self._mag = np.asarray(sky['star'])[inside], np.asarray(sky['mag'])[inside]

    def _magnitude(self, adu):
        return self.zero_point - 2.5 * np.log10(adu / EXPTIME)

    def brighter_than_snr(self, snr):
        """The numbers of stars and galaxies whose light is that many times the noise of the sky under a star."""
        bright = self._mag < self._magnitude(snr * self.noise * np.sqrt(self.psf_area))
        return int((bright & self._star).sum()), int((bright & ~self._star).sum())

    @property
    def cosmic_rays(self):
        return label(self.chip.cosmics(self._number) > 0, structure=np.ones((3, 3)))[1]


def what_was_seen(folder, shape):
    """Return a `Seen` for each exposure of a simulated night of one chip, in order of time."""
    truth = json.loads((folder / 'truth.json').read_text())
    starts = {one['filename']: one['DATE_OBS'] for one in truth['files']}
    frames = sorted(truth['frames'], key=lambda frame: starts[frame['filename']])
    return [Seen(folder, number, frame, shape) for number, frame in enumerate(frames)]


def exposures_off(exposures):
    """Return how far the magnitudes of the same stars are off in each exposure, and those of each star: mag, and by errors."""
    number = 1 + max(one.star.max() for one in exposures)
    magnitudes, errors = np.full((2, len(exposures), number), np.nan)
    for k, one in enumerate(exposures):
        magnitudes[k, one.star], errors[k, one.star] = one.rows['MAG_PSF'], one.rows['MAGERR_PSF']
    seen = np.isfinite(magnitudes).all(axis=0)
    errors = errors[:, seen]
    off = magnitudes[:, seen] - np.average(magnitudes[:, seen], axis=0, weights=errors ** -2)
    return np.average(off, axis=1, weights=errors ** -2), off / np.hypot(errors, 0.002)
