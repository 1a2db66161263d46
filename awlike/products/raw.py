"""Raw files and raw frames of any kind."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import event

from awlike.errors import DefinitionError
from awlike.fits.cards import CardValue, cards_of
from awlike.persist.dataobject import DataObject
from awlike.persist.dbobject import Reference, attribute
from awlike.persist.header_cards import CardOf
from awlike.persist.header_correction import HeaderCorrection, corrections_of
from awlike.persist.provenance import RecordedFile
from awlike.persist.references import Chip, ObservingBlock, Readout, Template
from awlike.pixels.geometry import REGIONS, Geometry, Section
from awlike.products.data_id import DataId
from awlike.products.frame import Frame
from awlike.store import server
from awlike.store.whole_files import place_in

if TYPE_CHECKING:
    import numpy as np
    from astropy.io.fits import Header

    from awlike.pixels.strips import Rows

_MOVING = [f'_link_{name}' for name in ('chip', 'filter', 'setup', 'template', 'observing_block', 'readout')]


class RawFits(DataObject):
    """A file as it arrived from the telescope; never changed."""

    original_name = attribute(str, 'name that it arrived under', index=True)
    number_of_frames = attribute(int, 'number of detectors in it')

    def retrieve(self, folder: str | Path = '.') -> Path:
        """Put the file into `folder` (default: the working directory) and return its path there."""
        return server().retrieve(self.filename, folder)


class RawFrame(Frame):
    """One detector's image of one exposure, as it came from the telescope."""

    _shared = True
    UNIT = 'adu'
    FOR_PEOPLE = (*Frame.FOR_PEOPLE, 'corrections', 'card', 'cards')
    ALIKE: ClassVar[tuple[str, ...]] = ()
    """Attributes that agree, within a tolerance, between the frames of one set, and with what a calibration serves."""
    COMPARED: ClassVar[str] = 'level'
    """How the frames of a night are compared to find bad ones: 'level' when all have the same level, 'light' when the level
    goes with the exposure time, 'shape' when only the way in which light falls off is the same, 'sky' for light with stars."""
    HALF_NIGHTS: ClassVar[bool] = False
    """Whether frames of an evening are one set, and frames of the next morning another."""

    chip = Reference(Chip, 'the detector')
    raw_fits = Reference(RawFits, 'the file that it lies in', index=True)  # else each deletion would read all frames
    extension = attribute(int, 'number of the HDU in that file')
    MJD_OBS = attribute(float, 'start of the exposure, modified Julian date', unit='d')
    exposure = attribute(str, 'name of the exposure, the same for all detectors; its start, where the camera names none',
                         index=True)
    EXPTIME = attribute(float, 'exposure time', unit='s')
    OBJECT = attribute(str, 'what the observer says it shows')
    OBSERVER = attribute(str, 'who observed')
    TEMPERATURE = attribute(float, 'temperature of the detector', unit='deg_C')
    rotator = attribute(float, 'angle of the rotator at the start', unit='deg')
    template = Reference(Template, 'the sequence that it belongs to', optional=True, index=True)
    observing_block = Reference(ObservingBlock, 'the observing block that it belongs to', optional=True)
    trim = attribute(str, 'light-sensitive section; none where several amplifiers have one each')
    prescan_x = attribute(str, 'section of the prescan in x')
    overscan_x = attribute(str, 'section of the overscan in x')
    prescan_y = attribute(str, 'section of the prescan in y')
    overscan_y = attribute(str, 'section of the overscan in y')
    readout = Reference(Readout, 'its amplifiers, where several read the detector', optional=True)
    data_id = DataId()
    card = CardOf()
    astrom = attribute(dict, 'linear astrometry of the header: CTYPE, CRVAL, CRPIX (of the raw frame), CD')

    @property
    def amplifiers(self) -> list[dict[str, Any]] | None:
        """Name, sections, gain and the like of each amplifier, where several read the detector; see `Readout`."""
        return self.readout.amplifiers if self.readout else None

    @property
    def geometry(self) -> Geometry:
        """The regions of the frame."""
        return Geometry.from_fits(**{name: getattr(self, name) for name in (*REGIONS, 'amplifiers')})

    @property
    def tiles(self) -> list[tuple[int, Section | None]]:
        """Number of each HDU in which the frame lies, and its section of the raw image, None where there is one HDU."""
        return tiles_of(self.extension, self.amplifiers)

    @property
    def pixels(self) -> 'Rows | np.ndarray | None':
        """The image for work on many frames: slices of rows are read from the file on access, and not kept."""
        if not self.is_committed:
            return self.data
        from awlike.fits.images import tile_rows
        return tile_rows(server().open_path(self.raw_fits.filename), self.tiles)

    def raw_file(self) -> RecordedFile | None:
        file = self.raw_fits
        return None if file is None else RecordedFile(file.original_name, self.extension, file.digest)

    def _has_file(self) -> bool:
        return server().has(self.raw_fits.filename)

    def corrections(self) -> list[HeaderCorrection]:
        """Return the corrections of the header of this frame, oldest first; the last one counts."""
        return corrections_of([self.object_id]) if self.is_committed else []

    def cards(self) -> dict[str, CardValue]:
        """Return all cards of the header by keyword, as they were corrected; the pixels are not read."""
        from awlike.fits.headers import frame_header
        from awlike.products.header_cards import with_cards
        header = frame_header(server().open_path(self.raw_fits.filename), *[extension for extension, _ in self.tiles])
        corrections = self.corrections()
        return cards_of(with_cards(header, corrections[-1].in_force or {}) if corrections else header)

    def read(self) -> 'tuple[np.ndarray, Header]':
        """Read image and FITS header from the data server; the header as it was corrected."""
        from awlike.products.fits_files import read_raw_frame
        from awlike.products.header_cards import with_cards
        data, header = read_raw_frame(server().open_path(self.raw_fits.filename), self.tiles)
        corrections = self.corrections()
        return data, with_cards(header, corrections[-1].in_force or {}) if corrections else header

    def read_image(self) -> 'np.ndarray':
        from awlike.fits.images import read_tiles
        return read_tiles(server().open_path(self.raw_fits.filename), self.tiles)

    def retrieve(self, folder: str | Path = '.') -> Path:
        """Put image, merged header and origin of this detector into `folder` as a FITS file, and return its path."""
        from astropy.io import fits

        from awlike.products.fits_files import append_provenance
        data, header = self.read()
        for number, amplifier in enumerate(self.amplifiers or (), 1):
            header.update({f'HIERARCH AWE AMP{number} {name.upper()}': value for name, value in amplifier.items()})

        def write(path: Path) -> None:
            fits.PrimaryHDU(data, header).writeto(path, output_verify='silentfix', checksum=True)
            append_provenance(path, self)

        return place_in(folder, self.filename, write)

    def __init__(self, **values: Any) -> None:
        if type(self) is RawFrame:
            raise DefinitionError('RawFrame is the root of the raw frames: make a RawScienceFrame or one of its siblings')
        super().__init__(**values)


@event.listens_for(RawFrame, 'refresh', propagate=True)
def forget_links(frame: RawFrame, *_: Any) -> None:
    """Let a frame that is read again look up chip, filter and setup anew: a correction of its header may have moved it."""
    for name in _MOVING:
        frame.__dict__.pop(name, None)


def tiles_of(extension: int, amplifiers: list[dict[str, Any]] | None) -> list[tuple[int, Section | None]]:
    """Return (HDU, `Section` of the raw image) for each HDU of a frame; ``[(extension, None)]`` where there is one HDU."""
    if not amplifiers or 'extension' not in amplifiers[0]:
        return [(extension, None)]
    return [(amplifier['extension'], Section.from_fits(amplifier['raw'])) for amplifier in amplifiers]
