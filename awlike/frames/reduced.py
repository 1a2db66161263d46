"""ReducedScienceFrame: a science frame without the marks of the instrument."""

from awlike.frames.bias import BiasFrame
from awlike.frames.cold import ColdPixelMap
from awlike.frames.flat import FlatFrame
from awlike.frames.hot import HotPixelMap
from awlike.frames.parameters import FromRawPixels, parameter
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

    class Parameters(FromRawPixels):
        FRINGE_THRESHOLD_HIGH: float = parameter(3.0, 'pixels this far above the sky do not scale the fringe frame; '
                                                 'counts where one serves', unit='sigma', in_key=False, gt=0)
        FRINGE_THRESHOLD_LOW: float = parameter(3.0, 'pixels this far below the sky do not scale the fringe frame; '
                                                'counts where one serves', unit='sigma', in_key=False, gt=0)

    @staticmethod
    def make(inputs, params):
        from awlike.pixels.overscan import overscan_subtracted
        from awlike.pixels.science import reduce_image
        raw = inputs.raw
        trimmed = overscan_subtracted(raw.data, raw.geometry, params.OVERSCAN_CORRECTION, params.CROSSTALK)
        image = reduce_image(trimmed, inputs.bias.data, inputs.flat.data)
        return {'data': image, 'good': inputs.weight.data > 0, 'EXPTIME': raw.EXPTIME, 'OBJECT': raw.OBJECT,
                'AIRMASS': raw.AIRMASS, 'astrom': trimmed_astrometry(raw.astrom, raw.geometry)}

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


def trimmed_astrometry(astrom, geometry):
    """Linear astrometry of a raw frame, for its exposed part: the reference pixel moves.

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
