"""ODI: cells as amplifiers, gaps and lost cells, exposures in folders; reduced frames beside the truth."""

import gzip
import json

import numpy as np
import pytest
from astropy.io import fits

from awlike.cameras.known import camera, recognise
from awlike.cameras.reading import read_raw
from awlike.context import context
from awlike.errors import HeaderError
from awlike.fits.images import read_tiles
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.ingest import ingest
from awlike.instruments.odi import BROKEN, CELLS, CHIPS, corner, gaps, sections
from awlike.pixels.amplifiers import light_sensitive, relative_gains, unread_pixels
from awlike.pixels.geometry import Geometry
from awlike.pixels.overscan import subtract_overscan
from awlike.products.raw import tiles_of
from awlike.recipes.reduced import ReduceTask
from awlike.simulate import simulate
from awlike.simulate.odi import otas_of

CELL, SHAPE = (32, 36), (263, 302)
GUIDING = 'xy52'


@pytest.fixture(scope='module')
def night(tmp_path_factory):
    folder = tmp_path_factory.mktemp('odi')
    simulate(folder, 'ODI', 2, CELL, 3)
    return folder


def files(night, folder='science', ota='34'):
    return sorted(night.glob(f'{folder}/o*/*.{ota}.fits'))


@pytest.fixture
def changed(night, tmp_path):
    """A copy of a science file of OTA34 after a change of its HDUs."""

    def changed(change):
        with fits.open(files(night)[0]) as hdus:
            change(hdus)
            hdus.writeto(tmp_path / 'changed.fits')
        return tmp_path / 'changed.fits'

    return changed


def test_real_sizes():
    """Of the data sheet: cells of 494 x 480 pixels, streets of 11 and 28; xy00 lies at the upper left."""
    assert sections((494, 550)) == (480, (500, 550)) and sections((247, 277)) == (240, (260, 277))
    assert corner(0, 7, (494, 480)) == (0, 0) and corner(7, 0, (494, 480)) == (7 * 508, 7 * 505)
    assert gaps((48, 48)) == (1, 3) and len(CHIPS) == 13 and len(CELLS) == 64
    assert all(cell in CELLS for cells in BROKEN.values() for cell in cells) and len(BROKEN['OTA00']) == 8


def test_a_file_is_an_ota_of_64_amplifiers(night):
    raw = read_raw(files(night)[0])
    facts, = raw.frames
    assert (raw.instrument, facts.kind, facts.chip, facts.filter) == ('ODI', 'science', 'OTA34', 'odi_i')
    assert (facts.exposure, facts.rotator, facts.EXPTIME) == ('20130102T040000.0', -20.0, 120.0)
    assert facts.setup == {'BINNING': '1'} and [one['name'] for one in facts.amplifiers] == [*CELLS]
    assert facts.shape == (8 * 32, 8 * 41)
    assert {one['name']: one['unused'] for one in facts.amplifiers if 'unused' in one} == {
        'xy17': 'broken', 'xy31': 'broken', GUIDING: 'guiding'}
    bias, = read_raw(files(night, 'bias')[0]).frames
    assert [one['name'] for one in bias.amplifiers if 'unused' in one] == ['xy17', 'xy31'] and bias.filter is None


def test_the_assembled_ota_has_gaps_and_holes(night):
    facts, = read_raw(files(night)[0]).frames
    geometry = Geometry.from_fits(facts.amplifiers)
    assert geometry.shape == SHAPE and len(geometry.amplifiers) == 61 and set(geometry.unused) == {'xy17', 'xy31', GUIDING}
    image = subtract_overscan(read_tiles(files(night)[0], tiles_of(facts.extension, facts.amplifiers)), geometry, 2)
    unread = unread_pixels(geometry)
    assert np.array_equal(np.isnan(image), unread) and unread.sum() == image.size - 61 * 32 * 36
    x, y = corner(5, 2, CELL)
    assert unread[y:y + 32, x:x + 36].all() and not unread[:32, :36].any()
    assert np.nanmedian(image) * geometry.mean_gain == pytest.approx(3000, rel=0.02)


def test_no_cell_moves_where_others_are_lost(night):
    """A corner without cells leaves shape, places and scale of the others as they are."""
    facts, = read_raw(files(night)[0]).frames
    whole = Geometry.from_fits(facts.amplifiers)
    lost = [one | ({'unused': 'broken'} if one['name'].startswith(('xy0', 'xy7')) or one['name'].endswith('7') else {})
            for one in facts.amplifiers]
    fewer = Geometry.from_fits(lost)
    one, two = ({amplifier.name: (amplifier.place, scale) for amplifier, scale
                 in zip(geometry.amplifiers, relative_gains(geometry), strict=True)} for geometry in (fewer, whole))
    assert fewer.shape == whole.shape and one.items() < two.items() and len(one) < 50


def test_the_astrometry_is_that_of_a_cell_that_shows_the_sky(night, changed):
    """The first cell may guide: the frame lies at the same place."""
    def guide_by_the_first(hdus):
        hdus[0].header['CELLMODE'] = 'V' + hdus[0].header['CELLMODE'][1:]
        hdus[1].header['CRPIX1'] = 1e4
    before, after = (read_raw(path).frames[0] for path in (files(night)[0], changed(guide_by_the_first)))
    from awlike.sky.linear_wcs import trimmed_astrometry
    one, two = (trimmed_astrometry({name: getattr(facts, name) for name in ('CRPIX1', 'CRPIX2')},
                                   Geometry.from_fits(facts.amplifiers)) for facts in (before, after))
    assert one == two == {'CRPIX1': 151.5, 'CRPIX2': pytest.approx(-139, abs=2)}


