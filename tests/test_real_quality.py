"""Quality reports of real frames, held to what others measured: the photometric pipeline of SDSS, and stars by hand."""

import numpy as np
import pytest
from astropy.io import fits

from awlike.frames.quality_report import QualityReport
from awlike.ingest import ingest, refcat
from awlike.recipes.quality_report import QualityTask
from tests.conftest import DATA, home_in

pytestmark = pytest.mark.slow

STRIPE = DATA / 'sdss-stripe82'
RUNS = {'4192': '0300', '6377': '0399'}
BAND, EXPTIME = 'r', 53.907456  # s
_OF_BAND = 'ugriz'.index(BAND)


@pytest.fixture(scope='module')
def reports(tmp_path_factory, on):
    """The report of each run, and what the pipeline of SDSS tells of its field."""
    files = {run: STRIPE / f'input/{run}/40/corr/4/fpC-00{run}-{BAND}4-{field}.fit.gz' for run, field in RUNS.items()}
    if not all(path.exists() for path in files.values()):
        pytest.skip('no ../shared/data/sdss-stripe82')
    with home_in(tmp_path_factory.mktemp('sdss') / 'awlike', on):
        refcat.add('STRIPE82', STRIPE / 'ref_cat/stars.fits', ra='ra', dec='dec', bands={BAND: (BAND, f'{BAND}_err')})
        assert not ingest(list(files.values()), as_='ImportedScienceFrame').refused
        QualityTask('SDSS', commit=True).execute()
        made = {str(one.DATE_OBS.year): one for one in QualityReport.select_all()}
        yield [(made[year], _told(run)) for run, year in zip(RUNS, ('2003', '2006'), strict=True)]


def _told(run):
    path = STRIPE / f'input/{run}/40/calibChunks/4/tsField-00{run}-4-40-{RUNS[run]}.fit'
    row = fits.getdata(path, 1)[0]
    told = {name: float(row[name][_OF_BAND]) for name in ('sky', 'airmass', 'aa', 'kk')}
    return told | _width(fits.getdata(STRIPE / f'input/{run}/40/objcs/4/psField-00{run}-4-{RUNS[run]}.fit', 6)[0])


def _width(row):
    """FWHM [pixels] and effective area of the star that SDSS fitted: two Gaussians and a power law."""
    sigma1, sigma2, b, p0, beta, sigmap = (float(row[f'psf_{name}'][_OF_BAND]) for name in (
        'sigma1', 'sigma2', 'b', 'p0', 'beta', 'sigmap'))
    r = np.linspace(0, 20, 200_001)
    star = np.exp(-r ** 2 / 2 / sigma1 ** 2) + b * np.exp(-r ** 2 / 2 / sigma2 ** 2) \
        + p0 * (1 + r ** 2 / (beta * sigmap ** 2)) ** (-beta / 2)
    area = 2 * np.pi * r[1] * (star * r).sum() ** 2 / (star ** 2 * r).sum()
    return {'fwhm': 2 * r[np.argmax(star < star[0] / 2)], 'area': area}


def test_seeing_and_size_of_the_psf_are_those_of_sdss(reports):
    for report, told in reports:
        print('seeing', report.seeing, 'SDSS', told['fwhm'] * 0.396, 'area', report.psf_area, 'SDSS', told['area'])
        assert report.seeing == pytest.approx(told['fwhm'] * 0.396, rel=0.05)
        assert report.psf_area == pytest.approx(told['area'], rel=0.15)  # one of the fits of SDSS has no wings
        assert report.pixel_scale == pytest.approx(0.396, rel=0.003)


def test_zero_point_and_sky_are_those_of_sdss(reports):
    for report, told in reports:
        zero, sky = -told['aa'] - told['kk'] * told['airmass'], -2.5 * np.log10(told['sky'])
        print('zero point', report.zero_point, 'SDSS', zero, 'sky', report.sky_brightness, 'SDSS', sky)
        assert report.zero_point == pytest.approx(zero, abs=0.05)
        assert report.sky_brightness == pytest.approx(sky, abs=0.05)
        assert report.zenith_distance == pytest.approx(np.degrees(np.arccos(1 / told['airmass'])), abs=1)


def test_the_depth_is_that_of_the_noise(reports):
    for report, _ in reports:
        faintest = 5 * report.background_noise * np.sqrt(report.psf_area)
        assert report.depth == pytest.approx(report.zero_point - 2.5 * np.log10(faintest / EXPTIME), abs=0.05)
        print('depth', report.depth, 'stars', report.number_of_stars, 'galaxies', report.number_of_galaxies)
        assert 22 < report.depth < 23.5 and report.number_of_stars > 50 and report.number_of_galaxies > 50


def test_the_seeing_is_that_of_single_stars(reports):
    from astropy.modeling.fitting import TRFLSQFitter
    from astropy.modeling.models import Moffat2D
    for report, _ in reports:
        stars, image = report.psf_model.stars.whole(), report.frame.data - report.background_model.image()
        widths = []
        for star in np.sort(stars[stars['USED']], order='FLUX_PSF')[::-1][:15]:
            x, y = round(star['X_IMAGE'] - 1), round(star['Y_IMAGE'] - 1)
            stamp = image[y - 8:y + 9, x - 8:x + 9]
            rows, columns = np.mgrid[-8:9, -8:9]
            start = Moffat2D(stamp.max(), 0, 0, 2, 3)
            widths.append(TRFLSQFitter()(start, columns, rows, stamp).fwhm)
        print('seeing', report.seeing, 'of single stars', np.median(widths) * report.pixel_scale)
        assert report.seeing == pytest.approx(np.median(widths) * report.pixel_scale, rel=0.04)
