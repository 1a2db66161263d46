"""Raw frames: the roots of lineage."""

from awlike.declare import Filter, RawFrame, Reference, attribute


class RawBiasFrame(RawFrame):
    """A raw bias: read out without exposure."""


class RawDarkFrame(RawFrame):
    """A raw dark: exposed with the shutter closed."""

    ALIKE = 'EXPTIME', 'TEMPERATURE'


class RawDomeFlatFrame(RawFrame):
    """A raw flat of the lamp-lit dome."""

    COMPARED = 'light'
    filter = Reference(Filter, 'the filter')


class RawTwilightFlatFrame(RawFrame):
    """A raw flat of the twilight sky."""

    COMPARED = 'shape'
    HALF_NIGHTS = True
    filter = Reference(Filter, 'the filter')


class RawScienceFrame(RawFrame):
    """A raw image of the sky."""

    _shared = True
    COMPARED = 'sky'
    filter = Reference(Filter, 'the filter')
    AIRMASS = attribute(float, 'airmass at the start of the exposure')


RAW_KINDS = {'bias': RawBiasFrame, 'dark': RawDarkFrame, 'domeflat': RawDomeFlatFrame,
             'twilightflat': RawTwilightFlatFrame, 'science': RawScienceFrame}
