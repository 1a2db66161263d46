"""A quality report as people see it: verdict, values beside limits and earlier frames, plots; as text, JSON and a page."""

import base64
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from awlike.placing import place
from awlike.query.properties import Attribute
from awlike.spelling import counted
from awlike.terminal import Readable
from awlike.views.quality_page import Picture, body, whole_page
from awlike.views.quality_rows import Earlier, Row, Verdict

if TYPE_CHECKING:
    from awlike.products.product import ProcessTarget

EARLIER = 30  # frames with which one is compared
PRINCIPAL = ('seeing', 'ellipticity', 'background', 'background_noise', 'zero_point', 'depth', 'transparency',
             'number_of_stars', 'number_of_galaxies', 'astrometric_rms', 'saturated_fraction', 'good_fraction', 'cosmic_rays',
             'psf_chi2')
"""The values that a page shows first."""
_PAGES = '.html', '.htm'
_NO_ROWS = 'footprint', 'unmeasured'


class QualityView(Readable):
    """A quality report as it stands now: its values, and those of earlier frames of the same chip and filter. Print it.

    Attributes
    ----------
    report : QualityReport
        The report.
    rows : list of awlike.views.quality_rows.Row
        Each value with its limit and with those of earlier frames.
    verdict : awlike.views.quality_rows.Verdict
        What it comes to, in words.
    """

    def __init__(self, report: 'ProcessTarget') -> None:
        self.report, self.rows = report, rows_of(report, earlier_values(report))
        self.verdict = Verdict.of(self.rows, PRINCIPAL)

    @override
    def __str__(self) -> str:
        head = f'{self.report.frame}: {self.verdict.headline}'
        cells = [('', 'value', 'limit', f'last {EARLIER}'), *(self._cells(row) for row in self.rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(4)]
        lines = ['  ' + '  '.join(map(str.ljust, row, widths)).rstrip() for row in cells]
        return '\n'.join([head, *(f'  {one}' for one in self.verdict.details), *lines])

    @staticmethod
    def _cells(row: Row) -> tuple[str, str, str, str]:
        value = f'{row.text} {row.unit}'.rstrip() if row.value is not None else '-'
        last = row.reason if row.value is None else '; '.join(filter(None, (row.earlier.text, row.earlier.words)))
        return row.name, value, row.limit_text + (', MISSED' if row.state == 'missed' else ''), last

    def _repr_html_(self) -> str:
        return whole_page(self.title, self.body(self.pictures()))

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        report = self.report
        return {'object_id': str(report.object_id), 'frame': str(report.frame), 'frame_id': str(report.frame.object_id),
                'DATE_OBS': report.DATE_OBS, 'verdict': self.verdict.to_dict(), 'values': [row.to_dict() for row in self.rows]}

    def export(self, path: str | Path = '.') -> Path:
        """Write the page; `QualityReport.export` describes it."""
        path = Path(path)
        is_folder = path.is_dir() or (path.suffix.lower() not in _PAGES and not path.exists())
        if is_folder and path.parent.is_dir():
            path.mkdir(exist_ok=True)
        target = path / self.file_name if is_folder else path
        page = whole_page(self.title, self.body(self.pictures()))
        return place(target, lambda temporary: temporary.write_text(page, 'utf-8'))

    @property
    def title(self) -> str:
        """The title of the page."""
        return f'Quality of {self.report.frame}'

    @property
    def file_name(self) -> str:
        """The name of the page."""
        from awlike.products.file_names import stamp_name
        return Path(stamp_name(self.report)).with_suffix('.html').name

    def body(self, pictures: list[Picture]) -> str:
        """Return the page without its head, every text escaped, as one element; `pictures` stand in it."""
        return body(self.verdict, self.rows, PRINCIPAL, pictures, self.about())

    def about(self) -> list[tuple[str, str]]:
        """Return what the page tells of the frame: names and texts."""
        report, frame = self.report, self.report.frame
        where = [one.name for one in (report.instrument, report.chip, report.filter) if one is not None]
        told = [('frame', str(frame)), ('camera', ', '.join(where)), ('observed', f'{report.DATE_OBS:%Y-%m-%d %H:%M:%S} UTC'),
                ('object', frame.OBJECT or '-'),
                ('exposure', '-' if frame.EXPTIME is None else f'{frame.EXPTIME:g} s'),
                ('airmass', '-' if frame.AIRMASS is None else f'{frame.AIRMASS:.2f}')]
        made = [f'{role.replace("_", " ")}: {one}' for role in type(report).inputs()
                if role != 'frame' and (one := getattr(report, role)) is not None]
        return [*told, ('grade', _grades(frame)), ('made from', '\n'.join(made)), ('report', str(report))]

    def pictures(self) -> list[Picture]:
        """Return the image of the frame and each plot, as data."""
        from awlike.products.inspect import view_of
        from awlike.views.image.figures import drawn
        from awlike.views.image.picture import Zone, picture
        view, found = view_of(self.report.frame), []
        if view.image is not None:
            found.append(Picture(_data(picture(view, Zone.whole(view.pixels.shape), 640)), 'the frame', is_image=True))
        return found + [Picture(_data(drawn([panel], 1)), f'plot {number}')
                        for number, panel in enumerate(self.report.panels(), 1)]


def verdict_of(report: 'ProcessTarget') -> Verdict:
    """Return the verdict of a report by itself, without earlier frames."""
    return Verdict.of(rows_of(report, {}), PRINCIPAL)


def rows_of(report: 'ProcessTarget', earlier: dict[str, list[float | None]]) -> list[Row]:
    """Return the values of a report with their limits, and with values of `earlier` frames by name, oldest first."""
    cls, params, reasons = type(report), report.process_params, report.unmeasured or {}
    found = []
    for name in _names(cls):
        declared, value = cls.__properties__[name], getattr(report, name)
        least, most = (getattr(params, f'{bound}_{name.upper()}', None) for bound in ('MINIMUM', 'MAXIMUM'))
        found.append(Row(name, declared.text, declared.unit, value, reasons.get(name, ''), most if least is None else least,
                         least is not None, Earlier.of(value, earlier.get(name, []))))
    return found


@functools.cache
def _names(cls: type['ProcessTarget']) -> list[str]:
    """Return the names of the values of a report, the principal ones first."""
    own = [name for name in cls.own_values() if name not in _NO_ROWS and isinstance(cls.__properties__[name], Attribute)
           and name in vars(cls)]
    return [*PRINCIPAL, *(name for name in own if name not in PRINCIPAL)]


def earlier_values(report: 'ProcessTarget') -> dict[str, list[float | None]]:
    """Return by name the values of the last valid reports of the same chip and filter, of frames of the same class.

    They are those of frames that were observed before, 30 at most, oldest first. Of one frame the newest report counts.
    """
    if not report.is_committed:
        return {}
    cls: Any = type(report)
    query = (cls.instrument == report.instrument) & (cls.is_valid >= 1) & (cls.DATE_OBS < report.DATE_OBS) \
        & (cls.chip == report.chip) & (cls.filter == report.filter)
    made = query.order_by('-DATE_OBS', '-creation_date')[:3 * EARLIER]
    of_frame = {one.frame.object_id: one for one in made[::-1] if type(one.frame) is type(report.frame)}
    last = list(of_frame.values())[-EARLIER:]
    return {name: [getattr(one, name) for one in last] for name in _names(cls)} if last else {}


def _grades(frame: Any) -> str:
    """Return the grade of a frame in words."""
    grades = frame.grades()
    if grades.grade is None:
        return grades.remark or 'not graded'
    people = counted(len(grades.counting), 'person', 'people')
    return '; '.join(filter(None, (f'{grades.grade}, {people}', grades.remark)))


def _data(picture: bytes) -> str:
    return f'data:image/png;base64,{base64.b64encode(picture).decode()}'
