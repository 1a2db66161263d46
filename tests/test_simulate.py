"""The simulated night: read back like real files, and physically what the truth says."""

import json
from collections import Counter
from datetime import date, datetime

import numpy as np
import pytest

from awlike.cameras.known import camera
from awlike.cameras.reading import read_raw
from awlike.errors import ConfigError
from awlike.fits.images import read_pixels
from awlike.pixels.geometry import Section
from awlike.simulate import load_truth, simulate
from awlike.simulate.chip import SimulatedChip, bleed
from awlike.simulate.schedule import SATELLITE_EXPOSURE

CHIP = 'ESO_CCD_#65'


@pytest.fixture(scope='module')
def night(tmp_path_factory):
    folder = tmp_path_factory.mktemp('night')
    return folder, simulate(folder, chips=2, shape=(384, 256), seed=11)


@pytest.fixture(scope='module')
def raws(night):
    return [read_raw(path) for path in night[1]]


@pytest.fixture(scope='module')
def truth(night):
    return load_truth(night[0])[CHIP]


def trimmed(raws, kind, filter=None):
    """Frames of the first chip, row by row less the overscan, ADU: [frame, y, x]."""
    frames = []
    for raw in raws:
        facts = raw.frames[0]
        if facts.kind == kind and facts.filter == filter:
            pixels = read_pixels(raw.path, facts.extension).astype(float)
            rows = np.median(pixels[Section.from_fits(facts.overscan_x).slices], axis=1)
            slope = np.polynomial.Polynomial.fit(np.arange(rows.size), rows, 1)(np.arange(rows.size))
            frames.append(pixels[Section.from_fits(facts.trim).slices] - slope[:, None])
    return np.array(frames)


def reduced(raws, truth):
    """Science frames less bias, divided by the true response, ADU; NaN in defects."""
    bias = np.median(trimmed(raws, 'bias'), axis=0)
    science = (trimmed(raws, 'science', 'r_SDSS') - bias) / truth.response('r_SDSS')
    science[:, truth.cold | truth.hot] = np.nan
    return science


def test_the_night(raws):
    frames = [frame for raw in raws for frame in raw.frames]
    assert Counter((frame.kind, frame.filter) for frame in frames) == {
        ('bias', None): 20, ('domeflat', 'g_SDSS'): 10, ('domeflat', 'r_SDSS'): 10, ('twilightflat', 'g_SDSS'): 10,
        ('twilightflat', 'r_SDSS'): 10, ('science', 'r_SDSS'): 10}
    assert {frame.chip for frame in frames} == {CHIP, 'ESO_CCD_#66'}
    omegacam = camera('OMEGACAM')
    assert {omegacam.night(frame.DATE_OBS) for frame in frames} == {date(2012, 5, 31)}
    template = [frame for frame in frames if frame.template['start'] == datetime(2012, 6, 1, 8, 51, 44)]
    assert len(template) == 10 and {frame.kind for frame in template} == {'science'}
    assert len({(frame.DATE_OBS, frame.chip) for frame in frames}) == len(frames)
    for frame in frames:
        omegacam.filter_facts(frame.filter)
        assert Section.from_fits(frame.trim).shape == (384, 256) and frame.shape == (384 + 48, 256 + 96)


def test_a_night_in_several_modes_has_all_in_each(tmp_path, night, raws):
    files = simulate(tmp_path / 'modes', shape=(384, 256), seed=11, modes=('slow', 'fast'))
    modes = {name: [raw for path in files if (raw := read_raw(path)).frames[0].setup['READMODE'] == name]
             for name in ('slow', 'fast')}
    assert len(modes['slow']) == len(modes['fast']) == len(raws) and raws[0].frames[0].setup is None
    assert modes['fast'][0].frames[0].setup == {'READMODE': 'fast', 'BINX': '1', 'BINY': '1'}
    assert all(np.array_equal(read_pixels(old, 1), read_pixels(new.path, 1))
               for old, new in zip(night[1], modes['slow'], strict=True))
    levels = {name: [read_pixels(raw.path, 1).mean() for raw in found if raw.frames[0].kind == 'bias']
              for name, found in modes.items()}
    assert np.mean(levels['fast']) - np.mean(levels['slow']) == pytest.approx(150, abs=2)
    moments = sorted(raw.frames[0].DATE_OBS for found in modes.values() for raw in found)
    assert len(set(moments)) == len(files) and {camera('OMEGACAM').night(one) for one in moments} == {date(2012, 5, 31)}
    for wrong in (('slow', 'slow'), ('slow', ' '), 'abcd'):
        with pytest.raises(ConfigError, match='name up to 3 different read-out modes'):
            simulate(tmp_path / 'wrong', shape=(384, 256), modes=wrong)


