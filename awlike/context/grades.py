"""Grades in the context: say what you think of frames."""

import math
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from awlike.arguments import check_shown, typed
from awlike.context.changes import owners
from awlike.context.project_settings import ProjectSettings
from awlike.database.sessions import database
from awlike.errors import NotAllowed, ParameterError
from awlike.nights import utcnow
from awlike.persist.dataobject import DataObject
from awlike.persist.grade_list import reasons_for
from awlike.persist.grades import GRADES
from awlike.persist.ids import new_id
from awlike.persist.tables import grade as table
from awlike.query.query import Query
from awlike.spelling import near

_LONGEST, _MOST_REASONS, _MOST_POSITIONS = 2000, 20, 1000


class Grades(ProjectSettings):
    """Grades: the part of the context that says what people think of frames."""

    @typed
    def grade(self, frames: DataObject | Query | Iterable[DataObject], grade: str | None, reasons: str | Sequence[str] = (),
              comment: str = '', positions: Sequence[tuple[float, float]] = ()) -> None:
        """Grade frames, from A to D. Your newest grade of a frame takes the place of your older ones, which stay in its list.

        A grade changes nothing in what tasks do; `update_is_valid` does that. It is seen by whoever sees the frame.

        Parameters
        ----------
        frames : frame, query or list of frames
            What to grade: of your own at level 1, and from level 2 on what belongs to your projects.
        grade : str or None
            ``'A'`` the best, to ``'D'``; None withdraws your grade.
        reasons : str or list of str
            Codes; `awe grade --reasons` lists those of all cameras, and a camera may have more. Default: none.
        comment : str
            One line, of at most 2000 characters. Default: none.
        positions : list of (float, float)
            Pixels (x, y), from 0, that the grade is about. Default: none.

        Raises
        ------
        ParameterError
            For a grade, a reason, a comment or a position that there cannot be.
        NotAllowed
            When you may not grade one of the frames, or a frame is not committed or has no content; then none is graded.

        Examples
        --------
        >>> context.grade(red, 'C', reasons='elongated', comment='wind from the north')
        >>> context.grade(red, None, comment='that was another frame')
        """
        chosen = [frames] if isinstance(frames, DataObject) else list(frames)
        codes = [reasons] if isinstance(reasons, str) else list(reasons)
        me, places = self.account('grade anything').object_id, _checked(grade, comment, positions)
        self._refuse_ungradable(chosen)
        for frame in chosen:
            _check_reasons(frame, codes)
        given = {'grade': grade, 'reasons': codes, 'comment': comment.strip(), 'positions': places, 'user_id': me,
                 'date': utcnow()}
        if not chosen:
            return
        with database().transaction() as connection:
            connection.execute(insert(table), [{'id': new_id(), 'object_id': frame.object_id, 'digest': frame.digest, **given}
                                               for frame in chosen])

    def _refuse_ungradable(self, frames: Sequence[DataObject]) -> None:
        """Refuse frames that nobody grades, and those that others grade."""
        known: dict[tuple[UUID | None, bool, UUID], bool] = {}
        refused = []
        for frame in frames:
            if not isinstance(frame, DataObject) or 'grade' not in type(frame).__properties__:
                raise ParameterError(f'{str(frame)[:200]} is no frame: give a frame, a query of frames, or a list of them')
            if not frame.is_committed or frame.digest is None or getattr(frame, 'DATE_OBS', None) is None:
                raise NotAllowed(f'{frame} cannot be graded: a frame with content and date that is committed can')
            key = (frame.project_id, frame.privileges == 1, frame.creator_id)
            if key not in known:
                known[key] = self.may_judge(frame)
            if not known[key]:
                refused.append(frame)
        if refused:
            raise NotAllowed('a frame is graded by its creator at level 1 (MyDB), and by the members of its project above; you '
                             f'may not grade\n{owners(refused)}')


def _checked(grade: str | None, comment: str, positions: Sequence[tuple[float, float]]) -> list[list[float]]:
    """Return positions as the table keeps them; refuse a grade, a comment or a position that there cannot be."""
    if grade is not None and grade not in GRADES:
        raise ParameterError(f'grade {grade!r}: it is one of {", ".join(GRADES)}, or None, which withdraws your grade')
    check_shown('the comment of a grade', comment)
    if len(comment) > _LONGEST:
        raise ParameterError(f'the comment of a grade has {len(comment)} characters: it may have {_LONGEST}')
    try:
        places = [[float(x), float(y)] for x, y in positions]
    except (TypeError, ValueError):
        raise ParameterError(f'positions {str(positions)[:200]}: give pixels, as [(1020, 33)]') from None
    if len(places) > _MOST_POSITIONS or not all(map(math.isfinite, (part for place in places for part in place))):
        raise ParameterError(f'positions are at most {_MOST_POSITIONS} pairs of finite numbers')
    return places


def _check_reasons(frame: Any, codes: Sequence[str]) -> None:
    """Refuse reasons that frames of this camera do not have."""
    known = reasons_for(frame) if codes else {}
    for code in codes:
        if code not in known:
            raise ParameterError(f'{code!r} is no reason for a grade of {frame}{near(code, known)}: there are '
                                 f'{", ".join(known)}; the description of the camera names more by grade_reasons')
    if len(codes) > _MOST_REASONS:
        raise ParameterError(f'{len(codes)} reasons: give at most {_MOST_REASONS}')
