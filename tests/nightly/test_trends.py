"""Trends: what is steady, drifts or jumped is told as it is, also among outliers, and what is noise is not told."""

import datetime
import json
from xml.etree import ElementTree

import numpy as np
import pytest

from awlike import context
from awlike.errors import NotFound, ParameterError
from awlike.frames.raw import RawBiasFrame, RawDomeFlatFrame
from awlike.nightly.changes import change
from awlike.persist.dataobject import Imstat
from tests import paper
from tests.cli.conftest import awe  # noqa: F401

START = datetime.datetime(2012, 1, 1, 6)


def dates(number, step=1.0):
    return [START + datetime.timedelta(days=step * n) for n in range(number)]


def noise(number, seed=1):
    return np.random.default_rng(seed).normal(0, 1, number)


def test_noise_is_no_change():
    said = [change(dates(60), 100 + noise(60, seed)).state for seed in range(200)]
    assert said.count('steady') >= 198


@pytest.mark.parametrize('slope', [0.05, -0.08])
def test_a_drift_is_measured(slope):
    found = change(dates(120), 100 + noise(120) + slope * np.arange(120))
    assert found.state == 'drifts' and found.by == pytest.approx(slope * 30.4375, rel=0.25)
    assert found.scatter == pytest.approx(1, rel=0.3)
    assert f'drifts by {found.by:+.3g} adu a month' in found.words('adu')


@pytest.mark.parametrize('height, cut', [(4, 40), (-6, 75), (5, 10)])
def test_a_jump_is_dated(height, cut):
    values = 100 + noise(90) + height * (np.arange(90) >= cut)
    found = change(dates(90), values)
    assert found.state == 'jumped' and found.by == pytest.approx(height, abs=0.8)
    assert abs((found.date - dates(90)[cut]).days) <= 1 and f'on {found.date:%Y-%m-%d}' in found.words()


def test_outliers_are_told_and_hide_nothing():
    values = 100 + noise(60) + 0.1 * np.arange(60)
    values[[7, 30]] = 1000, -1000
    found = change(dates(60), values)
    assert found.state == 'drifts' and set(found.outliers) == {7, 30} and '2 values stand out' in found.words()


@pytest.mark.parametrize('values, state', [
    ([], 'too few'), ([1.0] * 5, 'too few'), ([1.0] * 6, 'steady'),
    ([1.0] * 20, 'steady'), ([1.0] * 10 + [9.0] * 10, 'jumped'), ([0.1] * 10 + [0.2] * 10, 'jumped'),
    (list(range(20)), 'drifts')])
def test_values_without_noise(values, state):
    found = change(dates(len(values)), np.array(values, float))
    assert found.state == state and found.words()


def test_numbers_without_noise_are_exact():
    found = change(dates(20, 2.0), np.arange(20.0))
    assert found.by == pytest.approx(0.5 * 30.4375), 'a month has 30.4375 days'
    found = change(dates(7), np.array([1.3] * 4 + [9.3] * 3))
    assert (found.state, found.date, found.by) == ('jumped', dates(7)[4], pytest.approx(8.0)), 'three values tell a jump'


@pytest.mark.parametrize('values', [[204.0] * 5 + [205.0] * 5, [204.0, 204, 205, 204, 205, 205, 204, 205, 205, 205]])
def test_a_step_of_rounded_values_is_no_change(values):
    assert change(dates(10), np.array(values)).state == 'steady'
    assert change(dates(10), np.array([204.0] * 5 + [214.0] * 5)).state == 'jumped'


def test_values_of_one_date_are_no_drift():
    assert change([START] * 20, 100 + noise(20)).state == 'steady'


