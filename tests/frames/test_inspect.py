"""Looking at images where there is no screen."""

import matplotlib
import numpy as np
import pytest
from PIL import Image

from awlike.errors import ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.inspect import _under_mouse, wire_frame


@pytest.fixture(autouse=True)
def no_screen(tmp_path, monkeypatch):
    matplotlib.use('agg')
    monkeypatch.chdir(tmp_path)


def frame(data):
    bias = BiasFrame()
    bias._data = data
    return bias


def test_picture_is_written_under_the_name_of_the_frame(chain, tmp_path):
    path = chain.reduced.inspect()
    assert path.suffix == '.png' and path.resolve().parent == tmp_path
    with Image.open(path) as picture:
        assert min(picture.size) > 500 and np.ptp(np.asarray(picture.convert('L'))) > 100


def test_picture_goes_where_it_is_asked_for(chain, tmp_path):
    assert chain.bias.inspect(filename=tmp_path / 'bias.png', zone=(10, 30, 0, 20), vmin=0, vmax=5, cmap='viridis').exists()


@pytest.mark.parametrize('data', [np.zeros((20, 30)), np.full((20, 30), np.nan), np.ones((1, 1)), np.ones((500, 3), np.uint16)],
                         ids=['constant', 'nan', 'one pixel', 'narrow'])
def test_odd_images_can_be_looked_at(data, tmp_path):
    assert frame(data).inspect(filename=tmp_path / 'odd.png').exists()


def test_what_has_no_image_is_refused(chain):
    with pytest.raises(ParameterError, match=r'no image to look at: info\(\) shows'):
        chain.noise.inspect()


def test_figures_are_closed_after_they_were_written(chain):
    import matplotlib.pyplot as plt
    chain.bias.inspect()
    assert not plt.get_fignums()


def test_pixel_under_the_mouse_is_told():
    data = np.arange(6.0).reshape(2, 3)
    assert _under_mouse(data, 2.4, 0.6) == 'x 2  y 1  value 5'
    assert _under_mouse(data, -0.6, 0) == _under_mouse(data, 0, 2) == ''


@pytest.mark.parametrize(('x', 'y'), [(0, 0), (79, 95), (40, 40)])
def test_wire_frame_shows_the_surroundings_as_far_as_there_are_some(chain, x, y):
    import matplotlib.pyplot as plt
    figure = wire_frame(chain.reduced.data, x, y)
    assert f'x {x}, y {y}' in figure.axes[0].get_title()
    plt.close(figure)
