"""Light curves: what was measured at one place on many frames, by two statements however many frames there are."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from awlike.query.query import Query
from awlike.sky.sphere import separation
from awlike.spelling import counted
from awlike.terminal import Readable
from awlike.views.light_curve import Curve, panel, small_picture

if TYPE_CHECKING:
    from astropy.table import Table

ZERO_POINT = 30.0  # mag, of FLUX and FLUXERR, as the FLXSCALE of a frame has it
_SIGNIFICANT = 3.0  # of its error: a curve of such fluxes is drawn as magnitudes
_SAME_PLACE = 1e-6  # deg
_OF_ROW = 'SID', 'RA', 'DEC', 'BJD_TDB', 'FLUX_PSF', 'FLUXERR_PSF', 'MAG_PSF', 'MAGERR_PSF', 'FLAGS'
_OF_LIST = 'MJD', 'MAGZERO', 'frame.filename', 'filter.name', 'frame.object_id', 'object_id', 'creation_date'


class _Point(NamedTuple):
    """A row of the query, in the order of `_OF_ROW` and `_OF_LIST`."""

    SID: int
    RA: float
    DEC: float
    BJD_TDB: float | None
    FLUX_PSF: float | None
    FLUXERR_PSF: float | None
    MAG_PSF: float | None
    MAGERR_PSF: float | None
    FLAGS: int
    MJD: float
    MAGZERO: float | None
    frame: str
    filter: str | None
    frame_id: Any
    list_id: Any
    made: Any


@dataclasses.dataclass(frozen=True, repr=False)
class LightCurve(Readable):
    """The light of one place on many frames; print it for a small picture.

    Attributes
    ----------
    title : str
        What it is of.
    table : astropy Table
        A row for each frame, in the order of time: MJD and BJD_TDB of the middle of the exposure [d], filter, frame, FLUX and
        FLUXERR (brought to a zero point of 30 mag, masked without zero point; a flux can be negative), FLUX_PSF and
        FLUXERR_PSF [adu of the frame], MAG_PSF and MAGERR_PSF [mag], FLAGS, SID.
    """

    title: str
    table: 'Table'

    def __len__(self) -> int:
        return len(self.table)

    def __str__(self) -> str:
        if not len(self.table):
            return f'light curve of {self.title}: nothing was measured there that you may see; ForcedTask measures it'
        curves, of_magnitudes, what = self._curves()
        picture = small_picture(curves, of_magnitudes)
        head = f'light curve of {self.title}: {counted(len(self.table), "frame")}, {what} against BJD_TDB'
        return f'{head}\n{picture}' if picture else head

    def inspect(self, filename: str | Path | None = None) -> Any:
        """Show the light curve with its errors, or write the picture to a file, as `inspect` of frames does."""
        from matplotlib import pyplot as plt

        from awlike.views.show import show
        curves, of_magnitudes, what = self._curves()
        figure, axes = plt.subplots(figsize=(8, 4.5), layout='constrained')
        panel(curves, of_magnitudes, f'light curve of {self.title}', 'BJD_TDB [d]', what)(axes)
        return show(_Picture(figure), filename or 'light_curve.png', asked=filename is not None)

    def _curves(self) -> tuple[dict[str, Curve], bool, str]:
        """Return what is drawn by filter, whether it is magnitudes, and what it is, in words."""
        table = self.table
        flux, error = (_plain(table[name]) for name in ('FLUX', 'FLUXERR'))
        with np.errstate(invalid='ignore'):
            of_magnitudes = bool(np.all(flux[np.isfinite(flux)] > _SIGNIFICANT * error[np.isfinite(flux)]))
        instrumental = not np.isfinite(flux).any()
        names = ('MAG_PSF', 'MAGERR_PSF') if of_magnitudes or instrumental else ('FLUX', 'FLUXERR')
        value, error, time = _plain(table[names[0]]), _plain(table[names[1]]), _plain(table['BJD_TDB'])
        filters = np.asarray(table['filter'].filled('-'))
        what = 'FLUX of zero point 30' if names[0] == 'FLUX' else f'MAG_PSF [mag{", instrumental" if instrumental else ""}]'
        return ({str(one): Curve(*(part[filters == one] for part in (time, value, error))) for one in np.unique(filters)},
                names[0] == 'MAG_PSF', what)


class _Picture(NamedTuple):
    """A figure to show."""

    figure: Any


def light_curve(rows: Query, title: str, usable: Query, near: tuple[Any, Any] | None = None) -> LightCurve:
    """Return the light curve of the rows of forced source lists that a query selects.

    Parameters
    ----------
    rows : Query
        For rows of `ForcedSourceList`, those of one place.
    title : str
        What the light curve is of.
    usable : Query
        For the forced source lists that count.
    near : tuple, optional
        Right ascension and declination, degrees unless Quantities: of several rows of one frame the nearest counts. Default:
        that of the list that was made last.
    """
    link = rows.cls.LINK
    found = [_Point(*one) for one in rows.rows(*_OF_ROW, *(f'{link}.{name}' for name in _OF_LIST))]
    good: set[Any] = set()
    if lists := sorted({one.list_id for one in found}):
        good = {one.object_id for one in (usable & usable.cls.object_id.in_(lists)).columns('object_id')}
    return LightCurve(title, _table(_one_for_each_frame([one for one in found if one.list_id in good], near)))


def _one_for_each_frame(found: list[_Point], near: tuple[Any, Any] | None) -> list[_Point]:
    """Return the points of a light curve in the order of time, one for each frame."""
    distance = np.zeros(len(found))
    if near is not None and found:
        place = [_degrees(one) for one in near]
        distance = separation([one.RA for one in found], [one.DEC for one in found], *place)
    kept: dict[Any, tuple[Any, _Point]] = {}
    for away, one in zip(np.rint(distance / _SAME_PLACE).tolist(), found, strict=True):
        rank = -away, one.made, str(one.list_id)
        if one.frame_id not in kept or rank > kept[one.frame_id][0]:
            kept[one.frame_id] = rank, one
    return sorted((one for _, one in kept.values()), key=lambda one: (one.MJD, one.frame))


def _degrees(angle: Any) -> float:
    return float(angle.to_value('deg') if hasattr(angle, 'to_value') else angle)


def _table(points: Sequence[_Point]) -> 'Table':
    """Return the table of a light curve."""
    from astropy.table import MaskedColumn, Table

    def numbers(values: list[float | None], name: str, unit: str, text: str) -> 'MaskedColumn':
        filled = np.array([np.nan if one is None else one for one in values], float)
        return MaskedColumn(filled, name, unit=unit, description=text, mask=~np.isfinite(filled))

    scale = [None if one.MAGZERO is None else 10 ** (0.4 * (ZERO_POINT - one.MAGZERO)) for one in points]

    def scaled(name: str) -> list[float | None]:
        values = [getattr(one, name) for one in points]
        return [None if value is None or by is None else value * by for value, by in zip(values, scale, strict=True)]

    def own(name: str) -> list[float | None]:
        return [getattr(one, name) for one in points]

    def texts(name: str) -> 'MaskedColumn':
        values = own(name)
        return MaskedColumn([one or '' for one in values], name, dtype=str, mask=[one is None for one in values])

    return Table([numbers(own('MJD'), 'MJD', 'd', 'middle of the exposure (UTC)'),
                  numbers(own('BJD_TDB'), 'BJD_TDB', 'd', 'middle of the exposure at the barycentre'),
                  texts('filter'), texts('frame'),
                  numbers(scaled('FLUX_PSF'), 'FLUX', '', 'flux at a zero point of 30 mag'),
                  numbers(scaled('FLUXERR_PSF'), 'FLUXERR', '', 'error of FLUX'),
                  numbers(own('FLUX_PSF'), 'FLUX_PSF', 'adu', 'flux in the frame'),
                  numbers(own('FLUXERR_PSF'), 'FLUXERR_PSF', 'adu', 'error of FLUX_PSF'),
                  numbers(own('MAG_PSF'), 'MAG_PSF', 'mag', 'magnitude'),
                  numbers(own('MAGERR_PSF'), 'MAGERR_PSF', 'mag', 'error of MAG_PSF'),
                  MaskedColumn([one.FLAGS for one in points], 'FLAGS', dtype=int),
                  MaskedColumn([one.SID for one in points], 'SID', dtype=int)])


def _plain(column: Any) -> Any:
    return np.asarray(column.filled(np.nan), float)
