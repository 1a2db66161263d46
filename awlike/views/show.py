"""The place where a figure appears: a window, a notebook, or, without a screen, a file."""

from pathlib import Path
from typing import Any, Protocol, TypeVar

from matplotlib import pyplot as plt
from matplotlib.backends import BackendFilter, backend_registry

_DPI = 110


class Shown(Protocol):
    """An object with a figure, such as a `Window`, or a figure itself."""

    @property
    def figure(self) -> Any:
        """The figure to show."""


T = TypeVar('T', bound=Shown)


def show(window: T, path: Path | str, asked: bool = False) -> T | Path | None:
    """Show a `Window` or a figure, or write it to `path` where there is no screen, or where `asked` wants a file.

    Returns
    -------
    Window, Figure, pathlib.Path or None
        `window`, on the screen; the picture on disk; None in a notebook that shows figures as pictures in the cell.
    """
    backend = plt.get_backend().lower()
    if asked or backend in backend_registry.list_builtin(BackendFilter.NON_INTERACTIVE):
        path = Path(path)
        window.figure.savefig(path, dpi=_DPI)
        plt.close(window.figure)
        return path
    plt.show(block=False)
    return None if 'inline' in backend else window
