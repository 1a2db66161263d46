"""Timelines: what is drawn of bars, levels and interventions, without any frames."""

import datetime

import pytest
from matplotlib.colors import to_rgba
from matplotlib.dates import date2num
from matplotlib.figure import Figure

from awlike.views.timeline import (
    COUNTS,
    FLAGGED,
    INVALID,
    LEVELS,
    NOT_CHOSEN,
    OUTDATED,
    Bar,
    Break,
    Panel,
    Part,
    draw,
    draw_overview,
    limits,
)

START, DAY = datetime.datetime(2012, 6, 1), datetime.timedelta(days=1)


def bar(number, start, end, level='plan', state=COUNTS, **values):
    parts = [Part(START + start * DAY, START + end * DAY, level)] if state == COUNTS else []
    return Bar(str(number), f'night {number}', START + start * DAY, parts, state, **values)


def spans(collection):
    """The boxes of a collection as (first day, last day, row)."""
    return [(*(round(x - date2num(START), 3) for x in (path.vertices[0, 0], path.vertices[1, 0])),
             round(path.vertices[:4, 1].mean(), 3)) for path in collection.get_paths()]


def of_colour(axes, colour):
    """The boxes of a colour."""
    return [box for one in axes.collections for face in one.get_facecolor()[:1] if tuple(face) == to_rgba(colour)
            for box in spans(one)]


def drawn(*panels, how=draw):
    figure = Figure(layout='constrained')
    how(figure, panels, limits(panels))
    figure.draw_without_rendering()
    return figure


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_bar_has_the_colour_of_its_level():
    bars = [bar(n, 2 * n, 2 * n + 2, level) for n, level in enumerate(LEVELS)]
    figure = drawn(Panel('bias', bars, [], []))
    assert [of_colour(figure.axes[0], face) for face, _ in LEVELS.values()] == [[(0, 2, 0)], [(2, 4, 1)], [(4, 6, 2)]]
    assert legend(figure)[:3] == [f'serves: {level}' for level in LEVELS]


def test_what_is_not_made_yet_is_pale():
    figure = drawn(Panel('bias', [bar(0, 0, 2), bar('', 2, 4, made=False)], [], []))
    assert of_colour(figure.axes[0], LEVELS['plan'][0]) == [(0, 2, 0)] and 'pale: not made yet' in legend(figure)


def test_an_interval_by_hand_is_outlined():
    figure = drawn(Panel('bias', [bar(0, 0, 2), bar(1, 2, 4, by_hand=True)], [], []))
    outlined, = (one for one in figure.axes[0].collections if not len(one.get_facecolor()))
    assert spans(outlined) == [(2, 4, 1)] and 'interval by hand' in legend(figure)


def test_what_does_not_count_is_hatched_each_kind_in_its_own_way():
    bars = [bar(0, 0, 9), *(bar(n, 4, 4, state=state) for n, state in enumerate((INVALID, FLAGGED, OUTDATED), 1))]
    figure = drawn(Panel('bias', bars, [], []))
    hatched = [one for one in figure.axes[0].collections if one.get_hatch()]
    assert len({one.get_hatch() for one in hatched}) == 3
    assert all(start < 4 < end for one in hatched for start, end, _ in spans(one))
    assert any('invalid' in label for label in legend(figure)) and any('limits' in label for label in legend(figure))


def test_what_is_not_chosen_is_in_the_legend():
    assert 'not chosen' in legend(drawn(Panel('bias', [bar(0, 0, 2), bar(1, 1, 1, state=NOT_CHOSEN)], [], [])))


def test_rows_have_number_and_night_the_first_on_top():
    axes, = drawn(Panel('bias', [bar(1, 0, 4), bar('', 0, 4, made=False)], [], [])).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ['1:  night 1', 'night ', 'science frames']
    bottom, top = axes.get_ylim()
    assert bottom > top


def test_dates_that_nothing_serves_are_told_apart():
    figure = drawn(Panel('bias', [bar(0, 0, 1)], [START + DAY / 2], [START + 3 * DAY]))
    assert legend(figure)[-2:] == ['science frames', 'science frames that nothing serves']
    assert 'science frames that nothing serves' not in legend(drawn(Panel('bias', [bar(0, 0, 1)], [START + DAY / 2], [])))


def test_interventions_are_lines_with_their_reason():
    axes, = drawn(Panel('bias', [bar(0, 0, 9)], [], [], [Break(START + 4 * DAY, 'mirror washed')])).axes
    line, = axes.get_lines()
    assert line.get_xdata()[0] == START + 4 * DAY
    assert [text.get_text() for text in axes.texts] == ['2012-06-05 mirror washed']


def test_reasons_of_interventions_do_not_lie_upon_one_another():
    breaks = [Break(START + n * DAY, 'a reason of many words, as people write') for n in (4, 5, 8, 8.5)]
    figure = drawn(Panel('bias', [bar(0, 0, 9)], [], [], breaks))
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert len(boxes) == 4 and not any(one.overlaps(other) for n, one in enumerate(boxes) for other in boxes[:n])


def test_thousands_fit_a_page_and_keep_their_numbers_at_the_side():
    panel = Panel('bias', [bar(n, n, n + 2) for n in range(3000)], [START + n * DAY / 10 for n in range(30_000)], [])
    figure = drawn(panel)
    assert figure.get_size_inches()[1] <= 24
    labels = figure.axes[0].get_yticklabels()
    assert len(labels) < 50 and labels[1].get_text().startswith('67: ')
    assert len(spans(figure.axes[0].collections[-1])) < 1000


@pytest.mark.parametrize('how', [draw, draw_overview])
def test_a_panel_with_nothing_but_dates_can_be_drawn(how):
    assert drawn(Panel('flat', [], [], [START]), Panel('bias', [bar(0, 0, 3)], [], []), how=how).axes


def test_of_many_each_is_one_line():
    panels = [Panel(f'chip {n}', [bar(0, 2, 4, 'acceptable'), bar(1, 0, 2)], [START], [], [Break(START + DAY, 'washed')])
              for n in range(3)]
    axes, = drawn(*panels, how=draw_overview).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ['chip 0', 'chip 1', 'chip 2']
    plan, acceptable = (of_colour(axes, face) for face, _ in list(LEVELS.values())[:2])
    assert plan[0] == (0, 2, 0) and acceptable[0] == (2, 4, 0)
