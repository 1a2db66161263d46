"""The signal of light and dark current in raw frames, with which most products begin."""

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.products.electrons import electrons_per_count

if TYPE_CHECKING:
    from awlike.pixels.geometry import Geometry
    from awlike.pixels.strips import Rows
    from awlike.products.parameters import FromExposure, FromLight, FromRawPixels


def counts(raw: Any, params: 'FromRawPixels', crosstalk: Any = None) -> 'Rows | np.ndarray':
    """Return the light-sensitive part of `raw` without overscan level and crosstalk.

    Rows are computed when they are sliced.

    Parameters
    ----------
    raw : input
        A raw frame.
    params : FromRawPixels
        The parameters by which it becomes an image.
    crosstalk : input, optional
        The `CrosstalkMatrix` that serves, if there is one; it takes the place of the parameter CROSSTALK.

    Returns
    -------
    awlike.pixels.strips.Rows
        2-D float32 [y, x], ADU.
    """
    return _counts(raw.pixels, raw.geometry, params, crosstalk)


def _counts(image: Any, geometry: 'Geometry', params: 'FromRawPixels', crosstalk: Any) -> 'Rows | np.ndarray':
    from awlike.pixels.overscan import overscan_subtracted
    return overscan_subtracted(image, geometry, params.OVERSCAN_CORRECTION, params.CROSSTALK, params.OVERSCAN_DEGREE,
                               None if crosstalk is None else crosstalk.coefficients)


def exposed(inputs: Any, params: 'FromExposure') -> 'Rows | np.ndarray':
    """Return the light-sensitive part of a raw science frame without overscan level and ghosts of other chips.

    Rows are computed when they are sliced.

    Parameters
    ----------
    inputs : inputs
        With `raw` and, in the order of their names, `crosstalk_frames`; perhaps with `crosstalk_matrix`.
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
    image = _counts(raw.data, raw.geometry, params, getattr(inputs, 'crosstalk_matrix', None))
    # Ghosts that the amplifiers of another chip have of each other would be ghosts of ghosts here.
    others = [overscan_subtracted(other.data, other.geometry, mode, degree=params.OVERSCAN_DEGREE)
              for other in inputs.crosstalk_frames]
    coefficients = [coefficient for _, coefficient in sorted(params.CHIP_CROSSTALK.items())]
    ghosts = [(coefficient, np.asarray(other), (False, False))
              for coefficient, other in zip(coefficients, others)]  # noqa: B905
    return subtract_crosstalk(image, ghosts) if ghosts else image


def light(raw: Any, bias: Any, params: 'FromRawPixels', gain: Any = None, crosstalk: Any = None) -> 'Rows | np.ndarray':
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
    crosstalk : input, optional
        The `CrosstalkMatrix` that serves, if there is one.

    Returns
    -------
    awlike.pixels.strips.Rows
        2-D float32 [y, x], ADU.
    """
    image = counts(raw, params, crosstalk)
    return made_linear(image if bias is None else image - bias.data, gain, raw.geometry)


def made_linear(image: 'Rows | np.ndarray', gain: Any, geometry: 'Geometry') -> 'Rows | np.ndarray':
    """Return `image`, bias subtracted, as a linear detector would have recorded it, where `gain` has coefficients.

    Coefficients of the amplifiers go before coefficients of the whole detector.
    """
    if gain is None or not (gain.coefficients or gain.amplifiers):
        return image
    from awlike.pixels.gain import linearised
    from awlike.pixels.parts import linearised_parts
    if gain.amplifiers:
        return linearised_parts(image, geometry, {name: one['coefficients'] for name, one in gain.amplifiers.items()})
    return linearised(image, gain.coefficients)


def light_of_stars(inputs: Any) -> np.ndarray | None:
    """Return illumination correction times photometric flat, by which flat-fielded light is divided; None without both."""
    found = [one.data for one in (inputs.illumination, inputs.photometric_flat) if one is not None]
    return functools.reduce(np.multiply, found) if found else None


def response(raw: Any, inputs: Any, params: 'FromLight') -> 'Rows | np.ndarray | None':
    """Return what counts of `raw` are divided by to get light: the flat, over the gain where the light is in electrons.

    None where there is neither.
    """
    flat = None if inputs.flat is None else inputs.flat.data
    factors = electrons_per_count(raw.geometry, inputs, params)
    if factors is None:
        return flat
    from awlike.pixels.parts import scaled_parts
    return scaled_parts(flat, raw.geometry, {name: 1 / factor for name, factor in factors.items()})


def in_electrons(image: 'Rows | np.ndarray', raw: Any, inputs: Any, params: 'FromLight') -> 'Rows | np.ndarray':
    """Return counts of `raw` in electrons where `params` say so, else the counts."""
    factors = electrons_per_count(raw.geometry, inputs, params)
    if factors is None:
        return image
    from awlike.pixels.parts import scaled_parts
    return scaled_parts(image, raw.geometry, factors)


def flat_fielded(raw: Any, inputs: Any, params: 'FromLight') -> 'Rows | np.ndarray':
    """Return `light` without the dark current, where there is a dark, divided by `response`, where there is one.

    Rows are computed when they are sliced.
    """
    from awlike.pixels.strips import Rows
    image = light(raw, inputs.bias, params, inputs.gain, getattr(inputs, 'crosstalk_matrix', None))
    if inputs.dark is not None:
        dark, seconds = inputs.dark.data, np.float32(raw.EXPTIME)
        image = image - Rows(dark.shape, lambda rows: dark[rows] * seconds)
    divisor = response(raw, inputs, params)
    return image if divisor is None else image / divisor
