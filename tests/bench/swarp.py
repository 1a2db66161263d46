"""SWarp, where it is installed: a peer of stacks."""

import shutil
from pathlib import Path

from tests.bench.processes import measured

NAME = shutil.which('SWarp') or shutil.which('swarp')


def is_here():
    """Whether SWarp is installed."""
    return NAME is not None


def stacked(folder, paths, weights, grid, shape, kind='WEIGHTED'):
    """Let SWarp stack frames on a grid; the result lies in ``swarp.fits``. Returns what it took, see `measured`."""
    options = {
        'IMAGEOUT_NAME': 'swarp.fits', 'WEIGHTOUT_NAME': 'swarp.weight.fits', 'WEIGHT_TYPE': 'MAP_WEIGHT',
        'WEIGHT_IMAGE': ','.join(str(one) for one in weights), 'COMBINE_TYPE': kind, 'CENTER_TYPE': 'MANUAL',
        'CENTER': f'{grid.ra},{grid.dec}', 'PIXELSCALE_TYPE': 'MANUAL', 'PIXEL_SCALE': grid.scale,
        'IMAGE_SIZE': f'{shape[1]},{shape[0]}', 'RESAMPLING_TYPE': 'LANCZOS3', 'SUBTRACT_BACK': 'N', 'NTHREADS': 1,
        'RESAMPLE_DIR': '.', 'FSCALE_KEYWORD': 'NONE', 'FSCALE_DEFAULT': 1.0, 'RESCALE_WEIGHTS': 'N', 'WRITE_XML': 'N',
        'VERBOSE_TYPE': 'QUIET', 'FSCALASTRO_TYPE': 'VARIABLE', 'DELETE_TMPFILES': 'Y'}
    names = Path(folder) / 'frames.txt'
    names.write_text('\n'.join(str(path) for path in paths))
    arguments = [text for name, value in options.items() for text in (f'-{name}', str(value))]
    return measured([NAME, f'@{names.name}', *arguments], folder)
