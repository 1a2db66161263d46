"""Frames: objects of one detector at one time, with or without an image."""

import datetime
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sqlalchemy import Index, event
from sqlalchemy.orm.attributes import set_committed_value

from awlike import nights
from awlike.arguments import typed
from awlike.errors import NotFound, QueryError, StoreError
from awlike.persist.dataobject import DataObject, ImageStatistics
from awlike.persist.dbobject import Reference, attribute
from awlike.persist.grades import CurrentGrade
from awlike.persist.references import Chip, Instrument, Setup
from awlike.products.shapes import SHAPED, has_shape, warn
from awlike.query.path import Link
from awlike.query.query import Query
from awlike.query.regions import Pointing
from awlike.remedies import to_type
from awlike.sky.regions import Cone
from awlike.store import server
from awlike.store.whole_files import place_in
from awlike.views.image import panels
from awlike.views.image.keys import help_table

if TYPE_CHECKING:
    from astropy.io.fits import Header
    from astropy.nddata import CCDData
    from astropy.wcs import WCS

    from awlike.persist.grade_list import GradeList
    from awlike.views.facts import Facts
    from awlike.views.image.outlines import Outlines
    from awlike.views.image.window import Window

Panel = Callable[[Any], Any]
"""A function that draws on a matplotlib Axes."""


