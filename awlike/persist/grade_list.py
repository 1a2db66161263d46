"""The grades of one frame, as people see them: who gave which, when and why, and whether they agree."""

import dataclasses
import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from awlike.cameras.declaration import GRADE_REASONS
from awlike.cameras.known import cameras
from awlike.characters import printable
from awlike.config import settings
from awlike.persist.grades import rows_of
from awlike.persist.references import User
from awlike.remedies import to_type
from awlike.spelling import counted
from awlike.terminal import Readable
from awlike.views.html import preview_view
from awlike.views.preview import Preview, as_cell

if TYPE_CHECKING:
    from awlike.persist.dataobject import DataObject

_HEAD = ('grade', 'who', 'when', 'reasons', 'comment', 'remark')


@dataclasses.dataclass(frozen=True)
class Grade:
    """A grade that a person gave.

    Attributes
    ----------
    grade : str or None
        ``'A'`` to ``'D'``; None where the person withdrew an earlier grade.
    reasons : tuple of str
        Codes; the camera has their texts.
    comment : str
        What the person says.
    positions : tuple of (float, float)
        Pixels (x, y) that the grade is about, from 0.
    user_name : str
        The account of the person; `user` is the person.
    date : datetime.datetime
        When the grade was given (UTC).
    filename, digest : str
        The frame that the person saw, and the digest of its content.
    remark : str
        Why the grade counts no longer; empty where it counts.
    """

    grade: str | None
    reasons: tuple[str, ...]
    comment: str
    positions: tuple[tuple[float, float], ...]
    user_name: str
    date: datetime.datetime
    filename: str
    digest: str
    remark: str = ''

    @property
    def counts(self) -> bool:
        """True where the grade is one of those from which the grade of the frame follows."""
        return not self.remark

    @property
    def user(self) -> User:
        """The person."""
        return (User.name == self.user_name).one()

    def to_dict(self) -> dict[str, Any]:
        """Return the grade as JSON values."""
        return dataclasses.asdict(self) | {'counts': self.counts}

    def __str__(self) -> str:
        about = ', '.join([*self.reasons, *[self.comment] * bool(self.comment)])
        said = f'{self.grade or "withdrawn"} by {self.user_name}, {as_cell(self.date)}'
        return printable(f'{said}: {about}' if about else said)


class GradeList(Readable, Sequence[Grade]):
    """All grades of a frame, oldest first; print them, or take one as ``[-1]``."""

    def __init__(self, frame: 'DataObject', grades: Sequence[Grade], texts: dict[str, str]) -> None:
        self._frame, self._grades, self._texts = str(frame), list(grades), texts

    def __len__(self) -> int:
        return len(self._grades)

    @overload
    def __getitem__(self, position: int) -> Grade: ...

    @overload
    def __getitem__(self, position: slice) -> list[Grade]: ...

    def __getitem__(self, position: int | slice) -> Grade | list[Grade]:
        return self._grades[position]

    @property
    def counting(self) -> list[Grade]:
        """The grades that count: of each person the newest of what the frame contains now."""
        return [one for one in self if one.counts]

    @property
    def grade(self) -> str | None:
        """The grade of the frame that follows, by the setting `grade_rule`; None where nobody graded what it contains."""
        if settings().grade_rule == 'worst':
            return max((one.grade or '' for one in self.counting), default=None)
        return self.counting[-1].grade if self.counting else None

    @property
    def disagreement(self) -> str:
        """Who thinks otherwise than whom, as ``'A (ada), C (bob)'``; empty where all agree."""
        people: dict[str, list[str]] = {}
        for one in self.counting:
            people.setdefault(one.grade or '', []).append(one.user_name)
        return ', '.join(f'{grade} ({", ".join(names)})' for grade, names in sorted(people.items())) if len(people) > 1 else ''

    @property
    def remark(self) -> str:
        """What to know beside the grade itself; empty where there is nothing."""
        earlier = [one for one in self if one.remark == _BEFORE and one.grade]
        if self.disagreement:
            return f'people disagree: {self.disagreement}'
        if not self.counting and earlier:
            return f'ungraded; graded {earlier[-1].grade} by {earlier[-1].user_name} before it was made again'
        return ''

    @property
    def _title(self) -> str:
        how = to_type('context.grade(frame, "A")', 'awe grade A NAME')
        title = f'{self._frame}: ' + (counted(len(self), 'grade') if len(self) else f'no grades: {how} gives one')
        return f'{title}; {self.remark}' if self.remark else title

    def _rows(self) -> list[tuple[str, ...]]:
        return [(one.grade or '-', as_cell(one.user_name), as_cell(one.date),
                 as_cell(', '.join(self._texts.get(code, code) for code in one.reasons)), as_cell(one.comment), one.remark)
                for one in self]

    def __str__(self) -> str:
        rows = self._rows()
        widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
        lines = ['  ' + '  '.join(map(str.ljust, cells, widths)).rstrip() for cells in [_HEAD, *rows]] if rows else []
        return '\n'.join([self._title, *lines])

    def _repr_html_(self) -> str:
        rows = self._rows()
        return preview_view(Preview(self._title, len(rows), list(_HEAD), [''] * len(_HEAD), rows).filled())

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the grades as JSON values, oldest first."""
        return [one.to_dict() for one in self]


_BEFORE = 'before it was made again'


def grades_of(frame: Any) -> GradeList:
    """Return the grades of `frame`, and of those that were made in its place before."""
    rows = rows_of(frame) if frame.is_committed else []
    last = {row.user_id: row.id for row in rows if row.digest == frame.digest}
    return GradeList(frame, [_grade(row, frame.digest, last.get(row.user_id)) for row in rows],
                     reasons_for(frame))


def _grade(row: Any, digest: str, last: Any) -> Grade:
    """Return a row of the table as a `Grade` of a frame with the content `digest`; `last` is the id of the person's newest."""
    if row.digest != digest:
        remark = _BEFORE
    elif row.id != last:
        remark = 'a newer one took its place'
    else:
        remark = '' if row.grade else 'withdrawn'
    return Grade(row.grade, tuple(row.reasons), row.comment, tuple((x, y) for x, y in row.positions), row.name, row.date,
                 row.filename, row.digest, remark)


def reasons_for(frame: Any) -> dict[str, str]:
    """Return the texts of the reasons for grades of `frame` by their codes: its camera declares them."""
    camera = cameras().get(frame.instrument.name) if frame.instrument is not None else None
    return dict(GRADE_REASONS) if camera is None else camera.reasons_for_grades
