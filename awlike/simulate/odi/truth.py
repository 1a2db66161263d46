"""What `truth.json` beside the files of a simulated ODI tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from awlike.simulate.odi.detector import GUIDING, READ_NOISE, Ota
from awlike.simulate.odi.exposing import FRINGES, GHOST
from awlike.simulate.odi.focal_plane import places
from awlike.simulate.odi.readout import Memory
from awlike.simulate.odi.schedule import Exposure
from awlike.simulate.odi.sky import OdiSky
from awlike.sky.tpv import tpv_cards


@dataclass
class OtaLog:
    """What happened to an OTA in the exposures of a night."""

    medians: dict[str, float] = field(default_factory=dict)  # e-, by OBSID of science exposures
    memory: Memory = field(default_factory=Memory)


def summary(otas: Sequence[Ota], exposures: Sequence[Exposure], sky: OdiSky, logs: Mapping[str, OtaLog]) -> dict[str, Any]:
    """Return the truth as values for JSON."""
    science = [exposure for exposure in exposures if exposure.kind == 'science']
    first = science[0].obsid
    return {
        'instrument': 'ODI', 'seed': sky.seed, 'night': '2013-01-01', 'shape': list(sky.layout.cell),
        'effects': sorted(otas[0].effects), 'sky_electrons': {name: log.medians[first] for name, log in logs.items()},
        'medians': {name: log.medians for name, log in logs.items()},
        'exposures': [{'OBSID': one.obsid, 'folder': f'{one.folder}/o{one.obsid}', 'kind': one.kind, 'filter': one.filter,
                       'DATE_OBS': one.start.isoformat(), 'EXPTIME': one.seconds, 'rotator': one.rotator} for one in exposures],
        'chips': {ota.name: _chip(ota, science, sky, logs[ota.name]) for ota in otas},
        'sky': {'centre': list(sky.centre), 'zero_point_electrons': [sky.zero_point(one.number) for one in science]},
        'frames': [_frame(ota, exposure, sky) for exposure in science for ota in otas],
    }


def _chip(ota: Ota, science: Sequence[Exposure], sky: OdiSky, log: OtaLog) -> dict[str, Any]:
    """Return what is known of an OTA."""
    saturated = {exposure.obsid: _columns(highest) for exposure, highest in log.memory.saturated}
    return {
        'gain': {f'xy{x}{y}': float(ota.gains[x, y]) for x, y in places()}, 'mean_gain': float(ota.gains.mean()),
        'read_noise': READ_NOISE, 'level': {f'xy{x}{y}': float(ota.levels[x, y]) for x, y in places()},
        'nonlinearity': {f'xy{x}{y}': ota.nonlinearity[x, y].tolist() for x, y in places()},
        'crosstalk': ota.crosstalk.tolist(), 'broken': ota.broken, 'guiding': [f'xy{GUIDING[0]}{GUIDING[1]}'] * ota.guides,
        'fringes': {one.obsid: FRINGES * sky.level(one.number) for one in science},
        'ghost': {one.obsid: GHOST * sky.level(one.number) for one in science}, 'saturated': saturated,
    }


def _columns(highest: Any) -> list[list[int]]:
    """Return cell x and y, column, and the row after the highest saturated one, of each column with saturated pixels."""
    return [[int(x), int(y), int(column), int(highest[x, y, column])] for x, y, column in zip(*highest.nonzero(), strict=True)]


def _frame(ota: Ota, exposure: Exposure, sky: OdiSky) -> dict[str, Any]:
    """Return what is known of a frame: its true astrometry, trimmed, PSF and zero point (mag of 1 e-/s)."""
    observation, place, (rows, columns) = sky.observations[exposure.number], sky.layout.place(ota.name), sky.layout.ota
    middle = place[0] + (columns - 1) / 2, place[1] + (rows - 1) / 2
    return {'OBSID': exposure.obsid, 'chip': ota.name, 'wcs': tpv_cards(observation.plate(place, (rows, columns))),
            'fwhm': float(observation.fwhm_at(*middle)), 'airmass': observation.airmass,
            'zero_point': sky.zero_point(exposure.number)}
