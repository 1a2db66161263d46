"""The facts that a camera knows of a science frame that was reduced elsewhere."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ImportedFacts:
    """The facts of an imported science frame that no raw frame has.

    `gain` [electron/adu] and `read_noise` [electron] describe its pixels, `saturation` [adu] is the level of saturated
    pixels, above the pedestal; each is None where it is not known. `pedestal` [adu] was added by the archive and is subtracted.
    """

    pedestal: float = 0.0
    gain: float | None = None
    read_noise: float | None = None
    saturation: float | None = None
