"""Time at the barycentre of the solar system: what light curves of variable stars are compared by."""

import datetime

import numpy as np
from numpy.typing import ArrayLike

from awlike.sky.sphere import Doubles

Site = tuple[float, float, float]
"""Longitude (deg, east positive), latitude (deg, north positive) and height above sea level (m) of a telescope."""


def modified_julian_date(moment: datetime.datetime) -> float:
    """Return the modified Julian date of a moment; both are UTC."""
    from astropy.time import Time
    return float(Time(moment, scale='utc').mjd)


def barycentric_julian_date(moment: datetime.datetime, ra: ArrayLike, dec: ArrayLike, site: Site | None = None) -> Doubles:
    """Return when light that arrives at a moment from each of several places on the sky passes the barycentre: BJD_TDB.

    Parameters
    ----------
    moment : datetime.datetime
        UTC, without a zone.
    ra, dec : array
        The places, degrees (ICRS).
    site : tuple of float, optional
        Longitude, latitude [deg] and height [m] of the telescope. Default: the centre of the Earth, wrong by 21 ms at most.

    Returns
    -------
    float64 array
        Julian dates in barycentric dynamical time, which hold 0.04 ms; NaN for a place that is NaN.
    """
    from astropy import units as u
    from astropy.coordinates import EarthLocation, SkyCoord
    from astropy.time import Time
    from astropy.utils import iers
    ra, dec = np.broadcast_arrays(np.asarray(ra, float), np.asarray(dec, float))
    known, found = np.isfinite(ra) & np.isfinite(dec), np.full(ra.shape, np.nan)
    if not known.any():
        return found
    location = (EarthLocation.from_geocentric(0, 0, 0, u.m) if site is None else
                EarthLocation.from_geodetic(site[0] * u.deg, site[1] * u.deg, site[2] * u.m))
    time = Time(moment, scale='utc', location=location)
    time.delta_ut1_utc = 0.0  # less than 0.9 s, in which the site moves by less than 2 microseconds of light
    with iers.conf.set_temp('auto_download', False), iers.conf.set_temp('iers_degraded_accuracy', 'ignore'):
        on_the_way = time.light_travel_time(SkyCoord(ra[known] * u.deg, dec[known] * u.deg), 'barycentric')
        found[known] = (time.tdb + on_the_way).jd
    return found
