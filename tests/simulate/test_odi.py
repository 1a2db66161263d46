"""The simulated ODI: each of its marks is there where it is wanted, as large as the truth says, and nowhere else."""

import functools
import json

import numpy as np
import pytest
from astropy.io import fits

from awlike.errors import ConfigError
from awlike.instruments.odi import CHIPS
from awlike.simulate import simulate
from awlike.simulate.odi import otas_of
from awlike.simulate.odi.detector import DARK, FULL_WELL, GAIN, GUIDING, Ota
from awlike.simulate.odi.effects import EFFECTS
from awlike.simulate.odi.exposing import FRINGES, GHOST, LAMP, charge
from awlike.simulate.odi.focal_plane import SCALE, Layout
from awlike.simulate.odi.readout import DECAY, PERSISTENCY, TRAIL, Memory, measured, read_out
from awlike.simulate.odi.schedule import schedule
from awlike.simulate.odi.sky import SKY, OdiSky

LAYOUT = Layout((48, 48))
CELL = (slice(None), slice(None), slice(None), slice(0, 48))  # the light-sensitive part of each cell
NIGHT = {(one.folder, one.number): one for one in schedule(ramp=True)}


@functools.cache
def sky(ota='OTA33'):
    return OdiSky((ota,), LAYOUT, 5)


@functools.cache
def taken(effects=(), ota='OTA33', upto=('science', 0)):
    """The raw cells of the science exposures up to one, or of another exposure, by an OTA with some of the effects."""
    device, memory = Ota(ota, LAYOUT, 5, effects, guides='guiding' in effects), Memory()
    for exposure in NIGHT.values():
        if exposure.folder == upto[0] and exposure.number <= upto[1]:
            rng = device.rng(10 + exposure.index)
            electrons, median = charge(device, exposure, sky(ota), rng)
            cells = read_out(device, electrons, exposure, memory, rng)
    return cells.astype(float), device, median, memory


def less_overscan(cells):
    """The light-sensitive part of each cell less its overscan level."""
    return cells[CELL] - np.mean(cells[..., 50:], axis=(2, 3), keepdims=True)


def added(effect, upto=('science', 0), *others, ota='OTA33'):
    """What an effect adds to the counts, and the OTA that has it."""
    with_it, device, *_ = taken((effect, *others), ota, upto)
    return less_overscan(with_it) - less_overscan(taken(others, ota, upto)[0]), device


@pytest.mark.slow
def test_without_any_mark_counts_are_the_sky():
    cells, _, median, _ = taken()
    counts = less_overscan(cells)
    assert median == pytest.approx(SKY, rel=0.005)
    assert np.median(counts) * GAIN == pytest.approx(median, rel=0.002)
    scatter = np.median(np.abs(np.diff(counts, axis=3))) / 0.6745 / np.sqrt(2)
    assert scatter == pytest.approx(np.hypot(np.sqrt(SKY), 8) / GAIN, rel=0.03)
    assert np.ptp(np.median(cells[..., 50:], axis=(2, 3))) > 100  # cells differ in level


def test_bias_structure():
    more, ota = added('bias', ('bias', 4))
    assert np.abs(more - LAYOUT.cut(ota.bias)).mean() < 0.6  # rounding
    assert np.ptp(ota.bias) > 4


def test_dark_current():
    more, ota = added('dark', ('dark', 0))
    assert np.median(more) * GAIN == pytest.approx(300 * DARK, abs=1)
    hot = LAYOUT.cut(ota.dark) > 1
    assert hot.sum() > 10 and more[hot] * GAIN == pytest.approx(300 * LAYOUT.cut(ota.dark)[hot], rel=0.3)


def test_flats_show_the_response():
    more, ota = added('flat', ('flat', 0))
    ratio = 1 + more / (8 * LAMP / GAIN)
    assert np.std(ratio - LAYOUT.cut(ota.response)) < 0.002 and np.median(ota.response) == pytest.approx(1, abs=1e-3)


def test_gains_differ_by_cell():
    _, ota = added('gains')
    counts = np.median(less_overscan(taken(('gains',))[0]), axis=(2, 3))
    off = np.abs(counts * ota.gains / SKY - 1)
    assert (off > 0.02).sum() < 6 and np.ptp(ota.gains) > 0.1  # but for cells with a bright star


