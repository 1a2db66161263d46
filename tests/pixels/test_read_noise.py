import numpy as np
import pytest

from awlike.pixels.read_noise import read_noise


@pytest.mark.parametrize('noise', [0.6, 1.05, 5.0])
def test_the_noise_of_integers_is_recovered_to_two_percent(rng, noise):
    structure = np.linspace(0, 50, 300)[:, None] + rng.normal(0, 20, 300)
    frames = [np.round(300 + structure + rng.normal(0, noise, (300, 300))).astype(np.uint16) for _ in range(4)]
    for frame in frames:
        frame[rng.random(frame.shape) < 1e-3] = 60000  # cosmic rays
    found = read_noise(frames)
    assert found['read_noise'] == pytest.approx(np.sqrt(noise**2 + 1 / 12), rel=0.02)
    assert abs(found['mean_diff']) < 0.1


def test_the_pair_where_the_level_moved_is_told(rng):
    frames = [rng.normal(0, 2, (100, 100)).astype(np.float32) for _ in range(4)]
    frames[2] -= 3
    found = read_noise(frames)
    assert abs(found['mean_diff']) == pytest.approx(3, abs=0.2) == abs(found['median_diff'])
    assert found['read_noise'] == pytest.approx(2, rel=0.03)


def test_bad_pixels_and_a_lost_frame_do_not_count(rng):
    frames = [rng.normal(0, 2, (100, 100)).astype(np.float32) for _ in range(4)]
    frames[0][:, 7] = np.nan
    frames[3][...] = np.nan
    assert read_noise(frames)['read_noise'] == pytest.approx(2, rel=0.03)
    with pytest.raises(ValueError, match='finite pixels in common'):
        read_noise(frames[3:] * 2)


def test_one_frame_or_two_shapes_are_refused():
    with pytest.raises(ValueError, match='select at least two'):
        read_noise([np.zeros((5, 5))])
    with pytest.raises(ValueError, match='cannot be subtracted'):
        read_noise([np.zeros((5, 5)), np.zeros((5, 6))])