@pytest.fixture
def months(project):
    """Two chips: the bias level of one jumps, and the lamp fades."""
    file = paper.file()
    for number, chip in enumerate(('ESO_CCD_#65', 'ESO_CCD_#66')):
        level = 300 + noise(40, number) + (10 * number) * (np.arange(40) >= 20)
        light = 20000 * (1 - 0.002 * np.arange(40)) * (1 + 0.001 * noise(40, number + 5))
        place = {'raw_fits': file, 'chip': paper.chip(chip)}
        paper.insert(*[paper.raw(RawBiasFrame, DATE_OBS=date, imstat=Imstat(median=float(value)), **place)
                       for date, value in zip(dates(40, 3), level, strict=True)])
        paper.insert(*[paper.raw(RawDomeFlatFrame, filter=paper.filter('r_SDSS'), DATE_OBS=date, EXPTIME=10.0,
                                 imstat=Imstat(median=float(value)), **place)
                       for date, value in zip(dates(40, 3), light, strict=True)])


def test_trends_of_an_instrument(months):
    found = context.trends('OMEGACAM')
    told = {(one.quantity, one.filter, one.chip): one for one in found}
    assert set(told) == {('bias level', '', 'ESO_CCD_#65'), ('bias level', '', 'ESO_CCD_#66'),
                         ('flat level', 'r_SDSS', 'ESO_CCD_#65'), ('flat level', 'r_SDSS', 'ESO_CCD_#66')}
    jumped = told['bias level', '', 'ESO_CCD_#66'].change
    assert told['bias level', '', 'ESO_CCD_#65'].ok and jumped.state == 'jumped' and jumped.by == pytest.approx(10, abs=1)
    assert jumped.date == dates(40, 3)[20]
    lamp = told['flat level', 'r_SDSS', 'ESO_CCD_#65'].change
    assert lamp.state == 'drifts' and lamp.by == pytest.approx(-2000 * 0.002 / 3 * 30.4375, rel=0.1), 'per second'
    assert not found.ok and '3 change or exceed limits (bias level, flat level)' in str(found)
    assert len(found.table()) == 4


def test_limits_dates_chips_and_invalid_frames(months):
    bias = RawBiasFrame.select_all()[0]
    found, = context.trends('OMEGACAM', ['bias level'], chip='ESO_CCD_#65', limits={'bias level': (None, 290)})
    assert found.outside == 40 and not found.ok
    found, = context.trends('OMEGACAM', ['bias level'], chip='ESO_CCD_#66', dates='2012-01-01:2012-01-31')
    assert len(found.values) == 10 and found.ok, 'the first is of the night before'
    context.update_is_valid(bias, 0)
    assert sum(len(one.values) for one in context.trends('OMEGACAM', ['bias level'])) == 79
    for wrong in ({'quantities': ['biass level']}, {'limits': {'colour': (0, 1)}}, {'limits': {'gain': 'x'}}):
        with pytest.raises(ParameterError):
            context.trends('OMEGACAM', **wrong)
    with pytest.raises(NotFound):
        context.trends('OMEGA')


def test_the_picture_and_the_command(months, awe, tmp_path):  # noqa: F811
    drawn = context.trends('OMEGACAM').picture(tmp_path / 'a.svg')
    ElementTree.fromstring(drawn)
    assert drawn.count('<circle') == 160 and (tmp_path / 'a.svg').read_text() == drawn
    assert 'no values' in context.trends('OMEGACAM', ['gain']).picture()
    status, out, error = awe('trends', 'OMEGACAM', '--limit', 'bias level=..290', '--picture', tmp_path / 'b.svg')
    assert (status, error) == (1, '') and 'jumped by' in out and (tmp_path / 'b.svg').exists()
    status, out, _ = awe('trends', 'OMEGACAM', '--quantity', 'bias level', '--chip', 'ESO_CCD_#65', '--json')
    assert status == 0 and json.loads(out)['trends'][0]['change']['state'] == 'steady'
    assert awe('trends', 'OMEGACAM', '--limit', 'bias level')[0] == 2


def test_one_statement_for_each_quantity(months):
    with paper.statements() as sent:
        str(context.trends('OMEGACAM'))
    assert len(sent) <= 9
