"""Sources of a real night: from raw frames to positions and fluxes that agree between exposures.

The headers have a SCAMP solution (TPV) of each frame against Gaia; no reference catalogue is needed.
"""

import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from awlike.frames.source_list import SourceList
from awlike.ingest import ingest
from awlike.recipes.source_list import SourceListTask
from tests.conftest import DATA, home_in

pytestmark = pytest.mark.slow

NIGHT = DATA / 'lowell-42in'
APERTURE = 1  # of FLUX_APER: 12 pixels wide
RATIOS = {'0150': 0.987, '0170': 0.967, '0190': 0.887}  # to 0134, in a fixed circle of about that width: seeing is in them


@pytest.fixture(scope='module')
def lists(tmp_path_factory, on):
    """The source lists by number of the frame."""
    science = [path for path in sorted((NIGHT / '5945').glob('*.fits')) if path.stem[-4:] in ('0134', *RATIOS)]
    if not science:
        pytest.skip('no ../shared/data/lowell-42in')
    with home_in(tmp_path_factory.mktemp('real') / 'awlike', on):
        report = ingest([*sorted((NIGHT / 'zero').glob('*.fits'))[:5], *sorted((NIGHT / 'flat').glob('*.fits')), *science],
                        how='refer')
        assert not report.refused
        SourceListTask('NASA42', commit=True).execute()
        made = list(SourceList.select_all().order_by('DATE_OBS'))
        yield {path.stem[-4:]: one for path, one in zip(science, made, strict=True)}


def common(first, second, snr=50):
    """Return the rows of the same bright stars in two lists."""
    one, other = (sources.to_table() for sources in (first, second))
    index, apart, _ = SkyCoord(one['RA'], one['DEC']).match_to_catalog_sky(SkyCoord(other['RA'], other['DEC']))
    other = other[index]
    kept = (apart.arcsec < 1) & (one['EXTENDEDNESS'] < 0.5)
    for table in (one, other):
        kept &= (table['FLAGS'] == 0) & (table['FLUX_PSF'] > snr * table['FLUXERR_PSF'])
    return one[kept], other[kept]


def scatter(values):
    return float(1.4826 * np.median(np.abs(values - np.median(values))))


def test_each_list_is_good_and_says_that_there_was_no_catalogue(lists):
    for sources in lists.values():
        assert not sources.quality_flags and sources.number_of_sources > 1500
        assert sources.psf.number_of_stars > 100 and abs(sources.psf.check_residual) < 0.01
        told = str(sources.facts())
        assert 'RA and DEC are by the header' in told and 'magnitudes are instrumental' in told


def test_positions_agree_to_80_mas_by_the_solutions_of_the_headers(lists):
    one, other = common(lists['0134'], lists['0150'])
    off = 3600 * np.array([(other['RA'] - one['RA']) * np.cos(np.radians(one['DEC'])), other['DEC'] - one['DEC']])
    assert len(one) > 150 and np.abs(np.median(off, axis=1)).max() < 0.06
    assert max(scatter(axis) for axis in off) < 0.08


@pytest.mark.parametrize('number', RATIOS)
def test_fluxes_have_the_ratios_of_the_night(lists, number):
    if number not in lists:
        pytest.skip(f'{number} is not among the data')
    first, second = lists['0134'], lists[number]
    one, other = common(first, second)
    factors = [sources.aperture_correction.factors_aper[APERTURE] for sources in (first, second)]
    ratio = np.median(other['FLUX_APER'][:, APERTURE] / one['FLUX_APER'][:, APERTURE]) * factors[0] / factors[1]
    assert ratio == pytest.approx(RATIOS[number], abs=0.006)


def test_total_fluxes_tell_the_extinction_and_nothing_of_the_seeing(lists):
    first, last = lists['0134'], lists['0190']
    assert last.psf.fwhm > 1.5 * first.psf.fwhm
    one, other = common(first, last)
    ratios = [np.median(other[name] / one[name]) for name in ('FLUX_PSF', 'FLUX_AUTO')]
    ratios += [np.median(other['FLUX_APER'][:, k] / one['FLUX_APER'][:, k]) for k in range(3)]
    assert np.ptp(ratios) < 0.015
    extinction = -2.5 * np.log10(ratios[0]) / (last.frame.AIRMASS - first.frame.AIRMASS)
    assert 0.08 < extinction < 0.2, 'mag an airmass, in the V and R of a clear night'
