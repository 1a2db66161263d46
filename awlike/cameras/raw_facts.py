"""What awlike learns from a raw file: plain values, the same whatever the camera."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

KINDS = ('bias', 'dark', 'domeflat', 'twilightflat', 'science')
SECTIONS = ('trim', 'prescan_x', 'overscan_x', 'prescan_y', 'overscan_y')


@dataclass(frozen=True)
class FilterFacts:
    """One filter: its name, the system of its magnitudes, central wavelength [nm], whether it shows fringes."""

    name: str
    mag_id: str | None = None
    central_wavelength: float | None = None
    has_fringes: bool = False


@dataclass(frozen=True, kw_only=True)
class RawFacts:
    """One detector's image of one exposure, as its header tells it.

    Times are naive UTC datetimes. Sections are FITS strings (1-based, ends included) of the raw frame, None where the
    camera has none, except `trim`: the whole frame then. CRPIX refers to the raw frame, `shape` is (rows, columns).
    Where several amplifiers read the detector, `amplifiers` has a dict for each: `name`, the sections that it has, `detsec`
    (where its pixels belong on the detector), `gain` [electron/adu] and `read_noise` [electron] if known; and, if it lies in
    an HDU of its own, `extension` and `raw`, which section of the raw frame that HDU is. `trim` and its like are None then.
    `template` has the keys start, id, name, type, and `observing_block` id, name, start; either is None where the
    header names none.
    """

    extension: int  # index of the HDU
    kind: str  # one of KINDS
    chip: str
    filter: str | None  # None where no filter matters: bias and dark
    DATE_OBS: datetime  # start of the exposure
    MJD_OBS: float  # the same [days]
    EXPTIME: float  # s
    OBJECT: str
    OBSERVER: str
    AIRMASS: float | None  # at the start
    template: dict | None
    observing_block: dict | None
    shape: tuple[int, int]
    amplifiers: list | None
    trim: str | None
    prescan_x: str | None
    overscan_x: str | None
    prescan_y: str | None
    overscan_y: str | None
    CTYPE1: str | None
    CTYPE2: str | None
    CRVAL1: float | None
    CRVAL2: float | None
    CRPIX1: float | None
    CRPIX2: float | None
    CD1_1: float | None
    CD1_2: float | None
    CD2_1: float | None
    CD2_2: float | None


@dataclass(frozen=True)
class RawFile:
    """A raw file: where it lies, the `Camera` that wrote it and what is known of each of its frames."""

    path: Path
    camera: object
    frames: list[RawFacts]

    @property
    def instrument(self):
        """The name of the camera."""
        return self.camera.name
