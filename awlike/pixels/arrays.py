"""The types of images and other arrays, for annotations."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # of any shape
Flags = NDArray[np.bool_]  # of any shape
Image = np.ndarray[tuple[int, int], np.dtype[Any]]  # [y, x]
Image32 = np.ndarray[tuple[int, int], np.dtype[np.float32]]  # [y, x]
Map = np.ndarray[tuple[int, int], np.dtype[np.uint8]]  # [y, x]: 1 good, 0 bad
Mask = np.ndarray[tuple[int, int], np.dtype[np.bool_]]  # [y, x]
