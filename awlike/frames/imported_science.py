"""ImportedScienceFrame: a science frame that was reduced elsewhere."""

from awlike.declare import DataId, attribute
from awlike.frames.science import ScienceFrame


class ImportedScienceFrame(ScienceFrame):
    """A science frame, ADU, that another pipeline reduced: a root of lineage, as a raw frame is.

    awlike keeps its pixels, the pedestal that the archive added subtracted, and the astrometry of its header. Gain and
    read noise are those that header, archive or camera declare.
    """

    GAIN = attribute(float, 'electrons per ADU, as header, archive or camera declare', unit='electron/adu')
    READ_NOISE = attribute(float, 'read noise, as header, archive or camera declare', unit='electron')
    SATURATION = attribute(float, 'pixels at this level or above are saturated, sky included', unit='adu')
    data_id = DataId()
