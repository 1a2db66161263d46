"""Science frames that were reduced elsewhere: taken in as roots of lineage, with what their archive knows of them."""

import datetime
import shutil

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from awlike.context import context
from awlike.errors import ParameterError, StoreError, UnknownAttribute
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.frames.raw import RawFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.science import ScienceFrame
from awlike.ingest import ingest
from awlike.tracing.fsck import fsck
from tests.cameras.test_described import PLAIN, REDUCED
from tests.ingest.conftest import PIXELS

SDSS = 'sdss-stripe82/input'

def imported(path, **options):
    report = ingest(path, **options)
    assert not report.refused, report
    frame, = report.ingested
    return frame


def refusal(path, **options):
    (_, reason), = ingest(path, **options).refused
    return reason


def test_the_pedestal_of_the_archive_is_subtracted_and_atomic_time_becomes_utc(project, corrected):
    frame = imported(corrected())
    assert np.array_equal(frame.data, PIXELS - 1000.0) and frame.UNIT == 'adu'
    assert frame.DATE_OBS == datetime.datetime(2003, 10, 19, 4, 43, 2, 680000), 'TAI was 32 s ahead of UTC in 2003'
    assert frame.AIRMASS == pytest.approx(1 / np.sin(np.radians(57.085946)))
    assert (frame.instrument.name, frame.chip.name, frame.filter.name) == ('SDSS', 'r4', 'r')
    assert np.allclose(frame.wcs.pixel_to_world_values(19.5, 14.5), [351.65, 0.1])
    assert frame.imstat.max == PIXELS.max() - 1000


def test_what_is_told_of_it_is_where_it_comes_from(project, corrected):
    frame = imported(corrected())
    facts = frame.facts()
    assert f'imported from {frame.original_name}' in facts.about and not facts.groups['parameters']
    assert str(frame.why()) == f'{frame} holds: it was imported from {frame.original_name}, and nothing speaks against it'
    context.update_is_valid(frame, 0)
    assert not frame.why().holds


def test_the_keys_of_the_archive_are_kept_and_can_be_queried(project, corrected):
    frame = imported(corrected('4192/40/corr/4/fpC-004192-r4-0300.fit'))
    assert frame.data_id == {'run': 4192, 'rerun': 40, 'camcol': 4, 'field': 300, 'filter': 'r'}
    keys = ImportedScienceFrame.data_id
    assert list((keys.run == 4192) & (keys.filter == 'r') & (keys.field > 299)) == [frame]
    assert len((keys.run == 6377) | (keys.camcol < 4)) == 0
    assert len(RawFrame.data_id.run == 4192) == 0 and 'camcol' in dir(keys)
    with pytest.raises(UnknownAttribute, match='camcl'):
        keys.camcl == 4  # noqa: B015


def test_a_renamed_file_has_the_keys_of_its_header_alone(project, corrected):
    assert imported(corrected('renamed.fits')).data_id == {'run': 4192, 'camcol': 4, 'filter': 'r'}


def test_a_path_that_contradicts_the_header_is_refused(project, corrected):
    reason = refusal(corrected('6377/40/corr/4/fpC-006377-r4-0300.fit'))
    assert reason == 'RUN = 4192, and the path says run 6377: correct the card, or put the file where it belongs'


@pytest.mark.parametrize(['run', 'filter_', 'camcol', 'gain', 'noise'], [
    (4192, 'r', 4, 4.76, 4.76 * 1.15), (1000, 'u', 2, 1.595, 1.595 * 3.55), (1200, 'u', 2, 1.825, 1.825 * 3.55),
    (1600, 'z', 5, 3.48, 3.48 * 1.45)])
def test_gain_and_read_noise_are_those_published(project, corrected, run, filter_, camcol, gain, noise):
    row = 'riuzg'.index(filter_) + 1
    frame = imported(corrected(f'fpC-{run:06}-{filter_}{camcol}-0300.fit', RUN=run, FILTER=filter_, CAMCOL=camcol,
                               CCDLOC=10 * row + camcol))
    assert (frame.GAIN, frame.READ_NOISE) == (pytest.approx(gain), pytest.approx(noise))


