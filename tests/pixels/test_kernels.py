"""Each compiled kernel beside a plain twin in numpy, and results on one core beside those on several."""

import itertools
import os
import pkgutil
import subprocess
import sys

import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d

from awlike.pixels import kernels, order, strips
from awlike.pixels.combine import combine_clipped, combine_median, mad_to_sigma, sorting_network
from awlike.pixels.order import Ordered
from awlike.pixels.reduced import reduce_image
from awlike.pixels.statistics import clipped_statistics, image_statistics
from awlike.pixels.weight import weight_image

SHAPES = [(1, 1), (3, 5), (7, 33), (40, 601)]
NUMBERS = [1, 2, 3, 4, 9, 10, 17, 50]


def stack(rng, number, shape, dtype=np.float32):
    """Return frames with outliers, saturated values and, in float32, non-finite values; some pixels have no finite value."""
    values = np.round(rng.normal(1000, 20, (number, *shape)))
    values[rng.random(values.shape) < 0.03] += 5000
    values[rng.random(values.shape) < 0.03] = 65535
    values = values.astype(dtype)
    if dtype == np.float32:
        values += rng.random(values.shape, np.float32)
        values[rng.random(values.shape) < 0.05] = np.nan
        values[rng.random(values.shape) < 0.02] = -np.inf
        values[:, rng.random(shape) < 0.05] = np.nan
    return values


