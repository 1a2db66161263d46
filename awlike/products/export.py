"""Science frames for other programs: pixels, mask and variance together, as astropy's `CCDData` or in one FITS file."""

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.cameras.known import camera
from awlike.errors import ParameterError
from awlike.fits.opening import quiet
from awlike.pixels.mask_flags import MaskFlag
from awlike.placing import place
from awlike.products.astrometry import wcs_of
from awlike.products.ccddata import to_ccddata
from awlike.products.fits_files import append_provenance
from awlike.products.inputs import as_made
from awlike.products.measurable import inverse, own_weight
from awlike.products.signal import light_of_stars

if TYPE_CHECKING:
    from astropy.io.fits import HDUList
    from astropy.nddata import CCDData

MASK_BITS = {'hot': 1, 'cold': 2, 'saturated': 4, 'cosmic': 8, 'satellite': 16, 'no weight': 32}
"""The bits of a mask by meaning: the map that calls a pixel bad, or no weight for another reason."""


def mask_bits(reduced: Any) -> np.ndarray:
    """Return the mask of a reduced frame, 2-D uint8 [y, x]: the sum of the `MASK_BITS` of each pixel, 0 for a good one."""
    weight, maps = reduced.weight, as_made(reduced.weight)
    bits = np.zeros(weight.data.shape, np.uint8)
    for role, bit in MASK_BITS.items():
        if role in type(weight).inputs() and (bad := getattr(maps, role)) is not None:
            bits[bad.data == 0] |= bit
    if weight.dark_hot_count:
        from awlike.pixels.hot_pixels import hot_in_exposure
        hot = hot_in_exposure(maps.dark.data, reduced.raw.EXPTIME, maps.dark.frame_noise, weight.process_params.HOT_CHARGE)
        bits[hot == 0] |= MASK_BITS['hot']
    bits[(bits == 0) & ~(weight.data > 0)] = MASK_BITS['no weight']
    return bits


def variance(reduced: Any) -> np.ndarray:
    """Return the variance of the pixels of a reduced frame, 2-D float32 [y, x], ADU^2.

    It is photon noise and read noise over response^2. The response is the flat times illumination correction and photometric
    flat, if there are any. The map of cosmic rays tells the gain, the bias the read noise. Charge that was subtracted
    (dark current, fringes) counts for the noise. The correction of linearity, which stretches the noise of bright pixels
    by some percent, is left out. The variance is infinite where the response is not above 0 or the dark current unknown. What
    was switched off is left out: without flat the response is 1. Where they were not measured, read noise and gain
    are the process parameters of the map of cosmic rays.
    """
    inputs = as_made(reduced)
    flat, gain = _response_and_gain(reduced, inputs)
    response = flat
    measured = None if reduced.bias is None else reduced.bias.read_noise
    noise = _of_cosmics(reduced, 'READ_NOISE') / used_gain(reduced) if measured is None else measured.read_noise
    if (stars := light_of_stars(inputs)) is not None:
        response = response * stars
    charge = reduced.data * response
    if reduced.dark is not None:
        charge += inputs.dark.data * reduced.raw.EXPTIME
    if reduced.fringe is not None:
        charge += reduced.fringe_scale * inputs.fringe.data * flat
    with np.errstate(divide='ignore', invalid='ignore'):
        found = (np.clip(charge, 0, None) / gain + noise ** 2) / response ** 2
    return np.where((response > 0) & np.isfinite(found), found, np.inf).astype(np.float32)


def _response_and_gain(reduced: Any, inputs: Any) -> tuple[np.ndarray, 'np.ndarray | float']:
    """Return the counts of a unit of the image, `light_of_stars` left out, and the electrons of a count, for each pixel."""
    from awlike.pixels.parts import scaled_parts
    from awlike.products.electrons import electrons_per_count, is_absolute
    from awlike.products.signal import response
    params, raw = reduced.process_params, inputs.raw
    divisor = response(raw, inputs, params)
    counts = np.broadcast_to(np.float32(1) if divisor is None else np.asarray(divisor), reduced.data.shape)
    if params.EXPTIME_NORMALISATION:
        counts = counts * np.float32(raw.EXPTIME)
    factors = electrons_per_count(raw.geometry, inputs, params) if is_absolute(inputs, params) else None
    return counts, used_gain(reduced) if factors is None else np.asarray(scaled_parts(None, raw.geometry, factors))


