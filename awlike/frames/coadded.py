"""CoaddedRegriddedFrame: many regridded frames as one."""

from pathlib import Path
from typing import TYPE_CHECKING

from awlike.declare import (
    Filter,
    FromMembers,
    Input,
    Inputs,
    Panel,
    Plane,
    ProcessingError,
    Reference,
    choosing,
    limit,
    panels,
    parameter,
)
from awlike.frames.regridded import RegriddedFrame
from awlike.frames.resampled import ResampledFrame

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Sequence
    from typing import Any

    import numpy as np

    from awlike.sky.grid import Box


class CoaddedRegriddedFrame(ResampledFrame):
    """A stack: many frames on one grid as one image.

    By default it is the weighted mean of the values that agree: those within CLIP_SIGMA of their noise, and CLIP_FRACTION of
    the light there, about the median of the pixel. `exposures` tells how many frames each pixel has; where it is 0, so is the
    weight.
    """

    regridded_frames = Input(RegriddedFrame, 'the frames on the grid', many=True)
    filter = Reference(Filter, 'the filter; none where they differ', optional=True)  # pyrefly: ignore[bad-override]
    exposures = Plane('how many frames tell each pixel')
    seeing = Plane('FWHM of stars: the root of the mean of the squares of those of the frames there', unit='arcsec')

    class Parameters(FromMembers):
        COMBINATION: str = parameter('clipped', 'how values are combined: weighted, a weighted mean; clipped, that of the '
                                     'values that agree; median; or sum')
        CLIP_SIGMA: float = parameter(4.0, 'values agree within so many sigma of the median ...', unit='sigma', gt=0)
        CLIP_FRACTION: float = parameter(0.5, '... and this part of the largest median in the 3 x 3 pixels about theirs, by '
                                         'which stars may change with the seeing', ge=0)
        ENSEMBLE: bool = choosing(True, 'places on the sky and zero points of the members are solved together')
        MAXIMUM_PSF_DIFFERENCE: float = limit(0.7, 'the FWHM of stars in its members differ by at most', unit='arcsec')
        MAXIMUM_PSF_RADIUS: float = limit(5.0, 'the FWHM of stars is at most', unit='arcsec')

    LIMITS = {'MAXIMUM_PSF_DIFFERENCE': lambda made: made.psf_difference, 'MAXIMUM_PSF_RADIUS': lambda made: made.psf_radius}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.stack import Combination, stack
        from awlike.sky.grid import parse_grid
        from awlike.sky.tpv import tangent_cards
        assert inputs.grid is not None
        frames, how = inputs.regridded_frames, Combination(params.COMBINATION, params.CLIP_SIGMA, params.CLIP_FRACTION)
        zeropoint = _common_zeropoint(frames)
        members = [one.as_member() for one in frames]
        box = _joined([one.box for one in members])
        made = stack(members, box, how)
        known, own = made.exposures > 0, parse_grid(inputs.grid).plate_of(box)
        return {'data': made.data, 'weight': made.weight, 'exposures': made.exposures, 'mask': made.mask, 'seeing': made.seeing,
                'good': known.view('uint8'), 'corner': [box.x0, box.y0],
                'zeropoint': None if how.kind == 'sum' else zeropoint,
                'astrom': tangent_cards(own, 'TAN') | {'RADESYS': 'ICRS'},
                **_described(frames, members, made.weight[known], how.kind)}

    @property
    def middle(self) -> 'datetime.datetime':
        from awlike.products.making import mean_of
        return mean_of(list({one.DATE_OBS: one.middle for one in self.regridded_frames}.values()))

    @property
    def psf_difference(self) -> float:
        """The largest less the smallest FWHM of stars in its members, arcsec."""
        widths = [one.psf_radius for one in self.regridded_frames]
        return max(widths) - min(widths)

    def remarks(self) -> list[str]:
        return [] if self.zeropoint is not None else ['it has no zero point']

    def write_xml(self, path: str | Path) -> Path:
        """Write how the stack was built: a VOTable, for people and for other programs.

        It tells from the lineage what SWarp tells in its swarp.xml, and more. The tables are Input_Image_Data, a row for each
        member (files, digests, grade, weight, flux scale, seeing, sky, solution); Left_Out; Process_Parameters and Software
        of each kind on the way; Calibrations; Lineage and Uses, the whole tree. Its parameters, and those of the output (file,
        digest, shape, zero point), stand alone.

        Parameters
        ----------
        path : str or pathlib.Path
            The file; an existing file is replaced.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        StoreError
            When the folder does not exist, or the disk is full.
        """
        from awlike.placing import place
        from awlike.products.built import how_built
        from awlike.tables.documents import write_document
        document = how_built(self)
        return place(Path(path), lambda temporary: write_document(temporary, document))

    def panels(self) -> list[Panel]:
        depth = self.exposures.data
        return [panels.surface(depth, f'exposures, up to {depth.max()}', ''),
                panels.surface(self.weight.data, 'weight', self.weight.unit), *super().panels()]


