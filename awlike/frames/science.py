"""ScienceFrame: what all calibrated images of the sky have in common."""

from awlike.declare import Filter, ProcessTarget, Reference, attribute


class ScienceFrame(ProcessTarget):
    """A calibrated image of the sky, ADU. What works on one kind of science frame works on all of them.

    The kinds are `ReducedScienceFrame`, reduced here, and `ImportedScienceFrame`, reduced elsewhere.
    """

    _shared = True
    filter = Reference(Filter, 'the filter')
    EXPTIME = attribute(float, 'exposure time', unit='s')
    OBJECT = attribute(str, 'what the observer says it shows', index=True)
    AIRMASS = attribute(float, 'airmass at the start of the exposure')
    astrom = attribute(dict, 'astrometry of the header, of the trimmed frame: CTYPE, CRVAL, CRPIX, CD')

    UNIT = 'adu'
