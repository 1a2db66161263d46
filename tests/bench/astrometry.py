"""The astrometry of a frame beside SCAMP: 200 random fields with wrong headers, and the noise that no fit can be below.

A field is one of `tests.sky.fields`: off by up to 5 arcmin, 1 degree and 0.5 per cent, of any parity, four of five catalogue
stars foreign. SCAMP gets easier fields (30 per cent foreign, parity known) as LDAC files, and two only, since it takes seconds.
"""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from awlike.sky.astrometry import solve
from tests.sky.fields import SCALE, SHAPE, error_of, field, grid, noise_limit

FIELDS, FIELDS_OF_PEER = 200, 2
GOOD = 0.05  # arcsec: the error over the frame below which a solution counts as found


def rows():
    """The rows of the table, one after the other."""
    x, y = grid(SHAPE)
    found, ratios, seconds = 0, [], []
    for seed in range(FIELDS):
        one = field(seed)
        start = time.process_time()
        solution = solve(one.sources, one.references, one.start, SHAPE)
        seconds.append(time.process_time() - start)
        error = np.inf if solution.plate is None else error_of(solution.plate.pixel_to_sky(x, y), one.true(x, y))
        found += error < GOOD
        ratios.append(error / noise_limit(one))
    spent, ratio = float(np.median(seconds)), float(np.median(ratios))
    yield (f'astrometry of a frame: {found} of {FIELDS} fields found', f'{spent:.4f} s CPU', _peer(), 'all; <= 0.02 s',
           found == FIELDS and spent <= 0.02)
    yield 'its error over the frame, of the noise limit', f'{ratio:.3f}', '', '<= 1.1', ratio <= 1.1
    wrong = sum(solve(field(seed).sources, (other := field(seed + 1000)).references, other.start, SHAPE).plate is not None
                for seed in range(FIELDS // 10))
    yield f'{FIELDS // 10} fields of other stars: solutions', f'{wrong}', '', '0', wrong == 0


def _peer():
    """What SCAMP takes, where it is installed; its figure from elsewhere where it is not."""
    if shutil.which('scamp') is None:
        return 'SCAMP 7 s'
    done = [_scamp(field(seed, flips=False, foreign=0.3)) for seed in range(1, 1 + FIELDS_OF_PEER)]
    return f'SCAMP {np.median(done):.1f} s CPU' if np.isfinite(done).all() else 'SCAMP did not end'


def _scamp(one):
    """Run SCAMP on a field; gives its CPU seconds, NaN where it wrote no solution."""
    import resource
    with tempfile.TemporaryDirectory() as folder:
        _write_ldac(Path(folder, 'frame.cat'), _own(one), _header(one))
        _write_ldac(Path(folder, 'reference.cat'), _known(one), [])
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(['scamp', 'frame.cat', '-ASTREF_CATALOG', 'FILE', '-ASTREFCAT_NAME', 'reference.cat',
                        '-CHECKPLOT_TYPE', 'NONE', '-WRITE_XML', 'N',
                        '-POSITION_MAXERR', '6', '-POSANGLE_MAXERR', '2', '-VERBOSE_TYPE', 'QUIET',
                        '-NTHREADS', '1'], cwd=folder, check=False, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode or not Path(folder, 'frame.head').exists():
            return np.nan
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _own(one):
    """The columns of the sources as SExtractor names them."""
    stars = one.sources
    return {'XWIN_IMAGE': stars.x + 1, 'YWIN_IMAGE': stars.y + 1, 'ERRAWIN_IMAGE': stars.error,
            'ERRBWIN_IMAGE': stars.error, 'ERRTHETAWIN_IMAGE': np.zeros(stars.x.size),
            'FLUX_AUTO': 1e3 * stars.flux, 'FLUXERR_AUTO': 10 * np.sqrt(stars.flux),
            'FLAGS': np.zeros(stars.x.size, np.int16), 'FLUX_RADIUS': np.full(stars.x.size, 2.0),
            'ELONGATION': np.ones(stars.x.size)}


def _known(one):
    """The columns of the reference stars as SCAMP reads them."""
    stars = one.references
    return {'X_WORLD': stars.ra, 'Y_WORLD': stars.dec, 'ERRA_WORLD': stars.error / 3600, 'ERRB_WORLD': stars.error / 3600,
            'ERRTHETA_WORLD': np.zeros(stars.ra.size), 'MAG': stars.mag + 20, 'MAGERR': np.full(stars.ra.size, 0.01),
            'OBSDATE': np.full(stars.ra.size, 2015.5)}


def _header(one):
    """The cards of the frame."""
    from awlike.sky.tpv import tangent_cards
    cards = tangent_cards(one.start, 'TAN') | {'NAXIS1': SHAPE[1], 'NAXIS2': SHAPE[0], 'EXPTIME': 1.0, 'FILTER': 'r',
                                               'EQUINOX': 2000.0, 'RADESYS': 'ICRS', 'GAIN': 1.0, 'PIXSCALE': SCALE}
    from astropy.io import fits
    return [card.image for card in fits.Header({'SIMPLE': True, 'BITPIX': -32, 'NAXIS': 2} | cards).cards]


def _write_ldac(path, columns, cards):
    """Write an LDAC file; its text is padded with blanks, as SCAMP ends at NUL."""
    from astropy.io import fits
    text = b''.join(card.encode().ljust(80) for card in [*cards, 'END'])
    head = fits.BinTableHDU.from_columns([fits.Column('Field Header Card', f'{len(text)}B', dim=f'(80, {len(text) // 80})',
                                                      array=np.frombuffer(text, np.uint8)[None])], name='LDAC_IMHEAD')
    codes = {'f': 'D', 'i': 'I'}
    body = fits.BinTableHDU.from_columns([fits.Column(name, codes[values.dtype.kind], array=values)
                                          for name, values in columns.items()], name='LDAC_OBJECTS')
    fits.HDUList([fits.PrimaryHDU(), head, body]).writeto(path)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(f"'{len(text)}B".encode(), f"'{len(text)}A".encode()))
