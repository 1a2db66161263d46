"""What light and dark current left in a raw frame: what most products begin with."""

import numpy as np


def light(raw, bias, params, gain=None):
    """The light-sensitive part of `raw`, overscan and bias subtracted, made linear where `gain` tells how; worked out when sliced.

    Parameters
    ----------
    raw, bias : inputs
        A raw frame and the master bias.
    params : ProcessParameters
        With OVERSCAN_CORRECTION.
    gain : input, optional
        The `GainLinearity` that serves, if there is one.

    Returns
    -------
    awlike.pixels.strips.Rows
        2-D float32 [y, x], ADU.
    """
    from awlike.pixels.overscan import overscan_subtracted
    counts = overscan_subtracted(raw.pixels, raw.geometry, params.OVERSCAN_CORRECTION) - bias.data
    if gain is None or not gain.coefficients:
        return counts
    from awlike.pixels.photon_transfer import linearised
    return linearised(counts, gain.coefficients)


def flat_fielded(raw, inputs, params):
    """`light` without the dark current, where there is a dark, and divided by the flat; worked out when sliced."""
    counts = light(raw, inputs.bias, params, inputs.gain)
    if inputs.dark is not None:
        counts = counts - inputs.dark.data * np.float32(raw.EXPTIME)
    return counts / inputs.flat.data
