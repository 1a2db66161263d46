import numpy as np
import pytest

from awlike.pixels.satellites import satellite_tracks

SHAPE = 1000, 800
NOISE = 25.6  # ADU, of the sky of `make_sky`


def track(image, angle, peak, y=None, x=None, sigma=1.7):
    """Add a track through a point, by default the middle; peak in sigma. Return the distance of each pixel from it."""
    height, width = image.shape
    yy, xx = np.ogrid[:height, :width]
    y, x = height * 0.5 if y is None else y, width * 0.5 if x is None else x
    across = (yy - y) * np.cos(angle) - (xx - x) * np.sin(angle)
    image += (peak * NOISE * np.exp(-0.5 * (across / sigma) ** 2)).astype(np.float32)
    return np.abs(across)


def find(image, good=None):
    return satellite_tracks(image, np.ones(image.shape, np.uint8) if good is None else good, 7)


@pytest.fixture(scope='module')
def field(simulate):
    """Stars, of which the brightest saturate, and cosmic rays."""
    return simulate(7, shape=SHAPE, stars=140, hits=200, level=1300.0)


@pytest.fixture
def noise(rng):
    return (1000 + NOISE * rng.standard_normal(SHAPE)).astype(np.float32)


@pytest.mark.parametrize('angle', [0.0, 0.02, 0.4, np.pi / 4, 1.2, np.pi / 2, 1.9, 2.6, 3.1])
def test_faint_tracks_of_any_angle_are_found(field, angle):
    image = field.image.copy()
    across = track(image, angle, 0.4)
    found, tracks = find(image, ~field.saturated)
    assert len(tracks) == 1 and (found[across < 3.5] == 0).mean() >= 0.95
    assert found[across > 15].all()


def test_a_track_of_a_third_of_the_noise_is_found_across_a_chip(rng):
    image = (NOISE * rng.standard_normal((2100, 2100))).astype(np.float32)
    across = track(image, 0.9, 0.3)
    found, tracks = find(image)
    assert len(tracks) == 1 and (found[across < 3.5] == 0).mean() >= 0.95


@pytest.mark.parametrize(('peak', 'sigma'), [(5, 1.7), (300, 1.7), (5, 3.0)])
def test_bright_and_wide_tracks_are_covered_as_far_as_their_light_is_seen(field, peak, sigma):
    image = field.image.copy()
    track(image, 0.7, peak, sigma=sigma)
    found, tracks = find(image, ~field.saturated)
    light = image - field.image
    assert len(tracks) == 1 and found[light > 0.15 * NOISE].mean() < 0.05


def test_several_tracks_are_found_one_after_the_other(field):
    image = field.image.copy()
    distances = [track(image, angle, peak, y) for angle, peak, y in ((0.3, 1, 400), (1.2, 30, 500), (2.5, 0.5, 600))]
    found, tracks = find(image, ~field.saturated)
    assert len(tracks) == 3
    assert all((found[across < 3.5] == 0).mean() >= 0.95 for across in distances)


@pytest.mark.slow
@pytest.mark.parametrize('seed', range(6))
def test_stars_and_cosmic_rays_are_no_tracks(simulate, seed):
    sky = simulate(seed, shape=SHAPE, stars=[140, 1000][seed % 2], hits=300)
    found, tracks = find(sky.image, ~sky.saturated)
    assert tracks == [] and found.all()


def test_a_galaxy_is_no_track(noise):
    y, x = np.ogrid[:SHAPE[0], :SHAPE[1]]
    for angle, ratio in ((0.5, 0.6), (1.8, 0.1)):
        along = (x - 400) * np.cos(angle) + (y - 500) * np.sin(angle)
        across = (y - 500) * np.cos(angle) - (x - 400) * np.sin(angle)
        galaxy = 3000 * np.exp(-np.hypot(along, across / ratio) / 30)
        assert find((noise + galaxy).astype(np.float32))[1] == []


