"""Content digests: the same for the same pixels and values, another for any other."""

import datetime
import math

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from awlike.digests import canonical, content_digest, key_digest

DTYPES = some.sampled_from(['u1', 'i2', 'u2', 'i4', 'f4', 'f8', '?'])
IMAGES = arrays.arrays(DTYPES, arrays.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=6))
SCALARS = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text()
VALUES = some.dictionaries(some.text(), SCALARS | some.lists(SCALARS, max_size=3), max_size=4)


@given(IMAGES, VALUES)
def test_byte_order_and_layout_do_not_count(image, values):
    digest = content_digest(image, values)
    assert content_digest(image.astype(image.dtype.newbyteorder('>')), values) == digest
    assert content_digest(np.asfortranarray(image), values) == digest
    assert content_digest(np.repeat(image, 2, axis=1)[:, ::2], values) == digest
    assert content_digest(image, dict(reversed(values.items()))) == digest


@given(IMAGES.filter(lambda image: image.size), some.data())
def test_every_pixel_counts(image, data):
    digest = content_digest(image, {})
    where = tuple(data.draw(some.integers(0, side - 1)) for side in image.shape)
    changed = image.copy()
    raw = bytearray(changed[where].tobytes())
    raw[data.draw(some.integers(0, len(raw) - 1))] ^= 1
    changed[where] = np.frombuffer(bytes(raw), image.dtype)[0]
    assume(changed.tobytes() != image.tobytes())
    assert content_digest(changed, {}) != digest


@given(VALUES, VALUES)
def test_every_value_counts(one, other):
    same = canonical(one) == canonical(other)
    assert (content_digest(None, one) == content_digest(None, other)) == same
    assert (content_digest(np.zeros((2, 2)), one) == content_digest(np.zeros((2, 2)), other)) == same


@given(some.floats(allow_nan=False, allow_infinity=False))
def test_numbers_count_in_full(value):
    assert canonical({'x': value}) == canonical({'x': np.float64(value)})
    assert canonical({'x': value}) != canonical({'x': math.nextafter(value, math.inf)})


def test_type_and_shape_count():
    digests = {content_digest(np.zeros(shape, dtype), {}) for shape in ((2, 3), (3, 2), (6, 1), (1, 6))
               for dtype in ('f4', 'f8', 'i4', 'u4')}
    assert len(digests) == 16
    assert content_digest(None, {}) != content_digest(np.zeros((0, 3), 'f4'), {})


def test_numpys_numbers_are_numbers():
    values = {'median': np.float64(1.5), 'npix': np.int64(7), 'good': np.bool_(True), 'noise': np.float32(0.5)}
    assert canonical(values) == canonical({'median': 1.5, 'npix': 7, 'good': True, 'noise': 0.5})


def test_dates_and_names_are_text():
    assert b'2012-06-01 08:51:44' in canonical({'start': datetime.datetime(2012, 6, 1, 8, 51, 44)})
    assert canonical({'b': 1, 'a': 'é'}) == canonical({'a': 'é', 'b': 1})


@given(some.lists(SCALARS, min_size=2, max_size=4))
def test_the_order_of_a_key_counts(parts):
    assert key_digest(*parts) == key_digest(*parts)
    assume(canonical(parts) != canonical(parts[::-1]))
    assert key_digest(*parts) != key_digest(*parts[::-1])


@pytest.mark.parametrize(('one', 'other'), [
    ((1, 2), (12,)), (('a', 'b'), ('ab',)), ((None,), ('null',)), ((1,), ('1',))])
def test_keys_do_not_run_together(one, other):
    assert key_digest(*one) != key_digest(*other)


def test_a_digest_is_for_ever():
    """Digests are kept in data bases: what they are computed from cannot change."""
    image = np.arange(6, dtype='f4').reshape(2, 3)
    assert content_digest(image, {'EXPTIME': 1.5}) == \
        'b8c69a865d11cb1fe3df50502bd0e1d6c9c0fd474d518bfe58027c8ad8040fa1'