def test_fringes_have_no_median():
    more, ota = added('fringes')
    pattern = LAYOUT.cut(ota.fringes)
    assert np.polyfit(pattern.ravel(), more.ravel() * GAIN, 1)[0] == pytest.approx(FRINGES * SKY, rel=0.02)
    assert abs(np.median(more)) * GAIN < 0.002 * SKY and pattern.min() < -0.98 < 0.98 < pattern.max()


def test_the_ghost_turns_with_the_rotator():
    """The ghost at 90 degrees is that at 0 turned from x to y, in the OTA at the axis of the telescope."""
    layout = Layout((48, 48))
    ghost = Ota('OTA33', layout, 1).ghost
    size = min(layout.ota)
    middle = tuple(slice((length - size) // 2, (length - size) // 2 + size) for length in layout.ota)
    turned = np.rot90(ghost(0)[middle], -1)  # from x to y where rows count upwards
    assert np.abs(ghost(90)[middle] - turned).mean() < 0.01 < np.abs(ghost(0)[middle] - turned).mean()
    more, ota = added('ghost')
    template = LAYOUT.cut(ota.ghost(NIGHT['science', 0].rotator))
    assert np.polyfit(template.ravel(), more.ravel() * GAIN, 1)[0] == pytest.approx(GHOST * SKY, rel=0.05)
    assert 0 < np.median(more) * GAIN < 0.01 * SKY


@pytest.mark.parametrize('ota', CHIPS)
def test_fringes_and_ghost_hardly_change_the_median(ota):
    device = Ota(ota, LAYOUT, 5)
    for rotator in (-20, 15, 50):
        image = 1 + FRINGES * device.fringes + GHOST * device.ghost(rotator)
        assert abs(np.median(image[device.works]) - 1) < 0.0075


def test_crosstalk_is_undone_by_the_inverse_matrix():
    bright, ota, *_ = taken(('crosstalk', 'trails'))
    clean = taken(('trails',))[0]
    restored = np.einsum('yst,syrc->tyrc', np.linalg.inv(ota.crosstalk), bright)
    kept = (bright < FULL_WELL) & (clean < FULL_WELL)
    assert np.abs(restored - clean)[kept].max() < 1.1 and np.abs(bright - clean)[kept].max() > 5


def test_nonlinear_counts_follow_the_coefficients():
    light = np.linspace(0, 60000, 64 * 100).reshape(8, 8, 10, 10)
    ota = Ota('OTA33', LAYOUT, 5)
    counts, (c2, c3) = measured(light, ota.nonlinearity), np.moveaxis(ota.nonlinearity, 2, 0)[:, :, :, None, None]
    assert counts + c2 * counts**2 + c3 * counts**3 == pytest.approx(light, abs=1e-3)
    assert 0.01 < 1 - counts[-1, -1].max() / 60000 < 0.06
    more, _ = added('nonlinearity')
    assert 0 < -np.median(more) * GAIN < 0.002 * SKY


def test_trails_run_to_the_upper_end_of_the_cell():
    cells, *_ = taken(('trails',))
    full = cells[CELL] >= FULL_WELL
    assert full.any()
    above = np.maximum.accumulate(full, axis=2) & ~full
    more, _ = added('trails')
    assert more[above] == pytest.approx(TRAIL, abs=2) and np.abs(more[~above & ~full]).max() < 2


def test_saturated_pixels_persist_below():
    """They charge the rows below in the exposures that follow, less and less, and not in their own."""
    assert not added('persistency')[0].any()
    more, _ = added('persistency', ('science', 1))
    *_, memory = taken(('persistency',), upto=('science', 0))
    (first, highest), = memory.saturated
    below = np.arange(48)[:, None] < highest[:, :, None, :]
    since = (NIGHT['science', 1].start - first.start).total_seconds() - first.seconds
    kept = taken((), upto=('science', 1))[0][CELL] < FULL_WELL
    assert below.any() and since > 0
    assert more[below & kept] * GAIN == pytest.approx(PERSISTENCY * np.exp(-since / DECAY), abs=1.5)
    assert not more[~below].any()


def test_broken_and_guiding_cells_show_no_sky():
    cells, ota, *_ = taken(('broken', 'guiding'), 'OTA34')
    dead = ~ota.used(science=True)
    assert {f'xy{x}{y}' for x, y in np.argwhere(dead)} == {'xy17', 'xy31', 'xy{}{}'.format(*GUIDING)}
    levels = np.median(less_overscan(cells), axis=(2, 3))
    assert np.abs(levels[dead]).max() < 3 < 2000 < levels[~dead].min()
    assert np.median(less_overscan(taken(('broken', 'guiding'), 'OTA34', ('flat', 0))[0])[GUIDING]) > 2000


def test_cosmic_rays():
    more, _ = added('cosmics')
    assert 3 <= (more > 300).sum() < 500


def test_the_ramp_rises_to_saturation():
    levels = [np.median(taken((), upto=('ramp', number))[0][CELL]) for number in range(12)]
    assert levels == sorted(levels) and levels[0] < 3000 and levels[-1] == FULL_WELL
    times = [NIGHT['ramp', number].seconds for number in range(12)]
    slopes = np.diff(levels[:9]) / np.diff(times[:9])
    assert slopes == pytest.approx(np.full(8, LAMP / GAIN), rel=0.02)


@pytest.fixture(scope='module')
def night(tmp_path_factory):
    folder = tmp_path_factory.mktemp('odi')
    return folder, simulate(folder, 'ODI', 2, (32, 36), 3, sky=True)


def test_a_folder_an_exposure_a_file_an_ota(night):
    folder, paths = night
    truth = json.loads((folder / 'truth.json').read_text())
    assert {path.relative_to(folder).parts[0] for path in paths} == {'bias', 'dark', 'flat', 'science'}
    for exposure in truth['exposures']:
        files = sorted((folder / exposure['folder']).iterdir())
        assert [file.name for file in files] == [f'o{exposure["OBSID"]}.{place}.fits' for place in ('33', '34')]
    with fits.open(paths[-1]) as hdus:
        hdus.verify('exception')
        assert len(hdus) == 65 and hdus['xy74'].data.shape == (32, 41) and hdus['xy74'].data.dtype == np.uint16
    assert truth['sky_electrons'] == {'OTA33': pytest.approx(SKY, rel=0.01), 'OTA34': pytest.approx(SKY, rel=0.01)}
    assert len(fits.getdata(folder / 'reference.fits')) > 5 and len(fits.getdata(folder / 'sky.fits')) > 100


def test_the_truth_follows_from_the_files(night):
    otas = otas_of(night[0])
    told = json.loads((night[0] / 'truth.json').read_text())['chips']['OTA34']
    assert list(otas) == ['OTA33', 'OTA34'] and otas['OTA34'].gains[3, 5] == told['gain']['xy35']
    assert told['broken'] == ['xy17', 'xy31'] and told['guiding'] == ['xy52'] and otas['OTA34'].guides


def test_equal_seeds_make_equal_bytes(night, tmp_path):
    folder, paths = night
    again = simulate(tmp_path, 'ODI', 2, (32, 36), 3)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]


def test_neighbouring_cells_and_otas_lie_on_one_sky():
    """A star that leaves one OTA enters the next: their headers agree on the sky, which lies on no second place."""
    left, below = LAYOUT.place('OTA33')
    assert LAYOUT.place('OTA34')[1] - below == pytest.approx(LAYOUT.ota[0] * 1.03, abs=1)
    above = OdiSky(('OTA33', 'OTA34'), LAYOUT, 5)
    observation = above.observations[0]
    one, two = (observation.plate(LAYOUT.place(ota), LAYOUT.ota) for ota in ('OTA33', 'OTA34'))
    first, second = one.pixel_to_sky(200.0, LAYOUT.ota[0] * 1.03), two.pixel_to_sky(200.0, 0.0)
    assert np.allclose(first, second, atol=1.5 * SCALE)


@pytest.mark.parametrize(('wrong', 'text'), [
    ({'chips': 14}, '1 to 13'), ({'shape': (247, 480)}, 'shape'), ({'shape': (8, 8)}, 'at least 32'),
    ({'without': ['fringe']}, 'fringes'), ({'compression': 'zip'}, 'compression'), ({'modes': ['slow']}, 'modes'),
    ({'turbulence': 10.0}, 'turbulence')])
def test_what_cannot_be_simulated_is_refused(tmp_path, wrong, text):
    with pytest.raises(ConfigError, match=text):
        simulate(tmp_path / 'night', 'ODI', **{'shape': (32, 32)} | wrong)
    assert not (tmp_path / 'night').exists()


def test_files_are_not_overwritten(night):
    with pytest.raises(ConfigError, match='not overwritten'):
        simulate(night[0], 'ODI', 1, (32, 36))


def test_every_effect_has_a_test_here():
    assert set(EFFECTS) == {'bias', 'dark', 'flat', 'gains', 'fringes', 'ghost', 'crosstalk', 'nonlinearity', 'trails',
                            'persistency', 'cosmics', 'broken', 'guiding'}
