"""Gaia: the stars of a field, fetched from the archive of the mission as a reference catalogue."""

import functools
import logging
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awlike.context import context
from awlike.errors import MissingExtra, ParameterError, ServiceError
from awlike.ingest.refcat import add, own_versions
from awlike.masking import masked
from awlike.sky.regions import Cone
from awlike.spelling import counted

if TYPE_CHECKING:
    from astropy.table import Table

    from awlike.products.reference_catalogue import ReferenceCatalogue

log = logging.getLogger('awlike')

URL = 'https://gea.esac.esa.int/tap-server/tap'
"""The TAP service of the Gaia archive."""

MOST = 1_000_000
"""So many stars are fetched at most; a field that has more needs a limit of magnitude."""

_TIMEOUT = 600  # seconds without a byte
_BANDS = {'G': 'phot_g_mean', 'BP': 'phot_bp_mean', 'RP': 'phot_rp_mean'}
_POSITIONS = {'ra': 'deg', 'dec': 'deg', 'ra_error': 'mas', 'dec_error': 'mas', 'pmra': 'mas/yr', 'pmdec': 'mas/yr',
              'ref_epoch': 'yr'}
_MAGNITUDES = 2.5 / math.log(10)  # of a small relative error of a flux


def fetch(ra: Any, dec: Any, radius: Any, name: str = 'GAIA', limit_mag: float | None = None,
          url: str | None = None) -> 'ReferenceCatalogue':
    """Fetch the stars of a field of Gaia's third data release, and add them as a reference catalogue.

    The catalogue has positions with errors, proper motions, and magnitudes (Vega) in G, BP and RP with the errors that follow
    from those of the fluxes.

    Parameters
    ----------
    ra, dec, radius : float or Quantity
        Centre and radius of the field, degrees unless a Quantity is given.
    name : str
        What to call it. Another field under the same name is another version. Default: GAIA.
    limit_mag : float, optional
        The faintest magnitude in G; by default all stars.
    url : str, optional
        A TAP service that has the table ``gaiadr3.gaia_source``; by default the service of the Gaia archive.

    Raises
    ------
    MissingExtra
        When pyvo is not installed.
    ParameterError
        When the field is none, or has no star, or more than a million.
    ServiceError
        When the service does not answer, or refuses.
    """
    field, url = Cone(ra, dec, radius), url or URL
    if limit_mag is not None and not math.isfinite(limit_mag):
        raise ParameterError(f'limit_mag {limit_mag} is no magnitude: give a number, as 19')
    own_versions(name, context.account('add a reference catalogue'))
    source = f'FROM gaiadr3.gaia_source WHERE {_condition(field, limit_mag)}'
    number = int(_asked(url, f'SELECT COUNT(*) AS stars_found {source}', name)['stars_found'][0])
    of = f'the field of {field.radius:g} deg around RA {field.ra:g}, Dec {field.dec:g}' + (
        '' if limit_mag is None else f' down to G = {limit_mag:g}')
    if number == 0:
        raise ParameterError(f'{of} has no star of Gaia: enlarge the radius, or take a fainter limit of magnitude')
    if number > MOST:
        raise ParameterError(f'{of} has {number:,} stars of Gaia, and at most {MOST:,} are fetched: take a smaller radius or a '
                             'brighter limit of magnitude (--limit-mag)')
    log.info('fetching %s of %s from %s', counted(number, 'star'), of, masked(url))
    table = _asked(url, f'SELECT TOP {MOST + 1} {", ".join(_columns())} {source}', name)
    if len(table) != number:
        raise ServiceError(f'{masked(url)} counted {counted(number, "star")} and sent {len(table):,}: it limits what it sends; '
                           'take a smaller radius or a brighter limit of magnitude (--limit-mag), or another service (--url)')
    return _added(table, name, field)


def _condition(field: Cone, limit_mag: float | None) -> str:
    """Return the condition in ADQL for the stars of `field` that are as bright as `limit_mag`."""
    inside = f"1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', {field.ra!r}, {field.dec!r}, {field.radius!r}))"
    return inside if limit_mag is None else f'{inside} AND phot_g_mean_mag <= {float(limit_mag)!r}'


def _columns() -> list[str]:
    return [*_POSITIONS, *(f'{one}_{part}' for one in _BANDS.values() for part in ('mag', 'flux_over_error'))]


def _added(table: 'Table', name: str, field: Cone) -> 'ReferenceCatalogue':
    """Add `table`, as the service sent it, as a reference catalogue."""
    from astropy.table import Table
    columns = {column: table[column] for column in _POSITIONS}
    for band in _BANDS.values():
        columns |= {f'{band}_mag': table[f'{band}_mag'], f'{band}_mag_error': _MAGNITUDES / table[f'{band}_flux_over_error']}
    stars = Table(columns)
    for column in stars.colnames:  # a service may leave units out; the data release defines these
        stars[column].unit = _POSITIONS.get(column, 'mag')
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f'gaia_dr3_{field.ra:.5f}_{field.dec:+.5f}_{field.radius:g}.fits'
        stars.write(path)
        return add(name, [path], ra='ra', dec='dec', ra_error='ra_error', dec_error='dec_error', pm_ra='pmra', pm_dec='pmdec',
                   epoch='ref_epoch', bands={name: (f'{band}_mag', f'{band}_mag_error') for name, band in _BANDS.items()})


def _asked(url: str, query: str, name: str) -> 'Table':
    """Return the answer of the TAP service at `url` to `query`, for the catalogue `name`."""
    pyvo, requests = _libraries()
    with requests.Session() as session:
        session.request = functools.partial(session.request, timeout=_TIMEOUT)
        try:
            found = pyvo.dal.TAPService(url, session=session).run_sync(query)
            return found.to_table()
        except pyvo.dal.DALQueryError as error:
            raise ServiceError(f'{masked(url)} refuses the question for {name}: {error}; name a TAP service that has '
                               'gaiadr3.gaia_source by --url') from None
        except (pyvo.dal.DALAccessError, requests.RequestException, OSError, ValueError) as error:
            raise ServiceError(f'{masked(url)} gives no answer that can be read, {type(error).__name__}: {error}; try again '
                               'later, or name another TAP service by --url') from None


def _libraries() -> tuple[Any, Any]:
    """Return the modules `pyvo` and `requests`."""
    try:
        import pyvo
        import requests
    except ImportError:
        raise MissingExtra("to fetch from an archive needs the package pyvo, which is not installed: pip install "
                           "'awlike[online]'") from None
    return pyvo, requests