@pytest.mark.slow
@pytest.mark.parametrize('packed', ['gz', 'fz'])
def test_compressed_files_are_the_same(night, tmp_path, packed):
    path = files(night)[0]
    copy = tmp_path / f'{path.name}.{packed}'
    if packed == 'gz':
        copy.write_bytes(gzip.compress(path.read_bytes()))
    else:
        with fits.open(path) as hdus:
            fits.HDUList([hdus[0], *(fits.CompImageHDU(hdu.data, hdu.header) for hdu in hdus[1:])]).writeto(copy)
    one, two = (read_raw(file).frames[0] for file in (path, copy))
    assert (one.exposure, one.amplifiers) == (two.exposure, two.amplifiers)
    assert np.array_equal(*(read_tiles(file, tiles_of(one.extension, one.amplifiers)) for file in (path, copy)))


@pytest.mark.slow
@pytest.mark.parametrize(('change', 'text'), [
    (lambda hdus: hdus.pop(), '63 images, but an OTA of ODI has 64 cells'),
    (lambda hdus: hdus[5].header.remove('WN_CELLX'), 'WN_CELLX = None: the cells of an OTA count from 0 to 7'),
    (lambda hdus: hdus[5].header.set('WN_CELLY', 8), 'WN_CELLY = 8'),
    (lambda hdus: hdus[0].header.set('FPPOS', 'xy77'), "'xy77' is no chip of ODI"),
    (lambda hdus: hdus[0].header.set('OBSTYPE', 'FOCUS'), "OBSTYPE = 'FOCUS' is no frame type"),
    (lambda hdus: hdus[0].header.set('CELLMODE', 64 * 'V'), 'no amplifier of the detector has pixels of the sky')])
def test_what_is_no_whole_ota_is_refused(changed, change, text):
    with pytest.raises(HeaderError, match=text):
        read_raw(changed(change))


@pytest.mark.parametrize(('card', 'angle'), [(12.5, 12.5), ('unknown', None), ('', None)])
def test_the_rotator_may_be_unknown(changed, card, angle):
    assert read_raw(changed(lambda hdus: hdus[0].header.set('ROTSTART', card))).frames[0].rotator == angle


@pytest.mark.slow
def test_detectors_of_other_cameras_share_the_name_of_an_exposure(tmp_path):
    """Without a card for it, the name is the start of the exposure, whether the detectors lie in one file or in several."""
    simulate(tmp_path, chips=2, shape=(32, 32))
    raw = read_raw(next(tmp_path.glob('OMEGA.2012-06-01T08-52-03*.fits')))
    assert [(facts.chip, facts.exposure, facts.rotator) for facts in raw.frames] == [
        (chip, '2012-06-01T08:52:03.123000', None) for chip in ('ESO_CCD_#65', 'ESO_CCD_#66')]


def test_other_instruments_at_the_telescope_are_not_odi(night):
    header = fits.getheader(files(night)[0])
    assert recognise(header).name == 'ODI'
    header['INSTRUME'] = 'whirc'
    assert not camera('ODI').recognises(header)


@pytest.mark.slow
def test_reduced_frames_are_what_the_truth_says(night, project):
    """Bias, dark, flat and overscan by cell: the sky in electrons, NaN between cells and where cells are lost."""
    report = ingest([night / folder for folder in ('bias', 'dark', 'flat')])
    report = ingest(night / 'science')
    assert not report.refused and len(RawBiasFrame.select_all()) == 10
    exposure = '20130102T040000.0'
    frames = RawScienceFrame.exposure == exposure
    assert {frame.chip.name: frame.rotator for frame in frames} == {'OTA33': -20.0, 'OTA34': -20.0}
    ReduceTask(instrument='ODI', raw_filenames=[frame.filename for frame in frames], commit=True).execute()
    truth, otas = json.loads((night / 'truth.json').read_text()), otas_of(night)
    made = list(ReducedScienceFrame.raw.exposure == exposure)
    assert len(made) == 2
    for frame in made:
        unread, ota = unread_pixels(frame.raw.geometry), otas[frame.chip.name]
        assert frame.data.shape == SHAPE and np.array_equal(np.isnan(frame.data), unread)
        assert (frame.weight.data[unread] == 0).all() and (frame.weight.data[~unread] > 0).mean() > 0.99
        sky = np.nanmedian(frame.data) * ota.gains.mean()
        assert sky == pytest.approx(truth['sky_electrons'][ota.name], rel=0.01)
        levels = np.median(ota.layout.cut(frame.data)[ota.used(science=True)], axis=(1, 2))
        assert np.median(np.abs(levels - np.median(levels))) < 0.007 * np.median(levels)  # no steps between cells
        assert 0 <= frame.weight.hot.count < 100 and 0 <= frame.weight.cold.count < 200
    assert context.project.name == 'TEST'


def test_pixels_that_nobody_reads_are_not_saturated(night, project):
    ingest(files(night)[0])
    raw, = RawScienceFrame.select_all()
    found = SaturatedPixelMap.make(_Inputs(raw), SaturatedPixelMap.Parameters(THRESHOLD_HIGH=65000.0))
    unread = unread_pixels(raw.geometry)
    assert found['count'] == ((found['data'] == 0) & ~unread).sum() > 0 and not found['data'][unread].any()
    assert not light_sensitive(raw.data, raw.geometry)[unread].any()


class _Inputs:
    def __init__(self, raw):
        self.raw = raw
