"""Corrections that all detectors of an exposure tell together: sky, fringes by vectors, pupil ghost."""

import numpy as np
import pytest

from awlike.errors import HeaderError
from awlike.pixels.fringe_vectors import (
    contrasts,
    exposure_fringe_scale,
    fringe_ratios,
    read_vectors,
    vectors_in,
)
from awlike.pixels.pupil_ghost import (
    FocalPlane,
    GhostTemplate,
    exposure_ghost_scale,
    ghost_at,
    ghost_from_image,
    ghost_image,
    ghost_template,
)
from awlike.pixels.sky_samples import sky_level, sky_samples, within_sigma

SHAPE = 400, 360


def fringes(shape=SHAPE):
    y, x = np.mgrid[:shape[0], :shape[1]]
    return np.sin(x / 23.0 + np.sin(y / 60.0)) * 0.02


def exposure(scale, seed=1, stars=40):
    """A sky of 1000 ADU, its fringes, noise and stars."""
    rng = np.random.default_rng(seed)
    image = 1000 + scale * fringes() + rng.normal(0, 8, SHAPE)
    for x, y in rng.uniform(10, 350, (stars, 2)):
        image[int(y) - 3:int(y) + 4, int(x) - 3:int(x) + 4] += 3000
    return image.astype('f4')


def test_the_sky_is_that_between_the_stars_and_beside_the_gaps():
    image = exposure(0)
    image[:, 100:110] = np.nan
    found = sky_samples(image, 200, 12)
    assert len(found.x) == 200 and np.isfinite(found.level).all()
    assert not ((found.x > 100 - 12) & (found.x < 110 + 12)).any()
    level = sky_level(found.level)
    assert level.clipped == pytest.approx(1000, abs=1) and level.number == 200
    again = sky_samples(image, 200, 12)
    np.testing.assert_array_equal(found.level, again.level)


def test_a_detector_without_pixels_has_no_sky():
    found = sky_samples(np.full((64, 64), np.nan, 'f4'), 20, 30)
    assert not len(found.x) and sky_level(found.level) is None


def test_small_detectors_have_small_boxes():
    assert len(sky_samples(np.ones((32, 40), 'f4'), 20, 30).x) == 20


def test_outliers_are_clipped():
    values = np.concatenate([np.random.default_rng(2).normal(10, 1, 500), [100, 200, np.nan]])
    assert values[within_sigma(values)].max() < 15
    assert within_sigma(np.ones(5)).all()


def test_vectors_of_a_region_file_are_read():
    found = read_vectors('# Region file format: DS9\nimage\n# vector(10,20,30,90) vector=1\n# vector(1.5,2,3,-45) vector=0\n')
    np.testing.assert_allclose(found, [[10, 20, 30, 90], [1.5, 2, 3, -45]])
    with pytest.raises(HeaderError, match='no four numbers'):
        read_vectors('# vector(10:20:30,-30:00:00,3")')
    with pytest.raises(HeaderError, match='bad.reg: there is no vector'):
        read_vectors('box(1,2,3,4,0)', 'bad.reg')


def test_a_vector_tells_the_contrast_from_dark_to_bright():
    image = np.zeros((100, 120), 'f4')
    image[:, 60:] = 7
    np.testing.assert_allclose(contrasts(image, np.array([[20, 50, 80, 0], [100, 50, 80, 180]]), 5), [7, -7])
    assert np.isnan(contrasts(image, np.array([[20, 50, 900, 0]]), 5)).all()


@pytest.mark.parametrize('scale', [500.0, 2000.0])
def test_one_scale_of_all_detectors_removes_the_fringes(scale):
    template = fringes()
    vectors = vectors_in(template, 5)
    assert len(vectors) == 64 and (contrasts(template, vectors, 5) > 0).all()
    ratios = np.concatenate([fringe_ratios(exposure(scale, seed), template, vectors, 5) for seed in range(1, 5)])
    found = exposure_fringe_scale(ratios)
    assert found.scale == pytest.approx(scale, rel=0.03) and found.number > 150
    left = exposure(scale, 9, stars=0) - found.scale * template
    slope = np.polyfit(template.ravel(), left.ravel(), 1)[0]
    assert abs(slope) < 0.05 * scale  # of the fringes


def test_without_contrast_there_is_no_scale():
    assert exposure_fringe_scale(np.array([np.nan, -1.0])) is None
    assert exposure_fringe_scale(fringe_ratios(exposure(0), np.zeros(SHAPE), np.empty((0, 4)))) is None
    assert not len(vectors_in(np.full((100, 100), np.nan)))


