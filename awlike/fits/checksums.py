"""The FITS checksum (FITS Standard 4.0, appendix J)."""

import numpy as np


def ones_sum(block: bytes | bytearray) -> int:
    """Return the 32-bit ones' complement sum of `block`; 0 and -0 (all bits set) mean the same."""
    block = block + bytes(-len(block) % 4)
    total = int(np.frombuffer(block, '>u4').sum(dtype=np.uint64))
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    return total


def checksum_of(block: bytes | bytearray) -> str:
    """Return the 16 characters of the CHECKSUM card that bring the sum of `block` to 0.

    In `block` the value of that card still consists of zeros.
    """
    remainder = np.frombuffer((~ones_sum(block) & 0xFFFFFFFF).to_bytes(4), np.uint8)
    characters = np.tile(remainder // 4 + ord('0'), (4, 1))  # four for each byte, with the byte as their sum
    characters[0] += remainder % 4
    for pair in (*characters.T[:, :2], *characters.T[:, 2:]):
        while any(chr(code) in ':;<=>?@[\\]^_`' for code in pair):  # letters and digits only; the sum stays
            pair += np.array([1, -1], np.int8).view(np.uint8)
    return np.roll(characters.ravel(), 1).tobytes().decode()
