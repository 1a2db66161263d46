"""A calibrated exposure: one file with the image without its sky, mask, variance, PSF, place on the sky and zero point."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData
from astropy.wcs import WCS

from awlike.context import context
from awlike.errors import HeaderError, NotFound, ParameterError
from awlike.fits.psf import read_psf
from awlike.frames.background_model import BackgroundModel
from awlike.frames.calibrated_exposure import CalibratedExposure
from awlike.frames.initial_sources import InitialSourceList
from awlike.frames.psf_model import PSFModel
from awlike.frames.science import ScienceFrame
from awlike.frames.weight import WeightFrame
from awlike.pixels.calibrated_exposure import exposure_mask, exposure_variance
from awlike.pixels.mask_flags import MaskFlag
from awlike.pixels.psf_photometry import Photometer, find_sources
from awlike.recipes.calibrated_exposure import CalibratedExposureTask
from awlike.tracing.explain import explain
from tests.frames.conftest import make
from tests.measured import INSTRUMENT, NO_DATA, SHAPE, distance
from tests.pixels.fields import GAIN, LEVEL, READ_NOISE
from tests.starfields import EXPTIME, magnitudes


@pytest.fixture
def path(measured, tmp_path):
    return measured.export(tmp_path / 'calexp.fits', calexp=True)


def test_the_file_has_science_mask_variance_psf_and_lineage(path):
    with fits.open(path, checksum=True) as hdus:
        assert [hdu.name for hdu in hdus] == ['PRIMARY', 'MASK', 'VARIANCE', 'PSF', 'PROVENANCE', 'MAKING']
        images = [hdu.data for hdu in hdus if hdu.is_image and hdu.header['NAXIS'] == 2 and hdu.data is not None]
        assert [image.shape for image in images[:3]] == [SHAPE] * 3


def test_the_sky_is_subtracted_and_the_noise_is_that_of_the_variance(path, field):
    image, mask, variance = (fits.getdata(path, number) for number in range(3))
    sky = mask == 0
    assert abs(np.median(image[sky])) < 1 and np.std(image[sky]) == pytest.approx(field.noise, rel=0.05)
    assert np.median(variance[sky]) == pytest.approx(field.noise ** 2, rel=0.05)
    usable = np.isfinite(variance) & (variance > 0)
    assert usable.sum() == usable.size - 1, 'all but the pixel without a value'
    brightest = np.unravel_index(np.nanargmax(image), image.shape)
    expected = field.noise ** 2 + image[brightest] / GAIN
    assert variance[brightest] == pytest.approx(expected, rel=0.05) and mask[brightest] & MaskFlag.DETECTED


def test_the_mask_names_its_bits(path, field):
    mask, header = fits.getdata(path, 1), fits.getheader(path, 1)
    assert {name: 1 << header[f'MP_{name}'] for name in MaskFlag.__members__} == {flag.name: int(flag) for flag in MaskFlag}
    assert mask[NO_DATA] == MaskFlag.NO_DATA and (mask & MaskFlag.NO_DATA > 0).sum() == 1
    inside = (field.x > 10) & (field.x < SHAPE[1] - 10) & (field.y > 10) & (field.y < SHAPE[0] - 10) & (field.snr > 20)
    there = mask[np.rint(field.y[inside]).astype(int), np.rint(field.x[inside]).astype(int)]
    assert (there & MaskFlag.DETECTED > 0).mean() > 0.97
    assert (mask[[0, -1]] & MaskFlag.EDGE).all() and not (mask[20:-20, 20:-20] & MaskFlag.EDGE).any()


def test_place_and_zero_point_are_in_the_header(path, measured):
    header = fits.getheader(path)
    assert header['CTYPE1'] == 'RA---TPV' and distance(WCS(header)) < 0.3
    assert header['MAGZERO'] == pytest.approx(measured.zero_point.value + 2.5 * np.log10(EXPTIME), abs=1e-6)
    assert header['MAGZPERR'] == pytest.approx(measured.zero_point.error) and header['FLUXMAG0'] == pytest.approx(
        10 ** (0.4 * header['MAGZERO']))
    assert header.comments['MAGZERO'].startswith('magnitude of a star of 1 ADU') and header['GAIN'] == pytest.approx(GAIN)
    assert (header['CLASS'], header['OBJECT'], header['BUNIT']) == ('CalibratedExposure', 'field', 'adu')


def test_with_nothing_but_the_file_stars_have_their_magnitudes(path, field):
    """PSF photometry by image, variance, PSF and zero point of the file alone."""
    image, variance, header = fits.getdata(path), fits.getdata(path, 'VARIANCE'), fits.getheader(path)
    good = np.isfinite(image).astype(np.uint8)
    bright = np.flatnonzero(field.snr > 100)
    found = find_sources(Photometer(image, variance, read_psf(path), good, None), field.x[bright], field.y[bright], rounds=0)
    magnitude = header['MAGZERO'] - 2.5 * np.log10(found.sources.values[:len(bright), 2] * header['APCORPSF'])
    assert np.median(np.abs(magnitude - magnitudes(field.flux[bright]))) < 0.02


def test_the_psf_of_the_file_is_that_of_the_frame(path, measured, tmp_path):
    for place in ((0, 0), (200.3, 411.7)):
        assert np.array_equal(read_psf(path).at(*place), measured.psf.psf().at(*place))
    fits.writeto(tmp_path / 'other.fits', np.zeros((3, 3)))
    with pytest.raises(HeaderError, match='no extension PSF'):
        read_psf(tmp_path / 'other.fits')


def test_the_file_explains_itself_and_a_changed_pixel_is_noted(path):
    explained = explain(path)
    assert explained.intact
    for name in ('ImportedScienceFrame', 'BackgroundModel', 'PSFModel', 'AstrometricParameters', 'PhotometricParameters',
                 'STARS'):
        assert name in str(explained), name
    with fits.open(path, mode='update') as hdus:
        hdus['VARIANCE'].data[3, 3] *= 2
    assert not explain(path).intact


def test_what_is_not_measured_says_how_to_measure_it(measured, tmp_path):
    context.update_is_valid(measured.psf, 0)
    with pytest.raises(NotFound, match=rf"SourceListTask\('{INSTRUMENT}', frames=\['{measured.filename}'\], commit=True\)"):
        measured.export(tmp_path / 'calexp.fits', calexp=True)
    assert not list(tmp_path.glob('*.fits'))


def test_nothing_is_kept_and_the_task_keeps_the_same(measured, path):
    assert not CalibratedExposure.select_all().exists()
    task = CalibratedExposureTask(INSTRUMENT, frames=[measured], commit=True)
    assert [step.cls for step in task.plan().to_make] == [CalibratedExposure], 'all else is there'
    task.execute()
    made, = task.products
    assert made.digest == explain(path).provenance.target.digest and distance(made.wcs) < 0.3
    assert made.variance.data.shape == SHAPE and not made.remarks()


def test_an_imported_frame_is_exported_as_a_reduced_one_is(measured, tmp_path):
    path = measured.export(tmp_path / 'frame.fits')
    ccd = CCDData.read(path)
    assert np.array_equal(ccd.data, measured.data, equal_nan=True) and ccd.mask.sum() == 1 and ccd.mask[NO_DATA]
    assert np.nanmedian(ccd.uncertainty.array) == pytest.approx(
        LEVEL / GAIN + (READ_NOISE / GAIN) ** 2, rel=0.05)
    assert distance(WCS(fits.getheader(path))) > 1, 'with the astrometry of its header, which its lineage explains'
    assert explain(path).intact and 'AstrometricParameters' not in str(explain(path))


def test_a_reduced_frame_has_the_bits_of_its_maps(chain, monkeypatch, caplog, tmp_path):
    parts = {'frame': chain.reduced, 'weight': chain.weight}
    background = make(BackgroundModel, **parts)
    initial = make(InitialSourceList, **parts, saturated=chain.saturated, background=background)
    psf = make(PSFModel, **parts, saturated=chain.saturated, background=background, initial_sources=initial)
    monkeypatch.setattr(ScienceFrame, 'psf', psf)
    path = chain.reduced.export(tmp_path / 'calexp.fits', calexp=True)
    mask = fits.getdata(path, 'MASK')
    for flag, found in ((MaskFlag.SAT, chain.saturated), (MaskFlag.CR, chain.cosmic), (MaskFlag.STREAK, chain.satellite)):
        assert np.array_equal(mask & flag > 0, found.data == 0), flag
    explained = (mask & (MaskFlag.SAT | MaskFlag.CR | MaskFlag.STREAK)) > 0
    assert np.array_equal(mask & MaskFlag.BAD > 0, (chain.weight.data == 0) & ~explained)
    header = fits.getheader(path)
    assert header['CTYPE1'] == 'RA---TAN' and 'MAGZERO' not in header and explain(path).intact
    made = CalibratedExposure.of(chain.reduced)
    said = 'its PSF misses MINIMUM_STARS', 'its place on the sky is that of the header of the frame', 'it has no zero point'
    assert tuple(made.remarks()) == said and all(one in caplog.text for one in said)
    assert isinstance(made.weight, WeightFrame)


def test_only_pixels_of_sources_have_photon_noise_beside_that_of_the_sky():
    image = np.array([[10, -10, np.nan], [100, -100, 100]], np.float32)
    sources = np.array([[0, 0, 1], [1, 1, 0]], bool)
    found = exposure_variance(image, np.full((2, 3), 4, np.float32), sources, 2.0)
    assert found.tolist() == [[4, 4, np.inf], [54, 4, 4]]


def test_small_images_are_all_edge():
    mask = exposure_mask(np.zeros((3, 3)), np.zeros((3, 3), bool), 4.0)
    assert (mask == MaskFlag.EDGE).all()


def test_its_parameters_can_be_changed_and_are_checked(measured, path, tmp_path):
    deeper = measured.export(tmp_path / 'deeper.fits', calexp=True, pars={'CalibratedExposure.THRESHOLD': 2.5})
    number = [int((fits.getdata(one, 1) & MaskFlag.DETECTED > 0).sum()) for one in (path, deeper)]
    assert number[1] > 1.2 * number[0]
    with pytest.raises(ParameterError, match='THRESHOLD'):
        measured.export(tmp_path / 'none.fits', calexp=True, pars={'CalibratedExposure.THRESHOLD': -1})
