"""What can be wrong with the measurement of a source: the bits of its FLAGS."""

from enum import IntFlag


class SourceFlag(IntFlag):
    """The bits of FLAGS; the first five mean what they mean in SExtractor."""

    NEIGHBOUR = 1
    BLENDED = 2
    SATURATED = 4
    EDGE = 8
    BAD_PIXELS = 16
    COSMIC = 32
    MOMENTS_FAILED = 64
    WINDOW_FAILED = 128
    KRON_FAILED = 256
    PSF_FAILED = 512
    PSF_BAD_PIXELS = 1024
    RESIDUAL = 2048
    OFF_FRAME = 4096

    @property
    def explanation(self) -> str:
        """What the bits say, each in a sentence."""
        return '; '.join(_EXPLANATIONS[flag] for flag in type(self) if flag in self)


_EXPLANATIONS = {
    SourceFlag.NEIGHBOUR: 'neighbours cover more than a tenth of the AUTO aperture, where mirrored pixels stand for them',
    SourceFlag.BLENDED: 'the source touches another, from which it was parted',
    SourceFlag.SATURATED: 'a pixel of the source is saturated',
    SourceFlag.EDGE: 'the AUTO aperture reaches beyond the edge of the image',
    SourceFlag.BAD_PIXELS: 'the AUTO aperture has bad pixels, for which mirrored pixels stand',
    SourceFlag.COSMIC: 'a cosmic ray hit a pixel of the source',
    SourceFlag.MOMENTS_FAILED: 'the moments describe no ellipse; the size is that of the detection filter',
    SourceFlag.WINDOW_FAILED: 'the windowed position did not converge; the position is the barycentre',
    SourceFlag.KRON_FAILED: 'the Kron radius could not be measured; the AUTO aperture is the least one',
    SourceFlag.PSF_FAILED: 'the PSF could not be fitted',
    SourceFlag.PSF_BAD_PIXELS: 'more than a fifth of the light of the PSF falls on bad pixels',
    SourceFlag.RESIDUAL: 'the source was found after the others were subtracted',
    SourceFlag.OFF_FRAME: 'the place that was asked for lies beyond the edge of the image',
}
