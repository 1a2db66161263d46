"""Windows of a detector: recognised, calibrated by what covers them, never mixed; other sizes are refused."""

import numpy as np
import pytest
from astropy.io import fits

from awlike.errors import ProcessingError
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.ingest import ingest
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import of_frame
from awlike.planning.resolve import Resolver
from awlike.products.inputs import cut_to
from awlike.recipes.reduced import ReduceTask

CAMERA = '''name = "SMALL"
telescope = "T"
latitude = 46.9
longitude = -96.5
elevation = 300
timezone = "America/Chicago"
[recognised_by]
INSTRUME = "Small"
[frame_types]
BIAS = "bias"
FLAT = "domeflat"
LIGHT = "science"
[constants]
chip = "CHIP"
detector = "[1:64,1:48]"
'''
SIZE = 48, 64
LEVEL = np.add.outer(np.arange(48) * 0.3, np.arange(64) * 0.1) + 500  # a bias that differs from pixel to pixel


@pytest.fixture
def camera(project, home):
    (home / 'instruments').mkdir()

    def describe(text=CAMERA):
        (home / 'instruments/small.toml').write_text(text)

    describe()
    return describe


@pytest.fixture
def frame(tmp_path):
    """Write a frame, or its window (x, y, width, height); gives the path."""
    dice = np.random.default_rng(1)

    def write(name, kind, light=0.0, window=None, origin=True, night='2020-01-01', **cards):
        response = 1 + 0.1 * np.cos(np.arange(64) / 9)
        image = LEVEL + dice.normal(0, 2, SIZE) + light * response
        header = fits.Header({'INSTRUME': 'Small', 'IMAGETYP': kind, 'DATE-OBS': f'{night}T03:00:{write.number:02}',
                              'EXPTIME': 0.0 if kind == 'BIAS' else 10.0, 'FILTER': 'r', **cards})
        write.number += 1
        if window is not None:
            x, y, width, height = window
            image = image[y:y + height, x:x + width]
            if origin:
                header['XORGSUBF'], header['YORGSUBF'] = x, y
        path = tmp_path / f'{name}.fits'
        fits.writeto(path, np.rint(image).astype(np.uint16), header)
        return path

    write.number = 0
    return write


def take(*paths):
    report = ingest(list(paths))
    assert not report.refused, report


def whole_night(frame):
    take(*[frame(f'bias{n}', 'BIAS') for n in range(5)], *[frame(f'flat{n}', 'FLAT', 20000) for n in range(4)])


def test_a_window_is_reduced_by_calibrations_of_the_whole_detector(camera, frame):
    whole_night(frame)
    take(frame('sky', 'LIGHT', 1000, window=(20, 10, 30, 25)))
    raw = RawScienceFrame.select_all().one()
    assert raw.setup.values == {'WINDOW': '[21:50,11:35]'} and raw.data.shape == (25, 30)
    task = ReduceTask('SMALL', commit=True)
    task.execute()
    red, = task.products
    assert red.data.shape == red.weight.data.shape == (25, 30) and red.bias.data.shape == red.flat.data.shape == SIZE
    good = red.weight.data > 0
    response = (1 + 0.1 * np.cos(np.arange(64) / 9))[20:50]
    level = 1000 * np.median(1 + 0.1 * np.cos(np.arange(64) / 9))
    assert good.mean() > 0.9 and red.data[good] == pytest.approx(np.full(good.sum(), level), abs=15), response
    assert red.calibration_levels['bias'] == {'nights': 0, 'level': 'plan', 'note': ''}
    assert red.reproduce().identical and np.isfinite(red.to_ccddata().data).all()
    assert not ReduceTask('SMALL', commit=True).plan().to_make


def test_a_window_in_the_corner_is_known_by_the_size_of_the_detector(camera, frame):
    take(frame('sky', 'LIGHT', 1000, window=(0, 0, 30, 25), origin=False), frame('all', 'LIGHT', 1000))
    assert {raw.setup and raw.setup.values['WINDOW'] for raw in RawScienceFrame.select_all()} == {'[1:30,1:25]', None}


def test_windows_are_never_mixed_and_a_window_does_not_serve_the_whole(camera, frame):
    take(*[frame(f'bias{n}', 'BIAS', window=(20, 10, 30, 25)) for n in range(2)], frame('bias2', 'BIAS'),
         *[frame(f'other{n}', 'BIAS', window=(0, 0, 30, 25)) for n in range(2)], frame('sky', 'LIGHT', 1000))
    step, = resolved()
    assert step.error is not None and '2 would match but for WINDOW [21:50,11:35] instead of whole detector' in str(step.error)
    take(frame('part', 'LIGHT', 1000, window=(25, 12, 10, 10)))
    assert all(step.error is not None for step in resolved()), 'two of one window, one whole: no set of three'


def test_the_nearest_night_serves_a_window_whether_of_the_whole_or_of_the_window(camera, frame):
    part = (20, 10, 30, 25)
    take(*[frame(f'whole{n}', 'BIAS') for n in range(3)],
         *[frame(f'part{n}', 'BIAS', window=part, night='2020-01-09') for n in range(3)],
         frame('near', 'LIGHT', 1000, window=(22, 12, 10, 10), night='2020-01-02'),
         frame('far', 'LIGHT', 1000, window=part, night='2020-01-08'))
    near, far = resolved()
    assert [len(one.raws) for one in (near, far)] == [3, 3]
    setups = [RawBiasFrame.get(one.raws[0]).setup for one in (near, far)]
    assert setups[0] is None and setups[1].values == {'WINDOW': '[21:50,11:35]'}


def resolved():
    requests = [of_frame(raw).for_class(BiasFrame) for raw in RawScienceFrame.select_all().order_by('DATE_OBS')]
    return Resolver(ParametersInForce(), commit=False).resolve(BiasFrame, requests)


@pytest.mark.parametrize('first', ['small', 'large'])
def test_another_size_without_a_word_on_windows_is_refused_with_the_remedy(camera, frame, first):
    camera(CAMERA.replace('detector = "[1:64,1:48]"\n', ''))
    small, large = frame('small', 'BIAS', window=(0, 0, 30, 25)), frame('large', 'BIAS')
    one, other = (small, large) if first == 'small' else (large, small)
    take(one)
    (_, reason), = ingest(other).refused
    assert '30 x 25' in reason and '64 x 48' in reason and 'constant detector' in reason and 'binning in setup' in reason
    camera()
    assert not ingest(small).refused


def test_what_does_not_fit_is_an_error_in_words_and_none_of_numpy(camera, frame):
    whole_night(frame)
    take(frame('sky', 'LIGHT', 1000, window=(20, 10, 30, 25)))
    raw, bias = RawScienceFrame.select_all().one(), RawBiasFrame.select_all()[0]
    with pytest.raises(ProcessingError, match=r'covers .* of the detector, and .*\[21:50,11:35\]: take calibrations'):
        cut_to(np.zeros((20, 20)), bias, raw)
    with pytest.raises(ProcessingError, match='20 x 20 pixels, and .* 64 x 48 that are light-sensitive'):
        cut_to(np.zeros((20, 20)), raw.raw_fits, bias)