@pytest.mark.parametrize('angle', [0.0, np.pi / 4])
def test_diffraction_spikes_are_no_tracks(noise, angle):
    y, x = np.ogrid[:SHAPE[0], :SHAPE[1]]
    image = noise + 1e6 * np.exp(-np.hypot(y - 600, x - 300) / 4)
    for turn in (angle, angle + np.pi / 2):
        along = np.abs((x - 300) * np.cos(turn) + (y - 600) * np.sin(turn))
        across = (y - 600) * np.cos(turn) - (x - 300) * np.sin(turn)
        image += 3000 / (1 + along / 15) * np.exp(-0.5 * (across / 1.8) ** 2) * (along < 200)
    assert find(np.minimum(image, 60000).astype(np.float32), image < 60000)[1] == []


def test_bad_columns_and_steps_and_gradients_are_no_tracks(noise):
    noise[:, 300] += 2 * NOISE
    noise[:, 400:] += 20 * NOISE
    noise += np.linspace(0, 30 * NOISE, SHAPE[1], dtype=np.float32) ** 1.2
    assert find(noise)[1] == []


Y, X = np.ogrid[:SHAPE[0], :SHAPE[1]]


def with_noise(rng, level):
    return (level + np.sqrt(0.6 * level) * rng.standard_normal(SHAPE)).astype(np.float32)


def slanted(angle):
    """The distance of each pixel from a line near the left edge, which is turned by an angle."""
    return (X - 60) * np.cos(angle) + (Y - 500) * np.sin(angle)


@pytest.mark.slow
@pytest.mark.parametrize('angle', [0.0, 0.02, 0.3])
@pytest.mark.parametrize('width', [0.01, 2, 8, 30])
def test_a_vignetted_edge_is_no_track(rng, angle, width):
    light = 0.3 + 0.7 / (1 + np.exp(np.clip(-slanted(angle) / width, -50, 50)))
    assert find(with_noise(rng, 1000 * light))[1] == []


@pytest.mark.parametrize('edge', [0, 1])
def test_a_ridge_along_an_edge_of_the_image_is_no_track(rng, edge):
    ridge = 1000 + 200 * np.exp(-0.5 * (((X, Y)[edge] - 12) / 3) ** 2) * np.ones(SHAPE)
    assert find(with_noise(rng, ridge))[1] == []


@pytest.mark.parametrize(('radius', 'width'), [(600, 5), (600, 20), (3000, 1), (3000, 10), (8000, 5), (8000, 0.1)])
def test_the_rim_of_a_broad_light_is_no_track(rng, radius, width):
    beyond = np.hypot(Y - 500, X - 400 - (radius - 200)) - radius
    light = 4300 + 20000 / (1 + np.exp(np.clip(beyond / width, -50, 50)))
    assert find(with_noise(rng, light))[1] == []


@pytest.mark.slow
@pytest.mark.parametrize('number', [8, 20, 40])
@pytest.mark.parametrize('turned', [False, True])
def test_the_lines_of_a_spectrum_are_no_tracks(rng, number, turned):
    image = np.full(SHAPE, 1000.0)
    along, across = (X, Y) if turned else (Y, X)
    for place in rng.uniform(20, 780, number):
        image += 10 ** rng.uniform(2, 4) * np.exp(-0.5 * ((across - place + 0.01 * along) / 2) ** 2)
    assert find(with_noise(rng, image))[1] == []


@pytest.mark.parametrize('angle', [0.0, np.pi / 2])
def test_two_lines_exactly_along_an_axis_are_a_spectrum_and_one_is_a_track(rng, angle):
    image = with_noise(rng, np.full(SHAPE, 1000.0))
    track(image, angle + 0.001, 2, y=400, x=300)
    assert len(find(image)[1]) == 1
    track(image, angle, 5, y=600, x=500)
    assert find(image)[1] == []
    track(image, angle + 0.03, 5, y=200, x=200)
    assert len(find(image)[1]) == 1, 'the one that is tilted'


@pytest.mark.slow
@pytest.mark.parametrize('radius', [3000, 20000])
@pytest.mark.parametrize(('peak', 'sigma'), [(1.5, 1.7), (6, 4.0), (50, 1.7)])
@pytest.mark.parametrize('angle', [0.5, 4.0])
def test_a_thin_ring_is_no_track(rng, radius, peak, sigma, angle):
    image = with_noise(rng, np.full(SHAPE, 1000.0))
    across = np.hypot(Y - 450 + radius * np.sin(angle), X - 420 + radius * np.cos(angle)) - radius
    image += (peak * NOISE * np.exp(-0.5 * (across / sigma) ** 2)).astype(np.float32)
    assert find(image)[1] == []


