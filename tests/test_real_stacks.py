"""The stack of a real night: eight exposures of the field of the asteroid (5945) Roachapproach, which moves.

The headers tell where the frames lie.
"""

import itertools

import numpy as np
import pytest

from awlike.frames.coadded import CoaddedRegriddedFrame
from awlike.ingest import ingest
from awlike.recipes.coadded import CoaddTask
from tests.conftest import DATA, home_in

pytestmark = pytest.mark.slow

NIGHT, CENTRE = DATA / 'lowell-42in', (124.62, 25.35)


@pytest.fixture(scope='module')
def stacks(tmp_path_factory, on):
    """The clipped stack, and the weighted mean of all."""
    science = sorted((NIGHT / '5945').glob('*.fits'))
    if len(science) < 8:
        pytest.skip('no ../shared/data/lowell-42in')
    with home_in(tmp_path_factory.mktemp('real') / 'awlike', on):
        report = ingest([*sorted((NIGHT / 'zero').glob('*.fits'))[:5], *sorted((NIGHT / 'flat').glob('*.fits')), *science],
                        how='refer')
        assert not report.refused
        for kind in ('clipped', 'weighted'):
            CoaddTask('NASA42', commit=True, grid=CENTRE, pars={'CoaddedRegriddedFrame.COMBINATION': kind}).execute()
        yield list(CoaddedRegriddedFrame.select_all().order_by('creation_date'))


def noise(values):
    return 1.4826 * np.median(np.abs(values - np.median(values)))


def on_stack(stack, one, plane):
    """A plane of a member, on the pixels of the stack."""
    box, own = stack.as_member().box, one.as_member().box
    whole = np.full(stack.data.shape, 0, np.float32)
    whole[own.y0 - box.y0:own.y1 - box.y0, own.x0 - box.x0:own.x1 - box.x0] = np.nan_to_num(plane)
    return whole


def test_the_noise_falls_with_the_root_of_the_number(stacks):
    """Differences have no sources: those of single frames tell the noise of each, those of two halves that of their stacks."""
    stack, _ = stacks
    members = list(stack.regridded_frames)
    assert len(members) == 8
    full = stack.exposures.data == 8
    images = [on_stack(stack, one, one.data)[full] for one in members]
    pairs = list(itertools.combinations(range(8), 2))
    variances = [noise(images[i] - images[j]) ** 2 for i, j in pairs]
    single = np.linalg.lstsq(np.array([[k in pair for k in range(8)] for pair in pairs], float), variances)[0]
    halves = []
    for part in (members[::2], members[1::2]):
        task = CoaddTask(frames=[one.frame.raw for one in part], commit=True, grid=CENTRE)
        task.execute()
        halves.append(on_stack(stack, task.products[0], task.products[0].data)[full])
    predicted = sum(1 / np.sum(1 / single[number::2]) for number in range(2))
    assert noise(halves[0] - halves[1]) == pytest.approx(predicted ** 0.5, rel=0.1)


def test_clipping_keeps_the_cores_of_stars_though_the_seeing_doubles(stacks):
    stack, mean = stacks
    star = (mean.data * np.sqrt(mean.weight.data) > 100) & (mean.exposures.data == 8)
    assert star.sum() > 500 and stack.data[star].sum() == pytest.approx(mean.data[star].sum(), rel=0.01)


def test_the_asteroid_is_clipped(stacks):
    stack, mean = stacks
    sky = (np.abs(stack.data) * np.sqrt(stack.weight.data) < 4) & (stack.exposures.data >= 6)
    places, times = [], []
    for one in stack.regridded_frames:
        pulls = (on_stack(stack, one, one.data) - stack.data) * np.sqrt(on_stack(stack, one, one.weight.data)) * sky
        places.append(np.unravel_index(np.argmax(_smoothed(np.nan_to_num(pulls))), pulls.shape))
        times.append((one.DATE_OBS - stack.DATE_OBS).total_seconds() / 3600)
    places = np.array(places, float)
    fits = [np.polyfit(times, axis, 1) for axis in places.T]
    off = np.hypot(*(axis - np.polyval(fit, times) for axis, fit in zip(places.T, fits, strict=True)))
    assert (off < 3).sum() >= 6 and np.hypot(fits[0][0], fits[1][0]) > 5, 'it moves on a line, pixels an hour'
    for (y, x), near in zip(places.astype(int), off < 3, strict=True):
        if near:
            part = (slice(y - 2, y + 3), slice(x - 2, x + 3))
            told, kept = (np.nanmean((one.data * np.sqrt(one.weight.data))[part]) for one in (mean, stack))
            assert kept < 1.5 < told


def _smoothed(image):
    """The mean of 3 x 3 pixels."""
    from scipy.ndimage import uniform_filter
    return uniform_filter(image, 3)
