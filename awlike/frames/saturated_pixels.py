"""SaturatedPixelMap: pixels that received more charge than they hold, and the trails of that charge."""

from awlike.declare import Filter, Input, Inputs, PixelMap, ProcessParameters, ProcessTarget, Reference, attribute, parameter
from awlike.frames.raw import RawScienceFrame


class SaturatedPixelMap(PixelMap, ProcessTarget):
    """Map of the saturated pixels of a science frame and the trails of charge that run from them: 1 good, 0 bad."""

    raw = Input(RawScienceFrame, 'the raw frame')
    filter = Reference(Filter, 'the filter')
    count = attribute(int, 'number of saturated pixels, trails included')

    class Parameters(ProcessParameters):
        THRESHOLD_HIGH: float = parameter(60000.0, 'from here on a raw pixel is saturated', unit='adu')
        THRESHOLD_LOW: float = parameter(1.0, 'below this a raw pixel is no measurement', unit='adu')
        TRAIL_THRESHOLD: float = parameter(5.0, 'a trail of charge from a saturated pixel stands out by at least',
                                           unit='sigma', gt=0)

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.amplifiers import light_sensitive, unread_pixels
        from awlike.pixels.overscan import possible_modes, subtract_overscan
        from awlike.pixels.saturated_pixels import saturated_pixels
        raw, geometry = inputs.raw.data, inputs.raw.geometry
        image, even = light_sensitive(raw, geometry), None
        if geometry.amplifiers:
            even = subtract_overscan(raw, geometry, 2 if 2 in possible_modes(geometry) else 0)
        good = saturated_pixels(image, params.THRESHOLD_HIGH, params.THRESHOLD_LOW, params.TRAIL_THRESHOLD, even)
        unread = unread_pixels(geometry)
        return {'data': good, 'count': int((good == 0).sum()) - (0 if unread is None else int(unread.sum()))}
