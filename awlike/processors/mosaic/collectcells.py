"""`collectcells` in Python."""

import dataclasses
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awlike.errors import ParameterError

if TYPE_CHECKING:
    from astropy.io.fits import HDUList


def collectcells(input: str | Path, output: str | Path | None = None, batchmode: bool = False, instrument: str | None = None,
                 **options: Any) -> 'HDUList | Path':
    """Reduce an exposure of a mosaic camera to one file, without a project, as ``awe collectcells`` does.

    Parameters
    ----------
    input : path
        The folder of the exposure, or any file of it.
    output : path, optional
        The file to write; %FILTER, %OBJECT, %OBSID, %OBSSEQ and %EXPTIME stand for what the exposure tells. It may be absent
        with `batchmode` alone.
    batchmode : bool
        Whether the result is returned in memory and nothing is written: no file, no plots, nothing in the folder of
        ``persistency``, which is only read. Default: no.
    instrument : str, optional
        The name of the camera; by default that which claims the headers.
    **options
        The options of the command by their names: ``cals='cals'``, ``gain=True`` or ``gain='relative'``,
        ``wcsoffset=(0.01, -0.02)``, ``addfitskey=[('KEY', 'value')]``.

    Returns
    -------
    astropy.io.fits.HDUList or pathlib.Path
        With `batchmode` the result, else the path of the file.

    Raises
    ------
    AwlikeError
        Where nothing can be made; then nothing is written.

    Examples
    --------
    >>> hdus = collectcells('o20130101T123456.0', batchmode=True, cals='cals', gain=True)
    """
    from awlike.processors.mosaic.command import collect
    from awlike.processors.mosaic.options import CollectOptions
    given = CollectOptions.given(options)
    if batchmode:
        return _in_memory(Path(input).expanduser(), given, instrument)
    if output is None:
        raise ParameterError('collectcells has no output: name the file to write, or give batchmode=True')
    return collect(Path(input).expanduser(), str(output), given, instrument).path


def _in_memory(path: Path, options: Any, instrument: str | None) -> 'HDUList':
    from astropy.io import fits

    from awlike.processors.mosaic.run import reduce_to_file
    from awlike.processors.mosaic.time_limit import within
    from awlike.processors.mosaic.wanted import seconds
    options = dataclasses.replace(options, noqaplots=True)
    with tempfile.TemporaryDirectory(prefix='awlike-') as folder:
        target = Path(folder) / 'collectcells.fits'
        within(seconds(options), reduce_to_file, path, target.parent, target, options, instrument)
        with fits.open(target, memmap=False, lazy_load_hdus=False) as hdus:
            for hdu in hdus:
                _ = hdu.data  # while the file is there
            return fits.HDUList(list(hdus))
