"""Catalogues of frames of 2048 x 4100 beside source-extractor, and PSF fluxes beside source-extractor with psfex, in one run.

Completeness and purity are means of several fields, since one field has only some 120 stars in a bin; the first is timed.
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

SHAPE, APERTURE, SEEDS = (4100, 2048), 8.0, (7, 1, 2, 3)
FIELDS = {'5,000 stars, 3,000 galaxies': ({'stars': 5000, 'galaxies': 3000, 'faintest': 0.93}, (1.5, 0.55, 0.98, 0.98), 7),
          '40,000 stars': ({'stars': 40000}, (1.2, 0, 0.95, 0.97), 30)}


def rows():
    """The rows of the table, one after the other."""
    yield from _background(make_field(1, SHAPE, stars=200))
    for name, (content, goals, faster) in FIELDS.items():
        fields = [make_field(seed, SHAPE, **content) for seed in SEEDS]
        with TemporaryDirectory() as folder:
            paths = [Path(folder) / f'image{k}.fits' for k in range(len(fields))]
            for path, field in zip(paths, fields, strict=True):
                _write(path, field.image)
            yield from _catalogues(name, fields, paths, *goals)
            yield _psf_fluxes(name, fields[0], paths[0], faster)


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


def _catalogues(name, fields, paths, slower, faint, bright, pure):
    low, high = (9, 11) if faint else (10, 20)
    mine, first = seconds(_catalogue_of(fields[0]))
    tables = [first.table, *(_catalogue_of(field)().table for field in fields[1:])]
    shares = _shares(fields, [(table['X_PSF'], table['Y_PSF']) for table in tables], low, high)
    yield (f'{name}: complete at S/N 5 / {low}-{high} / pure', _told(shares),
           '' if not source_extractor.is_here() else f'source-extractor {_told(_peer_shares(fields, paths, low, high))}',
           f'>= {_told((faint, bright, pure))}', shares[0] >= faint and shares[1] >= bright and shares[2] >= pure)
    if source_extractor.is_here():
        theirs = min(source_extractor.catalogue(paths[0], paths[0].parent)[1] for _ in range(3))
        yield (f'{name}: catalogue', f'{mine:.2f} s', f'source-extractor {theirs:.2f} s', f'{mine / theirs:.2f} <= {slower}',
               mine <= slower * theirs)


def _catalogue_of(field):
    """Return the function that makes the catalogue of a field, whose PSF is known."""
    psf, _ = psf_of(*prepared(field))

    def ours():
        sky = measure_background(field.image)
        return catalogue(sky.subtracted(field.image), sky.variance_image(), psf, [APERTURE], gain=GAIN, measured_noise=True)

    return ours


def _peer_shares(fields, paths, low, high):
    tables = [source_extractor.catalogue(path, path.parent)[0] for path in paths]
    return _shares(fields, [(table['X_IMAGE'], table['Y_IMAGE']) for table in tables], low, high)


def _shares(fields, places, low, high):
    """Return completeness at S/N 5 and between two others, and purity, means of the fields; places count from 1."""
    return np.mean([(judge.completeness(field, x - 1, y - 1, 4.5, 5.5), judge.completeness(field, x - 1, y - 1, low, high),
                     judge.purity(field, x - 1, y - 1)) for field, (x, y) in zip(fields, places, strict=True)], axis=0)


def _told(shares):
    return ' / '.join(f'{share:.3f}' for share in shares)


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
