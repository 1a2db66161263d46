"""What a mask says of a pixel: the bits of the masks of calibrated exposures and stacks."""

from enum import IntFlag


class MaskFlag(IntFlag):
    """The bits of a mask; names and numbers are those of the mask planes of the LSST pipelines, as far as these have them."""

    BAD = 1
    SAT = 2
    CR = 8
    EDGE = 16
    DETECTED = 32
    NO_DATA = 256
    STREAK = 512
    CLIPPED = 1024

    @property
    def explanation(self) -> str:
        """What the bits say, each in a phrase."""
        return '; '.join(_EXPLANATIONS[flag] for flag in type(self) if flag in self)

    @classmethod
    def numbers(cls) -> dict[str, tuple[int, str]]:
        """Return the number of each bit, from 0, and its explanation, by its name."""
        return {name: (flag.bit_length() - 1, flag.explanation) for name, flag in cls.__members__.items()}


_EXPLANATIONS = {
    MaskFlag.BAD: 'it has no weight, and no other bit tells why',
    MaskFlag.SAT: 'it is saturated',
    MaskFlag.CR: 'a cosmic ray hit it',
    MaskFlag.EDGE: 'it is less than a FWHM from the edge',
    MaskFlag.DETECTED: 'it belongs to a source',
    MaskFlag.NO_DATA: 'it has no value',
    MaskFlag.STREAK: 'it lies in the track of a satellite',
    MaskFlag.CLIPPED: 'a frame of the stack was rejected',
}
