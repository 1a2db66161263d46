"""Mosaics: the detectors of an exposure in one file."""

import datetime

import numpy as np
import pytest
from astropy.io import fits

from awlike.context import context
from awlike.frames.mosaic import MosaicFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.ingest import ingest
from awlike.products.reduction_log import STEPS
from awlike.recipes.mosaic import MosaicTask
from awlike.simulate import simulate
from awlike.store import server
from awlike.tracing.explain import explain
from tests.conftest import home_in

CHIPS = 'ESO_CCD_#65', 'ESO_CCD_#66', 'ESO_CCD_#67'
FIRST = datetime.datetime(2012, 6, 1, 8, 51), datetime.datetime(2012, 6, 1, 8, 53)


@pytest.fixture(scope='module')
def night_folder(tmp_path_factory):
    """A simulated night of three chips."""
    folder = tmp_path_factory.mktemp('three')
    simulate(folder, chips=3, shape=(96, 64), seed=11)
    return folder


@pytest.fixture(scope='module')
def mosaic_home(tmp_path_factory, night_folder, on):
    """The folder of an awlike with the mosaic of the first exposure of that night, to be copied."""
    with home_in(tmp_path_factory.mktemp('mosaic') / 'awlike', on) as folder:
        assert not ingest(night_folder, how='refer').refused
        MosaicTask('OMEGACAM', frames=first_exposure(), commit=True).execute()
    return folder


def first_exposure():
    return list((RawScienceFrame.DATE_OBS > FIRST[0]) & (RawScienceFrame.DATE_OBS < FIRST[1]))


@pytest.fixture
def mosaic(home, mosaic_home, on):
    """The mosaic of the first exposure."""
    on.copy(mosaic_home, home)
    context.set_project('TEST')
    found, = MosaicFrame.select_all()
    return found


def test_a_mosaic_has_the_images_of_its_frames_in_the_order_of_detectors(mosaic):
    assert mosaic.chip is None and mosaic.filter.name == 'r_SDSS' and mosaic.EXPTIME == 360.0
    assert [frame.chip.name for frame in mosaic.frames] == list(mosaic.images) == list(CHIPS)
    for frame in mosaic.frames:
        np.testing.assert_array_equal(mosaic.images[frame.chip.name], frame.data)
    assert any(isinstance(one, RawBiasFrame) for one in mosaic.ancestors())
    with pytest.raises(KeyError, match='it has ESO_CCD_#65'):
        mosaic.images['ESO_CCD_#99']


def test_the_file_of_a_mosaic_has_an_extension_for_each_detector_and_its_tables(mosaic, tmp_path):
    path = mosaic.retrieve(tmp_path)
    with fits.open(path, checksum=True) as hdus:
        assert [hdu.name for hdu in hdus][:4] == ['PRIMARY', *(f'{chip}.SCI' for chip in CHIPS)]
        assert {'SKYLEVEL', 'ASSOCIATIONS', 'PROVENANCE', 'MAKING'} <= {hdu.name for hdu in hdus}
        hdus.verify('exception')
        for frame, hdu in zip(mosaic.frames, hdus[1:4], strict=True):
            assert hdu.data.dtype == np.dtype('>f4')
            np.testing.assert_array_equal(hdu.data, frame.data)
            assert hdu.header['CRPIX1'] == frame.astrom['CRPIX1'] and hdu.header['CRVAL1'] == frame.astrom['CRVAL1']
        header = hdus[0].header
        assert header['OBJECT'] == mosaic.OBJECT and header['EXPTIME'] == 360.0
        assert header['MJD-OBS'] == pytest.approx(mosaic.frames[0].raw.MJD_OBS) and 'MJD-OBS' not in hdus[1].header
        assert 'CRVAL1' not in header


def test_the_reduction_log_has_23_keys_in_order(mosaic, tmp_path):
    header = fits.getheader(mosaic.retrieve(tmp_path))
    keys = [key for key in header if key.startswith('_')]
    assert keys == list(STEPS) and len(keys) == 23
    assert header['_BIAS'] == header['_OVERSCN'] == header['_FLAT'] == 'successful'
    assert header['_FRINGE'] == header['_NONSDRL'] == header['_SOFTBIN'] == 'not selected'
    assert header['_DARK'] == 'no data'
    assert mosaic.reduction_log['_BIAS'] == 'successful'


def test_associations_name_each_file_once_a_step_and_are_never_cut(mosaic, tmp_path):
    table = fits.getdata(mosaic.retrieve(tmp_path), 'ASSOCIATIONS')
    assert table.names == ['correction', 'filename_full', 'filename']
    rows = [tuple(row) for row in table]
    assert len(set(rows)) == len(rows)
    raws = {row[1] for row in rows if row[0] == 'raw'}
    assert raws == {str(server().open_path(frame.raw.raw_fits.filename).resolve()) for frame in mosaic.frames}
    assert all(full.endswith(f'/{name}') for _, full, name in rows)
    assert len({row[2] for row in rows if row[0] == 'bias'}) == 3
    assert {'raw', 'bias', 'flat'} <= {row[0] for row in rows}


def test_long_names_of_associations_are_whole():
    from awlike.products.associations import Association, association_table
    long = '/' + 'deep/' * 200 + 'ü.fits'
    table = association_table([Association('bias', long, 'ü.fits')])
    assert len(table['filename_full'][0]) > 1000 and table['filename_full'][0].endswith(b'.fits')
    assert len(association_table([])) == 0


def test_a_mosaic_explains_itself_and_is_made_again_bit_by_bit(mosaic, tmp_path):
    assert mosaic.reproduce()
    path = mosaic.retrieve(tmp_path)
    explained = explain(path)
    assert 'its pixels are those of its digest' in str(explained)
    with fits.open(path, mode='update') as hdus:
        hdus[2].data[0, 0] += 1
    assert 'its pixels were changed' in str(explain(path))


