"""Where the cells of a simulated ODI lie: in its OTAs, and the OTAs in the focal plane."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from awlike.errors import ConfigError
from awlike.instruments.odi import CELL, CELLS, corner, sections

SCALE = 0.11 / 3600  # deg/pixel
STREET = 0.03  # between OTAs, of their side
Shape = tuple[int, int]  # rows, columns


@dataclass(frozen=True)
class Layout:
    """The sizes that follow from the shape of a `cell`, (rows, columns) that are sensitive to light."""

    cell: Shape

    def __post_init__(self) -> None:
        """Refuse cells that the camera would take for cells of another size."""
        if min(self.cell) < 32 or sections(self.raw)[0] != self.cell[1]:
            raise ConfigError(f'shape = {self.cell}: give rows and columns of a cell, each at least 32, in about the '
                              f'proportion of the real {CELL[0]} x {CELL[1]}')

    @property
    def raw(self) -> Shape:
        """The shape of the raw image of a cell, with its overscan."""
        return self.cell[0], round(self.cell[1] * 550 / 480)

    @property
    def ota(self) -> Shape:
        """The shape of an OTA, with the gaps between its cells."""
        right, _ = corner(7, 0, self.cell)
        _, above = corner(0, 0, self.cell)
        return above + self.cell[0], right + self.cell[1]

    def part(self, x: int, y: int) -> tuple[slice, slice]:
        """Return the pixels of the cell xy`xy` in an image of its OTA."""
        left, below = corner(x, y, self.cell)
        return slice(below, below + self.cell[0]), slice(left, left + self.cell[1])

    def cut(self, image: np.ndarray) -> np.ndarray:
        """Return the cells of an image of an OTA, [x, y, row, column]."""
        return np.array([[image[self.part(x, y)] for y in range(8)] for x in range(8)])

    def joined(self, cells: np.ndarray, empty: float) -> np.ndarray:
        """Return the image of an OTA, from its cells [x, y, row, column]; gaps are `empty`."""
        image = np.full(self.ota, empty, cells.dtype)
        for x, y in places():
            image[self.part(x, y)] = cells[x, y]
        return image

    def place(self, ota: str) -> tuple[float, float]:
        """Return column and row of the first pixel of an OTA, from the axis of the telescope, the middle of OTA33."""
        rows, columns = self.ota
        x, y = int(ota[3]), int(ota[4])
        return ((x - 3) * round(columns * (1 + STREET)) - (columns - 1) / 2,
                (y - 3) * round(rows * (1 + STREET)) - (rows - 1) / 2)

    def grid(self, ota: str) -> tuple[np.ndarray, np.ndarray]:
        """Return columns [1, x] and rows [y, 1] of the pixels of an OTA from the axis of the telescope, in OTAs."""
        (rows, columns), (x, y) = self.ota, self.place(ota)
        along_x, along_y = (np.arange(length, dtype=np.float32) for length in (columns, rows))
        return ((x + along_x) / columns)[None], ((y + along_y) / rows)[:, None]


def places() -> Iterator[tuple[int, int]]:
    """Return the numbers (x, y) of the cells in the order in which a file has them."""
    return ((int(name[2]), int(name[3])) for name in CELLS)
