"""Frames in the window of images: what each kind shows, and where the figure goes."""

import dataclasses
import datetime

import matplotlib
import numpy as np
import pytest
from PIL import Image

from awlike.context import context
from awlike.errors import ParameterError
from awlike.frames.gain import GainLinearity
from awlike.frames.illumination import IlluminationCorrection
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.read_noise import ReadNoise
from awlike.persist.references import Filter
from awlike.products.astrometry import trimmed_wcs
from awlike.products.inspect import sections, view_of
from awlike.products.pixel_map import PixelMap, good_pixels
from awlike.recipes.read_noise import ReadNoiseTask
from awlike.views.image.window import Window
from tests import paper
from tests.amplifiers import LEVELS, NAMES, FourAmplifiers
from tests.frames.conftest import ASTROM, NIGHT, STAR
from tests.views.conftest import Hand


@pytest.fixture(autouse=True)
def no_screen(tmp_path, monkeypatch):
    import matplotlib.pyplot as plt
    matplotlib.use('agg')
    monkeypatch.chdir(tmp_path)
    yield
    plt.close('all')


def raw_of(data):
    raw = RawScienceFrame(trim=f'[1:{data.shape[1]},1:{data.shape[0]}]')
    raw._data = data
    return raw


def test_picture_is_written_under_the_name_of_the_frame(chain, tmp_path):
    path = chain.reduced.inspect()
    assert path.suffix == '.png' and path.resolve().parent == tmp_path
    with Image.open(path) as picture:
        assert min(picture.size) > 500 and np.ptp(np.asarray(picture.convert('L'))) > 100


def test_picture_of_what_has_no_file_has_a_name_that_files_can_have(detector, tmp_path):
    raw = detector.raw(RawScienceFrame, filter=Filter(name='r/SDSS 0.7', instrument=detector.instrument))
    name = raw.inspect().name
    assert name.startswith('RawScienceFrame_OMEGACAM_ESO_CCD_65_rSDSS-0.7_2012-06-01T') and (tmp_path / name).exists()


def test_picture_goes_where_it_is_asked_for(chain, tmp_path):
    options = {'zone': (10, 30, 0, 20), 'vmin': 0, 'vmax': 5, 'cmap': 'viridis', 'stretch': 'asinh', 'kappa': 2,
               'iterations': 3}
    assert chain.bias.inspect(filename=tmp_path / 'bias.png', **options).exists()


def test_figures_are_closed_after_they_were_written(chain):
    import matplotlib.pyplot as plt
    chain.bias.inspect()
    assert not plt.get_fignums()


@pytest.mark.slow
@pytest.mark.parametrize('data', [np.zeros((20, 30)), np.full((20, 30), np.nan), np.ones((1, 1)),
                                  np.ones((500, 3), np.uint16)],
                         ids=['constant', 'nan', 'one pixel', 'narrow'])
def test_odd_images_can_be_looked_at(data, tmp_path):
    assert raw_of(data).inspect(filename=tmp_path / 'odd.png').exists()


def test_what_has_nothing_to_show_is_refused():
    with pytest.raises(ParameterError, match=r'no image to look at: info\(\) shows'):
        RawScienceFrame().inspect()


@pytest.mark.parametrize(('options', 'says'), [
    ({'zone': (0, 100, 0, 20)}, r'zone=\(0, 100, 0, 20\) is not in the image of 80 x 96'),
    ({'zone': (0, 1, 2)}, r'zone=\(0, 1, 2\) is not in the image of 80 x 96'),
    ({'stretch': 'loud'}, 'the stretches are linear, sqrt'), ({'vmin': 3, 'vmax': 2}, 'vmin < vmax is needed'),
    ({'kappa': -1}, 'kappa is -1')])
def test_arguments_that_cannot_be_are_refused_and_no_figure_is_left(chain, options, says):
    import matplotlib.pyplot as plt
    with pytest.raises(ParameterError, match=says):
        chain.reduced.inspect(**options)
    assert not plt.get_fignums()


@pytest.mark.slow
@pytest.mark.parametrize('kind', ['noise', 'bias', 'hot', 'dome', 'twilight', 'flat', 'cold', 'saturated', 'cosmic',
                                  'satellite', 'weight', 'reduced', 'raw'])
