from awlike.context import context
from awlike.frames.raw import RawScienceFrame as Raw
from tests import paper
from tests.conftest import become


def test_each_criterion_says_what_it_leaves(science):
    query = (Raw.chip.name == 'ESO_CCD_#65') & (Raw.EXPTIME > 300) & (Raw.filter.name == 'g_SDSS')
    assert query.explain().rows == [
        ('RawScienceFrame, visible to you', 6, 6), ("RawScienceFrame.chip.name == 'ESO_CCD_#65'", 3, 3),
        ('RawScienceFrame.EXPTIME > 300', 3, 1), ("RawScienceFrame.filter.name == 'g_SDSS'", 3, 0)]


def test_it_prints_as_a_table(science):
    lines = str((Raw.EXPTIME > 300).explain()).splitlines()
    assert lines[0].split() == ['criterion', 'alone', 'leaves']
    assert lines[2].split() == ['RawScienceFrame.EXPTIME', '>', '300', '3', '3']
    assert len({len(line) for line in lines}) == 1 and repr(Raw.select_all().explain()).count('\n') == 1


def test_alternatives_are_one_criterion(science):
    rows = ((Raw.EXPTIME == 100) | (Raw.EXPTIME == 200)).explain().rows
    assert rows[1:] == [('(RawScienceFrame.EXPTIME == 100) | (RawScienceFrame.EXPTIME == 200)', 2, 2)]


def test_it_counts_only_what_is_visible(science, monkeypatch):
    context.set_privileges(4)
    paper.raws(1, EXPTIME=1000.0)
    become(monkeypatch, 'anonymous')
    assert [left for *_, left in (Raw.EXPTIME > 300).explain().rows] == [1, 1]


def test_narrowing_shows_among_the_criteria(science):
    rows = (Raw.EXPTIME > 300).project_only().explain().rows
    assert len(rows) == 3 and rows[2][0].startswith('RawScienceFrame.project == ')
