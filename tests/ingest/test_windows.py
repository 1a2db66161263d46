"""Windows of a detector: recognised, calibrated by what covers them, never mixed; other sizes are refused."""

import numpy as np
import pytest
from astropy.io import fits

from awlike import Frame
from awlike.database.sessions import database, use
from awlike.errors import ProcessingError
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.ingest import ingest
from awlike.ingest.setups import fill_in_setups
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import of_frame
from awlike.planning.resolve import Resolver
from awlike.products.inputs import cut_to
from awlike.recipes.reduced import ReduceTask
from tests.database.test_migrations import as_owner

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


# --- several amplifiers ---

TWO = CAMERA.replace('"SMALL"', '"TWO"').replace('Small', 'Two') + '''
[amplifiers.A]
trim = "TRIMSECA"
detsec = "CCDSECA"
overscan_x = "BIASSECA"
gain = 2.0
[amplifiers.B]
trim = "TRIMSECB"
detsec = "CCDSECB"
overscan_x = "BIASSECB"
gain = 1.0
[parameters]
"*.OVERSCAN_CORRECTION" = 6
'''
RESPONSE = 1 + 0.1 * np.cos(np.arange(64) / 9)
PEDESTALS, GAINS, SCAN = (700, 1300), (2.0, 1.0), 8


@pytest.fixture
def two(camera, tmp_path):
    """Write a frame of a detector of two amplifiers, left and right, or its window (x, y, width, height); gives the path."""
    camera(TWO)
    dice = np.random.default_rng(2)

    def write(name, kind, light=0.0, window=(0, 0, 64, 48), blank='absent', **cards):
        x, y, width, height = window
        electrons = (light * RESPONSE[x:x + width] * np.ones((height, 1)) + LEVEL[y:y + height, x:x + width] - 500)
        header = fits.Header({'INSTRUME': 'Two', 'IMAGETYP': kind, 'DATE-OBS': f'2020-01-01T03:00:{write.number:02}',
                              'EXPTIME': 0.0 if kind == 'BIAS' else 10.0, 'FILTER': 'r', **cards})
        write.number += 1
        parts, column = [], 0
        for number, (amplifier, left, right) in enumerate((('A', 0, 32), ('B', 32, 64))):
            first, last = max(x, left), min(x + width, right)
            if first >= last:
                if blank != 'absent':
                    header[f'TRIMSEC{amplifier}'] = header[f'CCDSEC{amplifier}'] = blank
                continue
            seen = electrons[:, first - x:last - x] / GAINS[number]
            part = np.hstack([seen, np.zeros((height, SCAN))]) + PEDESTALS[number]
            part += dice.normal(0, 1, part.shape)
            end = column + seen.shape[1]
            header[f'TRIMSEC{amplifier}'] = f'[{column + 1}:{end},1:{height}]'
            header[f'BIASSEC{amplifier}'] = f'[{end + 1}:{end + SCAN},1:{height}]'
            header[f'CCDSEC{amplifier}'] = f'[{first + 1}:{last},{y + 1}:{y + height}]'
            column = end + SCAN
            parts.append(part)
        path = tmp_path / f'{name}.fits'
        fits.writeto(path, np.rint(np.hstack(parts)).astype(np.uint16), header)
        return path

    write.number = 0
    return write


def reduced_of_two():
    task = ReduceTask('TWO', commit=True)
    task.execute()
    red, = task.products
    return red


@pytest.mark.slow
@pytest.mark.parametrize('window, where', [((20, 10, 30, 25), '[21:50,11:35]'), ((40, 5, 20, 30), '[41:60,6:35]'),
                                           ((0, 0, 32, 48), '[1:32,1:48]')])