class Frame(DataObject):
    """The image of one detector, or values that were measured on one."""

    _shared = True
    chip = Reference(Chip, 'the detector; none for a product of no single detector', optional=True)
    setup = Reference(Setup, 'how the detector was read', optional=True)
    DATE_OBS = attribute(datetime.datetime, 'start of the exposure, or mean of those that it was made from (UTC)')
    imstat = ImageStatistics()
    grade = CurrentGrade()

    UNIT = ''  # of the images of the class, as FITS spells it
    FOR_PEOPLE: ClassVar[tuple[str, ...]] = ('wcs', 'grade', 'grades', 'unit')  # no make() reaches them, and no digest of code
    FOR_MAKING: ClassVar[tuple[str, ...]] = ('detector',)  # what a make() reaches of an input beside its attributes

    @property
    def unit(self) -> str:
        """The unit of the image, as FITS spells it."""
        return type(self).UNIT

    @classmethod
    @typed
    def select(cls, instrument: str | list[str] | None = None, chip: str | list[str] | None = None,
               filter: str | list[str] | None = None, date: Any = None, object: str | None = None) -> Query:
        """Select the objects of this class by instrument, chip, filter, night and object; returns a query.

        Parameters
        ----------
        instrument, chip, filter : str or list of str, optional
            Their names; default any.
        date : str, datetime.date or a pair of them, optional
            A night, noon to noon at the telescope, by the date of the noon at which it begins; or the first and the last
            of several nights, in text ``'2012-05-31:2012-06-03'``. It needs `instrument`.
        object : str, optional
            What the frames show, as the observer calls it; ``*`` and ``?`` are wild.
        """
        query = cls.select_all()
        for name, value in (('instrument', instrument), ('chip', chip), ('filter', filter)):
            if value is not None:
                query &= getattr(cls, name).name.in_([value] if isinstance(value, str) else value)
        if date is not None:
            start, end = nights.span(*nights.parse(date), _zone_of(cls, instrument))
            query &= (cls.DATE_OBS >= start) & (cls.DATE_OBS < end)  # noqa: SIM300 -- paths, no constants
        if object is not None:
            query &= (cls.OBJECT if 'OBJECT' in cls.__properties__ else cls.raw.OBJECT).like(object)
        return query

    @classmethod
    def within(cls, ra: Any, dec: Any, radius: Any) -> Query:
        """Select the objects of this class whose telescope pointed within `radius` of a position.

        Where a frame points is the reference point of its astrometry (CRVAL1, CRVAL2 of its header). All detectors of most
        cameras share that point, so that an exposure is selected as a whole. A product without astrometry of its own points
        where its frame does.

        Parameters
        ----------
        ra, dec : float or Quantity
            The position, degrees unless a Quantity is given.
        radius : float or Quantity
            The largest distance, up to 180 degrees.

        Examples
        --------
        >>> RawScienceFrame.within(315.0, -31.0, 2.5)
        """
        cone = Cone(ra, dec, radius)
        return Query(cls, Pointing(_to_astrometry(cls), cone, f'{cls.__name__}.within({cone})'))

    @property
    def detector(self) -> tuple[str, str, str]:
        """The names of instrument, chip and filter: what frames of one detector have in common in an ensemble."""
        instrument, chip, filter_ = (one.name if one else '-' for one in (
            self.instrument, self.chip, getattr(self, 'filter', None)))
        return instrument, chip, filter_

    def read(self) -> 'tuple[np.ndarray | None, Header]':
        """Read image (None where the file has none) and FITS header from the data server."""
        from awlike.products.fits_files import read_product
        return read_product(self._path())

    def read_image(self) -> np.ndarray | None:
        """Read the image alone from the data server; None where the file has planes or tables and no image."""
        from awlike.fits.images import read_tiles
        from awlike.products.content import parts
        return self.read()[0] if parts(type(self)) else read_tiles(self._path(), [(0, None)])

    @property
    def data(self) -> np.ndarray | None:
        """The image, 2-D [y, x], None for a frame without an image; read-only once the frame is committed."""
        if not self.is_committed:
            return self.__dict__.get('_data')
        if self.filename is None:
            return None
        from awlike.products.image_cache import cached_image
        return cached_image(self)

    @property
    def header(self) -> 'Header':
        """The FITS header of the file."""
        return self.read()[1]

    def retrieve(self, folder: str | Path = '.') -> Path:
        """Put the FITS file into `folder` (default: the working directory) and return its path there."""
        path = self._path()
        return place_in(folder, self.filename, lambda temporary: shutil.copyfile(path, temporary))

    def _path(self) -> Path:
        """Return the path of the file, for reading only, as long as the path is referred to."""
        if self.filename is None or not self.is_committed:
            reason = 'has no image' if self.filename is None else 'is not committed, its image is in .data alone'
            raise StoreError(f'{self} {reason}: there is no file of it')
        return server().open_path(self.filename)

    def _picture(self) -> bytes | None:
        from awlike.views.image.thumbnail import thumbnail
        try:
            data = self.data if not self.is_committed or self._has_file() else None
            return None if data is None else thumbnail(data)
        except Exception:  # whatever is wrong with the file, all else that is known of the frame can still be shown
            return None

    def _has_file(self) -> bool:
        """Return whether the image can be read without making it again."""
        return self.filename is not None and server().has(self.filename)

    @property
    def wcs(self) -> 'WCS | None':
        """The place of the pixels on the sky, an `astropy.wcs.WCS`; None where it is unknown.

        It is the linear astrometry in the header of the raw frame, which products of one exposure inherit. A raw frame of
        several amplifiers has none, because their images lie side by side with overscans between; its products have one.
        """
        from awlike.products.astrometry import wcs_of
        return wcs_of(self)

    def grades(self) -> 'GradeList':
        """Return all grades that people gave the frame, oldest first; print them.

        Grades of an earlier frame, in whose place this one was made with other content, are among them, marked.
        """
        from awlike.persist.grade_list import grades_of
        return grades_of(self)

    def facts(self) -> 'Facts':
        facts, grades = super().facts(), self.grades() if self.is_committed else None
        if grades is not None and grades.remark:
            facts.groups['quality'] = [fact._replace(text=f'{fact.text} ({grades.remark})'.strip()) if fact.name == 'grade'
                                       else fact for fact in facts.groups['quality']]
        return facts

    def to_ccddata(self) -> 'CCDData':
        """Return the frame as an `astropy.nddata.CCDData`: pixels with their unit, `mask` (True is bad) by the maps from
        which the frame was made, `wcs` and header.
        """
        from awlike.products.ccddata import to_ccddata
        return to_ccddata(self)

    def panels(self) -> list[Panel]:
        """Return the plots that `inspect` draws beside the image: functions of an Axes, as in `awlike.views.image.panels`.

        A kind can return its own; by default they are the profiles and the histogram of the image.
        """
        return [] if self.data is None else [panels.means(self.data, self.unit), panels.histogram(self.data, self.unit)]

    LEVELS: ClassVar[dict[str, Any]] = {}
    """The grey levels by which `inspect` shows the image, as its options, where it is not told others."""

    def shown(self) -> 'Frame | np.ndarray | None':
        """Return what `inspect` shows in place of the image of this frame: an image, or another frame; by default None."""
        return None

    def outlines(self) -> 'Sequence[Outlines]':
        """Return the sources that `inspect` outlines in the image, by default none."""
        return ()

    def inspect(self, *, zone: tuple[int, int, int, int] | None = None, cmap: str = 'gray', vmin: float | None = None,
                vmax: float | None = None, stretch: str | None = None, kappa: float | None = None,
                iterations: int | None = None, blink: 'Frame | None' = None, filename: str | Path | None = None,
                ) -> 'Window | Path | None':
        """Show the frame in a window: the image, and the plots of its kind.

        In a notebook the picture stands in the cell (keys work after ``%matplotlib widget``); without a screen it is
        written to a file. The mouse shows pixel, value and place on the sky; keys, with the mouse on the image:

        {keys}

        Pixels count from 0. The window shows what keys measure, and it is printed. Pixels that a map or the weight calls
        bad are not measured.

        Parameters
        ----------
        zone : tuple of int, optional
            The part to look at, (x0, x1, y0, y1) in pixels; default all.
        cmap : str
            Colours, by their name in matplotlib. Default: gray.
        vmin, vmax : float, optional
            Values that are shown black and white. Default: by zscale, or by `kappa`.
        stretch : str
            How grey levels lie between: linear, sqrt, log, asinh, sinh or squared. Default: linear; log for a PSF.
        kappa : float, optional
            Black and white are the median -+ `kappa` standard deviations, further values being clipped. Default: 3 where
            `iterations` is given, else zscale.
        iterations : int, optional
            Rounds of clipping. Default: 5.
        blink : Frame, optional
            The frame to blink with. Default: the principal input, the first where there are many.
        filename : str, optional
            Write the picture to this file. Default: where there is no screen, the frame's name with ``.png``.

        Returns
        -------
        awlike.views.image.window.Window or pathlib.Path
            The window, whose `figure` is matplotlib's; or the picture that was written. None in a notebook whose figures
            are pictures.

        Raises
        ------
        ValueError
            When there is nothing to show, for a zone outside the image, or for an unknown stretch.
        """
        from awlike.products.inspect import inspect
        return inspect(self, zone=zone, cmap=cmap, vmin=vmin, vmax=vmax, stretch=stretch, kappa=kappa, iterations=iterations,
                       blink=blink, filename=filename)

    inspect.__doc__ = (inspect.__doc__ or '').replace('{keys}', help_table(8))


