"""Picture of choices: what `awlike.views.timeline` draws of them."""

import datetime
from typing import TYPE_CHECKING

from awlike.calibrations.candidate import Candidate, PlaceChoice
from awlike.calibrations.moments import Span
from awlike.calibrations.views import Number, groups, heading, many
from awlike.planning.reasons import INVALID, MISSING
from awlike.views import timeline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STATES = {INVALID: timeline.INVALID, MISSING: timeline.FLAGGED}


def draw(figure: 'Figure', choices: list[PlaceChoice], number: Number, moment: datetime.datetime | None,
         span: Span | None) -> None:
    """Draw `choices` into the empty matplotlib `figure`, within `span` if given; of many places a line for each group."""
    title, panels = f'as of {moment:%Y-%m-%d %H:%M:%S}' if moment else '', panels_of(choices, number)
    drawn = timeline.draw_overview if many(choices) else timeline.draw
    drawn(figure, panels, span or timeline.limits(panels), title)


def panels_of(choices: list[PlaceChoice], number: Number) -> list[timeline.Panel]:
    """Return what is drawn of `choices`; of many places a panel for each group."""
    shown = groups(choices) if many(choices) else [(heading([choice]), [choice]) for choice in choices]
    return [_panel(name, members[0], number) for name, members in shown]


def _panel(title: str, choice: PlaceChoice, number: Number) -> timeline.Panel:
    return timeline.Panel(
        title, [_bar(one, number) for one in choice.candidates],
        [one.date for one in choice.served if one.candidate is not None],
        [one.date for one in choice.served if one.candidate is None],
        [timeline.Break(one.date, one.reason) for one in choice.interventions])


def _bar(one: Candidate, number: Number) -> timeline.Bar:
    if one.reason is not None:
        state = _STATES.get(one.reason.kind, timeline.OUTDATED)
    else:
        state = timeline.COUNTS if one.runs else timeline.NOT_CHOSEN
    parts = [timeline.Part(run.start, run.end, run.level) for run in one.runs]
    return timeline.Bar('' if number(one) is None else str(number(one)), one.when, one.date, parts, state, one.made,
                        one.by_hand is not None)
