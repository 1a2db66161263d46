"""ResampledFrame: what science frames on a grid of the sky have in common."""

from typing import TYPE_CHECKING, ClassVar

from awlike.declare import Plane, attribute
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.photometric_parameters import PhotometricParameters
from awlike.frames.science import ScienceFrame
from awlike.pixels.mask_flags import MaskFlag

if TYPE_CHECKING:
    from awlike.pixels.stack import StoredMember
    from awlike.products.best_known import KnownZeroPoint
    from awlike.sky.grid import AnyGrid
    from awlike.views.facts import Facts

_PLANES = 'weight', 'mask'


class ResampledFrame(ScienceFrame):
    """A science frame on a grid, with weight and mask, whose place on the sky and zero point are its own.

    Its kinds are `RegriddedFrame` and `CoaddedRegriddedFrame`. The weight is the inverse of the variance by which the noise of
    the sum over many pixels follows. Neighbouring pixels share noise: that of a single pixel is less, and `noise_correlation`
    is the ratio of both.
    """

    _shared = True
    grid = attribute(str, 'right ascension, declination [deg] and scale [arcsec] of its grid, or tile and scale', index=True)
    corner = attribute(list, 'column and row of the grid at its first pixel')
    zeropoint = attribute(float, 'magnitude of a star of 1 ADU in this image', unit='mag')
    zeropoint_error = attribute(float, 'its error', unit='mag')
    psf_radius = attribute(float, 'FWHM of stars', unit='arcsec')
    GAIN = attribute(float, 'electrons per ADU of this image', unit='electron/adu')
    pixel_noise = attribute(float, 'noise of a pixel by what the weight says')
    noise_correlation = attribute(float, 'noise of the sum over 8 x 8 pixels by 8 times the noise of a pixel')
    weight = Plane('weight: the inverse of the variance of the noise in sums over many pixels', unit='adu-2')
    mask = Plane('the mask; the cards MP_ have the number of each bit, from 0', bits=MaskFlag.numbers())

    TELLS_ITSELF: ClassVar[tuple[type, ...]] = (AstrometricParameters, PhotometricParameters)
    FOR_MAKING: ClassVar[tuple[str, ...]] = (*ScienceFrame.FOR_MAKING, 'as_member')

    @property
    def zero_point(self) -> 'KnownZeroPoint | None':
        """Its own zero point: `value` and `error` [mag] of a star of 1 ADU in this image, whatever the exposure time."""
        from awlike.products.best_known import KnownZeroPoint
        return None if self.zeropoint is None else KnownZeroPoint(self.zeropoint, self.zeropoint_error, self)

    def on_grid(self) -> 'AnyGrid':
        """Return the grid on which it lies."""
        from awlike.sky.grid import parse_grid
        return parse_grid(self.grid)

    def as_member(self) -> 'StoredMember':
        """Return its planes for a stack: rows are read from the file when they are needed, and not kept."""
        from awlike.pixels.stack import StoredMember
        from awlike.sky.grid import Box
        planes = self._rows_of_planes()
        height, width = planes[0].shape[:2]
        x0, y0 = self.corner
        return StoredMember(Box(x0, y0, x0 + width, y0 + height), *planes)

    def _rows_of_planes(self) -> list:
        """Return image, weight and mask, as arrays or `Rows`."""
        if not self.is_committed:
            return [self.data, *(getattr(self, name).data for name in _PLANES)]
        from awlike.fits.images import pixel_rows
        from awlike.products.content import parts
        path, order = self._path(), list(parts(type(self)))
        return [pixel_rows(path, number) for number in (0, *(1 + order.index(name) for name in _PLANES))]

    def facts(self) -> 'Facts':
        facts = super().facts()
        known = facts.groups['measured on it']
        facts.groups['measured on it'] = [one for one in known if one.name not in ('wcs', 'zero_point')]
        return facts

    def _astrometry(self) -> None:
        """Its place on the sky is in its own header."""
