"""Mosaics of the simulated ODI: what all detectors tell together, against the truth."""

import json

import numpy as np
import pytest
from astropy.io import fits

from awlike.context import context
from awlike.frames.fringe import FringeFrame
from awlike.frames.mosaic import MosaicFrame
from awlike.frames.pupil_ghost import PupilGhost
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.ingest import ingest
from awlike.ingest.pupil_ghosts import import_pupil_ghost
from awlike.pixels.fringe_vectors import contrasts, vectors_in
from awlike.pixels.pupil_ghost import ghost_at
from awlike.recipes.fringe import FringeTask
from awlike.recipes.mosaic import MosaicTask
from awlike.recipes.pupil_ghost import PupilGhostTask
from awlike.simulate.odi.detector import Ota
from awlike.simulate.odi.exposing import GHOST
from awlike.simulate.odi.focal_plane import Layout
from awlike.simulate.odi.night import simulate_odi
from tests.conftest import home_in

CHIPS = 'OTA33', 'OTA34'
FOR_FRINGES = {'FringeFrame.MINIMUM_NUMBER': 3, 'FringeFrame.MINIMUM_DITHER': 0.0, 'FringeFrame.GAIN_CORRECTION': 'header'}
PLAIN = {'ReducedScienceFrame.FRINGE_CORRECTION': False, 'ReducedScienceFrame.GAIN_CORRECTION': 'header'}


@pytest.fixture(scope='module')
def odi_folder(tmp_path_factory):
    """A simulated night of two OTAs."""
    folder = tmp_path_factory.mktemp('odi') / 'raw'
    simulate_odi(folder, chips=2, shape=(64, 64), seed=3)
    return folder


@pytest.fixture(scope='module')
def truth(odi_folder):
    return json.loads((odi_folder / 'truth.json').read_text())


@pytest.fixture(scope='module')
def odi_home(tmp_path_factory, odi_folder, on):
    """The folder of an awlike with the mosaics of that night, fringe frames and pupil ghost, to be copied."""
    with home_in(tmp_path_factory.mktemp('odi_home') / 'awlike', on) as folder:
        assert not ingest(sorted(odi_folder.rglob('*.fits')), how='refer').refused
        MosaicTask('ODI', commit=True, pars=PLAIN).execute()
        FringeTask('ODI', commit=True, pars=FOR_FRINGES).execute()
        PupilGhostTask('ODI', commit=True, pars=PLAIN | {'PupilGhost.STEP': 12.0, 'PupilGhost.ANGLES': 24}).execute()
    return folder


@pytest.fixture
def mosaics(home, odi_home, on):
    """The mosaics without corrections of all detectors together, in order of time."""
    on.copy(odi_home, home)
    context.set_project('TEST')
    return list(MosaicFrame.select_all().order_by('DATE_OBS'))


def first_with(**pars):
    """The mosaic of the first exposure by these parameters."""
    raws = list(RawScienceFrame.select_all().order_by('DATE_OBS'))
    task = MosaicTask('ODI', frames=[one for one in raws if one.exposure == raws[0].exposure], commit=True,
                      pars=PLAIN | FOR_FRINGES | {f'MosaicFrame.{name}': value for name, value in pars.items()})
    task.execute()
    made, = task.products
    return made


def test_exposures_of_odi_are_mosaics(mosaics, truth):
    assert len(mosaics) == 3
    first = mosaics[0]
    assert list(first.images) == list(CHIPS) and first.unit == 'electron'
    for name, image in first.images.items():
        gaps = ~np.isfinite(image)
        assert 0.005 < gaps.mean() < 0.5
        assert np.nanmedian(image) == pytest.approx(truth['sky_electrons'][name], rel=0.02)


