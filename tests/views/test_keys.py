"""Each key of an image window, pressed as a person does."""

import re

import numpy as np
import pytest

from awlike.products.frame import Frame
from awlike.views.image.keys import KEYS
from awlike.views.image.view import View
from awlike.views.image.window import Window
from tests.views.conftest import FWHM, SHAPE, Hand, field

AT_CURSOR = [letter for letter, key in KEYS.items() if key.at_cursor]


def number(name, line):
    """The number after `name` in a line."""
    return float(re.search(rf'{name} (\S+)', line)[1])


def test_every_key_is_told_by_help_of_inspect():
    for letter, key in KEYS.items():
        assert f'        {letter}    {key.text}' in Frame.inspect.__doc__


def test_r_shows_the_radial_profile_and_tells_the_width(hand, capsys):
    line = hand.press('r', 60, 42)
    assert number('FWHM', line) == pytest.approx(FWHM, rel=0.02) and 'arcsec' in line
    assert capsys.readouterr().out == line + '\n'
    assert 'FWHM' in hand.beside[0].get_legend().get_texts()[-1].get_text()


@pytest.mark.slow
def test_a_tells_the_flux_and_where_it_was_measured(hand, capsys):
    line = hand.press('a', 60, 42)
    assert number('flux', line) == pytest.approx(50_000, rel=0.01) and number('mag', line) == pytest.approx(-11.75, abs=0.01)
    assert 'RA 00:40:00.00  Dec -30:00:00.0' in line and len(hand.window.layers.axes.patches) == 3
    hand.press('a', 60, 42)
    assert len(hand.window.layers.axes.patches) == 3 and capsys.readouterr().out.count('flux') == 2


def test_s_tells_the_statistics_of_a_box(hand, capsys):
    line = hand.press('s', 20, 20)
    assert number('median', line) == pytest.approx(500, abs=1) and line.endswith('good pixels 441')
    assert capsys.readouterr().out == line + '\n'


@pytest.mark.slow
def test_l_and_c_show_row_and_column_as_far_as_they_are_seen(hand):
    image = hand.window.view.image
    hand.press('l', 30, 40)
    assert np.array_equal(hand.beside[0].lines[0].get_ydata(), image[40]) and hand.beside[0].get_title() == 'row y 40'
    hand.press('c', 30, 40)
    assert np.array_equal(hand.beside[0].lines[0].get_ydata(), image[:, 30]) and len(hand.beside) == 1
    hand.press('z', 30, 40)
    hand.press('l', 30, 40)
    assert np.array_equal(hand.beside[0].lines[0].get_xdata(), np.arange(0, 60))


def test_h_shows_the_histogram_of_the_surroundings(hand):
    hand.press('h', 20, 20)
    assert number('median', hand.beside[0].get_title()[:-1].replace(',', '')) == pytest.approx(500, abs=1)


def test_e_draws_contours_about_the_star(hand):
    hand.press('e', 61, 41)
    assert hand.beside[0].get_title() == 'contours [adu]'


def test_w_draws_a_wire_frame(hand):
    hand.press('w', 0, 89)
    assert hand.beside[0].name == '3d' and hand.beside[0].get_title() == 'around x 0, y 89  [adu]'


@pytest.mark.slow
def test_z_and_Z_zoom_at_the_cursor_but_not_beyond_the_image(hand):
    axes = hand.window.layers.axes
    hand.press('z', 60, 45)
    assert np.ptp(axes.get_xlim()) == 60 and np.mean(axes.get_xlim()) == 60 and np.ptp(axes.get_ylim()) == 45
    hand.press('z', 85, 65)
    hand.press('Z', 85, 65)
    assert axes.get_xlim() == (55, 115) and axes.get_ylim() == (42.5, 87.5)
    for _ in range(5):
        hand.press('z', 90, 70)
    assert hand.said == 'z: the image cannot be enlarged further' and np.ptp(axes.get_ylim()) >= 8
    for _ in range(9):
        hand.press('Z', 90, 70)
    assert axes.get_xlim() == (-0.5, 119.5) and axes.get_ylim() == (-0.5, 89.5)