@pytest.mark.parametrize('blank', ['absent', ' ', '[0:0,0:0]'])
def test_a_window_of_two_amplifiers_is_reduced_by_calibrations_of_the_whole_detector(two, window, where, blank):
    take(*[two(f'bias{n}', 'BIAS') for n in range(5)], *[two(f'flat{n}', 'FLAT', 20000) for n in range(4)],
         two('sky', 'LIGHT', 1000, window=window, blank=blank))
    raw = RawScienceFrame.select_all().one()
    assert raw.setup.values == {'WINDOW': where} and raw.geometry.shape == (window[3], window[2])
    assert {one.setup for one in RawBiasFrame.select_all()} == {None}
    red = reduced_of_two()
    assert red.data.shape == (window[3], window[2]) and red.flat.data.shape == SIZE
    good = red.weight.data > 0
    assert good.mean() > 0.9 and red.reproduce().identical
    scale = np.mean(GAINS) if window[0] < 32 < window[0] + window[2] else GAINS[0 if window[0] < 32 else 1]
    assert np.median(red.data[good]) * scale == pytest.approx(1000 * np.median(RESPONSE), rel=0.01)


def test_windows_of_two_amplifiers_that_nobody_describes_are_refused_with_the_remedy(two, camera):
    camera(TWO.replace('detector = "[1:64,1:48]"\n', ''))
    take(two('whole', 'BIAS'))
    for name, window in (('part', (20, 10, 30, 25)), ('half', (0, 0, 32, 48))):
        (_, reason), = ingest(two(name, 'BIAS', window=window)).refused
        assert 'constant detector' in reason and '64 x 48 pixels ([1:64,1:48] of the detector)' in reason or (
            name == 'half' and 'no value for trim of an amplifier' in reason)
    camera(TWO)
    assert not ingest(two('again', 'BIAS', window=(20, 10, 30, 25))).refused


def test_windows_of_the_same_size_at_other_places_of_two_amplifiers_are_never_mixed(two, camera):
    camera(TWO.replace('detector = "[1:64,1:48]"\n', ''))
    take(two('one', 'BIAS', window=(20, 10, 30, 25)))
    (_, reason), = ingest(two('other', 'BIAS', window=(21, 10, 30, 25))).refused
    assert '[22:51,11:35]' in reason and '[21:50,11:35]' in reason


def test_a_window_of_amplifiers_whose_place_is_fixed_is_refused(two, camera):
    camera(TWO.replace('"CCDSECA"', '"[1:32,1:48]"').replace('"CCDSECB"', '"[33:64,1:48]"'))
    (_, reason), = ingest(two('part', 'BIAS', XORGSUBF=4, YORGSUBF=0)).refused
    assert 'fixes the place of amplifier A (detsec)' in reason and 'instead of fixed sections' in reason
    take(two('whole', 'BIAS', XORGSUBF=0, YORGSUBF=0))
    (_, reason), = ingest(two('small', 'BIAS', window=(0, 0, 64, 20))).refused
    assert 'are of different size' in reason


def test_a_window_beside_the_detector_is_refused(two, camera):
    camera(TWO.replace('detector = "[1:64,1:48]"', 'detector = "[1:60,1:48]"'))
    (_, reason), = ingest(two('whole', 'BIAS')).refused
    assert 'do not lie on the detector, [1:60,1:48]' in reason and 'correct detector' in reason


def test_a_detector_within_a_mosaic_counts_its_windows_from_its_own_corner(two, camera):
    camera(TWO.replace('detector = "[1:64,1:48]"', 'detector = "[1001:1064,501:548]"'))
    cards = {'CCDSECA': '[1021:1032,511:535]', 'CCDSECB': '[1033:1050,511:535]'}
    path = two('part', 'LIGHT', 1000, window=(20, 10, 30, 25))
    fits.setval(path, 'CCDSECA', value=cards['CCDSECA'])
    fits.setval(path, 'CCDSECB', value=cards['CCDSECB'])
    take(path)
    assert RawScienceFrame.select_all().one().setup.values == {'WINDOW': '[21:50,11:35]'}


def test_a_master_of_a_window_of_two_amplifiers_needs_to_say_where_it_begins(two, tmp_path):
    path = tmp_path / 'master.fits'
    header = fits.Header({'INSTRUME': 'Two', 'IMAGETYP': 'BIAS', 'DATE-OBS': '2020-01-01T03:00:00', 'EXPTIME': 0.0})
    fits.writeto(path, np.zeros((25, 30), np.float32), header)
    (_, reason), = ingest(path, as_=BiasFrame).refused
    assert '30 x 25 pixels, less than the whole detector' in reason and 'XORGSUBF' in reason
    fits.setval(path, 'XORGSUBF', value=20)
    fits.setval(path, 'YORGSUBF', value=10)
    report = ingest(path, as_=BiasFrame)
    assert report.ingested[0].setup.values == {'WINDOW': '[21:50,11:35]'}


