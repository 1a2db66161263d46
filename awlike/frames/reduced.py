"""ReducedScienceFrame: a science frame without the marks of the instrument."""

from awlike.frames.bias import BiasFrame
from awlike.frames.cold import ColdPixelMap
from awlike.frames.flat import FlatFrame
from awlike.frames.hot import HotPixelMap
from awlike.frames.parameters import ProcessParameters, parameter
from awlike.frames.product import Input, ProcessTarget
from awlike.frames.raw import RawScienceFrame
from awlike.frames.weight import WeightFrame
from awlike.persist.dbobject import Reference, attribute
from awlike.persist.references import Filter


class ReducedScienceFrame(ProcessTarget):
    """A science frame, overscan and bias subtracted, divided by the flat; ADU. Bad pixels have weight 0."""

    raw = Input(RawScienceFrame, 'the raw frame')
    bias = Input(BiasFrame, 'master bias that is subtracted')
    flat = Input(FlatFrame, 'master flat that it is divided by')
    hot = Input(HotPixelMap, 'hot pixels')
    cold = Input(ColdPixelMap, 'cold pixels')
    weight = Input(WeightFrame, 'weight of its pixels')
    filter = Reference(Filter, 'the filter')
    EXPTIME = attribute(float, 'exposure time', unit='s')
    OBJECT = attribute(str, 'what the observer says it shows', index=True)
    AIRMASS = attribute(float, 'airmass at the start of the exposure')
    astrom = attribute(dict, 'linear astrometry, of the trimmed frame: CTYPE, CRVAL, CRPIX, CD')

    UNIT = 'adu'

    class Parameters(ProcessParameters):
        OVERSCAN_CORRECTION: int = parameter(6, 'overscan mode, 0-10', ge=0, le=10)
        FRINGE_THRESHOLD_HIGH: float = parameter(3.0, 'pixels this far above the sky do not scale the fringe frame; '
                                                 'counts where one serves', unit='sigma', in_key=False, gt=0)
        FRINGE_THRESHOLD_LOW: float = parameter(3.0, 'pixels this far below the sky do not scale the fringe frame; '
                                                'counts where one serves', unit='sigma', in_key=False, gt=0)

    @staticmethod
    def make(inputs, params):
        from awlike.pixels.overscan import overscan_subtracted
        from awlike.pixels.science import reduce_image
        raw = inputs.raw
        trimmed = overscan_subtracted(raw.data, raw.geometry, params.OVERSCAN_CORRECTION)
        image = reduce_image(trimmed, inputs.bias.data, inputs.flat.data)
        return {'data': image, 'good': inputs.weight.data > 0, 'EXPTIME': raw.EXPTIME, 'OBJECT': raw.OBJECT,
                'AIRMASS': raw.AIRMASS, 'astrom': trimmed_astrometry(raw.astrom, raw.geometry.trim)}

    def to_ccddata(self):
        """It as an `astropy.nddata.CCDData`: pixels (adu), `mask`, `flags` (the bits of the mask, by
        `awlike.frames.export.MASK_BITS`), `uncertainty` (variance, adu^2), `wcs` and header.
        """
        from awlike.frames.export import to_ccddata
        return to_ccddata(self)

    def export(self, path):
        """Write it to a FITS file that needs nothing else: the image, an extension MASK whose header names the bits, and
        an extension UNCERT with the variance (adu^2). astropy's `CCDData.read` and ccdproc read it, ds9 shows it.

        Parameters
        ----------
        path : str or pathlib.Path
            The file; one that is there is replaced.

        Returns
        -------
        pathlib.Path
            The file.
        """
        from awlike.frames.export import export
        return export(self, path)


def trimmed_astrometry(astrom, trim):
    """Linear astrometry of a raw frame, for its light-sensitive section: the reference pixel moves."""
    if not astrom or astrom.get('CRPIX1') is None or astrom.get('CRPIX2') is None:
        return None
    return astrom | {'CRPIX1': astrom['CRPIX1'] - trim.x0, 'CRPIX2': astrom['CRPIX2'] - trim.y0}