def test_the_gain_of_the_file_beside_it_goes_before_the_published(project, corrected):
    path = corrected('4192/40/corr/4/fpC-004192-r4-0300.fit')
    beside = path.parents[2] / 'calibChunks/4/tsField-004192-4-40-0300.fit'
    beside.parent.mkdir(parents=True)
    table = fits.BinTableHDU.from_columns([fits.Column('gain', '5E', array=[[1, 2, 3, 4, 5]]),
                                           fits.Column('dark_variance', '5E', array=[[1, 1, 4, 1, 1]])])
    table.writeto(beside)
    frame = imported(path)
    assert (frame.GAIN, frame.READ_NOISE) == (3, 6)


def test_a_gain_in_the_header_goes_before_both(project, corrected):
    assert imported(corrected(GAIN=2.5, RDNOISE=7.0)).GAIN == 2.5


@pytest.mark.parametrize(['changes', 'reason'], [
    ({'GAIN': -1.0}, 'GAIN = -1: the gain of a frame is positive; correct the card'),
    ({'BUNIT': 'nanomaggies'}, "BUNIT = 'nanomaggies': an imported science frame is in adu"),
    ({'FILTER': 'q'}, "FILTER = 'q' is no filter of SDSS"), ({'CCDLOC': 99}, 'is no chip of SDSS'),
    ({'CD1_1': 'abc'}, "CD1_1 = 'abc' is not a number")])
def test_what_cannot_be_right_is_refused(project, corrected, stored, changes, reason):
    assert reason in refusal(corrected(**changes))
    assert not stored() and len(ImportedScienceFrame.select_all()) == 0


def test_an_image_without_a_finite_pixel_is_refused(project, corrected):
    assert 'no finite pixel' in refusal(corrected(data=np.full((30, 40), np.nan, np.float32)))


def test_a_frame_that_is_known_is_not_taken_twice(project, corrected, tmp_path):
    first = imported(corrected())
    copy = tmp_path / 'again.fit'
    shutil.copy(tmp_path / 'fpC-004192-r4-0300.fit', copy)
    report = ingest(copy)
    assert [known for _, known in report.known] == [first] and not report.ingested
    assert 'known already, as fpC-004192-r4-0300.fit' in str(report)


def test_a_science_frame_of_any_camera_is_imported_on_request(project, home, tmp_path):
    (home / 'instruments').mkdir()
    (home / 'instruments/aspen.toml').write_text(PLAIN)
    header = fits.Header({'INSTRUME': 'AspenCG16', 'IMAGETYP': 'LIGHT', 'DATE-OBS': '2016-08-01T03:00:00', 'EXPTIME': 90.0,
                          'FILTER': 'r', 'PROCTYPE': 'InstCal', 'GAIN': 1.5, 'SATURATE': 60000.0})
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cd = ['RA---TAN', 'DEC--TAN'], [10, 20], [5, 6], np.eye(2) * 1e-4
    header.update(wcs.to_header())
    header.update({'PV1_1': 1.0, 'PV2_1': 1.0, 'PV1_7': 0.3})
    fits.writeto(tmp_path / 'a.fits', np.ones((8, 9), np.float32), header)
    assert 'no raw frame' in refusal(tmp_path / 'a.fits')
    frame = imported(tmp_path / 'a.fits', as_='ImportedScienceFrame')
    assert (frame.GAIN, frame.SATURATION, frame.EXPTIME) == (1.5, 60000.0, 90.0)
    assert frame.astrom['CTYPE1'] == 'RA---TPV' and frame.astrom['PV1_7'] == 0.3, 'as SCAMP writes it'
    header.update({'CTYPE1': 'RA---TPV', 'CTYPE2': 'DEC--TPV'})
    places = zip(frame.wcs.pixel_to_world_values(7, 1), WCS(header).pixel_to_world_values(7, 1), strict=True)
    assert all(found == pytest.approx(expected, abs=1e-12) for found, expected in places)


