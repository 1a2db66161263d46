"""Catalogues of frames of 2048 x 4100 beside source-extractor, and PSF fluxes beside source-extractor with psfex, in one run.

The time is that of the processor in all threads: the frames are read before, and what source-extractor reads is in its time.
Without the peer its columns are empty, and only completeness, purity and bias are judged.
"""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from awlike.pixels.aperture_correction import psf_correction
from awlike.pixels.background import measure_background
from awlike.pixels.detection import detect, gaussian_template, significance_image
from awlike.pixels.measurement import measure_sources
from awlike.pixels.psf_fit import fit_psf
from awlike.pixels.psf_photometry import Photometer, find_sources
from awlike.pixels.psf_stars import select_stars
from awlike.pixels.sources import catalogue
from tests.bench import judge, source_extractor
from tests.pixels.fields import FWHM, GAIN, make_field

SHAPE, APERTURE = (4100, 2048), 8.0
FIELDS = {'5,000 stars, 3,000 galaxies': ({'stars': 5000, 'galaxies': 3000, 'faintest': 0.93}, (1.5, 0.55, 0.98, 0.98), 7),
          '40,000 stars': ({'stars': 40000}, (1.2, 0, 0.95, 0.97), 30)}


def rows():
    """The rows of the table, one after the other."""
    yield from _background(make_field(1, SHAPE, stars=200))
    for name, (content, goals, faster) in FIELDS.items():
        field = make_field(7, SHAPE, **content)
        with TemporaryDirectory() as folder:
            path = Path(folder) / 'image.fits'
            _write(path, field.image)
            yield from _catalogue(name, field, path, *goals)
            yield _psf_fluxes(name, field, path, faster)


def seconds(work, runs=3):
    """Return the least processor time of some runs, and what the last returns; one run goes first."""
    result, times = work(), []
    for _ in range(runs):
        start = time.process_time()
        result = work()
        times.append(time.process_time() - start)
    return min(times), result


def prepared(field):
    """Return image and variance without the sky, which is measured beside what a first pass detects, and the first labels."""
    sky = measure_background(field.image)
    image = sky.subtracted(field.image)
    found = detect(significance_image(image, sky.variance_image(), gaussian_template(FWHM)), 4.6)
    beside = measure_background(image, found.labels == 0)
    return beside.subtracted(image), beside.variance_image(), found


def psf_of(image, variance, found):
    """Return the PSF, from all that was detected, and the stars."""
    table = measure_sources(image, variance, found, [APERTURE], gain=GAIN)
    return fit_psf(image, variance, found.labels, table, select_stars(table), gain=GAIN)


def _write(path, image):
    from astropy.io import fits
    fits.writeto(path, image)


def _background(field):
    def measured():
        sky = measure_background(field.image)
        return sky.subtracted(field.image), sky.noise_image()

    ours, _ = seconds(measured)
    try:
        import sep
    except ImportError:
        yield 'background and noise of 2048 x 4100', f'{ours:.3f} s', '', '', True
        return
    peer, _ = seconds(lambda: (lambda sky: (field.image - sky.back(), sky.rms()))(sep.Background(field.image)))
    yield ('background and noise of 2048 x 4100', f'{ours:.3f} s', f'sep {peer:.3f} s', f'{ours / peer:.2f} <= 0.8',
           ours <= 0.8 * peer)


def _catalogue(name, field, path, slower, faint, bright, pure):
    psf, _ = psf_of(*prepared(field))

    def ours():
        sky = measure_background(field.image)
        return catalogue(sky.subtracted(field.image), sky.variance_image(), psf, [APERTURE], gain=GAIN, measured_noise=True)

    mine, found = seconds(ours)
    places = found.table['X_PSF'] - 1, found.table['Y_PSF'] - 1
    low, high = (9, 11) if faint else (10, 20)
    shares = (judge.completeness(field, *places, 4.5, 5.5), judge.completeness(field, *places, low, high),
              judge.purity(field, *places))
    goal = f'{faint:.2f} / {bright:.2f} / {pure:.2f}'
    yield (f'{name}: complete at S/N 5 / {low}-{high} / pure', '{:.3f} / {:.3f} / {:.3f}'.format(*shares),
           '' if not source_extractor.is_here() else _peer_shares(field, path, low, high), f'>= {goal}',
           shares[0] >= faint and shares[1] >= bright and shares[2] >= pure)
    if source_extractor.is_here():
        theirs = min(source_extractor.catalogue(path, path.parent)[1] for _ in range(3))
        yield (f'{name}: catalogue', f'{mine:.2f} s', f'source-extractor {theirs:.2f} s', f'{mine / theirs:.2f} <= {slower}',
               mine <= slower * theirs)


def _peer_shares(field, path, low, high):
    table, _ = source_extractor.catalogue(path, path.parent)
    places = table['X_IMAGE'] - 1, table['Y_IMAGE'] - 1
    return (f'source-extractor {judge.completeness(field, *places, 4.5, 5.5):.3f} / '
            f'{judge.completeness(field, *places, low, high):.3f} / {judge.purity(field, *places):.3f}')


def _psf_fluxes(name, field, path, faster):
    """The whole way: sky, first pass, PSF, fluxes and their correction."""
    def ours():
        image, variance, first = prepared(field)
        psf, fits = psf_of(image, variance, first)
        found = find_sources(Photometer(image, variance, psf, gain=GAIN), first.x, first.y, measured_noise=True)
        return found, psf_correction(found, fits.index)

    mine, (found, correction) = seconds(ours, runs=2)
    x, y, flux = found.sources.values.T
    stars, index = judge.matched(field, x, y, 50, np.inf)
    bias = np.median(flux[index] * correction.factor / field.flux[stars]) - 1
    pulls = (flux[index] * correction.factor - field.flux[stars]) / np.sqrt(found.results[index, 0])
    width = (np.percentile(pulls, 84.13) - np.percentile(pulls, 15.87)) / 2
    what = f'{name}: PSF fluxes at S/N > 50, bias, width of pulls'
    if not source_extractor.is_here():
        return what, f'{mine:.1f} s, {bias:+.2%}, {width:.2f}', '', '<= 0.3 %', abs(bias) <= 0.003
    table, theirs = source_extractor.psf_catalogue(path, path.parent)
    stars, index = judge.matched(field, table['XPSF_IMAGE'] - 1, table['YPSF_IMAGE'] - 1, 50, np.inf)
    biased = np.median(table['FLUX_PSF'][index] / field.flux[stars]) - 1
    return (what, f'{mine:.1f} s, {bias:+.2%}, {width:.2f}', f'source-extractor and psfex {theirs:.0f} s, {biased:+.1%}',
            f'{theirs / mine:.0f}x >= {faster}x; <= 0.3 %', theirs >= faster * mine and abs(bias) <= 0.003)