def test_same_seed_same_bytes(tmp_path, night):
    again = simulate(tmp_path / 'again', chips=1, shape=(384, 256), seed=11)
    for old, new in zip(night[1], again, strict=True):
        assert old.name == new.name and np.array_equal(read_pixels(old, 1), read_pixels(new, 1))  # whatever other chips
    twice = simulate(tmp_path / 'twice', chips=1, shape=(384, 256), seed=11)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in twice]
    other = simulate(tmp_path / 'other', chips=1, shape=(384, 256), seed=12)
    assert not np.array_equal(read_pixels(again[0], 1), read_pixels(other[0], 1))


def test_upside_down_chip(tmp_path):
    frame = read_raw(simulate(tmp_path, chips=9, shape=(64, 64))[0]).frames[8]
    assert frame.chip == 'ESO_CCD_#73' and frame.trim == '[17:80,9:72]' and frame.overscan_y == '[17:80,1:8]'


def test_bias(raws, truth):
    bias = trimmed(raws, 'bias')
    good = ~truth.hot
    noise = np.std((bias[0] - bias[1])[good]) / np.sqrt(2)
    assert noise == pytest.approx(np.hypot(truth.read_noise, 12**-0.5), rel=0.02)
    stacked = bias.mean(axis=0) - truth.bias_structure - truth.hot_level
    assert np.std(stacked) == pytest.approx(noise / np.sqrt(10), rel=0.1) and abs(np.mean(stacked)) < 0.5
    assert np.all(np.median(bias, axis=0)[truth.hot] > 50) and truth.hot.sum() >= 8
    assert np.std(bias.mean(axis=0)) < 10, 'within the limit that the camera sets'


def test_flats_show_gain_and_response(raws, truth):
    bias = np.median(trimmed(raws, 'bias'), axis=0)
    flats = trimmed(raws, 'twilightflat', 'r_SDSS') - bias
    one, two = (flat / np.median(flat) for flat in flats[-2:])
    level = np.median(flats[-2:])
    gain = 2 / (np.var((one - two)[~truth.cold]) * level)
    assert gain == pytest.approx(truth.gain, rel=0.1)
    mean = np.mean([flat / np.median(flat) for flat in flats], axis=0)
    assert np.std(mean - truth.response('r_SDSS')) < 0.003 < 0.009 < np.std(truth.response('r_SDSS')[~truth.cold])
    assert truth.response('r_SDSS')[truth.cold].max() <= 0.3 and np.all(truth.cold.sum(axis=0).max() == 384)
    dome = np.mean(trimmed(raws, 'domeflat', 'r_SDSS') - bias, axis=0)
    ratio = dome / np.median(dome) / mean
    assert np.corrcoef(ratio[~truth.cold], truth.dome_ratio[~truth.cold])[0, 1] > 0.7


def test_sky_and_its_noise(raws, truth):
    for image, sky in zip(reduced(raws, truth), truth.sky, strict=True):
        assert np.nanmedian(image) == pytest.approx(sky / truth.gain, rel=0.03)
        spread = 1.4826 * np.nanmedian(np.abs(image - np.nanmedian(image))) * truth.gain
        assert spread == pytest.approx(np.sqrt(sky + (truth.read_noise * truth.gain) ** 2), rel=0.1)


