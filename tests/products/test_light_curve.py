"""Which points make a light curve, and what is drawn of them; tests of forced source lists have measured ones."""

import datetime

import pytest

from awlike.products.light_curve import LightCurve, _one_for_each_frame, _Point, _table

MADE = datetime.datetime(2026, 1, 1)


def point(flux=100.0, ra=10.0, frame='a.fits', made=0, MJD=56000.0, zero=25.0, error=1.0):
    return _Point(1, ra, 0.0, MJD + 2400000.5, flux, error, None, None, 0, MJD, zero, frame, 'r', frame, made,
                  MADE + datetime.timedelta(days=made))


@pytest.mark.parametrize('order', [1, -1])
def test_of_several_rows_of_a_frame_the_nearest_counts_then_the_last_made(order):
    rows = [point(1.0, ra=10.001, made=2), point(2.0, ra=10.0, made=0), point(3.0, ra=10.0, made=1)][::order]
    assert [one.FLUX_PSF for one in _one_for_each_frame(rows, (10.0, 0.0))] == [3.0]
    assert [one.FLUX_PSF for one in _one_for_each_frame(rows, None)] == [1.0]


def test_points_come_in_the_order_of_time():
    rows = [point(MJD=56002.0, frame='b.fits'), point(MJD=56001.0, frame='c.fits'), point(MJD=56002.0, frame='a.fits')]
    assert [one.frame for one in _one_for_each_frame(rows, None)] == ['c.fits', 'a.fits', 'b.fits']


@pytest.mark.parametrize(('fluxes', 'zero', 'what'), [
    ((100.0, 50.0), 25.0, 'MAG_PSF [mag]'), ((100.0, 2.0), 25.0, 'FLUX of zero point 30'),
    ((100.0, -5.0), 25.0, 'FLUX of zero point 30'), ((100.0, 2.0), None, 'MAG_PSF [mag, instrumental]')])
def test_faint_points_are_drawn_as_fluxes(fluxes, zero, what):
    curve = LightCurve('x', _table([point(flux, frame=f'{n}.fits', zero=zero) for n, flux in enumerate(fluxes)]))
    assert curve._curves()[2] == what
    if zero is not None:
        assert curve.table['FLUX'][0] == pytest.approx(100 * 10 ** 2) and curve.table['FLUXERR'][0] == pytest.approx(10 ** 2)
