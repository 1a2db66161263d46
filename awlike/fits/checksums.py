"""The FITS checksum (FITS Standard 4.0, appendix J)."""

import sys

import numpy as np

_PART = 1 << 14  # words that are summed at a time: few enough to stay in the processor's cache


def ones_sum(block: bytes | bytearray | memoryview) -> int:
    """Return the 32-bit ones' complement sum of `block`; 0 and -0 (all bits set) mean the same."""
    whole = len(block) // 4 * 4
    words, rest = np.frombuffer(block, np.uint32, whole // 4), bytes(block[whole:])
    parts = (words[start:start + _PART] for start in range(0, words.size, _PART))
    total = sum(int((part.byteswap() if sys.byteorder == 'little' else part).sum(dtype=np.uint64)) for part in parts)
    return added(total, int.from_bytes(rest + bytes(-len(rest) % 4)))


def added(one: int, other: int) -> int:
    """Return the ones' complement sum of two sums."""
    total = one + other
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    return total


def checksum_of(block: bytes | bytearray) -> str:
    """Return the 16 characters of the CHECKSUM card that bring the sum of `block` to 0.

    In `block` the value of that card still consists of zeros.
    """
    return checksum_of_sum(ones_sum(block))


def checksum_of_sum(total: int) -> str:
    """Return the characters of `checksum_of` for a block whose sum is `total`."""
    remainder = np.frombuffer((~total & 0xFFFFFFFF).to_bytes(4), np.uint8)
    characters = np.tile(remainder // 4 + ord('0'), (4, 1))  # four for each byte, with the byte as their sum
    characters[0] += remainder % 4
    for pair in (*characters.T[:, :2], *characters.T[:, 2:]):
        while any(chr(code) in ':;<=>?@[\\]^_`' for code in pair):  # letters and digits only; the sum stays
            pair += np.array([1, -1], np.int8).view(np.uint8)
    return np.roll(characters.ravel(), 1).tobytes().decode()
