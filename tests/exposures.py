"""Source lists of a simulated night with a sky, and the truth about them: for tests and benchmarks."""

import datetime
import json

import numpy as np
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from awlike.frames.source_list import SourceList
from awlike.ingest import ingest, refcat
from awlike.recipes.source_list import SourceListTask

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
