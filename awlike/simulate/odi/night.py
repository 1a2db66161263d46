"""The files of a simulated night at ODI, and the truth beside them."""

import json
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from awlike.errors import ConfigError
from awlike.instruments.odi import CHIPS
from awlike.simulate.field import write_columns
from awlike.simulate.odi.detector import Ota
from awlike.simulate.odi.effects import effects_without
from awlike.simulate.odi.exposing import charge
from awlike.simulate.odi.files import COMPRESSIONS, path_of, write
from awlike.simulate.odi.focal_plane import Layout
from awlike.simulate.odi.readout import Memory, read_out
from awlike.simulate.odi.schedule import Exposure, schedule
from awlike.simulate.odi.sky import CENTRE, OdiSky
from awlike.simulate.odi.truth import OtaLog, summary

BESIDE = ('truth.json', 'sky.fits', 'reference.fits')


def simulate_odi(folder: str | os.PathLike[str], chips: int = 1, shape: Sequence[int] = (494, 480), seed: int = 0,
                 sky: bool = False, centre: tuple[float, float] | None = None, ramp: bool = False,
                 without: Collection[str] = (), compression: str = '') -> list[Path]:
    """Write the raw files of a night at ODI, and the truth beside them, into `folder`; return the paths of the files.

    The exposures lie in bias/, dark/, flat/ and science/, each in a folder of its name. A full-size OTA needs 1 GB of memory,
    however many there are, and 35 MB of disk for an exposure. The same seed makes the same bytes.

    Parameters
    ----------
    folder : path
        New or empty folder for the files.
    chips : int
        Number of OTAs, 1 to 13: OTA33, OTA34, and outwards. Default: 1.
    shape : sequence of int
        Rows and columns of a cell, without overscan. Gaps between cells scale with it. Default: that of the camera.
    seed : int
        Of all that is random.
    sky : bool
        Whether to write sky.fits, all stars and galaxies, and reference.fits, a catalogue of the brighter stars.
    centre : pair of float, optional
        Right ascension and declination of the axis of the telescope, degrees. Default: (150.1, 2.2).
    ramp : bool
        Whether to take dome flats of rising exposure times, too, in ramp/.
    without : collection of str
        Names of `EFFECTS` to leave out.
    compression : str
        '', 'gz' or 'fz' (tiles of pixels).

    Raises
    ------
    ConfigError
        When numbers are out of range, there is no such effect or compression, or files exist already.
    """
    if not 1 <= chips <= len(CHIPS):
        raise ConfigError(f'chips = {chips}: ODI has 1 to {len(CHIPS)} OTAs')
    if len(shape) != 2:
        raise ConfigError(f'shape = {shape}: give rows and columns of a cell')
    if compression not in COMPRESSIONS:
        raise ConfigError(f'compression = {compression!r}: it is one of {", ".join(map(repr, COMPRESSIONS))}')
    folder, layout, names = Path(folder), Layout((shape[0], shape[1])), CHIPS[:chips]
    above = OdiSky(names, layout, seed, centre or CENTRE)
    otas, exposures = _otas(names, layout, seed, effects_without(without)), schedule(ramp)
    for path in (*(path_of(folder, exposure, '', '').parent for exposure in exposures), *(folder / name for name in BESIDE)):
        if path.exists():
            raise ConfigError(f'{path} exists and is not overwritten; choose an empty folder')
    paths, logs = [], {}
    for ota in otas:  # one after the other: the images of one fill the memory
        written, logs[ota.name] = _expose(folder, ota, exposures, above, compression)
        paths += written
    if sky:
        write_columns(folder / 'sky.fits', above.objects, 'SKY')
        write_columns(folder / 'reference.fits', above.reference, 'REFERENCE')
    told = summary(otas, exposures, above, logs)
    (folder / 'truth.json').write_text(json.dumps(told, indent=1) + '\n')
    return sorted(paths)


def _otas(names: Sequence[str], layout: Layout, seed: int, effects: Collection[str]) -> list[Ota]:
    """Return the OTAs; the last of several guides."""
    return [Ota(name, layout, seed, effects, guides=len(names) > 1 and name == names[-1]) for name in names]


def _expose(folder: Path, ota: Ota, exposures: Sequence[Exposure], sky: OdiSky,
            compression: str) -> tuple[list[Path], OtaLog]:
    """Write the files of an OTA; return their paths, and what happened in the exposures."""
    paths, log, memory = [], OtaLog(), Memory()
    for exposure in exposures:
        rng, path = ota.rng(10 + exposure.index), path_of(folder, exposure, ota.name, compression)
        electrons, median = charge(ota, exposure, sky, rng)
        write(path, exposure, ota, read_out(ota, electrons, exposure, memory, rng), sky)
        paths.append(path)
        if median is not None:
            log.medians[exposure.obsid] = median
    log.memory = memory
    return paths, log


def otas_of(folder: str | os.PathLike[str]) -> dict[str, Ota]:
    """Return the truth of each OTA, by name, of the files that `simulate_odi` wrote into `folder`: `response`, `gains` ..."""
    told: dict[str, Any] = json.loads((Path(folder) / 'truth.json').read_text())
    rows, columns = told['shape']
    return {ota.name: ota for ota in _otas(tuple(told['chips']), Layout((rows, columns)), told['seed'], told['effects'])}