def test_each_kind_shows_what_one_wants_to_know_of_it(chain, kind):
    frame = getattr(chain, kind)
    window = Window(view_of(frame))
    window.figure.canvas.draw()
    assert window.figure.get_suptitle() == str(frame)
    assert (window.layers is None) == (kind == 'noise')
    assert window._beside.axes and window._beside.axes[0].get_title()


def test_maps_tell_how_many_pixels_are_bad(chain):
    window = Window(view_of(chain.cold))
    assert window._beside.axes[0].get_title().startswith(f'{chain.cold.count} bad pixels, ')


def test_weight_counts_the_bad_pixels_of_its_maps_without_their_files(chain, monkeypatch):
    monkeypatch.setattr(PixelMap, 'data', property(lambda one: pytest.fail('a map was read')), raising=False)
    axes = Window(view_of(chain.weight))._beside.axes[1]
    numbers = [getattr(chain, name).count for name in ('hot', 'cold', 'saturated')]
    assert [bar.get_width() for bar in axes.patches][:4] == [*numbers, chain.cosmic.cosmic_count]


def test_keys_of_what_has_no_image_say_so(chain):
    hand = Hand(Window(view_of(chain.noise)))
    assert hand.press('r') == 'r: there is no image here' == hand.press('m').replace('m:', 'r:')
    assert 'close the window' not in hand.press('?')


def test_gain_and_illumination_show_their_fits():
    gain = GainLinearity(gain=2.5, median_sum=[2e3, 2e4, 6e4, 9e4], rms_diff=[28, 89, 155, 190],
                         exposure_times=[1, 10, 30, 45], exposure_levels=[1e3, 1e4, 2.98e4, 4.4e4],
                         coefficients=[2e-7, 0.0], DATE_OBS=NIGHT)
    surface = IlluminationCorrection(fit_coeffs=[0.01, 0.02, 0, 0, 0.01], shape=[60, 50], number_of_stars=44, rms=0.01)
    assert '44 stars' in Window(view_of(surface))._beside.axes[0].get_title()
    titles = [axes.get_title() for axes in Window(view_of(gain))._beside.axes]
    assert titles == ['photon transfer', 'linearity', 'gain: the only one of this detector']


@pytest.mark.slow
def test_reduced_frame_has_mask_and_weight_and_blinks_with_its_raw_frame(chain):
    hand = Hand(Window(view_of(chain.reduced)))
    assert 'bad pixels are red' in hand.press('m') and 'weight in colours' in hand.press('m')
    assert hand.press('b') == str(chain.raw)
    assert np.array_equal(hand.window.view.image, chain.raw.data[:, 8:-8])


def test_maps_blink_with_the_frame_in_which_they_were_found_and_another_can_be_given(chain):
    assert view_of(chain.cold).other.title == str(chain.flat)
    assert view_of(chain.cold, blink=chain.bias).other.title == str(chain.bias)
    assert view_of(chain.raw).other is None


def test_raw_frame_to_blink_with_keeps_its_own_place_on_the_sky(chain, detector):
    elsewhere = detector.raw(RawScienceFrame, astrom=ASTROM | {'CRVAL1': 11.0})
    assert view_of(chain.reduced, blink=elsewhere).other.sky(41, 39) == view_of(elsewhere).sky(49, 39)
    assert view_of(chain.reduced, blink=elsewhere).other.sky(41, 39) == 'RA 00:44:00.00  Dec -30:00:00.0'


def test_good_pixels_are_those_of_the_maps_that_it_was_made_from(chain):
    assert np.array_equal(good_pixels(chain.cosmic), chain.cosmic.data)
    assert np.array_equal(good_pixels(chain.dome), chain.hot.data)
    assert np.array_equal(good_pixels(chain.reduced), chain.weight.data > 0)
    assert good_pixels(chain.raw) is None and good_pixels(chain.bias) is None


def test_raw_frame_is_outlined_and_grey_levels_are_those_of_what_saw_light(chain):
    view = view_of(chain.raw)
    assert {name for name, _ in view.sections} == {'trim', 'prescan_x', 'overscan_x'}
    low, high = Window(view).layers.axes.images[0].get_clim()
    assert 500 < low < high < 1000  # sky and level; the overscan has 200


def test_place_on_the_sky_is_told_under_the_mouse(chain):
    raw, reduced = Window(view_of(chain.raw)), Window(view_of(chain.reduced))
    assert raw.layers.axes.format_coord(49, 39).endswith('RA 00:40:00.00 (10.00000)  Dec -30:00:00.0 (-30.00000)')
    told = reduced.layers.axes.format_coord(41.2, 38.8)
    assert told.startswith(f'x 41  y 39  value {chain.reduced.data[39, 41]:.6g} adu  RA 00:40:00.00 (9.99999)')
    assert reduced.layers.axes.format_coord(-1, 5) == ''