def _joined(boxes: 'Sequence[Box]') -> 'Box':
    """Return the smallest box in which all of `boxes` lie."""
    found = boxes[0]
    for one in boxes[1:]:
        found = found.joined(one)
    return found


def _common_zeropoint(frames: 'Sequence[Any]') -> float | None:
    """Return the zero point that all members have."""
    found = {one.zeropoint for one in frames}
    if len(found) > 1:
        words = sorted('none' if one is None else f'{one:g}' for one in found)
        raise ProcessingError(f'the members have different zero points, {", ".join(words)}: give all a reference catalogue, '
                              'and one ZEROPOINT')
    return found.pop()


def _described(frames: 'Sequence[Any]', members: 'Sequence[Any]', weight: 'np.ndarray', kind: str) -> dict:
    """Return the values that describe a stack: each member counts as much as its weight.

    The light of a source is a mean with the weights w over members of the gains g, and so has the gain
    (sum of w)^2 / sum of (w^2 / g).
    """
    import numpy as np
    own = np.array([_usual_weight(one) for one in members])
    share = own / own.sum() if own.sum() else np.full(len(own), 1 / len(own))
    depth = float(np.median(weight)) / own.sum() if weight.size and own.sum() and kind != 'sum' else 1.0
    gains = np.array([one.GAIN for one in frames])
    gain = gains.mean() if kind == 'sum' else min(depth, 1.0) / float(np.sum(share ** 2 / gains))

    def mean(value: 'Callable[[Any], float | None]') -> float | None:
        found = [one for one in map(value, frames) if one is not None]
        return float(np.dot(share, found)) if len(found) == len(frames) else None
    pixel = float(np.sqrt(np.dot(share, [one.pixel_noise ** 2 for one in frames])))
    sums = float(np.sqrt(np.dot(share, [(one.pixel_noise * one.noise_correlation) ** 2 for one in frames])))
    errors = [one.zeropoint_error for one in frames]
    exposures = {one.DATE_OBS: one.EXPTIME or 0.0 for one in frames}
    names = list(dict.fromkeys(one.OBJECT for one in frames if one.OBJECT))
    return {'GAIN': float(gain), 'psf_radius': mean(lambda one: one.psf_radius), 'pixel_noise': pixel,
            'noise_correlation': sums / pixel, 'EXPTIME': float(sum(exposures.values())),
            'AIRMASS': mean(lambda one: one.AIRMASS), 'OBJECT': ', '.join(names) or None,
            'zeropoint_error': None if None in errors or kind == 'sum' else float(np.sqrt(np.sum((share * errors) ** 2)))}


def _usual_weight(member: 'Any') -> float:
    """Return the median weight of the pixels of a member that have some, in its middle row of blocks."""
    import numpy as np
    height = member.weight.shape[0]
    rows = member.weight[max(0, height // 2 - 32):height // 2 + 32]
    known = rows[rows > 0]
    return float(np.median(known)) if known.size else 0.0
