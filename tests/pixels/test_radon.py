import numpy as np

from awlike.pixels.radon import line_sums


def test_line_sums_are_sums_along_lines(rng):
    image = rng.integers(0, 9, (8, 6)).astype(np.float32)
    sums = line_sums(image)
    assert sums.shape == (8, 6 + 7)
    assert np.array_equal(sums[0, 7:], image.sum(axis=0))
    assert sums[7, 7 - 2] == sum(image[y, y - 2] for y in range(2, 8)), 'column 7 is x = 0'
    assert np.allclose(sums.sum(axis=1), image.sum())
