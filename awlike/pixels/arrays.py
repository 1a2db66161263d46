"""The types of images and other arrays, for annotations."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = float | np.floating  # one number

# Of any shape:
Array = NDArray[Any]
Bytes = NDArray[np.uint8]
Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

Image = np.ndarray[tuple[int, int], np.dtype[Any]]  # [y, x]
Image32 = np.ndarray[tuple[int, int], np.dtype[np.float32]]  # [y, x]
Map = np.ndarray[tuple[int, int], np.dtype[np.uint8]]  # [y, x]: 1 good, 0 bad
Mask = np.ndarray[tuple[int, int], np.dtype[np.bool_]]  # [y, x]