# --- frames that an older awlike ingested, which knew no windows ---

OLD = CAMERA + '[setup]\nGAIN = "GAIN"\n'


def forget_windows(kept='GAIN=1'):
    """Leave all frames and products as an awlike that knew no windows ingested them."""
    with as_owner() as connection:
        connection.exec_driver_sql('UPDATE dbobject SET setup_id = (SELECT object_id FROM setup WHERE name = '
                                   f"'{kept}') WHERE setup_id IS NOT NULL")
        connection.exec_driver_sql(f"DELETE FROM setup WHERE name <> '{kept}'")
    use(None)


PART = (20, 10, 30, 25)


@pytest.fixture
def old(camera, frame):
    """An archive of windows alone, with a bias made of them, in which they count as whole frames."""
    camera(OLD)
    take(*[frame(f'bias{n}', 'BIAS', window=PART, GAIN=1) for n in range(5)],
         frame('other', 'BIAS', GAIN=1, night='2019-01-01'), frame('first', 'LIGHT', 1000, window=PART, GAIN=1))
    forget_windows()


def test_windows_that_an_older_awlike_took_for_whole_frames_serve_one_another_as_before(old):
    sky, = resolved()
    assert sky.error is None and len(sky.raws) == 5
    assert {RawBiasFrame.get(one.raws[0]).setup.name for one in [sky]} == {'GAIN=1'}


def test_a_whole_frame_that_an_old_window_keeps_out_comes_in_once_windows_are_filled_in(old, frame):
    whole = frame('whole', 'BIAS', GAIN=1)
    (_, reason), = ingest(whole).refused
    assert 'is the window [21:50,11:35] of the detector' in reason and 'awe db setups' in reason
    done = fill_in_setups(database())
    assert (done.frames, done.failed) == (6, [])
    assert sorted(str(raw.setup.name) for raw in RawBiasFrame.select_all()) == ['GAIN=1'] + ['GAIN=1 WINDOW=[21:50,11:35]'] * 5
    take(whole, frame('new', 'BIAS', window=PART, GAIN=1))
    assert len(RawBiasFrame.setup.name == 'GAIN=1 WINDOW=[21:50,11:35]') == 6, 'old and new windows are of one setup'
    assert fill_in_setups(database()).frames == 0


def test_products_of_old_windows_get_the_window_of_their_frames(camera, frame):
    camera(OLD)
    take(*[frame(f'bias{n}', 'BIAS', window=PART, GAIN=1) for n in range(5)],
         *[frame(f'flat{n}', 'FLAT', 20000, window=PART, GAIN=1) for n in range(4)],
         frame('sky', 'LIGHT', 1000, window=PART, GAIN=1), frame('whole', 'BIAS', GAIN=1, night='2019-01-01'))
    task = ReduceTask('SMALL', commit=True)
    task.execute()
    forget_windows()
    done = fill_in_setups(database())
    assert done.frames == 10 and done.products > 5
    assert {one.setup.name for one in Frame.select_all()} == {'GAIN=1', 'GAIN=1 WINDOW=[21:50,11:35]'}
    assert {one.setup.name for one in BiasFrame.select_all()} == {'GAIN=1 WINDOW=[21:50,11:35]'}
    assert not ReduceTask('SMALL', commit=True).plan().to_make, 'nothing is made anew'


@pytest.mark.parametrize('described', [True, False])
def test_windows_are_found_where_no_whole_frame_of_the_chip_is_in_the_archive(camera, frame, described):
    camera(OLD if described else OLD.replace('detector = "[1:64,1:48]"\n', ''))
    take(*[frame(f'bias{n}', 'BIAS', window=PART, GAIN=1) for n in range(2)])
    take(frame('whole', 'BIAS', GAIN=1, night='2010-01-01'))
    forget_windows()
    with as_owner() as connection:
        connection.exec_driver_sql("""DELETE FROM dbobject WHERE "DATE_OBS" < '2011-01-01' AND class_name = 'RawBiasFrame'""")
    use(None)
    assert fill_in_setups(database()).frames == 2 and fill_in_setups(database()).frames == 0