@pytest.mark.parametrize(('peak', 'sigma'), [(0.6, 1.7), (5, 3.0)])
@pytest.mark.parametrize('angle', [0.3, 1.4])
def test_an_interrupted_trailing_track_is_straight(field, peak, sigma, angle):
    image = field.image.copy()
    before = image.copy()
    across = track(image, angle, peak, sigma=sigma)
    along = (X - 400) * np.cos(angle) + (Y - 500) * np.sin(angle)
    off = (np.abs(along - 150) < 25) | (np.abs(along + 250) < 25)
    image[off] = before[off]
    image[(across < 6 + 8 * sigma) & (across > 6 * sigma) & (along > 0)] += NOISE * min(peak, 3) / 10  # light to its sides
    assert len(find(image, ~field.saturated)[1]) == 1


def test_a_distortion_of_the_camera_leaves_a_track_a_track(rng):
    image = (NOISE * rng.standard_normal((2100, 2100))).astype(np.float32)
    y, x = np.ogrid[:2100, :2100]
    across = y - 900 - 0.2 * x - (x - 1050) ** 2 / 2 / 750_000
    image += (3 * NOISE * np.exp(-0.5 * (across / 1.7) ** 2)).astype(np.float32)
    assert len(find(image)[1]) == 1


def test_true_tracks_are_found_beside_all_this(rng):
    shadow = 0.3 + 0.7 / (1 + np.exp(-slanted(0.0) / 8))
    for (angle, peak, y, count), level in zip([(0.4, 0.4, 500, 1), (0.03, 1, 15, 1), (0.8, 1, 100, 1), (0.5, 3, 500, 1)],
                                              [1, 1, 1, shadow], strict=True):
        image = with_noise(rng, 1000 * level * np.ones(SHAPE))
        across = track(image, angle, peak, y)
        found, tracks = find(image)
        assert len(tracks) == count and (found[across < 3.5] == 0).mean() >= 0.9, angle


def test_a_train_of_three_parallel_tracks_is_found_and_two_that_cross(rng):
    image = with_noise(rng, np.full(SHAPE, 1000.0))
    for place in (300, 400, 500):
        track(image, 0.6, 2, place)
    track(image, 2.2, 2)
    assert len(find(image)[1]) == 4


def test_nan_and_bad_pixels_neither_hide_a_track_nor_make_one(noise):
    good = np.ones(SHAPE, np.uint8)
    noise[:, 400] = good[:, 400] = 0
    noise[300:360, 200:300] = np.nan
    noise[700, 100], noise[701, 100] = np.inf, -1e30
    good[500:520] = 0
    assert find(noise, good)[1] == []
    across = track(noise, 1.57, 1.0)
    found, tracks = find(noise, good)
    assert len(tracks) == 1 and (found[across < 3.5] == 0).mean() >= 0.95


@pytest.mark.parametrize('shape', [(1, 1), (1, 50), (50, 1), (3, 4), (7, 200), (20, 20)])
def test_tiny_images_have_none(rng, shape):
    image = rng.standard_normal(shape).astype(np.float32)
    assert find(image)[0].shape == shape and find(image)[1] == []


@pytest.mark.parametrize('value', [0.0, 5.0, np.nan, np.inf])
def test_images_without_content_have_none(value):
    found, tracks = find(np.full((100, 120), value, np.float32))
    assert found.dtype == np.uint8 and found.all() and tracks == []
    assert find(np.ones((100, 120), np.float32), np.zeros((100, 120)))[1] == []


def test_the_same_image_gives_the_same_map_and_is_left_alone(field):
    image = field.image.copy()
    track(image, 0.4, 1.0)
    before = image.copy()
    first = find(image)
    assert np.array_equal(first[0], find(image)[0]) and np.array_equal(image, before)
    assert np.array_equal(first[0], find(image.astype('>f4'))[0])


def test_senseless_arguments_are_refused(noise):
    with pytest.raises(ValueError, match='threshold is 0'):
        satellite_tracks(noise, np.ones(SHAPE), 0)
    with pytest.raises(ValueError, match='pixel upon pixel'):
        satellite_tracks(noise, np.ones((3, 3)), 7)
