"""The report of a night: what came in, what was refused, what was made from it, and how it looks."""

import collections
import dataclasses
import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike import nights
from awlike.arguments import typed
from awlike.context import context
from awlike.context.interventions import instrument_called
from awlike.current import current
from awlike.errors import ParameterError
from awlike.nightly import views
from awlike.nightly.focal_plane import placed
from awlike.nightly.reading import Exposed, Made, Refused, exposed, made, refused, span_of
from awlike.nightly.verify import Fault, verify
from awlike.persist.references import Instrument
from awlike.placing import place
from awlike.terminal import Readable
from awlike.views.focal_plane import Chip, FocalPlane
from awlike.views.night_timeline import NightTimeline, Row

if TYPE_CHECKING:
    from astropy.table import Table

_SCIENCE = 'RawScienceFrame'


@dataclasses.dataclass(frozen=True)
class NightGroup:
    """Raw frames of one run, kind and filter.

    Attributes
    ----------
    run, kind, filter : str
        The observing run as the header names it, the class, the filter; empty where there is none.
    exposures, frames, chips : int
        The number of exposures, of frames (one for each detector of an exposure), and of different detectors.
    invalid : int
        The number of frames that people marked invalid.
    exptime : float
        The sum of the exposure times, each exposure once [s].
    objects : tuple of str
        The names of the observed objects.
    first, last : datetime.datetime
        The beginning of the first and of the last exposure (UTC).
    """

    run: str
    kind: str
    filter: str
    exposures: int
    frames: int
    chips: int
    invalid: int
    exptime: float
    objects: tuple[str, ...]
    first: datetime.datetime
    last: datetime.datetime

    @classmethod
    def of(cls, key: tuple[str, str, str], frames: Sequence[Exposed]) -> 'NightGroup':
        """Return the group of `frames`, in order of time, which have run, kind and filter in common."""
        exposures = {one.exposure: one for one in frames}
        invalid, exptime = sum(one.is_valid == 0 for one in frames), sum(one.exptime for one in exposures.values())
        return cls(*key, len(exposures), len(frames), len({one.chip for one in frames}), invalid, exptime,
                   tuple(dict.fromkeys(one.object for one in frames if one.object)), frames[0].date, frames[-1].date)


