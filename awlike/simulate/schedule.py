"""The exposures of the simulated night."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from awlike.simulate.omegacam_headers import Exposure

N_BIAS, N_FLAT, N_SCIENCE = 10, 5, 5
SATELLITE_EXPOSURE = 2  # of the science exposures, from 0
FLAT_LEVELS = {('domeflat', 'g_SDSS'): (21000.0,) * 5, ('domeflat', 'r_SDSS'): (24000.0,) * 5,
               ('twilightflat', 'g_SDSS'): (29000.0, 26000.0, 23000.0, 20000.0, 17000.0),
               ('twilightflat', 'r_SDSS'): (16000.0, 18000.0, 21000.0, 25000.0, 30000.0)}  # ADU
BLOCKS = (  # kind, filter, start of the template, exposures, exposure time [s]
    ('domeflat', 'g_SDSS', datetime(2012, 5, 31, 19, 30, 5), N_FLAT, 6.0),
    ('domeflat', 'r_SDSS', datetime(2012, 5, 31, 19, 50, 12), N_FLAT, 4.0),
    ('bias', None, datetime(2012, 5, 31, 20, 15, 33), N_BIAS, 0.0),
    ('twilightflat', 'g_SDSS', datetime(2012, 5, 31, 22, 12, 20), N_FLAT, 8.0),
    ('science', 'r_SDSS', datetime(2012, 6, 1, 8, 51, 44), N_SCIENCE, 360.0),
    ('twilightflat', 'r_SDSS', datetime(2012, 6, 1, 10, 41, 7), N_FLAT, 10.0),
)


MODES = 3  # so many read-out modes fit into the night
_READ = 41.37  # s


def schedule(shape: Sequence[int], modes: Sequence[str] = ()) -> list[Exposure]:
    """Return the exposures of the night. Dithers are a few pixels, smaller if `shape` (trimmed) is tiny.

    Each block is taken in all read-out `modes`, one after the other. The exposures of the first mode are those without modes.
    """
    night, step = [], min(1.0, min(shape) / 256)
    for level, mode in enumerate(modes or (None,)):
        index = level * (sum(count for *_, count, _ in BLOCKS) + 1)
        for kind, filter, first_start, count, seconds in BLOCKS:
            template_start = first_start + level * timedelta(seconds=60 + count * round(seconds + _READ))
            for i in range(count):
                start = template_start + timedelta(seconds=19.123 + i * (seconds + _READ))
                dither = ((i - 2) * 8.3 * step, (i - 2) ** 2 * 6.1 * step) if kind == 'science' else (0.0, 0.0)
                night.append(Exposure(index, kind, filter, start, seconds, template_start, i + 1, count, dither, mode, level))
                index += 1
    return night
