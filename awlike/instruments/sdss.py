"""SDSS, the imaging camera of the Sloan Digital Sky Survey: 30 CCDs in drift scan, as corrected frames (fpC) of its archive.

The frames are bias-subtracted and flat-fielded. The headers have no INSTRUME. The archive added SOFTBIAS to the pixels. The
keys of the data ids stand in the header and in the path RUN/RERUN/corr/CAMCOL/fpC-RUN-FILTERCAMCOL-FIELD.fit; FRAME in
the header is the number of the field in the filter r alone.
"""

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from awlike.declare import Camera, Cards, DataKey, FilterFacts, HeaderError, ImportedFacts, Keys, RawFacts, Shape, number

FILTERS = 'ugriz'
ROWS, COLUMNS = 'riuzg', range(1, 7)  # of the camera; each row has a filter

# Electrons per ADU and dark variance [adu^2] by camcol, in the order of FILTERS: the data model of SDSS frames, DR8.
GAIN = {1: (1.62, 3.32, 4.71, 5.165, 4.745), 2: (1.595, 3.855, 4.6, 6.565, 5.155), 3: (1.59, 3.845, 4.72, 4.86, 4.885),
        4: (1.6, 3.995, 4.76, 4.885, 4.775), 5: (1.47, 4.05, 4.725, 4.64, 3.48), 6: (2.17, 4.035, 4.895, 4.76, 4.69)}
DARK_VARIANCE = {1: (9.61, 15.6025, 1.8225, 7.84, 0.81), 2: (12.6025, 1.44, 1.0, 5.76, 1.0),
                 3: (8.7025, 1.3225, 1.3225, 4.6225, 1.0), 4: (12.6025, 1.96, 1.3225, 6.25, 9.61),
                 5: (9.3025, 1.1025, 0.81, 7.84, 1.8225), 6: (7.0225, 1.8225, 0.9025, 5.0625, 1.21)}
# (camcol, filter): value in runs after a run
LATER_GAIN = {(2, 'u'): (1100, 1.825)}
LATER_DARK_VARIANCE = {(2, 'i'): (1500, 6.25), (4, 'i'): (1500, 7.5625), (4, 'z'): (1500, 12.6025), (5, 'z'): (1500, 2.1025)}


class Sdss(Camera):
    """The quirks: atomic time, the airmass from the altitude, gains from the archive."""

    def read(self, header: Cards, extension: int, shape: Shape,
             hdus: Mapping[int, tuple[Cards, Shape]] | None = None, master: str | None = None) -> RawFacts:
        facts = super().read(header, extension, shape, hdus, master)
        return dataclasses.replace(facts, **_in_utc(facts), AIRMASS=_airmass(header))

    def imported_facts(self, header: Cards, path: PurePath) -> ImportedFacts:
        facts, keys = super().imported_facts(header, path), self.data_id_of(header, path)
        if facts.gain is not None:
            return facts
        found = _of_archive(Path(path), keys) or _published(keys)
        if found is None:
            return facts
        gain, variance = found
        return dataclasses.replace(facts, gain=gain, read_noise=gain * math.sqrt(variance))


def _in_utc(facts: RawFacts) -> dict[str, Any]:
    """Return the start of the exposure, which the header has in atomic time (TAI), in UTC."""
    from astropy.time import Time
    utc = Time(facts.DATE_OBS, scale='tai').utc
    return {'DATE_OBS': utc.to_datetime(), 'MJD_OBS': utc.mjd}


def _airmass(header: Cards) -> float | None:
    """Return the airmass by the altitude of the telescope, for a plane atmosphere."""
    altitude = header.get('ALT')
    degrees = 0.0 if altitude is None else number('ALT', altitude)
    return 1 / math.sin(math.radians(degrees)) if 10 < degrees <= 90 else None


def _of_archive(path: Path, keys: Keys) -> tuple[float, float] | None:
    """Return gain and dark variance from the tsField file in its place beside the file; None where there is none."""
    if not keys.keys() >= {'run', 'rerun', 'camcol', 'field', 'filter'} or path.parent.parent.name != 'corr':
        return None
    name = 'tsField-{run:06}-{camcol}-{rerun}-{field:04}.fit'.format(**keys)
    beside = path.parent.parent.parent / 'calibChunks' / str(keys['camcol']) / name
    if not beside.is_file():
        return None
    from astropy.io import fits
    try:
        table: Any = fits.getdata(beside, 1)
        gain, variance = (float(table[column][0][FILTERS.index(str(keys['filter']))]) for column in ('gain', 'dark_variance'))
    except (OSError, KeyError, IndexError, TypeError) as error:
        raise HeaderError(f'{beside}, from which the gain comes, cannot be read ({error}): take it from the archive again, or '
                          'move it away, so that the published gain serves') from None
    return gain, variance


def _published(keys: Keys) -> tuple[float, float] | None:
    """Return gain and dark variance as published, by camcol and filter; None without these keys."""
    camcol, filter_, run = int(keys.get('camcol', 0)), str(keys.get('filter', '')), int(keys.get('run', 0))
    if camcol not in COLUMNS or filter_ not in FILTERS:
        return None
    number_ = FILTERS.index(filter_)
    gain, variance = GAIN[camcol][number_], DARK_VARIANCE[camcol][number_]
    after, later_gain = LATER_GAIN.get((camcol, filter_), (run, gain))
    since, later_variance = LATER_DARK_VARIANCE.get((camcol, filter_), (run, variance))
    return later_gain if run > after else gain, later_variance if run > since else variance


CAMERA = Sdss(
    name='SDSS',
    telescope='SDSS 2.5m',
    latitude=32.780278,
    longitude=-105.820278,
    elevation=2788.0,
    timezone='America/Denver',
    recognised_by={'ORIGIN': 'SDSS', 'CAMCOL': '?', 'SOFTBIAS': '*'},
    reduced=True,
    checksums=False,  # they are those of the raw frames
    keywords={'TIME_OBS': 'TAIHMS', 'frame_type': 'FLAVOR', 'chip': 'CCDLOC', 'pedestal': 'SOFTBIAS'},
    frame_types={'science': 'science'},
    values={'chip': {f'{row}{column}': f'{filter_}{column}' for row, filter_ in enumerate(ROWS, 1) for column in COLUMNS}},
    chips=tuple(f'{filter_}{column}' for filter_ in FILTERS for column in COLUMNS),
    filters={name: FilterFacts(name, f'SDSS{name}', nm)
             for name, nm in zip(FILTERS, (355.1, 468.6, 616.6, 748.0, 893.2), strict=True)},
    open_filters=False,
    data_id={
        'run': DataKey('number of the imaging run', int, 'RUN'),
        'rerun': DataKey('number of the processing', int),
        'camcol': DataKey('column of the camera, 1 to 6', int, 'CAMCOL'),
        'field': DataKey('number of the field in the run', int),
        'filter': DataKey('filter: u, g, r, i or z', str, 'FILTER'),
    },
    data_path=r'(?:(?P<rerun>\d+)/corr/\d/)?fpC-(?P<run>\d+)-(?P<filter>[ugriz])(?P<camcol>[1-6])-(?P<field>\d+)\.fit',
)