class NightReport(Readable):
    """What came in during a night, what was refused, and what was made. Print it, or look at it in a notebook.

    Attributes
    ----------
    nights : tuple of datetime.date
        The first and the last night.
    instrument : str
        The name of the camera.
    quantity : str
        The path by which the focal plane is coloured.
    groups : list of NightGroup
        The raw frames by run, kind and filter.
    refused : list of Refused
        The files that were refused; of all cameras, for nobody knows whose they are.
    made : list of Made
        The products by class and filter.
    without_footprint : list of str
        The names of science frames whose header does not say where they point.
    suspects : NightSuspects or None
        The frames that differ from the others of their kind; None where nobody asked to look.
    faults : list of Fault or None
        What is wrong with stored files; None where nobody asked to verify them.
    """

    def __init__(self, span: tuple[datetime.date, datetime.date], instrument: Instrument, quantity: str) -> None:
        self.nights, self.instrument, self.quantity, self.moment = span, instrument.name, quantity, context.moment
        self._span = span_of(instrument, *span)
        self._frames = exposed(instrument, self._span, quantity)
        self.groups = _groups(self._frames)
        self.refused: list[Refused] = refused(self._span)
        self.made: list[Made] = made(instrument, self._span)
        self.without_footprint = [one.filename for one in self._frames if one.kind == _SCIENCE and not _points(one)]
        self.suspects: Any = None
        self.faults: list[Fault] | None = None

    @property
    def ok(self) -> bool:
        """True if nothing was refused, and nothing wrong was found where somebody looked."""
        return not self.refused and not self.faults and (self.suspects is None or self.suspects.ok)

    def look_for_suspects(self) -> Any:
        """Compare the frames of the night with each other, which reads pixels; return them, and show them from now on."""
        self.suspects = current().suspects(self.nights, self.instrument)
        return self.suspects

    def verify(self) -> list[Fault]:
        """Read the stored files of the night again and return what is wrong with them; show that from now on.

        Checksums are worked out anew, and the digests of whole files compared; where the program fitsverify is installed,
        its rules are checked, too.
        """
        self.faults = verify({one.file for one in self._frames})
        return self.faults

    def chips(self) -> dict[str, float]:
        """Return the median of the quantity over the valid science frames, or over all frames where there are none, by chip."""
        frames = [one for one in self._frames if one.is_valid != 0 and one.value is not None]
        science = [one for one in frames if one.kind == _SCIENCE] or frames
        values: dict[str, list[float]] = collections.defaultdict(list)
        for one in science:
            values[one.chip].append(float(one.value or 0.0))
        return {chip: float(np.median(some)) for chip, some in sorted(values.items())}

    def focal_plane(self, path: str | Path | None = None) -> str:
        """Return the detectors, coloured by the median of the quantity, as SVG; write it to `path` if given."""
        values = self.chips()
        names = sorted({one.chip for one in self._frames})
        corners = placed(self._frames, names)
        drawn = FocalPlane([Chip(name, corners[name], values.get(name)) for name in names], self.quantity).svg
        return _written(drawn, path)

    def timeline(self, path: str | Path | None = None) -> str:
        """Return the exposures of the night along the time, a row for each kind and filter, as SVG; write it to `path`."""
        rows: dict[str, dict[str, tuple[datetime.datetime, float, str]]] = collections.defaultdict(dict)
        for one in self._frames:
            name = ' '.join(filter(None, (one.kind, one.filter)))
            rows[name][one.exposure] = one.date, one.exptime, one.object
        drawn = NightTimeline([Row(name, list(some.values())) for name, some in rows.items()]).svg
        return _written(drawn, path)

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        first, last = self.nights
        return {'nights': [first.isoformat(), last.isoformat()], 'instrument': self.instrument, 'ok': self.ok,
                'as_of': self.moment and self.moment.isoformat(), 'groups': [dataclasses.asdict(one) for one in self.groups],
                'refused': [one._asdict() for one in self.refused], 'made': [one._asdict() for one in self.made],
                'without_footprint': self.without_footprint, 'quantity': self.quantity, 'chips': self.chips(),
                'suspects': None if self.suspects is None else self.suspects.to_dict(),
                'faults': None if self.faults is None else [dataclasses.asdict(one) for one in self.faults]}

    def table(self) -> 'Table':
        """Return the groups as an astropy `Table`."""
        return views.table(self.groups)

    def __str__(self) -> str:
        return views.text(self)

    def _repr_html_(self) -> str:
        return views.page(self)


def _groups(frames: Sequence[Exposed]) -> list[NightGroup]:
    found: dict[tuple[str, str, str], list[Exposed]] = collections.defaultdict(list)
    for one in frames:
        found[one.run, one.kind, one.filter].append(one)
    return [NightGroup.of(key, some) for key, some in sorted(found.items())]


def _points(one: Exposed) -> bool:
    return bool(one.astrom) and all((one.astrom or {}).get(name) is not None for name in ('CRVAL1', 'CRVAL2', 'CD1_1'))


def _written(drawn: str, path: str | Path | None) -> str:
    if path is not None:
        place(Path(path), lambda part: part.write_text(drawn, 'utf-8'))
    return drawn


@typed
def night(date: Any, instrument: str | None = None, quantity: str = 'imstat.median') -> NightReport:
    """Return the report of a night: what came in by run and filter, what was refused and why, what was made.

    The report reads no pixels and takes the same few statements whatever the size of the night.
    `report.look_for_suspects()` and `report.verify()` read the files.

    Parameters
    ----------
    date : str, datetime.date or a pair of them
        A night, noon to noon at the telescope, by the date of the noon at which it begins; or the first and the last of
        several nights.
    instrument : str, optional
        The name of the camera; may be left out where frames of one camera alone are known.
    quantity : str
        A number of raw frames by which the focal plane is coloured, as ``'EXPTIME'`` or ``"card('FOCUS')"``. Default: the
        median level.

    Returns
    -------
    awlike.nightly.report.NightReport
        With `groups`, `refused`, `made`, `focal_plane()`, `timeline()`, `table()`, `to_dict()`; print it.

    Examples
    --------
    >>> context.night('2012-05-31', 'OMEGACAM')
    """
    first, last = nights.parse(date)
    if instrument is not None:
        return NightReport((first, last), instrument_called(instrument), quantity)
    known = list(Instrument.select_all())
    if len(known) != 1:
        names = ', '.join(sorted(one.name for one in known)) or 'none'
        raise ParameterError(f'name the camera of the night, as instrument="OMEGACAM": there are {names}')
    return NightReport((first, last), known[0], quantity)
