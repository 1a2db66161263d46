"""The peer: a chip's night reduced with ccdproc, by its guide (CCD Data Reduction Guide, 2 to 5), and astroscrappy.

All that is made is written to FITS files with checksums by astropy, and has a sha256.
"""

import hashlib
import warnings

import numpy as np


class Night:
    """The exposures of one chip of a simulated night; `files` are the paths by kind, products go to `out`."""

    def __init__(self, files, chip, corner, shape, out):
        self.files, self.chip, self.out = files, chip, out
        (x0, y0), (ny, nx) = corner, shape
        self._light, self._overscan = np.s_[y0:y0 + ny, x0:x0 + nx], np.s_[:, x0 + nx:]
        warnings.simplefilter('ignore')

    def calibrations(self) -> None:
        """Make the master bias and the master flat."""
        import ccdproc
        from astropy.stats import mad_std
        robust = {'method': 'average', 'sigma_clip': True, 'sigma_clip_low_thresh': 5, 'sigma_clip_high_thresh': 5,
                  'sigma_clip_func': np.ma.median, 'sigma_clip_dev_func': mad_std, 'mem_limit': 350e6}
        self.bias = ccdproc.combine([self._counts(path)[0] for path in self.files['bias']], **robust)
        flats = [ccdproc.subtract_bias(self._counts(path)[0], self.bias)
                 for kind in ('domeflat', 'twilightflat') for path in self.files[kind]]
        self.flat = ccdproc.combine(flats, scale=lambda image: 1 / np.median(image), **robust)
        self._write('bias.fits', self.bias.data)
        self._write('flat.fits', self.flat.data)

    def reduce(self, path):
        """Reduce a science frame; gives it and the pixels that cosmic rays hit."""
        import ccdproc
        from astropy import units as u
        counts, saturated = self._counts(path)
        ccd = ccdproc.flat_correct(ccdproc.subtract_bias(counts, self.bias), self.flat)
        hits = ccdproc.cosmicray_lacosmic(ccd, sigclip=5, gain=2.5 * u.electron / u.adu, readnoise=5 * u.electron,
                                          gain_apply=False).mask
        usable = ~hits & ~saturated & (np.abs(self.flat.data - 1) < 0.25)
        self._write(f'reduced {path.name}', ccd.data)
        self._write(f'weight {path.name}', self.flat.data * usable)
        self._write(f'cosmic {path.name}', (~hits).astype(np.uint8))
        return ccd.data, hits

    def _counts(self, path):
        """Overscan subtracted and trimmed, and where it is saturated."""
        import ccdproc
        from astropy.io import fits
        from astropy.nddata import CCDData
        with fits.open(path) as hdus:
            raw = CCDData(hdus[self.chip].data, unit='adu')
        ccd = ccdproc.subtract_overscan(raw, overscan=raw[self._overscan], overscan_axis=1, median=True)
        return ccdproc.trim_image(ccd[self._light]), raw.data[self._light] >= 60000

    def _write(self, name, image):
        from astropy.io import fits
        image = image if image.dtype == np.uint8 else image.astype(np.float32)
        fits.PrimaryHDU(image).writeto(self.out / name, checksum=True)
        hashlib.sha256((self.out / name).read_bytes()).hexdigest()