def ring(x, y, turn=0.0):
    """A ghost about the axis, brighter on one side, turned by so many degrees."""
    radius, angle = np.hypot(x, y), np.degrees(np.arctan2(y, x)) - turn
    return 0.08 * np.exp(-0.5 * ((radius - 150) / 40) ** 2) * (1 + 0.4 * np.cos(np.radians(angle)))


def template():
    """The polar template of `ring`."""
    angle, radius = np.meshgrid(np.radians(np.arange(72) * 5), np.arange(80) * 5.0, indexing='ij')
    return GhostTemplate(ring(radius * np.cos(angle), radius * np.sin(angle)), 5.0)


PLANES = {'lower left': FocalPlane((SHAPE[1] + 10.0, SHAPE[0] + 10.0), np.eye(2)),
          'upper right': FocalPlane((-10.0, -10.0), np.eye(2))}


def focal(plane):
    y, x = np.mgrid[:SHAPE[0], :SHAPE[1]]
    return plane.places(x, y)


@pytest.mark.parametrize('turn', [0.0, 33.0, 250.0])
def test_the_template_turns_with_the_rotator(turn):
    for plane in PLANES.values():
        made = ghost_image(template(), plane, SHAPE, turn)
        np.testing.assert_allclose(made, ring(*focal(plane), turn), atol=0.001)


def test_a_detector_that_is_mounted_the_other_way_round_sees_the_other_side():
    turned = FocalPlane((-10.0, -10.0), -np.eye(2))
    np.testing.assert_allclose(ghost_image(template(), turned, SHAPE, 0), ring(*focal(turned)), atol=0.001)


def test_one_scale_of_all_detectors_removes_the_ghost():
    sky, levels, ghosts, images = 800.0, [], [], {}
    for seed, (name, plane) in enumerate(PLANES.items()):
        rng = np.random.default_rng(seed)
        image = images[name] = sky * (1 + ring(*focal(plane), 40.0)) + rng.normal(0, 5, SHAPE)
        for x, y in rng.uniform(30, 320, (30, 2)):
            image[int(y) - 8:int(y) + 8, int(x) - 8:int(x) + 8] += 500
        boxes = sky_samples(image, 750, 10)
        levels.append(boxes.level)
        ghosts.append(ghost_at(template(), *plane.places(boxes.x, boxes.y), 40.0))
    found = exposure_ghost_scale(np.concatenate(levels), np.concatenate(ghosts))
    assert found.scale == pytest.approx(sky, rel=0.03) and found.background == pytest.approx(sky, rel=0.003)
    for name, plane in PLANES.items():
        left = images[name] - found.scale * ghost_image(template(), plane, SHAPE, 40.0)
        bright = ring(*focal(plane), 40.0) > 0.04
        assert np.median(left[bright]) == pytest.approx(sky, abs=2.0)  # of 32 ADU or more


def test_the_wrong_angle_leaves_a_ghost():
    plane = PLANES['upper right']
    image = 800.0 * (1 + ring(*focal(plane), 40.0))
    bright = ring(*focal(plane), 40.0) > 0.09
    left = image - 800 * ghost_image(template(), plane, SHAPE, 220.0)
    assert bright.any() and np.median(left[bright]) > 820


def test_without_ghost_there_is_no_scale():
    rng = np.random.default_rng(3)
    assert exposure_ghost_scale(rng.normal(800, 2, 200), np.zeros(200)) is None
    assert exposure_ghost_scale(-800 * np.linspace(0, 0.1, 50), np.linspace(0, 0.1, 50)) is None
    assert exposure_ghost_scale(np.array([1.0]), np.array([0.1])) is None


def test_a_template_is_made_from_exposures():
    rng = np.random.default_rng(5)
    x, y = rng.uniform(-300, 300, (2, 60000))
    stars = np.where(rng.uniform(size=x.size) < 0.02, 2.0, 0.0)
    made = ghost_template(x, y, ring(x, y) + rng.normal(0, 0.01, x.size) + stars, 5.0)
    at = rng.uniform(-200, 200, (2, 500))
    np.testing.assert_allclose(ghost_at(made, *at, 30.0), ring(*at, 30.0), atol=0.02)
    assert ghost_template(x, y, np.full(x.size, np.nan), 5.0) is None


def test_a_template_is_read_from_an_image():
    y, x = np.mgrid[-250:251, -250:251]
    made = ghost_from_image(ring(x, y, 70.0), (251.0, 251.0), 3.0, 70.0)
    at = np.random.default_rng(1).uniform(-170, 170, (2, 300))
    np.testing.assert_allclose(ghost_at(made, *at, 30.0), ring(*at, 30.0), atol=0.003)
    assert ghost_at(made, np.array([5000.0]), np.array([0.0]), 0.0) == 0
