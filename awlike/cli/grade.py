"""The command by which a person grades frames, and looks at grades."""

from typing import TYPE_CHECKING, Annotated

import typer

from awlike.cli import complete
from awlike.cli.options import JsonOption, command, context_here, write_json
from awlike.errors import ParameterError
from awlike.spelling import counted
from awlike.terminal import say, tell

if TYPE_CHECKING:
    from awlike.persist.dataobject import DataObject
    from awlike.persist.grade_list import GradeList

_EXAMPLE = 'ReducedScienceFrame_OMEGACAM_ESO_CCD_65_r_SDSS_2012-06-01T08-51-44_6f6f4b0a2d5e.fits'
WordsArgument = Annotated[list[str] | None, typer.Argument(
    metavar='[A|B|C|D] NAME...', show_default=False, autocompletion=complete.filenames,
    help='The grade, and the file names or object ids of frames; with --list or --withdraw, frames alone.')]
ReasonOption = Annotated[list[str] | None, typer.Option(
    metavar='CODE', help='Reason for the grade, as --reasons lists them; may be repeated.')]
PositionOption = Annotated[list[str] | None, typer.Option(
    metavar='X,Y', help='Pixel that the grade is about, counted from 0; may be repeated.')]


def add_to(app: typer.Typer) -> None:
    """Add this command to `app`."""
    command(app, 'Keeping in order', f'awe grade C {_EXAMPLE} --reason elongated --comment "wind from the north"',
            f'awe grade --list {_EXAMPLE}')(grade)


def grade(words: WordsArgument = None, reason: ReasonOption = None,
          comment: Annotated[str, typer.Option(metavar='TEXT', help='What else there is to say.')] = '',
          position: PositionOption = None,
          list_: Annotated[bool, typer.Option('--list', help='Show the grades of frames.')] = False,
          withdraw: Annotated[bool, typer.Option('--withdraw', help='Withdraw your grades of frames.')] = False,
          reasons: Annotated[bool, typer.Option('--reasons', help='List the reasons that frames of all cameras have.')] = False,
          as_json: JsonOption = False) -> None:
    """Grade frames, from A (the best) to D.

    A grade is what you think of a frame. Tasks do not go by it; awe invalidate makes them do without a frame. Your newest
    grade of a frame counts, and all stay in the list.
    """
    import awlike.frames  # noqa: F401 -- declares the classes
    if reasons:
        return _list_reasons(as_json)
    names = list(words or [])
    if list_:
        return _show(_needed(names), as_json)
    given = None if withdraw else _needed(names).pop(0)
    frames = _found(_needed(names))
    context_here().grade(frames, given, reason or (), comment, [_pixel(one) for one in position or ()])
    if as_json:
        return _write(frames)
    number = counted(len(frames), 'frame')
    say(f'grades of {number} withdrawn' if given is None else f'{number} graded {given}')


def _needed(names: list[str]) -> list[str]:
    if not names:
        raise ParameterError('name the frames, as in awe grade A NAME, or awe grade --list NAME')
    return names


def _found(names: list[str]) -> 'list[DataObject]':
    from awlike.cli.look import find
    context_here()
    return [find(name) for name in names]


def _pixel(text: str) -> tuple[float, float]:
    x, _, y = text.partition(',')
    try:
        return float(x), float(y)
    except ValueError:
        raise ParameterError(f'--position {text}: give a pixel as X,Y, as 1020,33') from None


def _show(names: list[str], as_json: bool) -> None:
    frames = _found(names)
    if as_json:
        return _write(frames)
    for frame in frames:
        tell(_grades(frame))


def _grades(frame: 'DataObject') -> 'GradeList':
    from awlike.products.frame import Frame
    if not isinstance(frame, Frame):
        raise ParameterError(f'{frame} is no frame, and has no grades')
    return frame.grades()


def _write(frames: 'list[DataObject]') -> None:
    write_json([{'class': type(frame).__name__, 'object_id': frame.object_id, 'filename': frame.filename, 'grade': grades.grade,
                 'disagreement': grades.disagreement, 'remark': grades.remark, 'grades': grades.to_dict()}
                for frame in frames for grades in [_grades(frame)]])


def _list_reasons(as_json: bool) -> None:
    from awlike.cameras.declaration import GRADE_REASONS
    if as_json:
        return write_json(dict(GRADE_REASONS))
    width = max(map(len, GRADE_REASONS))
    say(*(f'{code:{width}}  {text}' for code, text in GRADE_REASONS.items()), sep='\n')