def test_m_lays_the_mask_and_then_the_weight_over_the_image():
    good = np.ones(SHAPE, np.uint8)
    good[3, 4] = good[50, 60] = 0
    hand = Hand(Window(View('f', field(), 'adu', good=lambda: good, weight=lambda: good * 0.9)))
    said = [hand.press('m') for _ in range(4)]
    assert said[0] == said[3] == 'bad pixels are red: 2 of 10800, 0.0185 %'
    assert said[1].startswith('weight in colours') and said[2] == 'no overlay'


def test_mask_stays_above_an_image_that_comes_later():
    good = np.ones(SHAPE, np.uint8)
    good[40:50] = 0
    hand = Hand(Window(View('f', field(), good=lambda: good, blink=lambda: View('other', field()))))
    hand.press('m'), hand.press('b')
    canvas = hand.window.figure.canvas
    canvas.draw()
    x, y = map(int, hand.window.layers.axes.transData.transform((60, 45)))
    assert np.asarray(canvas.buffer_rgba())[-1 - y, x, :3].tolist() == [255, 0, 0]


def test_b_blinks_and_keys_measure_what_is_shown():
    other = View('other', field() * 2, 'electron')
    hand = Hand(Window(View('f', field(), 'adu', blink=lambda: other), zone=(10, 100, 5, 80)))
    limits = hand.window.layers.axes.get_xlim()
    assert hand.press('b') == 'other' and hand.window.figure.get_suptitle() == 'other'
    assert number('median', hand.press('s', 20, 20)) == pytest.approx(1000, abs=2) and 'electron' in hand.said
    assert hand.press('b') == 'f' and number('median', hand.press('s', 20, 20)) == pytest.approx(500, abs=1)
    assert hand.window.layers.axes.get_xlim() == limits


def test_p_brings_back_the_plots_of_the_kind():
    drawn = []
    hand = Hand(Window(View('f', field(), panels=[drawn.append, drawn.append])))
    assert len(hand.beside) == 2
    hand.press('l', 30, 40)
    assert len(hand.beside) == 1
    hand.press('p')
    assert len(hand.beside) == 2 and len(drawn) == 4


def test_question_mark_shows_all_keys_and_takes_them_away(hand):
    before = len(hand.window.figure.texts)
    hand.press('?')
    assert all(key.text in hand.window.figure.texts[-1].get_text() for key in KEYS.values())
    hand.press('?')
    assert len(hand.window.figure.texts) == before


def test_q_closes_the_window(hand):
    import matplotlib.pyplot as plt
    canvas = hand.window.figure.canvas
    number_ = hand.window.figure.number
    hand.window._on_key(type('Event', (), {'key': 'q', 'canvas': canvas}))
    assert not plt.fignum_exists(number_)


@pytest.mark.slow
@pytest.mark.parametrize('letter', AT_CURSOR)
def test_off_the_image_a_key_says_so(hand, letter):
    assert hand.press(letter) == f'{letter}: put the mouse on the image'


@pytest.mark.parametrize(('letter', 'says'), [('m', 'no map of bad pixels and no weight'), ('b', 'nothing to blink with'),
                                              ('p', 'no plots of its own')])
def test_what_is_not_there_is_told(hand, letter, says):
    assert says in hand.press(letter)


def test_what_does_not_lie_upon_it_is_told():
    hand = Hand(Window(View('f', field(), good=lambda: np.ones((3, 4)), blink=lambda: View('g', np.ones((5, 6))))))
    assert hand.press('m') == 'm: map has 4 x 3 pixels and f 120 x 90: they do not lie upon each other'
    assert 'g has 6 x 5 pixels' in hand.press('b')


def test_keys_that_mean_nothing_do_nothing(hand):
    assert hand.press('f', 20, 20) == hand.press('ctrl+s', 20, 20) == hand.press(None, 20, 20) == ''


def test_matplotlib_s_own_keys_are_off_in_this_window_alone(hand):
    import matplotlib.pyplot as plt
    theirs = plt.figure()
    handled = [figure.canvas.callbacks.callbacks['key_press_event'] for figure in (hand.window.figure, theirs)]
    assert hand.window.figure.canvas.manager.key_press_handler_id not in handled[0]
    assert theirs.canvas.manager.key_press_handler_id in handled[1]
