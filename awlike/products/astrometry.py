"""Linear astrometry, as it lies in headers."""

from awlike.errors import ProcessingError
from awlike.sky.linear_wcs import linear_wcs, trimmed_astrometry


def wcs_of(frame):
    """The `astropy.wcs.WCS` of what shows one exposure; None where its astrometry is not known, or is that of no one image."""
    return None if getattr(frame, 'amplifiers', None) else linear_wcs(astrometry(frame))


def trimmed_wcs(raw):
    """The `astropy.wcs.WCS` of the light-sensitive part of a raw frame; None where its astrometry is not known."""
    return linear_wcs(trimmed_astrometry(raw.astrom, raw.geometry))


def astrometry(frame):
    """The linear astrometry of a frame: its own, or of the one exposure that it was made from; None where there is none."""
    if 'astrom' in type(frame).__properties__:
        return frame.astrom
    origin = getattr(frame, frame.principal_role()) if frame.inputs() else None
    if origin is None or isinstance(origin, list):
        return None
    found = astrometry(origin)
    return trimmed_astrometry(found, origin.geometry) if hasattr(origin, 'geometry') else found


def positions(raws) -> list:
    """For each of `raws` the function from pixels of the trimmed frame to a plane that is common to them."""
    from awlike.sky.matching import tangent_plane
    found = [trimmed_astrometry(raw.astrom, raw.geometry) for raw in raws]
    for raw, one in zip(raws, found, strict=True):
        if one is None or None in one.values():
            raise ProcessingError(f'the raw frame of {raw.DATE_OBS} has no linear astrometry, by which stars are found again: '
                                  'leave it out, by raw_filenames')
    centre = found[0]['CRVAL1'], found[0]['CRVAL2']
    return [tangent_plane((one['CRVAL1'], one['CRVAL2']), (one['CRPIX1'], one['CRPIX2']),
                          [[one['CD1_1'], one['CD1_2']], [one['CD2_1'], one['CD2_2']]], centre) for one in found]