def median_twin(values):
    """Return the median along the first axis of the finite values, as float32."""
    values = np.where(np.isfinite(values), values, np.nan)
    with np.errstate(all='ignore'):
        ordered, count = np.sort(values, axis=0), np.isfinite(values).sum(axis=0)
        lower, upper = (np.take_along_axis(ordered, np.clip(place, 0, len(values) - 1)[None], 0)[0]
                        for place in ((count - 1) // 2, count // 2))
        return np.where(count > 0, np.float32(0.5) * (lower + upper), np.float32(np.nan)), count


def clipped_twin(values, nsigma, sigma):
    values = np.where(np.isfinite(values), values, np.nan).astype(np.float32)
    median, count = median_twin(values)
    deviations = np.abs(values - median)
    if sigma is None:
        factors = np.array([mad_to_sigma(number) for number in range(len(values) + 1)])
        own = np.where(count > 1, factors[count] * median_twin(deviations)[0].astype(np.float64), 0)
        share, variance = (uniform_filter1d(a, 25, axis=1, mode='constant') * 25 for a in ((count > 1) * 1.0, own**2))
        sigma = np.maximum(own, np.sqrt(np.maximum(variance, 0) / np.maximum(share, 1)))
    kept = deviations <= nsigma * sigma
    mean = np.sum(values, axis=0, dtype=np.float64, where=kept) / np.maximum(kept.sum(axis=0), 1)
    return np.where(kept.any(axis=0), mean, median).astype(np.float32)


@pytest.mark.parametrize('number', range(1, 40))
def test_the_network_sorts(rng, number):
    values = rng.integers(0, number, (number, 300))  # with ties
    expected = np.sort(values, axis=0)
    for low, high in sorting_network(number):
        values[low], values[high] = np.minimum(values[low], values[high]), np.maximum(values[low], values[high])
    assert np.array_equal(values, expected)


@pytest.mark.parametrize('dtype', [np.float32, np.uint16])
@pytest.mark.parametrize('shape', SHAPES)
@pytest.mark.parametrize('number', NUMBERS)
def test_combining(rng, number, shape, dtype):
    values = stack(rng, number, shape, dtype)
    frames = list(values)
    assert np.array_equal(combine_median(frames), median_twin(values.astype(np.float32))[0], equal_nan=True)
    for sigma in (20.0, None):
        found, expected = combine_clipped(frames, 3.0, sigma), clipped_twin(values.astype(np.float32), 3.0, sigma)
        np.testing.assert_allclose(found, expected, rtol=2e-7)
    assert np.array_equal(combine_clipped(frames[::-1], 3.0), combine_clipped(frames, 3.0), equal_nan=True)


@pytest.mark.parametrize('number', [1, 3])
def test_nothing_finite(number):
    nothing = [np.full((5, 30), np.nan, np.float32)] * number
    for found in (combine_median(nothing), combine_clipped(nothing, 3.0), combine_clipped(nothing, 3.0, 1.0)):
        assert np.isnan(found).all()


@pytest.mark.slow
@pytest.mark.parametrize('dtype', [np.float32, np.uint16])
@pytest.mark.parametrize('size', [1, 2, 3, 15, 4095, 4097, 1_100_003])
@pytest.mark.parametrize('sorted_up_to', [0, order._FEW])
def test_statistics(rng, monkeypatch, sorted_up_to, size, dtype):
    monkeypatch.setattr(order, '_FEW', sorted_up_to)
    data = stack(rng, 1, (1, size), dtype).ravel()
    data[0] = 1000
    if dtype == np.float32:
        data[1::7] *= -1e-30
        data[2::7] = -data[2::7]
    good = rng.random(size) < 0.7
    good[0] = True
    for map_, kept in ((None, data[np.isfinite(data)]), (good, data[good & np.isfinite(data)])):
        found, kept = image_statistics(data, map_), kept.astype(np.float64)
        assert (found['min'], found['max'], found['npix']) == (kept.min(), kept.max(), kept.size)
        assert found['median'] == np.median(kept)
        assert found['mean'] == pytest.approx(kept.mean(), rel=1e-12, abs=1e-9)
        assert found['stdev'] == pytest.approx(kept.std(), rel=1e-9, abs=1e-9)
        ordered = Ordered(data, map_)
        ranks = np.unique(rng.integers(0, kept.size, 20))
        assert [ordered.value(rank) for rank in ranks] == np.sort(kept)[ranks].tolist()


def clipped_statistics_twin(data, nsigma=3, iterations=5):
    values = data[np.isfinite(data)].astype(np.float64)
    sigma = 1.4826 * np.median(np.abs(values - np.median(values)))
    for _ in range(iterations):
        before = values.size
        if sigma > 0:
            values = values[np.abs(values - np.median(values)) <= nsigma * sigma]
        if values.std() == 0 or sigma > 0 and values.size == before:
            break
        sigma = values.std()
    return values.mean(), np.median(values), values.std()


@pytest.mark.parametrize('dtype', [np.float32, np.uint16])
@pytest.mark.parametrize('size', [1, 2, 30, 5001, 200_000])
def test_clipped_statistics(rng, size, dtype):
    data = stack(rng, 1, (1, size), dtype).ravel()
    data[0] = 1000
    np.testing.assert_allclose(clipped_statistics(data), clipped_statistics_twin(data), rtol=1e-6, atol=1e-5)


def positive(image):
    return np.where(np.isfinite(image) & (image > 0), image, np.nan)


def chain_twin(trimmed, bias, flat, good, dark=None, dark_scale=1.0, fringe=None, fringe_scale=1.0, illumination=None):
    with np.errstate(all='ignore'):
        result = trimmed - bias
        if dark is not None:
            result = result - np.float32(dark_scale) * dark
        result = result / positive(flat)
        if fringe is not None:
            result = result - np.float32(fringe_scale) * fringe
        if illumination is not None:
            result = result / positive(illumination)
    return np.where(np.isfinite(result) & (True if good is None else good > 0), result, 0)


@pytest.mark.parametrize('shape', SHAPES)
@pytest.mark.parametrize('there', [*itertools.product([False, True], repeat=4)])
def test_reducing(rng, shape, there):
    trimmed, bias, dark, flat, fringe, illumination = stack(rng, 6, shape)
    response = []
    for image in (flat, illumination):
        image = image / 1000
        image[rng.random(shape) < 0.05] = 0
        image[rng.random(shape) < 0.05] *= -1
        response.append(image)
    maps = (rng.random((2, *shape)) < 0.9).astype(np.uint8)
    dark, fringe, illumination, good = (one if is_there else None for one, is_there in
                                        zip((dark, fringe, response[1], maps[0]), there, strict=True))
    more = {'dark': dark, 'dark_scale': 0.3, 'fringe': fringe, 'fringe_scale': -1.7, 'illumination': illumination}
    found = reduce_image(trimmed, bias, response[0], good, **more)
    assert np.array_equal(found, chain_twin(trimmed, bias, response[0], good, **more))

    with np.errstate(all='ignore'):
        weight = positive(response[0]) * (1 if illumination is None else positive(illumination))
    expected = np.where(np.isfinite(weight) & maps.all(axis=0), weight, 0)
    assert np.array_equal(weight_image(response[0], [maps[0], maps[1] > 0], illumination), expected)


def test_rows_are_worked_out_when_sliced(rng):
    image = rng.random((9, 4), np.float32)
    asked = []
    rows = strips.Rows(image.shape, lambda part: asked.append((part.start, part.stop)) or image[part])
    derived = (rows - image) / 2
    assert asked == [] and derived.shape == (9, 4)
    assert not derived[2:5].any() and asked == [(2, 5)]
    assert np.array_equal(np.asarray(rows), image) and np.array_equal(rows[:], image)
    flat = np.full_like(image, 0.5)
    flat[3] = 0
    assert np.array_equal((rows / flat)[4:6], 2 * image[4:6]) and not np.isfinite((rows / flat)[3:4]).any()


def test_every_number_of_threads_gives_the_same_bits(rng, monkeypatch):
    frames = stack(rng, 7, (300, 601))
    results = []
    for cores in (1, 2, 5):
        monkeypatch.setattr(strips, '_cores', lambda cores=cores: cores)
        results.append((combine_clipped(frames, 3.0).tobytes(), combine_median(frames).tobytes(),
                        reduce_image(*frames[:3]).tobytes(), clipped_statistics(frames[0]), image_statistics(frames)))
    assert results[0] == results[1] == results[2]


def test_kernels_take_what_is_read_only_or_strided(rng):
    image = stack(rng, 1, (30, 40))[0]
    flat = np.ones((30, 80), np.float32)[:, ::2]
    image.flags.writeable = flat.flags.writeable = False
    assert np.array_equal(reduce_image(image, flat, flat), reduce_image(image.copy(), flat.copy(), flat.copy()))
    assert clipped_statistics(image.T) == clipped_statistics(image.T.copy())
    before = image.copy()
    combine_clipped([image, image, image], 3.0)
    assert np.array_equal(image, before, equal_nan=True)


@pytest.mark.slow
def test_all_kernels_compile_in_two_minutes_of_one_core(tmp_path):
    names = [info.name for info in pkgutil.iter_modules(kernels.__path__)]
    code = ('import time\nstart = time.process_time()\n'
            f'from awlike.pixels.kernels import {", ".join(names)}\n'
            'assert time.process_time() - start < 120')
    subprocess.run([sys.executable, '-c', code], check=True, env=os.environ | {'NUMBA_CACHE_DIR': str(tmp_path)})