def test_one_scale_takes_the_fringes_of_all_detectors_away(mosaics):
    made, before = first_with(FRINGES=True), mosaics[0]
    assert made.reduction_log['_FRINGE'] == 'successful' and before.reduction_log['_FRINGE'] == 'not selected'
    assert {one.correction for one in made.associations} >= {'fringemap', 'raw', 'bias'}
    assert made.FRNG_SCL == pytest.approx(made.SKYBG, rel=0.15)  # the pattern is that of a sky of 1
    for name in CHIPS:
        pattern = next(iter(FringeFrame.chip.name == name)).data
        vectors = vectors_in(pattern)
        strong, weak = (np.nanmedian(contrasts(one.images[name], vectors)) for one in (before, made))
        assert abs(weak) < 0.25 * strong


def test_fringes_are_not_subtracted_twice(mosaics):
    task = MosaicTask('ODI', commit=True, pars=FOR_FRINGES | {'MosaicFrame.FRINGES': True,
                                                              'ReducedScienceFrame.GAIN_CORRECTION': 'header'})
    with pytest.raises(Exception, match='subtracted already'):
        task.execute()
    assert not task.products


def test_one_scale_takes_the_ghost_away(mosaics):
    ghost, = PupilGhost.select_all()
    made, before = first_with(PUPIL_GHOST=ghost.filename), mosaics[0]
    assert made.reduction_log['_PGHOST'] == 'successful' and ghost in made.ancestors()
    assert {one.correction for one in made.associations} >= {'pupilghost'}
    assert made.PUPLGFAC == pytest.approx(made.SKYBG, rel=0.3)
    removed = before.images['OTA33'] - made.images['OTA33']
    assert 0 < np.nanmedian(removed) / made.SKYBG < 0.016  # the ghost is 0.008 of the sky where it is brightest
    assert np.nanmin(removed) >= -0.01  # e-, rounded


@pytest.mark.slow
def test_the_template_of_three_exposures_is_that_of_the_truth(project, tmp_path):
    simulate_odi(tmp_path / 'raw', chips=2, shape=(64, 64), seed=3, without=['fringes'])
    assert not ingest(sorted((tmp_path / 'raw').rglob('*.fits')), how='refer').refused
    PupilGhostTask('ODI', commit=True, pars=PLAIN | {'PupilGhost.STEP': 12.0}).execute()
    ghost, layout = next(iter(PupilGhost.select_all())), Layout((64, 64))
    rows, columns = layout.ota
    x, y = np.meshgrid(np.arange(20, columns, 20), np.arange(20, rows, 20))
    for name in CHIPS:
        left, below = layout.place(name)
        found = ghost_at(ghost.template(), x + left, y + below, 0.0)
        true = GHOST * Ota(name, layout, 3).ghost(0.0)[y, x]
        assert found.max() == pytest.approx(true.max(), rel=0.3), name
        assert np.sqrt(np.mean((found - true) ** 2)) < 0.002, name  # of the sky


def test_a_ghost_in_a_file_is_imported_once_and_serves(mosaics, tmp_path):
    y, x = np.mgrid[-900:901, -900:901]
    radius = np.hypot(x, y) / 530
    hdu = fits.PrimaryHDU((0.008 * np.exp(-0.5 * ((radius - 0.6) / 0.3) ** 2)).astype('f4'))
    hdu.writeto(tmp_path / 'ghost.fits')
    ghost = import_pupil_ghost(tmp_path / 'ghost.fits', 'ODI', 'odi_i')
    assert import_pupil_ghost(tmp_path / 'ghost.fits', 'ODI', 'odi_i') == ghost and ghost.filter.name == 'odi_i'
    made = first_with(PUPIL_GHOST=ghost.filename)
    assert made.reduction_log['_PGHOST'] == 'successful'
    assert [one.filename_full for one in made.associations if one.correction == 'pupilghost'] == [
        str(tmp_path / 'ghost.fits')]


def test_the_rotator_is_kept(mosaics, truth):
    angles = {one['OBSID']: one['rotator'] for one in truth['exposures']}
    for frame in ReducedScienceFrame.select_all():
        assert frame.rotator == pytest.approx(angles[frame.raw.exposure])
