"""The facts of a raw file: plain values, the same whatever the camera."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from awlike.cameras.camera import Camera

Kind = Literal['bias', 'dark', 'domeflat', 'twilightflat', 'science']
KINDS: tuple[str, ...] = get_args(Kind)
SECTIONS = ('trim', 'prescan_x', 'overscan_x', 'prescan_y', 'overscan_y')


@dataclass(frozen=True)
class FilterFacts:
    """A filter: its name, the system of its magnitudes, its central wavelength [nm], and whether it shows fringes.

    `band` is the band of reference catalogues that is most like it, as r; by default they call the band as the filter.
    """

    name: str
    mag_id: str | None = None
    central_wavelength: float | None = None
    has_fringes: bool = False
    band: str = ''

    @property
    def kept(self) -> dict[str, object]:
        """The facts that a `Filter` in the database has."""
        return {name: value for name, value in vars(self).items() if name != 'band'}


@dataclass(frozen=True, kw_only=True)
class RawFacts:
    """The facts of one detector's image of one exposure, from its header.

    Times are naive UTC datetimes. Sections are FITS strings (1-based, ends included) of the raw frame; a section that the
    camera does not have is None, but `trim` is the whole frame then. CRPIX refers to the raw frame, `shape` is
    (rows, columns).

    Where several amplifiers read the detector, `trim` and the other sections are None, and `amplifiers` has a dict for
    each: `name`, its sections, `detsec` (where its pixels belong on the detector), and if known `gain` [electron/adu] and
    `read_noise` [electron]. An amplifier in an HDU of its own has also `extension` and `raw`, the section of the raw frame
    that its HDU is. One whose pixels show no sky has `unused`, the reason in words: it is part of the raw frame, and its
    place on the detector stays empty.

    `exposure` is the name that all detectors of an exposure share.

    `template` has the keys start, id, name and type, `observing_block` the keys id, name and start; either is None where
    the header does not name it. `setup` has the settings of the read-out as text, by the names that the camera gives them;
    it is None where the header has none of them.
    """

    extension: int  # index of the HDU
    kind: str  # one of KINDS
    chip: str
    filter: str | None  # None where no filter matters: bias and dark
    DATE_OBS: datetime  # start of the exposure
    MJD_OBS: float  # the same [days]
    exposure: str
    EXPTIME: float  # s
    OBJECT: str
    OBSERVER: str
    AIRMASS: float | None  # at the start
    template: dict[str, Any] | None
    observing_block: dict[str, Any] | None
    setup: dict[str, str] | None
    TEMPERATURE: float | None  # of the detector [deg C]
    rotator: float | None  # angle of the rotator at the start [deg]
    shape: tuple[int, int]
    amplifiers: list[dict[str, Any]] | None
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
    """A raw file: its path, the `Camera` that wrote it, and the facts and the header of each of its frames."""

    path: Path
    camera: 'Camera'
    frames: list[RawFacts]
    headers: 'list[Header]'

    @property
    def instrument(self) -> str:
        """The name of the camera."""
        return self.camera.name