def test_fluxes_of_stars_survive():
    chip = SimulatedChip(CHIP, (1024, 1024), 3)
    exposure, truth = next(each for each in chip.exposures if each.kind == 'science'), chip.truth
    raw = chip.frame(exposure)[:1024, 48:-48] - truth.bias_level - truth.bias_structure - truth.hot_level
    image = raw / truth.response('r_SDSS')
    image[truth.cold | (truth.cosmics(0) > 0)] = np.nan
    y, x = np.indices(image.shape)
    measured = expected = count = 0
    stars = list(zip(truth.star_x[0], truth.star_y[0], truth.star_adu[0], strict=True))
    for sx, sy, adu in stars:
        crowded = any(0 < np.hypot(ox - sx, oy - sy) < 25 + 60 * (other > 1e6) and other > 0.02 * adu
                      for ox, oy, other in stars)
        if 3e3 < adu < 4e5 and 20 < sx < 1000 and 20 < sy < 1000 and not crowded:
            distance = np.hypot(x - sx, y - sy)
            if not np.isnan(image[distance < 6]).any():
                ring = (distance > 14) & (distance < 22)
                measured += np.nansum(image[distance < 10] - np.nanmedian(image[ring]))
                expected, count = expected + adu, count + 1
    assert count >= 5 and measured / expected == pytest.approx(0.98, abs=0.025), 'all but the wings beyond 10 pixels'


def test_saturation_and_bleeding(raws, truth):
    pixels = read_pixels(raws[25].path, 1)
    saturated = pixels == 65535
    assert raws[25].frames[0].kind == 'science' and saturated.sum() > 20
    assert saturated.sum(axis=0).max() > saturated.sum(axis=1).max(), 'bleeding runs along the columns'


def test_bleed_keeps_charge():
    image = np.zeros((21, 3))
    image[10, 1] = 50.0
    bleed(image, 10.0)
    assert image.sum() == pytest.approx(50) and image.max() == 10
    assert np.flatnonzero(image[:, 1]).tolist() == [8, 9, 10, 11, 12]


def test_cosmics_and_satellite(raws, truth):
    images = reduced(raws, truth)
    sky = np.nanmedian(images, axis=(1, 2))
    excess = [image - level for image, level in zip(images, sky, strict=True)]
    for i in range(5):
        strong = truth.cosmics(i) > 500
        assert strong.sum() > 20 and np.nanmedian(excess[i][strong]) * truth.gain > 500
    track = truth.satellite
    means = [np.nanmedian(image[track]) * truth.gain for image in excess]
    assert np.argmax(means) == SATELLITE_EXPOSURE and means[SATELLITE_EXPOSURE] > 50
    assert max(mean for i, mean in enumerate(means) if i != SATELLITE_EXPOSURE) < 30


def test_stars_follow_the_astrometry(raws, truth):
    science = [raw.frames[0] for raw in raws if raw.frames[0].kind == 'science']
    shift = truth.star_x[4] - truth.star_x[0]
    turn = (science[4].CRVAL1 - science[0].CRVAL1) * np.cos(np.radians(31)) / science[0].CD1_1
    assert np.median(shift) == pytest.approx(-turn, rel=0.05) and abs(np.median(shift)) > 5


def test_truth_to_read(night):
    summary = json.loads((night[0] / 'truth.json').read_text())
    assert summary['seed'] == 11 and len(summary['files']) == 35 and set(summary['chips']) == {CHIP, 'ESO_CCD_#66'}


@pytest.mark.parametrize(('arguments', 'words'), [
    ({'instrument': 'NASA42'}, 'NASA42 cannot be simulated'), ({'chips': 33}, 'chips = 33'),
    ({'shape': (5, 5)}, 'at least 32')])
def test_refusals(tmp_path, arguments, words):
    with pytest.raises(ConfigError, match=words):
        simulate(tmp_path, **arguments)


def test_nothing_is_overwritten(night):
    with pytest.raises(ConfigError, match='exists and is not overwritten'):
        simulate(night[0], chips=1, shape=(64, 64))
