"""Linear world coordinates: of an image, and of what is trimmed of it."""



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


def linear_wcs(astrom):
    if not astrom or None in astrom.values():
        return None
    from astropy.io import fits
    from astropy.wcs import WCS
    return WCS(fits.Header(astrom))
