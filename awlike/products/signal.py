"""The signal of light and dark current in raw frames, with which most products begin."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from awlike.pixels.strips import Rows
    from awlike.products.parameters import FromExposure, FromRawPixels


def exposed(inputs: Any, params: 'FromExposure') -> 'Rows | np.ndarray':
    """Return the light-sensitive part of a raw science frame without overscan level and ghosts of other chips.

    Rows are computed when they are sliced.

    Parameters
    ----------
    inputs : inputs
        With `raw` and, in the order of their names, `crosstalk_frames`.
    params : FromExposure
        The parameters by which they become images. Chips are taken to be read in the order in which their pixels lie in
        the raw frames.

    Returns
    -------
    awlike.pixels.strips.Rows or 2-D float32 array [y, x]
        ADU.
    """
    from awlike.pixels.amplifiers import subtract_crosstalk
    from awlike.pixels.overscan import overscan_subtracted
    raw, mode = inputs.raw, params.OVERSCAN_CORRECTION
    image = overscan_subtracted(raw.data, raw.geometry, mode, params.CROSSTALK, params.OVERSCAN_DEGREE)
    # Ghosts that the amplifiers of another chip have of each other would be ghosts of ghosts here.
    others = [overscan_subtracted(other.data, other.geometry, mode, degree=params.OVERSCAN_DEGREE)
              for other in inputs.crosstalk_frames]
    coefficients = [coefficient for _, coefficient in sorted(params.CHIP_CROSSTALK.items())]
    ghosts = [(coefficient, np.asarray(other), (False, False))
              for coefficient, other in zip(coefficients, others)]  # noqa: B905
    return subtract_crosstalk(image, ghosts) if ghosts else image


def light(raw: Any, bias: Any, params: 'FromRawPixels', gain: Any = None) -> 'Rows | np.ndarray':
    """Return the light-sensitive part of `raw` without overscan level and bias, made linear where `gain` has coefficients.

    Rows are computed when they are sliced.

    Parameters
    ----------
    raw, bias : inputs
        A raw frame and the master bias, or None for no bias.
    params : FromRawPixels
        The parameters by which it becomes an image.
    gain : input, optional
        The `GainLinearity` that serves, if there is one.

    Returns
    -------
    awlike.pixels.strips.Rows
        2-D float32 [y, x], ADU.
    """
    from awlike.pixels.overscan import overscan_subtracted
    counts = overscan_subtracted(raw.pixels, raw.geometry, params.OVERSCAN_CORRECTION, params.CROSSTALK,
                                 params.OVERSCAN_DEGREE)
    if bias is not None:
        counts = counts - bias.data
    if gain is None or not gain.coefficients:
        return counts
    from awlike.pixels.gain import linearised
    return linearised(counts, gain.coefficients)


def flat_fielded(raw: Any, inputs: Any, params: 'FromRawPixels') -> 'Rows | np.ndarray':
    """Return `light` without the dark current, where there is a dark, divided by the flat, where there is one.

    Rows are computed when they are sliced.
    """
    from awlike.pixels.strips import Rows
    counts = light(raw, inputs.bias, params, inputs.gain)
    if inputs.dark is not None:
        dark, seconds = inputs.dark.data, np.float32(raw.EXPTIME)
        counts = counts - Rows(dark.shape, lambda rows: dark[rows] * seconds)
    return counts if inputs.flat is None else counts / inputs.flat.data
