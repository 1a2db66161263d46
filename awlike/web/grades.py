"""Grades of a frame as pages show them: the list, and the form by which a person grades."""

from typing import Any

from awlike.context import context
from awlike.persist.grade_list import GradeList, reasons_for
from awlike.persist.grades import GRADES
from awlike.products.frame import Frame
from awlike.products.raw import RawFrame
from awlike.web.asked import Ask


def grades_shown(ask: Ask, obj: Any) -> dict[str, Any]:
    """Return what `grades.html` shows of an object: its grades, and what the form offers; nothing for what nobody grades."""
    if not isinstance(obj, Frame) or not obj.is_committed or obj.digest is None or obj.DATE_OBS is None:
        return {'grades': None}
    may = context.user is not None and not ask.here.as_of and context.may_judge(obj)
    return {'grades': obj.grades(), 'may_grade': may, 'choices_of_grade': GRADES, 'reasons': reasons_for(obj)}


def corrections_shown(obj: Any) -> list[Any]:
    """Return the corrections of the header of a raw frame, oldest first."""
    return obj.corrections() if isinstance(obj, RawFrame) else []


def grades_of_page(grades: GradeList) -> dict[str, Any]:
    """Return grades as JSON values."""
    return {'grade': grades.grade, 'disagreement': grades.disagreement, 'remark': grades.remark, 'grades': grades.to_dict()}