def test_facts_that_are_given_go_before_those_of_archive_and_header(project, corrected):
    path = corrected()
    asked = imported(path)
    frame = imported(path, facts={'gain': 2, 'saturation': 61000.0})
    assert asked.GAIN != 2 and (frame.GAIN, frame.SATURATION) == (2, 60000.0), 'above the pedestal'
    assert frame.READ_NOISE == asked.READ_NOISE and frame.digest != asked.digest
    assert ingest(path, facts={'gain': 2, 'saturation': 61000.0}).known[0][1] == frame


@pytest.mark.parametrize('facts', [{'gian': 2}, {'gain': 0}, {'gain': '2'}, {'gain': True}, {'gain': float('nan')}])
def test_facts_that_cannot_be_are_refused_before_anything_is_done(project, corrected, facts):
    with pytest.raises(ParameterError, match='gain'):
        ingest(corrected(), facts=facts)


def test_a_raw_frame_has_no_facts_given(project, write):
    assert 'this one is raw' in refusal(write(), facts={'gain': 2})


def test_a_camera_that_is_named_reads_files_whose_header_no_camera_claims(project, home, corrected):
    path = corrected(ORIGIN=None)
    assert 'unknown camera' in refusal(path)
    assert imported(path, instrument='SDSS').data_id['camcol'] == 4


def test_frames_of_a_described_archive_are_imported_unasked(project, home, tmp_path):
    (home / 'instruments').mkdir()
    (home / 'instruments/archive.toml').write_text(REDUCED)
    header = fits.Header({'INSTRUME': 'AspenCG16', 'DATE-OBS': '2016-08-01T03:00:00', 'EXPTIME': 90.0, 'FILTER': 'r',
                          'SOFTBIAS': 1000, 'RUN': 7, 'CHECKSUM': 'of another file', 'GAIN': 1.5})
    fits.writeto(tmp_path / 'fpC-000007-r4-0300.fit', PIXELS, header)
    frame = imported(tmp_path / 'fpC-000007-r4-0300.fit')
    assert type(frame) is ImportedScienceFrame and np.array_equal(frame.data, PIXELS - 1000.0)
    assert list((ImportedScienceFrame.data_id.run == 7) & (ImportedScienceFrame.data_id.field == 300)) == [frame]


def test_it_is_a_root_that_awlike_cannot_make_again(project, corrected, tmp_path, capsys):
    frame = imported(corrected())
    assert isinstance(frame, ScienceFrame) and not isinstance(frame, ReducedScienceFrame)
    assert not frame.ancestors() and frame.why() and list(ScienceFrame.filter.name == 'r') == [frame]
    with pytest.raises(StoreError, match=r'imported from fpC-004192-r4-0300\.fit'):
        frame.reproduce()
    frame.info()
    assert 'data_id          run 4192' in capsys.readouterr().out
    assert fits.getheader(frame.retrieve(tmp_path))['CD1_2'] == 1.1e-4
    assert not fsck()


def test_an_invalid_one_no_longer_holds(project, corrected):
    frame = imported(corrected())
    context.update_is_valid(frame, 0)
    assert 'invalid' in str(frame.why())


def test_the_frames_of_stripe_82(project, data):
    """Two epochs in three filters. The checksums of the later epoch are those of its raw frames."""
    report = ingest([data / SDSS / '4192/40/corr/4', data / SDSS / '6377/40/corr/4'])
    assert report.frames == {'ImportedScienceFrame': 6} and not report.refused
    frames = list((ImportedScienceFrame.data_id.filter == 'r').order_by('DATE_OBS'))
    assert [frame.data_id['run'] for frame in frames] == [4192, 6377]
    for frame in frames:
        assert 100 < frame.imstat.median < 200, 'the sky without SOFTBIAS'
        assert frame.GAIN == pytest.approx(4.76) and frame.READ_NOISE == pytest.approx(5.47, abs=0.01)
        # photon noise of the sky and read noise explain the noise of pixels between sources
        steps = np.diff(frame.data[:, ::2], axis=1)
        noise = np.std(steps[np.abs(steps) < 30]) / np.sqrt(2)
        expected = np.sqrt(frame.imstat.median / frame.GAIN + (frame.READ_NOISE / frame.GAIN)**2)
        assert noise == pytest.approx(expected, rel=0.05)