def test_what_shows_one_exposure_has_its_wcs(chain):
    assert chain.raw.wcs.wcs.crpix == pytest.approx([50, 40])
    for product in (chain.reduced, chain.cosmic, chain.saturated, chain.weight):
        assert product.wcs.wcs.crpix == pytest.approx([42, 40]) and product.wcs.wcs.crval == pytest.approx([10, -30])
    assert chain.bias.wcs is None and chain.flat.wcs is None


def test_incomplete_astrometry_is_none(detector):
    assert detector.raw(RawScienceFrame, astrom=ASTROM | {'CRPIX1': None}).wcs is None


@pytest.mark.slow
def test_pixels_that_saturated_are_not_measured_and_told(chain):
    line = Hand(Window(view_of(chain.reduced))).press('a', STAR[1], STAR[0])
    assert line.endswith('PIXELS ARE BAD OR BEYOND THE EDGE: FLUX IS MISSING')


def test_each_amplifier_of_a_raw_frame_is_outlined_and_named(detector):
    four = FourAmplifiers()
    image, geometry = four.mosaic(four.read_out(four.light(3e4), np.random.default_rng(1)))
    raw = detector.from_image(RawScienceFrame, image)
    window = Window(dataclasses.replace(view_of(raw), sections=sections(geometry)))
    assert len(window.layers.axes.patches) == 4 * 4 and [text.get_text() for text in window.layers.axes.texts] == list(NAMES)
    low, high = window.layers.axes.images[0].get_clim()
    assert low > max(LEVELS)


def test_each_amplifier_of_a_raw_frame_shows_its_own_part_of_the_sky(detector, monkeypatch):
    four = FourAmplifiers()
    image, geometry = four.mosaic(four.read_out(four.light(3e4), np.random.default_rng(1)))
    raw, (height, width) = detector.from_image(RawScienceFrame, image, astrom=ASTROM), four.shape
    monkeypatch.setattr(RawScienceFrame, 'geometry', geometry)
    view, last = view_of(raw), geometry.amplifiers[3].trim
    corner = trimmed_wcs(raw).pixel_to_world(2 * width - 1, 2 * height - 1)  # which the last amplifier reads first
    assert view.sky(last.x0, last.y0, degrees=True).endswith(f'({corner.dec.deg:+.5f})')
    assert f'({corner.ra.deg:.5f})' in view.sky(last.x0, last.y0, degrees=True)
    assert view.sky(last.x0, last.y1 + 2) == ''  # overscan
    monkeypatch.setattr(RawScienceFrame, 'amplifiers', [{}] * 4)
    assert raw.wcs is None, 'one WCS cannot say that of all of them'


def test_read_noise_is_shown_among_those_of_its_detector(project, monkeypatch):
    made = {'read_noise': 2.0, 'mean_diff': 0.0, 'median_diff': 0.0}
    monkeypatch.setattr(ReadNoise, 'make', staticmethod(lambda inputs, params: made))
    paper.insert(*[paper.raw(RawBiasFrame, DATE_OBS=NIGHT + datetime.timedelta(days=day, minutes=n))
                   for day in range(3) for n in range(3)])
    ReadNoiseTask('OMEGACAM', commit=True).execute()
    noises = ReadNoise.select_all().order_by('DATE_OBS')
    context.update_is_valid(noises[0], 0)
    axes = Window(view_of(noises[1]))._beside.axes[0]
    assert axes.get_title() == 'read_noise: 2 of this detector' and len(axes.lines[0].get_xdata()) == 2


@pytest.mark.slow
@pytest.mark.parametrize(('backend', 'gives'), [('qtagg', Window), ('TkAgg', Window), ('widget', Window),
                                                  ('inline', type(None))])
def test_window_is_shown_once_and_does_not_wait(chain, monkeypatch, tmp_path, backend, gives):
    import matplotlib.pyplot as plt
    shown = []
    monkeypatch.setattr(plt, 'get_backend', lambda: backend)
    monkeypatch.setattr(plt, 'show', lambda block: shown.append(block))
    assert type(chain.bias.inspect()) is gives
    assert shown == [False] and not list(tmp_path.iterdir())
