"""Plots as pictures of their own, without an image window."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awlike.views.image.panels import Panel

_WIDTH, _HEIGHT, _DPI = 4.6, 3.1, 120  # inches, of a plot


def drawn(panels: 'Sequence[Panel]', columns: int = 2) -> bytes:
    """Return a PNG of plots, in that number of columns. matplotlib draws one figure at a time."""
    from matplotlib.figure import Figure
    rows, image = -(-len(panels) // columns), io.BytesIO()
    figure = Figure((_WIDTH * columns, _HEIGHT * rows), layout='constrained')
    for number, draw in enumerate(panels):
        draw(figure.add_subplot(rows, columns, number + 1))
    figure.savefig(image, format='png', dpi=_DPI)
    return image.getvalue()
