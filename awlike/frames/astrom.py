"""Linear astrometry, as it lies in headers."""


def trimmed_astrometry(astrom, trim):
    """Linear astrometry of a raw frame, for its light-sensitive section: the reference pixel moves."""
    if not astrom or astrom.get('CRPIX1') is None or astrom.get('CRPIX2') is None:
        return None
    return astrom | {'CRPIX1': astrom['CRPIX1'] - trim.x0, 'CRPIX2': astrom['CRPIX2'] - trim.y0}
