"""The peer: source-extractor, and psfex, as programs on a field, where they are installed."""

import resource
import shutil
import subprocess

import numpy as np

COLUMNS = ('NUMBER', 'X_IMAGE', 'Y_IMAGE', 'XWIN_IMAGE', 'YWIN_IMAGE', 'FLUX_AUTO', 'FLUXERR_AUTO', 'FLUX_APER', 'FLUXERR_APER',
           'FLUX_RADIUS', 'A_IMAGE', 'B_IMAGE', 'THETA_IMAGE', 'ELONGATION', 'FWHM_IMAGE', 'FLAGS', 'CLASS_STAR')
FOR_PSFEX = ('X_IMAGE', 'Y_IMAGE', 'FLUX_RADIUS', 'FLUX_APER', 'FLUXERR_APER', 'ELONGATION', 'FLAGS', 'SNR_WIN',
             'VIGNET(35,35)')
# SPREAD_MODEL is the counterpart of EXTENDEDNESS, which the fit of awlike gives at the same time.
OF_PSF = ('X_IMAGE', 'Y_IMAGE', 'FLUX_PSF', 'FLUXERR_PSF', 'XPSF_IMAGE', 'YPSF_IMAGE', 'SPREAD_MODEL', 'SPREADERR_MODEL')
SETTINGS = {'DETECT_THRESH': 0.8, 'DETECT_MINAREA': 3, 'FILTER_NAME': '/usr/share/source-extractor/gauss_4.0_7x7.conv',
            'PHOT_APERTURES': 8, 'SATUR_LEVEL': 1e9, 'GAIN': 2.0, 'PIXEL_SCALE': 1, 'SEEING_FWHM': 3.74, 'BACK_SIZE': 64,
            'VERBOSE_TYPE': 'QUIET', 'CATALOG_TYPE': 'FITS_LDAC', 'STARNNW_NAME': '/usr/share/source-extractor/default.nnw'}


def is_here() -> bool:
    return shutil.which('source-extractor') is not None


def catalogue(path, folder, columns=COLUMNS, **settings):
    """Return the table that source-extractor makes of an image, and the CPU seconds it took."""
    from astropy.io import fits
    (folder / 'columns.param').write_text('\n'.join(columns) + '\n')
    (folder / 'empty.sex').write_text('')
    settings = SETTINGS | {'CATALOG_NAME': folder / 'catalogue.fits', 'PARAMETERS_NAME': folder / 'columns.param'} | settings
    options = [str(part) for key, value in settings.items() for part in (f'-{key}', value)]
    seconds = _run('source-extractor', path, '-c', folder / 'empty.sex', *options)
    with fits.open(settings['CATALOG_NAME']) as hdus:
        return np.array(hdus[2].data), seconds


def psf_catalogue(path, folder):
    """Return the PSF fluxes of source-extractor with psfex, and the CPU seconds of all three runs."""
    first = catalogue(path, folder, FOR_PSFEX, CATALOG_NAME=folder / 'stars.fits')[1]
    second = _run('psfex', folder / 'stars.fits', '-c', folder / 'empty.sex', '-PSFVAR_DEGREES', '2', '-CHECKPLOT_TYPE', 'NONE',
                  '-CHECKIMAGE_TYPE', 'NONE', '-VERBOSE_TYPE', 'QUIET', '-PSF_DIR', folder, '-WRITE_XML', 'N', '-NTHREADS', '1')
    table, third = catalogue(path, folder, OF_PSF, PSF_NAME=folder / 'stars.psf')
    return table, first + second + third


def _run(*command):
    """Run a program; return its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
