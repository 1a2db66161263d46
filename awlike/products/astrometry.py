"""Linear astrometry, as it lies in headers."""

from awlike.errors import ProcessingError


def trimmed_astrometry(astrom, geometry):
    """Linear astrometry of a raw frame, for its light-sensitive part: the reference pixel moves.

    Of several amplifiers it is that of the first; where its pixels are turned round, so are the axes.
    """
    if not astrom or astrom.get('CRPIX1') is None or astrom.get('CRPIX2') is None:
        return None
    first = geometry.parts[0]
    moved = astrom | {'CRPIX1': astrom['CRPIX1'] - first.trim.x0, 'CRPIX2': astrom['CRPIX2'] - first.trim.y0}
    if not geometry.amplifiers:
        return moved
    sides = zip('12', first.trim.shape[::-1], first.flips[::-1], (first.place.x0, first.place.y0), strict=True)
    for axis, length, flipped, start in sides:
        place = moved[f'CRPIX{axis}']
        moved[f'CRPIX{axis}'] = start + (length + 1 - place if flipped else place)
        if flipped:
            moved |= {f'CD{row}_{axis}': -moved[f'CD{row}_{axis}'] for row in '12'}
    return moved


def trimmed_place(geometry, x, y):
    """Where the place (x, y) of a raw frame, pixels from 0, is in its light-sensitive part, assembled; None outside."""
    for part in geometry.parts:
        trim = part.trim
        if trim.x0 - 0.5 <= x < trim.x1 - 0.5 and trim.y0 - 0.5 <= y < trim.y1 - 0.5:
            if not geometry.amplifiers:
                return x - trim.x0, y - trim.y0
            flip_y, flip_x = part.flips
            return (part.place.x0 + (trim.x1 - 1 - x if flip_x else x - trim.x0),
                    part.place.y0 + (trim.y1 - 1 - y if flip_y else y - trim.y0))
    return None


def wcs_of(frame):
    """The `astropy.wcs.WCS` of what shows one exposure; None where its astrometry is not known, or is that of no one image."""
    return None if getattr(frame, 'amplifiers', None) else _wcs(astrometry(frame))


def trimmed_wcs(raw):
    """The `astropy.wcs.WCS` of the light-sensitive part of a raw frame; None where its astrometry is not known."""
    return _wcs(trimmed_astrometry(raw.astrom, raw.geometry))


def _wcs(astrom):
    if not astrom or None in astrom.values():
        return None
    from astropy.io import fits
    from astropy.wcs import WCS
    return WCS(fits.Header(astrom))


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
