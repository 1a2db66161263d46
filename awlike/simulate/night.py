"""The raw files of a simulated night."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from awlike.errors import ConfigError
from awlike.instruments.odi import CELL
from awlike.instruments.omegacam import CHIPS
from awlike.simulate.chip import FWHM, READ_NOISE, SimulatedChip
from awlike.simulate.odi import simulate_odi
from awlike.simulate.omegacam_headers import Exposure, extension_header, primary_header
from awlike.simulate.schedule import MODES, SATELLITE_EXPOSURE, schedule
from awlike.simulate.sky import CENTRE, SimulatedSky, SkyChip
from awlike.simulate.truth import write_truth


def simulate(folder: str | os.PathLike[str], instrument: str = 'OMEGACAM', chips: int = 1,
             shape: Sequence[int] | None = None, seed: int = 0, modes: Sequence[str] = (), sky: bool = False,
             centre: tuple[float, float] | None = None, turbulence: float | None = None, **of_odi: Any) -> list[Path]:
    """Write the raw files of a night, and the truth beside them, into `folder`; return the paths of the files.

    Of OMEGACAM, the number of `chips` counts from ESO_CCD_#65 upwards. Each chip has `shape` (rows, columns) light-sensitive
    pixels, with pre- and overscan around them; by default its full size, (4100, 2048). The same seed makes the same bytes. A
    full-size chip needs 250 MB of memory, and 18 MB of disk for an exposure. Every block of the night is taken in each of the
    read-out `modes`, up to three, whose biases differ; by default the headers name no mode.

    With `sky`, the science exposures are five dithers of one sky of stars and galaxies; `sky.fits` and `reference.fits` lie
    beside the files. `centre` is the right ascension and declination of the middle of the chips, degrees, by default
    (315, -31); `turbulence` is the rms along each axis by which the atmosphere moves stars, alike over some arcminutes, mas,
    by default 0.

    Of ODI, `shape` is that of a cell; see `awlike.simulate.odi.simulate_odi`, whose other arguments `of_odi` are.

    Raises ConfigError for another instrument, numbers out of range, arguments that the instrument does not have, `centre` or
    `turbulence` without `sky`, or files that exist already.
    """
    if instrument == 'ODI':
        _refuse(instrument, modes=modes, turbulence=turbulence)
        return simulate_odi(folder, chips, shape or CELL, seed, sky, centre, **of_odi)
    if instrument != 'OMEGACAM':
        raise ConfigError(f'{instrument} cannot be simulated; OMEGACAM and ODI can')
    _refuse(instrument, **of_odi)
    shape = shape or (4100, 2048)
    if not 1 <= chips <= len(CHIPS):
        raise ConfigError(f'chips = {chips}: OMEGACAM has 1 to {len(CHIPS)} chips')
    if len(shape) != 2 or min(shape) < 32:
        raise ConfigError(f'shape = {shape}: give rows and columns, each at least 32')
    if len(modes) > MODES or len(set(modes)) < len(modes) or not all(map(str.strip, modes)):
        raise ConfigError(f'modes = {list(modes)}: name up to {MODES} different read-out modes, as fast and slow')
    if not sky and (centre, turbulence) != (None, None):
        raise ConfigError('centre and turbulence are those of a night with a sky; say sky, too')
    folder, size = Path(folder), (shape[0], shape[1])
    exposures = schedule(shape, modes)
    above = SimulatedSky(CHIPS[:chips], size, seed, centre or CENTRE, turbulence or 0.0) if sky else None
    devices = [SkyChip(name, size, seed, above) if above else SimulatedChip(name, size, seed) for name in CHIPS[:chips]]
    if above:
        exposures = [above.pointed(exposure) for exposure in exposures]
    paths = [folder / exposure.filename for exposure in exposures]
    for path in (*paths, *(folder / name for name in ('truth.npz', 'truth.json', 'sky.fits', 'reference.fits'))):
        if path.exists():
            raise ConfigError(f'{path} exists and is not overwritten; choose an empty folder')
    folder.mkdir(parents=True, exist_ok=True)
    for exposure, path in zip(exposures, paths, strict=True):
        _write(path, exposure, devices)
    write_truth(folder / 'truth.npz', {chip.name: chip.truth for chip in devices})
    summary = _summary(devices, exposures, seed)
    if above:
        above.write(folder)
        summary |= above.summary(devices, exposures)
    (folder / 'truth.json').write_text(json.dumps(summary, indent=1) + '\n')
    return paths


def _refuse(instrument: str, **arguments: Any) -> None:
    """Refuse arguments that only the simulation of another instrument has."""
    for name, value in arguments.items():
        if value:
            raise ConfigError(f'{name} = {value!r}: the simulation of {instrument} has nothing like that; leave it out')


def _write(path: Path, exposure: Exposure, devices: list[SimulatedChip]) -> None:
    """Write one multi-extension file, every HDU with its checksums."""
    from astropy.io import fits
    hdus = fits.HDUList([fits.PrimaryHDU(header=primary_header(exposure, len(devices)))])
    for chip in devices:
        header = extension_header(exposure, chip.name, chip.sizes, chip.corner, chip.truth.gain,
                                  READ_NOISE * chip.truth.gain)
        hdus.append(fits.ImageHDU(chip.frame(exposure), header))
    for hdu in hdus:  # a fixed comment instead of the time of day, so that the bytes are the same
        hdu.add_checksum(when='simulated')
    hdus.writeto(path)


def _summary(devices: list[SimulatedChip], exposures: list[Exposure], seed: int) -> dict[str, Any]:
    """Return the truth for people to read, for truth.json."""
    return {
        'instrument': 'OMEGACAM', 'seed': seed, 'night': '2012-05-31', 'shape': list(devices[0].shape),
        'fwhm': FWHM, 'satellite_in': [e for e in exposures if e.kind == 'science'][SATELLITE_EXPOSURE].filename,
        'files': [{'filename': e.filename, 'kind': e.kind, 'filter': e.filter, 'DATE_OBS': e.start.isoformat(),
                   'EXPTIME': e.seconds} | ({'mode': e.mode} if e.mode else {}) for e in exposures],
        'chips': {chip.name: {
            'gain': chip.truth.gain, 'read_noise': READ_NOISE, 'bias_level': chip.truth.bias_level,
            'hot_pixels': int(chip.truth.hot.sum()), 'cold_pixels': int(chip.truth.cold.sum()),
            'stars': chip.truth.star_x.shape[1], 'sky': list(chip.truth.sky)} for chip in devices},
    }
