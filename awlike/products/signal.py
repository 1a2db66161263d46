"""What light and dark current left in a raw frame: what most products begin with."""

import numpy as np


def exposed(inputs, params):
    """The light-sensitive part of a raw science frame, less its level and the ghosts of other chips; worked out when sliced.

    Parameters
    ----------
    inputs : inputs
        With `raw` and, in the order of their names, `crosstalk_frames`.
    params : FromExposure
        How they become images. Chips are taken to be read in the order in which their pixels lie in the raw frames.

    Returns
    -------
    awlike.pixels.strips.Rows or 2-D float32 array [y, x]
        ADU.
    """
    from awlike.pixels.amplifiers import subtract_crosstalk
    from awlike.pixels.overscan import overscan_subtracted
    raw, mode = inputs.raw, params.OVERSCAN_CORRECTION
    image = overscan_subtracted(raw.data, raw.geometry, mode, params.CROSSTALK)
    # What the others' amplifiers hear of each other is a ghost of a ghost.
    others = [overscan_subtracted(other.data, other.geometry, mode) for other in inputs.crosstalk_frames]
    coefficients = [coefficient for _, coefficient in sorted(params.CHIP_CROSSTALK.items())]
    ghosts = [(coefficient, np.asarray(other), (False, False)) for coefficient, other in zip(coefficients, others)]
    return subtract_crosstalk(image, ghosts) if ghosts else image


def light(raw, bias, params, gain=None):
    """The light-sensitive part of `raw`, overscan and bias subtracted, made linear where `gain` tells how; worked out when sliced.

    Parameters
    ----------
    raw, bias : inputs
        A raw frame and the master bias.
    params : FromRawPixels
        How it becomes an image.
    gain : input, optional
        The `GainLinearity` that serves, if there is one.

    Returns
    -------
    awlike.pixels.strips.Rows
        2-D float32 [y, x], ADU.
    """
    from awlike.pixels.overscan import overscan_subtracted
    counts = overscan_subtracted(raw.pixels, raw.geometry, params.OVERSCAN_CORRECTION, params.CROSSTALK) - bias.data
    if gain is None or not gain.coefficients:
        return counts
    from awlike.pixels.gain import linearised
    return linearised(counts, gain.coefficients)


def flat_fielded(raw, inputs, params):
    """`light` without the dark current, where there is a dark, and divided by the flat; worked out when sliced."""
    from awlike.pixels.strips import Rows
    counts = light(raw, inputs.bias, params, inputs.gain)
    if inputs.dark is not None:
        dark, seconds = inputs.dark.data, np.float32(raw.EXPTIME)
        counts = counts - Rows(dark.shape, lambda rows: dark[rows] * seconds)
    return counts / inputs.flat.data
