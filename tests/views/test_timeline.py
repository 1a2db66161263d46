"""Timelines: what is drawn of intervals, without any frames."""

import datetime

import pytest
from matplotlib.dates import date2num
from matplotlib.figure import Figure

from awlike.views.timeline import FLAGGED, INVALID, OUTDATED, SERVES, Bar, Panel, draw, draw_overview, limits

START, DAY = datetime.datetime(2012, 6, 1), datetime.timedelta(days=1)


def bar(number, start, end, state=SERVES, serving=None):
    start, end = START + start * DAY, START + end * DAY
    return Bar(number, start, end, START + number * DAY, start, state, [(start, end)] if serving is None else serving)


def spans(collection):
    """The boxes of a collection as (first day, last day, row)."""
    return [(*(round(x - date2num(START), 3) for x in (path.vertices[0, 0], path.vertices[1, 0])),
             round(path.vertices[:4, 1].mean(), 3)) for path in collection.get_paths()]


def drawn(*panels, how=draw):
    figure = Figure(layout='constrained')
    how(figure, panels, limits(panels))
    figure.draw_without_rendering()
    return figure


def test_bright_is_where_one_serves_on_the_dark_of_what_is_eclipsed():
    eclipsed = bar(1, 0, 4, serving=[(START, START + 2 * DAY)])
    axes, = drawn(Panel('bias', [bar(0, 2, 6), eclipsed], [], [])).axes
    dark, bright = axes.collections[:2]
    assert spans(dark) == [(2, 6, 0), (0, 4, 1)] and spans(bright) == [(2, 6, 0), (0, 2, 1)]
    assert bright.get_facecolor()[0].sum() > dark.get_facecolor()[0].sum() + 1


def test_the_number_stands_where_one_serves():
    partly = bar(7, 0, 4, serving=[(START, START + DAY / 4), (START + 2 * DAY, START + 4 * DAY)])
    text, = drawn(Panel('bias', [partly], [], [])).axes[0].texts
    assert text.get_text() == '7' and text.get_position()[0] == START + 3 * DAY


def test_what_does_not_count_is_hatched_each_kind_in_its_own_way():
    bars = [bar(n, 0, 4, state, []) for n, state in enumerate((INVALID, FLAGGED, OUTDATED))]
    figure = drawn(Panel('bias', bars, [], []))
    hatches = [one.get_hatch() for one in figure.axes[0].collections]
    assert len(set(hatches)) == 3 and all(hatches)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert any('invalid' in label for label in labels) and any('limits' in label for label in labels)


def test_rows_have_the_date_of_making_the_latest_on_top():
    axes, = drawn(Panel('bias', [bar(1, 0, 4), bar(0, 0, 4, serving=[])], [], [])).axes
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == ['2012-06-02 00:00:00', '2012-06-01 00:00:00', 'science frames']
    bottom, top = axes.get_ylim()
    assert bottom > top


def test_dates_that_nothing_serves_are_told_apart():
    figure = drawn(Panel('bias', [bar(0, 0, 1)], [START + DAY / 2], [START + 3 * DAY]))
    assert [text.get_text() for text in figure.legends[0].get_texts()][-2:] == [
        'science frames', 'science frames that nothing serves']
    calm = drawn(Panel('bias', [bar(0, 0, 1)], [START + DAY / 2], []))
    assert 'science frames that nothing serves' not in [text.get_text() for text in calm.legends[0].get_texts()]


def test_an_open_interval_runs_to_the_edge():
    never = Bar(0, START, datetime.datetime.max, START, START, SERVES, [(START, datetime.datetime.max)])
    panel = Panel('bias', [never, bar(1, 0, 20, serving=[])], [START + 20 * DAY], [])
    first, last = limits([panel])
    assert START - 2 * DAY < first < START and START + 20 * DAY < last < START + 22 * DAY
    assert spans(drawn(panel).axes[0].collections[0])[0][1] == round(date2num(last) - date2num(START), 3)


def test_thousands_fit_a_page_and_keep_their_numbers_at_the_side():
    panel = Panel('bias', [bar(n, n, n + 2) for n in range(3000)], [START + n * DAY / 10 for n in range(30_000)], [])
    figure = drawn(panel)
    assert figure.get_size_inches()[1] <= 24 and not figure.axes[0].texts
    labels = figure.axes[0].get_yticklabels()
    assert len(labels) < 50 and labels[1].get_text().startswith('67: ')
    assert len(spans(figure.axes[0].collections[-1])) < 1000


@pytest.mark.parametrize('how', [draw, draw_overview])
def test_a_panel_with_nothing_but_dates_can_be_drawn(how):
    assert drawn(Panel('flat', [], [], [START]), Panel('bias', [bar(0, 0, 3)], [], []), how=how).axes


def test_of_many_each_is_one_line_in_which_neighbours_differ():
    panels = [Panel(f'chip {n}', [bar(0, 2, 4), bar(1, 0, 2)], [START], []) for n in range(3)]
    axes, = drawn(*panels, how=draw_overview).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ['chip 0', 'chip 1', 'chip 2']
    earlier, later = axes.collections[:2]
    assert spans(earlier) == [(0, 2, 0)] and spans(later) == [(2, 4, 0)]
    assert (earlier.get_facecolor() != later.get_facecolor()).any()
