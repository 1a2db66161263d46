"""The FITS checksum agrees with the standard."""

import io
import re

import numpy as np
from astropy.io import fits

from awlike.fits.checksums import checksum_of, ones_sum


def test_ones_sum_agrees_with_astropy(write):
    content = write(checksum=True).read_bytes()
    assert ones_sum(content) == 0xFFFFFFFF
    assert ones_sum(content[-2880:]) == int(fits.getheader(io.BytesIO(content))['DATASUM'])


def test_carries_are_added_until_none_is_left():
    assert ones_sum(b'\xff' * 8 + b'\0\0\0\1') == 1


def test_a_checksum_brings_the_sum_to_zero_and_has_letters_and_digits_only():
    for seed in range(300):
        block = bytearray(np.random.default_rng(seed).integers(0, 256, 2880, np.uint8))
        block[11:27] = b'0' * 16  # where the value of a first card begins
        checksum = checksum_of(block)
        block[11:27] = checksum.encode()
        assert ones_sum(block) == 0xFFFFFFFF and re.fullmatch('[0-9A-Za-z]{16}', checksum)
