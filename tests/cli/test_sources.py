"""``awe sources`` and ``awe export``: sources by position, and files for other programs."""

import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from awlike.context import context
from awlike.errors import ParameterError
from awlike.frames.source_list import SourceList
from awlike.sky.angles import typed_angle
from awlike.sky.sphere import separation
from tests import catalogues
from tests.measured import INSTRUMENT, SHAPE
from tests.paper import filter as filter_named

PLACE = 153.055, -20.1667


@pytest.fixture
def lists(project):
    """Two lists of the same field in two filters, and their columns."""
    rows = [catalogues.columns(*catalogues.spread(300, *PLACE, .05, seed), seed=seed) for seed in (1, 2)]
    made = [catalogues.inserted(one, filter=filter_named(name)) for one, name in zip(rows, ('r_SDSS', 'g_SDSS'), strict=True)]
    return made, rows


def found(awe, *words):
    status, printed, said = awe('sources', 'cone', *words, '--json')
    assert status == 0, said
    return json.loads(printed)


def test_the_nearest_come_first_with_list_and_frame(awe, lists):
    made, rows = lists
    shown = found(awe, '153.055', '-20.1667', '1arcmin', '--limit', '1000')
    distance = np.concatenate([3600 * separation(one['RA'], one['DEC'], *PLACE) for one in rows])
    assert [one['distance'] for one in shown] == pytest.approx(sorted(distance[distance < 60]), abs=1e-3) and len(shown) > 5
    assert {one['list'] for one in shown} == {one.filename for one in made} and shown[0]['frame'] is None
    assert {one['filter'] for one in shown} == {'r_SDSS', 'g_SDSS'}


def test_places_are_typed_as_astronomers_write_them(awe, lists):
    shown = [found(awe, *place, '--limit', '3') for place in (
        ('153.055', '-20.1667', '0.0166666667'), ('10:12:13.2', '-20:10:00.12', '1arcmin'),
        ('10h12m13.2s', '-20d10m0.12s', '60arcsec'), ('10 12 13.2', '-20 10 0.12', "1'"))]
    assert [[one['SID'] for one in each] for each in shown] == [[one['SID'] for one in shown[0]]] * 4


def test_sources_are_narrowed_by_filter_project_and_limit(awe, lists):
    made, _ = lists
    assert {one['filter'] for one in found(awe, *map(str, PLACE), '0.1', '--filter', 'g_SDSS')} == {'g_SDSS'}
    assert len(found(awe, *map(str, PLACE), '0.1', '--project', 'TEST')) == 100
    status, printed, said = awe('sources', 'cone', *map(str, PLACE), '0.1', '--limit', '2')
    assert status == 0 and len(printed.splitlines()) == 3 and '600 sources, the nearest 2 are shown' in said
    context.set_project('TEST')
    context.update_is_valid(made[0], 0)
    assert {one['list'] for one in found(awe, *map(str, PLACE), '0.1', '--valid')} == {made[1].filename}
    assert found(awe, '10', '10', '0.1') == []


@pytest.mark.parametrize(['words', 'said'], [
    (('x', '-20', '1'), "the right ascension 'x' is no angle"), (('10', '-95', '1'), 'beyond a pole'),
    (('10', '-20', '1parsec'), "the radius '1parsec' is no angle"), (('10', '-20', '-1'), 'is no radius'),
    (('10', '-20', '1', '--project', 'NOWHERE'), 'NOWHERE')])
def test_what_is_no_place_is_refused_in_a_line(awe, project, words, said):
    status, _, told = awe('sources', 'cone', *words)
    assert status == 2 and said in told and 'Traceback' not in told


def test_a_wrong_option_is_no_place(awe, project):
    assert awe('sources', 'cone', '10', '-20', '1', '--flter', 'r')[0] == 2


def test_hours_are_for_right_ascensions_alone():
    assert typed_angle('10:00:00', '', True) == pytest.approx(150) and typed_angle('10:00:00', '') == pytest.approx(10)
    assert typed_angle('-0:30:00', '') == pytest.approx(-.5) and typed_angle(' +1e1 ', '', True) == 10
    with pytest.raises(ParameterError, match='no angle'):
        typed_angle('', 'it')


# --- export ---


def test_frames_and_catalogues_are_exported(awe, measured, tmp_path):
    name, sources = measured.filename, SourceList.select_all()[0]
    assert awe('export', name, tmp_path / 'a.fits')[:2] == (0, f'{tmp_path / "a.fits"}\n')
    assert awe('export', '--calexp', name, tmp_path / 'c.fits')[0] == 0
    with fits.open(tmp_path / 'c.fits') as hdus:
        assert [hdu.shape for hdu in hdus[:3]] == [SHAPE] * 3 and hdus[3].name == 'PSF'
    assert 'PSFModel' in awe('explain', tmp_path / 'c.fits')[1]
    assert awe('export', sources.filename, tmp_path / 's.vot', '--table', 'sky')[0] == 0
    assert len(Table.read(tmp_path / 's.vot')) == len(sources.sky)


def test_what_is_not_exported_is_told(awe, measured, tmp_path):
    background = measured.psf.background
    status, _, said = awe('export', background.filename, tmp_path / 'b.fits')
    assert status == 2 and 'awe retrieve copies its file' in said
    status, _, said = awe('export', measured.filename, tmp_path / 'b.fits', '--table', 'sky')
    assert status == 2 and '--table: ' in said
    context.set_project('TEST')
    context.update_is_valid(measured.psf, 0)
    status, _, said = awe('export', '--calexp', measured.filename, tmp_path / 'b.fits')
    assert status == 2 and f'awe run SourceList --instrument {INSTRUMENT} --frame {measured.filename} --commit' in said
