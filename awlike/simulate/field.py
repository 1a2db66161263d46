"""The sky that a simulated night sees: stars and galaxies, and the reference catalogue that somebody made of it."""

from pathlib import Path
from typing import Any

import numpy as np

from awlike.simulate.profiles import DE_VAUCOULEURS, EXPONENTIAL
from awlike.sky.projection import to_sky
from awlike.sky.sphere import moved

EPOCH = 2012.416  # year of the night, of which sky.fits is
REFERENCE_EPOCH = 2015.5
# Of an arcmin**2: number to magnitude 25, its slope in the logarithm, brightest magnitude.
STARS, GALAXIES, FAINTEST = (60.0, 0.28, 13.0), (28.0, 0.4, 16.0), 25.0
MOVING = 0.05  # of the stars
REFERENCE_FAINTEST, MISSING, FOREIGN = 22.0, 0.3, 0.3

UNITS = {'ra': 'deg', 'dec': 'deg', 'mag': 'mag', 'mag_err': 'mag', 'colour': 'mag', 'ra_error': 'mas', 'dec_error': 'mas',
         'pmra': 'mas / yr', 'pmdec': 'mas / yr', 'epoch': 'yr', 'half_light_radius': 'arcsec', 'position_angle': 'deg'}
Columns = dict[str, np.ndarray]


def draw_sky(rng: np.random.Generator, centre: tuple[float, float], half_sides: tuple[float, float],
             epoch: float = EPOCH) -> Columns:
    """Return stars and galaxies in a rectangle of the sky, the stars first.

    Parameters
    ----------
    rng : numpy.random.Generator
    centre : pair of float
        Right ascension and declination, degrees.
    half_sides : pair of float
        Half of its sides along right ascension and declination, degrees.
    epoch : float
        Of the places, years.

    Returns
    -------
    dict of arrays
        The columns of sky.fits: `ra`, `dec` (of `epoch`), `mag` (r), `colour` (g - r), `star`, `pmra` (with cos(dec)), `pmdec`,
        `epoch`, `sersic` (0 for a star), `half_light_radius`, `axis_ratio`, `position_angle` (from north to east).
    """
    area = 4 * half_sides[0] * half_sides[1] * 3600
    n_stars, n_galaxies = (rng.poisson(count[0] * area) for count in (STARS, GALAXIES))
    n = n_stars + n_galaxies
    star = np.arange(n) < n_stars
    ra, dec = _scattered(rng, n, centre, half_sides)
    mag = np.concatenate([_magnitudes(rng, n_stars, *STARS[1:]), _magnitudes(rng, n_galaxies, *GALAXIES[1:])])
    moving = star & (rng.uniform(size=n) < MOVING)
    speed, direction = rng.uniform(20, 200, n) * moving, rng.uniform(0, 2 * np.pi, n)
    size = np.clip(0.45 * 10 ** (-0.12 * (mag - 23)) * np.exp(rng.normal(0, 0.3, n)), 0.15, 6)
    spheroid = rng.uniform(size=n) < 0.3
    return {'ra': ra, 'dec': dec, 'mag': mag, 'colour': np.where(star, rng.normal(0.7, 0.35, n), rng.normal(0.9, 0.3, n)),
            'star': star, 'pmra': speed * np.cos(direction), 'pmdec': speed * np.sin(direction), 'epoch': np.full(n, epoch),
            'sersic': np.where(star, 0, np.where(spheroid, DE_VAUCOULEURS, EXPONENTIAL)),
            'half_light_radius': np.where(star, 0, size), 'axis_ratio': np.where(star, 1, rng.uniform(0.3, 1, n)),
            'position_angle': np.where(star, 0, rng.uniform(0, 180, n))}


def _scattered(rng: np.random.Generator, n: int, centre: tuple[float, float],
               half_sides: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return right ascensions and declinations of random places in a rectangle."""
    xi, eta = (rng.uniform(-side, side, n) for side in half_sides)
    return to_sky(xi, eta, centre)


def _magnitudes(rng: np.random.Generator, number: int, slope: float, brightest: float) -> np.ndarray:
    """Return magnitudes whose number rises with that slope."""
    return np.maximum(FAINTEST + np.log10(1 - rng.uniform(size=number)) / slope, brightest)


def draw_reference(rng: np.random.Generator, sky: Columns, centre: tuple[float, float],
                   half_sides: tuple[float, float]) -> Columns:
    """Return a reference catalogue of the brighter stars: some of them missing, some foreign, all with errors.

    The columns are those of reference.fits: `ra`, `dec` (of REFERENCE_EPOCH), `ra_error` (with cos(dec)), `dec_error`, `pmra`,
    `pmdec`, `epoch`, `mag` (r), `mag_err`, `colour` (g - r).
    """
    known = np.flatnonzero(sky['star'] & (sky['mag'] < REFERENCE_FAINTEST))
    known = known[rng.uniform(size=known.size) >= MISSING]
    stars = {name: sky[name][known] for name in ('ra', 'dec', 'mag', 'colour', 'pmra', 'pmdec')}
    n = int(FOREIGN * known.size)
    ra, dec = _scattered(rng, n, centre, half_sides)
    foreign = {'ra': ra, 'dec': dec, 'mag': rng.permutation(stars['mag'])[:n], 'colour': rng.normal(0.7, 0.35, n),
               'pmra': np.zeros(n), 'pmdec': np.zeros(n)}
    order = rng.permutation(known.size + n)
    table = {name: np.concatenate([stars[name], foreign[name]])[order] for name in stars}
    error = np.clip(3 * 10 ** (0.2 * (table['mag'] - 18)), 3, 20)
    mag_err = np.clip(0.005 * 10 ** (0.2 * (table['mag'] - 18)), 0.005, 0.05)
    years = REFERENCE_EPOCH - sky['epoch'][0]
    table['ra'], table['dec'] = moved(table['ra'], table['dec'], table['pmra'] + rng.normal(0, error) / years,
                                      table['pmdec'] + rng.normal(0, error) / years, years)
    table['mag'] = table['mag'] + rng.normal(0, mag_err)
    return table | {'ra_error': error, 'dec_error': error, 'mag_err': mag_err, 'epoch': np.full(error.size, REFERENCE_EPOCH)}


def write_columns(path: Path, columns: Columns, name: str) -> None:
    """Write columns as a FITS table with units; the same columns make the same bytes."""
    from astropy.io import fits
    codes: dict[str, Any] = {'b': 'L', 'i': 'J', 'f': 'D'}
    table = fits.BinTableHDU.from_columns([fits.Column(key, codes[values.dtype.kind], unit=UNITS.get(key), array=values)
                                           for key, values in columns.items()], name=name)
    table.add_checksum(when='simulated')
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)