@pytest.mark.slow
def test_a_mosaic_can_be_looked_at(mosaic, tmp_path, capsys):
    mosaic.inspect(filename=tmp_path / 'mosaic.png')
    assert (tmp_path / 'mosaic.png').stat().st_size > 10_000
    mosaic.info()
    said = capsys.readouterr().out
    assert 'SKYBG' in said and len(max(said.splitlines(), key=len)) < 400
    assert str(mosaic.images) == repr(mosaic.images) and CHIPS[0] in repr(mosaic.images)


def test_nothing_is_left_to_make(mosaic):
    assert not MosaicTask('OMEGACAM', frames=first_exposure(), commit=True).plan().to_make


def test_a_task_makes_a_mosaic_of_each_exposure(mosaic):
    plan = MosaicTask('OMEGACAM', commit=True).plan()
    assert len(plan.targets) == 5


def test_the_sky_is_that_of_all_detectors(mosaic):
    table = mosaic.sky.whole()
    assert set(table['OTA']) == {chip.encode() for chip in CHIPS} and mosaic.SKYSMPLS == len(table)
    assert mosaic.SKYBG == pytest.approx(np.median([np.median(image) for image in mosaic.images.values()]), rel=0.03)


def again(**pars):
    """The mosaic of the first exposure by these parameters."""
    task = MosaicTask('OMEGACAM', frames=first_exposure(), commit=True,
                      pars={f'MosaicFrame.{name}': value for name, value in pars.items()})
    task.execute()
    made, = task.products
    return made


def test_the_place_on_the_sky_follows_the_parameters(mosaic):
    moved = again(WCS_OFFSET_RA=0.01, WCS_OFFSET_DEC=-0.02, SIMPLE_WCS=True)
    for name, cards in moved.detectors.items():
        assert cards['CRVAL1'] - mosaic.detectors[name]['CRVAL1'] == pytest.approx(0.01, abs=1e-9)
        assert cards['CRVAL2'] - mosaic.detectors[name]['CRVAL2'] == pytest.approx(-0.02, abs=1e-9)
        assert cards['CTYPE1'] == 'RA---TAN'
    assert moved.frames == mosaic.frames


def test_a_mosaic_follows_a_moving_object(mosaic, tmp_path):
    made = again(NONSIDEREAL_RA=36.0, NONSIDEREAL_DEC=-18.0, NONSIDEREAL_MJD=mosaic.frames[0].raw.MJD_OBS - 0.125)
    for name, cards in made.detectors.items():
        assert (mosaic.detectors[name]['CRVAL2'] - cards['CRVAL2']) * 3600 == pytest.approx(-54, abs=1e-3)
    assert made.reduction_log['_NONSDRL'] == 'successful'
    with fits.open(made.retrieve(tmp_path)) as hdus:
        assert hdus[1].header['NSIDPMRA'] == 36.0 and hdus[0].header['_NONSDRL'] == 'successful'


def test_the_plan_says_why_a_mosaic_is_made_again(mosaic):
    pars = {'MosaicFrame.MASKED': True}
    step, = MosaicTask('OMEGACAM', frames=first_exposure(), commit=True, pars=pars).plan().targets
    assert step.reason == 'parameters differ' and 'MASKED' in step.detail
    masked = again(MASKED=True)
    for frame in masked.frames:
        lacking = ~np.isfinite(masked.images[frame.chip.name])
        assert lacking.any() and (lacking == ((frame.weight.data == 0) | ~np.isfinite(frame.data))).all()


def test_cards_of_people_and_values_for_gaps(mosaic, tmp_path):
    made = again(FITS_KEYS={'WIYN': 'greatest of the universe'}, UNDEFINED='-1e31', REQUESTED='_FRINGE _PHOTCAL',
                 FILES={'photcalib-reference': ['/data/stars.fits']})
    header = fits.getheader(made.retrieve(tmp_path))
    assert header['WIYN'] == 'greatest of the universe'
    assert header['_FRINGE'] == header['_PHOTCAL'] == 'failed'
    assert [one.filename for one in made.associations if one.correction == 'photcalib-reference'] == ['stars.fits']
    assert all(np.isfinite(image).all() for image in made.images.values())


def test_a_canned_distortion_of_one_detector_is_a_partial_failure(mosaic):
    model = {'CRVAL1': 0.0, 'CRVAL2': 0.0, 'CRPIX1': 5.0, 'CRPIX2': 6.0, 'PV1_1': 1.001, 'CD1_1': -6e-5, 'CD1_2': 0.0,
             'CD2_1': 0.0, 'CD2_2': 6e-5}
    made = again(WCS_DISTORTION={CHIPS[0]: model})
    assert made.detectors[CHIPS[0]]['CTYPE1'] == 'RA---TPV' and made.detectors[CHIPS[1]] == mosaic.detectors[CHIPS[1]]
    assert made.reduction_log['_WCSDIST'] == 'partially failed'


def test_a_broken_detector_is_left_out_and_told(mosaic, tmp_path):
    for bias in RawBiasFrame.chip.name == CHIPS[1]:
        context.update_is_valid(bias, 0)
    task = MosaicTask('OMEGACAM', frames=first_exposure(), commit=True)
    task.execute()
    made, = task.products
    assert list(made.images) == [CHIPS[0], CHIPS[2]]
    (name, why), = made.members_left_out.items()
    assert 'CCD_66' in name and 'bias' in why
    assert made.remarks() == [f'{name} is left out: {why}']
    header = fits.getheader(made.retrieve(tmp_path))
    assert header['AWE LACKS1 NAME'] == name and header['_BIAS'] == 'successful'
