"""Where a figure goes: a window, a notebook, or, without a screen, a file."""

from pathlib import Path

from matplotlib import pyplot as plt
from matplotlib.backends import BackendFilter, backend_registry

_DPI = 110


def show(window, path, asked=False):
    """Show a `Window` or a figure, or write it to `path` where there is no screen, or where that was asked for.

    Returns
    -------
    Window, Figure, pathlib.Path or None
        What was shown; the picture that was written; None in a notebook whose figures are pictures, as the cell has it then.
    """
    backend = plt.get_backend().lower()
    if asked or backend in backend_registry.list_builtin(BackendFilter.NON_INTERACTIVE):
        path = Path(path)
        window.figure.savefig(path, dpi=_DPI)
        plt.close(window.figure)
        return path
    plt.show(block=False)
    return None if 'inline' in backend else window