# Raw frames and calibrations are looked for by detector and date.
Index('ix_dbobject_time', *(DataObject.__table__.c[name] for name in ('class_name', 'DATE_OBS', 'object_id')))
Index('ix_dbobject_chip', *(DataObject.__table__.c[name] for name in ('chip_id', 'class_name', 'DATE_OBS')))


@event.listens_for(Frame, 'load', propagate=True)
def _leave_out_odd_values(frame: Frame, *_: Any) -> None:
    """Let a value of another shape, as after a change by hand, count as absent, and name the frame."""
    odd = [name for name in SHAPED if not has_shape(name, frame.__dict__.get(name))]
    if odd:
        warn(frame.__dict__.get('filename') or frame.__dict__['object_id'], odd)
        for name in odd:
            set_committed_value(frame, name, None)


def _to_astrometry(cls: type[Frame]) -> tuple[Link, ...]:
    """Return the links from `cls` to what has the astrometry of a header."""
    if 'astrom' in cls.__properties__:
        return ()
    frame = cls.__properties__.get('frame')
    if isinstance(frame, Link) and not frame.many and 'astrom' in frame.target.__properties__:
        return (frame,)
    raise QueryError(f'{cls.__name__} has no place on the sky: select science frames within a region, or what is of one frame')


def _zone_of(cls: type[Frame], instrument: str | list[str] | None) -> datetime.tzinfo:
    """Return the time zone by which nights of `instrument` begin."""
    if not isinstance(instrument, str):
        raise QueryError(f'{to_type(f"{cls.__name__}.select(date=...)", "--date")}: a night is reckoned at the telescope; '
                         f'name the instrument too{to_type("", " (--instrument)")}')
    found = (Instrument.name == instrument).first()
    if found is None:
        raise NotFound(f'no instrument {instrument!r} is known here: there are '
                       f'{", ".join(sorted(one.name for one in Instrument.select_all())) or "none yet, ingest some frames"}')
    return nights.zone(found.timezone, found.longitude)