def used_gain(reduced: Any) -> float:
    """Return the gain with which the map of cosmic rays of a reduced frame was made, or would be, electron/ADU."""
    measured = (reduced.weight.cosmic or reduced).gain
    return measured.gain if measured is not None and measured.gain is not None else _of_cosmics(reduced, 'GAIN')


def _of_cosmics(reduced: Any, name: str) -> float:
    """Return a process parameter of the map of cosmic rays of a reduced frame; without a map, what the camera says."""
    cosmic = reduced.weight.cosmic
    if cosmic is not None:
        return getattr(cosmic.process_params, name)
    cls = type(reduced.weight).inputs()['cosmic'].target
    of_camera = camera(reduced.instrument.name).defaults_for(cls.__name__, reduced.chip.name, reduced.filter.name)
    return cls.Parameters(**{name: of_camera[name]} if name in of_camera else {}).model_dump()[name]


def science_ccddata(frame: Any, **parts: Any) -> 'CCDData':
    """Return the `CCDData` of a science frame, as `ScienceFrame.to_ccddata` describes it; `parts` replace its parts."""
    from astropy.nddata import VarianceUncertainty
    if 'weight' in type(frame).inputs():
        bits, noise = mask_bits(frame), variance(frame)
    elif own_weight(frame) is not None:
        bits, noise = _bits_on_grid(frame), inverse(frame.weight.data)
    else:
        bits, noise = _imported_bits(frame), _imported_variance(frame)
    uncertainty = None if noise is None else VarianceUncertainty(noise)
    return to_ccddata(frame, bits > 0, flags=bits, uncertainty=uncertainty, **parts)


def _bits_on_grid(frame: Any) -> np.ndarray:
    """Return the mask of a frame on a grid, as `mask_bits` does: the reasons why it has no weight."""
    bits, mask, lacking = np.zeros(frame.data.shape, np.uint8), frame.mask.data, ~(frame.weight.data > 0)
    for flag, name in ((MaskFlag.SAT, 'saturated'), (MaskFlag.CR, 'cosmic'), (MaskFlag.STREAK, 'satellite')):
        bits[lacking & (mask & int(flag) > 0)] |= MASK_BITS[name]
    bits[lacking & (bits == 0)] = MASK_BITS['no weight']
    return bits


def _imported_bits(frame: Any) -> np.ndarray:
    """Return the mask of a frame that was reduced elsewhere, as `mask_bits` does."""
    bits = np.zeros(frame.data.shape, np.uint8)
    if frame.SATURATION is not None:
        bits[frame.data >= frame.SATURATION] = MASK_BITS['saturated']
    bits[~np.isfinite(frame.data)] = MASK_BITS['no weight']
    return bits


def _imported_variance(frame: Any) -> np.ndarray | None:
    """Return the variance of a frame that was reduced elsewhere, as `variance` does; None where nobody knows its gain."""
    if not frame.GAIN:
        return None
    known = np.isfinite(frame.data)
    found = np.clip(frame.data, 0, None) / frame.GAIN + ((frame.READ_NOISE or 0.0) / frame.GAIN) ** 2
    return np.where(known, found, np.inf).astype(np.float32)


def export(frame: Any, path: str | Path) -> Path:
    """Write a science frame, its mask and its variance to `path`, as `ScienceFrame.export` describes it."""
    from astropy.io import fits
    ccd = science_ccddata(frame, wcs=wcs_of(frame))  # the WCS of the header: the lineage of the file names no solution
    with quiet():
        science, mask, *uncertainty = ccd.to_hdu(hdu_mask='MASK', hdu_uncertainty='UNCERT')
        mask.data = ccd.flags
        for number, (name, bit) in enumerate(MASK_BITS.items()):
            mask.header[f'MASK{number}'] = (bit, name)
        return place(Path(path), lambda temporary: _write(frame, fits.HDUList([science, mask, *uncertainty]), temporary))


def exported(obj: Any, path: str | Path, **options: Any) -> Path:
    """Write `obj` to `path` by its method `export`, with the options that a person gave; return the file.

    Raises
    ------
    ParameterError
        When it has no such method, or the method has no such option.
    """
    method = getattr(obj, 'export', None)
    if method is None:
        raise ParameterError(f'{obj} is not exported: science frames and catalogues are; awe retrieve copies its file')
    known = inspect.signature(method).parameters
    for name in options:
        if name not in known:
            raise ParameterError(f'--{name}: {obj} has no such thing to export; leave it out')
    return method(path, **options)


def _write(frame: Any, hdus: 'HDUList', path: Path) -> None:
    hdus.writeto(path, checksum=True)
    append_provenance(path, frame)
