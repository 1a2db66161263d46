"""The image of a frame in a window, or in a picture where there is no screen."""

from pathlib import Path

import numpy as np

from awlike.errors import ParameterError

_BOX = 20  # half the width of the wire frame


def inspect(frame, *, zone=None, filename=None, cmap='gray', vmin=None, vmax=None):
    """Show `frame`; `Frame.inspect` tells the keys and arguments."""
    import matplotlib
    import matplotlib.pyplot as plt
    from astropy.visualization import ZScaleInterval
    data = frame.data
    if data is None:
        raise ParameterError(f'{frame} has no image to look at: info() shows what it has')
    x0, x1, y0, y1 = zone or (0, data.shape[1], 0, data.shape[0])
    shown = data[y0:y1, x0:x1]
    low, high = ZScaleInterval().get_limits(shown) if np.isfinite(shown).any() else (0, 1)
    height, width = shown.shape
    scale = 8 / max(height, width)
    figure, axes = plt.subplots(figsize=(max(5, width * scale) + 1.5, max(3, height * scale)), layout='constrained')
    picture = axes.imshow(shown, origin='lower', cmap=cmap, vmin=low if vmin is None else vmin,
                          vmax=high if vmax is None else vmax, extent=(x0 - 0.5, x1 - 0.5, y0 - 0.5, y1 - 0.5),
                          interpolation='nearest')
    axes.set(xlabel='x [pixel]', ylabel='y [pixel]')
    figure.suptitle(str(frame), fontsize=8)
    figure.colorbar(picture, ax=axes, label='ADU', aspect=40, fraction=0.04, pad=0.01)
    axes.format_coord = lambda x, y: _under_mouse(data, x, y)
    figure.canvas.mpl_connect('key_press_event', lambda event: _on_key(event, data, figure))
    if filename is None and matplotlib.get_backend().lower() != 'agg':
        plt.show(block=False)
        return figure
    path = Path(filename or Path(frame.filename or f'{frame}.png').with_suffix('.png').name)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path


def _under_mouse(data, x, y):
    column, row = round(x), round(y)
    inside = 0 <= row < data.shape[0] and 0 <= column < data.shape[1]
    return f'x {column}  y {row}  value {data[row, column]:.6g}' if inside else ''


def _on_key(event, data, figure):
    import matplotlib.pyplot as plt
    if event.key == 'q':
        plt.close(figure)
    elif event.key == 'w' and event.xdata is not None:
        wire_frame(data, round(event.xdata), round(event.ydata))


def wire_frame(data, x, y):
    """The pixels around (x, y) as a wire frame in a window of its own; gives the figure."""
    import matplotlib.pyplot as plt
    y0, x0 = max(0, y - _BOX), max(0, x - _BOX)
    box = data[y0:y + _BOX + 1, x0:x + _BOX + 1]
    rows, columns = np.mgrid[y0:y0 + box.shape[0], x0:x0 + box.shape[1]]
    figure = plt.figure(figsize=(7, 6))
    axes = figure.add_subplot(projection='3d')
    axes.plot_wireframe(columns, rows, np.nan_to_num(box), linewidth=0.6)
    axes.set(xlabel='x [pixel]', ylabel='y [pixel]', zlabel='ADU', title=f'around x {x}, y {y}')
    if plt.get_backend().lower() != 'agg':
        plt.show(block=False)
    return figure
