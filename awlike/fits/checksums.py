"""The FITS checksum."""

import numpy as np


def ones_sum(block):
    """The 32-bit ones' complement sum of `block`, of which -0 (all bits set) and 0 mean the same."""
    block = block + bytes(-len(block) % 4)
    total = int(np.frombuffer(block, '>u4').sum(dtype=np.uint64))
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    return total


def checksum_of(block) -> str:
    """The value of the CHECKSUM card, 16 characters, that brings the sum of `block`, where it is still zeros, to 0.

    By the ASCII encoding of FITS Standard 4.0, appendix J.
    """
    bytes_ = np.frombuffer((~ones_sum(block) & 0xFFFFFFFF).to_bytes(4), np.uint8)
    characters = np.tile(bytes_ // 4 + ord('0'), (4, 1))  # four for each byte, which sum up to it
    characters[0] += bytes_ % 4
    for pair in (*characters.T[:, :2], *characters.T[:, 2:]):
        while any(chr(one) in ':;<=>?@[\\]^_`' for one in pair):  # letters and digits only; the sum stays
            pair += np.array([1, -1], np.int8).view(np.uint8)
    return np.roll(characters.ravel(), 1).tobytes().decode()
