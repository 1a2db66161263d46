"""Selections: saved, changed, combined, shown and removed; their members now, at a date, and when they were used."""

import csv
import datetime
import io
import json
import uuid

import pytest
from sqlalchemy import insert

from awlike.context import context
from awlike.database.sessions import database
from awlike.errors import NotAllowed, NotFound, ParameterError, QueryError
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.nights import utcnow
from awlike.persist.tables import saved_selection
from tests import paper
from tests.conftest import become, let_in

LONG = RawScienceFrame.EXPTIME > 250


@pytest.fixture
def science(project):
    """Six frames of two chips, the later ones made first, exposed 600, 500 ... 100 s; the last two at the same time."""
    file = paper.file()
    return paper.insert(*[
        paper.raw(raw_fits=file, chip=paper.chip(f'ESO_CCD_#{66 - n % 2}'), EXPTIME=100.0 * (6 - n), OBJECT=f'field {n % 2}',
                  filename=f'raw {n}.fits', DATE_OBS=paper.START + datetime.timedelta(hours=max(0, 4 - n)),
                  astrom={'CRVAL1': 10.0 + n, 'CRVAL2': 0.0}) for n in range(6)])


def insert_by_hand(name, rule, class_name='RawScienceFrame'):
    """A rule as somebody writes it by SQL, who may write into the table."""
    with database().transaction() as connection:
        connection.execute(insert(saved_selection), {
            'id': uuid.uuid4(), 'project_id': context.project.object_id, 'name': name, 'class_name': class_name, 'rule': rule,
            'user_id': context.user.object_id, 'date': utcnow()})


def test_a_rule_is_saved_under_a_name(science):
    made = context.select('GOOD', LONG)
    found = context.selection('GOOD')
    assert made.name == found.name == 'GOOD' and found.rule == 'RawScienceFrame.EXPTIME > 250' == made.rule
    assert found.class_name == 'RawScienceFrame' and found.cls is RawScienceFrame and found.user == 'ada'
    assert list(found.query) == list(LONG) and len(found) == 4


def test_members_come_in_the_order_of_date_chip_and_id(science):
    context.select('ALL', RawScienceFrame.select_all())
    members = context.selection('ALL').members()
    assert members == sorted(science, key=lambda one: (one.DATE_OBS, one.chip.name, one.object_id)) != science
    context.select('LONGEST', RawScienceFrame.select_all().order_by('-EXPTIME').limit(2))
    assert context.selection('LONGEST').members() == science[:2]


def test_members_are_those_of_today(science):
    good = context.select('GOOD', LONG)
    new = paper.insert(paper.raw(raw_fits=science[0].raw_fits, EXPTIME=999.0))
    assert new in good.members() and len(good.members()) == 5


def test_selections_combine_with_queries_and_follow_each_other(science):
    good, odd = context.select('GOOD', LONG), context.select('ODD', RawScienceFrame.OBJECT == 'field 1')
    both = context.select('BOTH', good & odd)
    assert both.rule == "(selection('GOOD')) & (selection('ODD'))"
    assert set(both.members()) == {science[1], science[3]}
    context.select('NARROW', (RawScienceFrame.EXPTIME < 450) & good)
    context.select('NOT', ~good)
    context.select('EITHER', odd | (RawScienceFrame.EXPTIME == 600.0))
    members = {name: context.selection(name).members() for name in ('NARROW', 'NOT', 'EITHER')}
    assert {name: {one.EXPTIME for one in some} for name, some in members.items()} == {
        'NARROW': {400.0, 300.0}, 'NOT': {100.0, 200.0}, 'EITHER': {600.0, 500.0, 300.0, 100.0}}
    context.select('GOOD', RawScienceFrame.EXPTIME > 350)
    assert set(context.selection('BOTH').members()) == {science[1]}, 'the rule of GOOD changed'


def test_a_rule_of_all_can_be_referred_to(science):
    context.select('ALL', RawScienceFrame.select_all())
    assert len(context.select('FEW', context.selection('ALL') & LONG).members()) == 4
    assert not context.select('NONE', ~context.selection('ALL')).members()


def test_a_rule_may_be_a_text(science):
    made = context.select('GOOD', "(RawScienceFrame.EXPTIME>250)&RawScienceFrame.within(10, 0, 1.5)")
    assert made.rule == '(RawScienceFrame.EXPTIME > 250) & (RawScienceFrame.within(10.0, 0.0, 1.5))'
    assert set(made.members()) == set(science[:2])
    assert context.select('SAME', 'selection("GOOD")').members() == made.members()


def test_a_changed_rule_keeps_its_history(science):
    first = context.select('GOOD', LONG)
    assert context.select('GOOD', LONG).id == first.id, 'the same rule is no change'
    context.select('GOOD', RawScienceFrame.EXPTIME > 550)
    rules = context.selection('GOOD').history()
    assert [one.rule for one in rules] == ['RawScienceFrame.EXPTIME > 250', 'RawScienceFrame.EXPTIME > 550']
    assert rules[0].ended == rules[1].date and rules[0].ended_by == 'ada' and rules[1].ended is None
    assert len(rules[0].members()) == 4 and len(rules[1].members()) == 1
    assert 'rule 2 of its history' in str(context.selection('GOOD'))


def test_members_at_a_date_are_those_of_the_rule_and_the_world_of_that_date(science):
    good = context.select('GOOD', LONG)
    first = utcnow()
    context.select('GOOD', RawScienceFrame.EXPTIME > 450)
    second = utcnow()
    late = paper.insert(paper.raw(raw_fits=science[0].raw_fits, EXPTIME=999.0))
    assert good.members() == [*sorted(science[:4], key=lambda one: one.DATE_OBS)] or late in good.members()
    assert set(good.members_at(first)) == set(science[:4])
    assert set(good.members_at(second.isoformat())) == set(science[:2])
    assert set(context.selection('GOOD').members()) == {*science[:2], late}
    assert good.members_at('2001-01-01') == [], 'there was nothing yet'
    assert [one.chip.name for one in good.members_at(first)], 'links can be followed afterwards'
    with context.acting(as_of=first):
        assert context.selection('GOOD').rule == good.rule
        with pytest.raises(NotAllowed, match='as of'):
            context.select('GOOD', LONG)


def test_a_rule_before_its_first_saving_is_its_first(science):
    made = utcnow()
    context.select('GOOD', LONG)
    context.select('GOOD', RawScienceFrame.EXPTIME > 550)
    assert len(context.selection('GOOD').members_at(made)) == 4


def test_rules_refer_to_each_other_in_no_circle(science):
    context.select('A', LONG)
    context.select('B', context.selection('A') & LONG)
    context.select('C', context.selection('B') | LONG)
    for name in 'ABC':
        with pytest.raises(QueryError, match=f'refers to {name} itself'):
            context.select(name, ~context.selection('C'))
    assert context.select('C', ~context.selection('C').query).rule == "~((selection('B')) | (RawScienceFrame.EXPTIME > 250))"
    context.select('A', context.selection('A').query & (RawScienceFrame.EXPTIME < 500))


@pytest.mark.slow
def test_forged_rules_are_refused_and_harm_nothing(science):
    insert_by_hand('SELF', "selection('SELF')")
    insert_by_hand('A', "selection('B')")
    insert_by_hand('B', "~selection('A')")
    insert_by_hand('CODE', '__import__("os").system("touch forged")')
    insert_by_hand('OTHER', 'RawScienceFrame.EXPTIME > 1', 'Chip')
    insert_by_hand('UNKNOWN', 'Nothing.EXPTIME > 1', 'Nothing')
    insert_by_hand('D0', 'RawScienceFrame.EXPTIME > 1')
    for n in range(1, 30):
        insert_by_hand(f'D{n}', f"selection('D{n - 1}') | selection('D{n - 1}')")
    insert_by_hand('C0', 'RawScienceFrame.EXPTIME > 1')
    for n in range(1, 101):  # each is looked at no deeper than 20, and yet the last one lies below 100
        insert_by_hand(f'C{n}', f"selection('C{n - 1}')")
    insert_by_hand('LONG', ' | '.join(f"selection('C{n}')" for n in range(20, 101, 20)))
    for name in ('SELF', 'A', 'CODE', 'OTHER', 'UNKNOWN', 'D29', 'D15', 'LONG'):
        with pytest.raises(QueryError):
            context.selection(name).members()
        assert 'members:' in str(context.selection(name))
    assert len(context.selections()) == 138 and 'SELF' in str(context.selections())
    assert len(context.selection('D3').members()) == 6
    assert not any(path.name == 'forged' for path in __import__('pathlib').Path().iterdir())


@pytest.mark.parametrize('name', ['', ' ', 'a\nb', '../x', "x'; DROP TABLE dbobject", 'x' * 61, '-x', 'x ', 'é', 5, None])
def test_odd_names_are_refused(science, name):
    with pytest.raises(ParameterError):
        context.select(name, LONG)


@pytest.mark.parametrize('query', [None, 5, RawScienceFrame.EXPTIME, RawScienceFrame, [1]])
def test_what_is_no_query_is_refused(science, query):
    with pytest.raises(ParameterError, match='is no query'):
        context.select('GOOD', query)


def test_an_unknown_selection_is_named_with_those_alike(science):
    context.select('GOOD', LONG)
    with pytest.raises(NotFound, match="project TEST has no selection 'GOD'.*GOOD"):
        context.selection('GOD')
    with pytest.raises(NotFound, match='has no selection'):
        context.select('X', "selection('NOBODY')")


def test_removed_selections_are_gone_and_known(science):
    context.select('GOOD', LONG)
    context.select('B', context.selection('GOOD') & LONG)
    with pytest.raises(NotAllowed, match='the rules of B refer to GOOD'):
        context.remove_selection('GOOD')
    context.remove_selection('B')
    context.remove_selection('GOOD')
    with pytest.raises(NotFound):
        context.selection('GOOD')
    assert len(context.selections()) == 0 and 'no selections in TEST' == str(context.selections())
    assert [one.ended_by for one in context.select('GOOD', LONG).history()] == ['ada', None]


def test_they_are_shown(science):
    context.select('GOOD', LONG & RawScienceFrame.within(10, 0, 90))
    text = str(context.selection('GOOD'))
    assert 'selection GOOD of RawScienceFrame, saved by ada' in text and '4 members' in text and 'within(10.0' in text
    listed = str(context.selections())
    assert '1 selection in TEST' in listed and 'GOOD' in listed and 'RawScienceFrame' in listed
    assert 'GOOD' in context.selections()._repr_html_() and context.selections().to_dict()[0]['name'] == 'GOOD'
    assert context.selections()[0].name == 'GOOD'


def test_members_are_exported(science, tmp_path):
    good = context.select('GOOD', LONG)
    names = [one.filename for one in good.members()]
    assert good.export().splitlines() == names
    assert (tmp_path / 'a.txt') == good.export(tmp_path / 'a.txt') and (tmp_path / 'a.txt').read_text().splitlines() == names
    rows = list(csv.DictReader(io.StringIO(good.export(good.export(tmp_path / 'a.csv') and None, 'csv'))))
    assert [row['filename'] for row in rows] == names and rows[0]['chip'] and rows[0]['DATE_OBS'].startswith('2012-06-01T')
    found = json.loads(good.export(format='json'))
    assert found['rule'] == good.rule and [row['filename'] for row in found['members']] == names
    with pytest.raises(ParameterError, match='one of text, csv, json'):
        good.export(format='xml')


def test_other_projects_see_and_change_nothing(science, monkeypatch):
    context.select('GOOD', LONG)
    become(monkeypatch, 'eve')
    context.create_project('OTHER')
    context.set_project('OTHER')
    assert len(context.selections()) == 0
    with pytest.raises(NotFound):
        context.selection('GOOD')
    with pytest.raises(NotFound):
        context.remove_selection('GOOD')
    with pytest.raises(NotFound):
        context.select('X', "selection('GOOD')")
    context.select('GOOD', RawScienceFrame.EXPTIME > 1)
    context.remove_selection('GOOD')
    become(monkeypatch, 'ada')
    context.set_project('TEST')
    assert context.selection('GOOD').rule == 'RawScienceFrame.EXPTIME > 250'


def test_who_left_the_project_sees_its_selections_no_more(science, monkeypatch):
    context.select('GOOD', LONG)
    let_in(monkeypatch, 'bob')
    become(monkeypatch, 'bob')
    context.set_project('TEST')
    context.select('GOOD', RawScienceFrame.EXPTIME > 1)
    assert [one.user for one in context.selection('GOOD').history()] == ['ada', 'bob']
    asker = context._asker
    project = asker.chosen_project
    context.leave('TEST')
    asker.chosen_project = project
    with pytest.raises(NotAllowed, match='no member of project TEST any more'):
        context.selection('GOOD')
    with pytest.raises(NotAllowed, match='no member'):
        context.select('BAD', LONG)


def test_members_see_only_what_they_may(science, monkeypatch):
    context.set_privileges(1)
    mine = paper.insert(paper.raw(raw_fits=paper.file(), EXPTIME=999.0))
    context.set_privileges(2)
    good = context.select('GOOD', LONG)
    context.note_use(good, 'Reduce', [one.object_id for one in good.members()])
    context.set_privileges(1)
    context.note_use(good, 'Reduce', [mine.object_id])
    assert mine in good.members() and [one.task for one in good.uses()] == ['Reduce'] * 2
    let_in(monkeypatch, 'bob')
    become(monkeypatch, 'bob')
    context.set_project('TEST')
    good = context.selection('GOOD')
    assert mine not in good.members() and len(good.members()) == 4
    use, = good.uses()
    assert use.user == 'ada' and mine not in use.members() and len(use.ids) == 5 and len(use.members()) == 4


def test_each_use_has_its_members(science):
    good = context.select('GOOD', LONG)
    context.note_use(good, 'Reduce', [one.object_id for one in good.members()])
    context.select('GOOD', RawScienceFrame.EXPTIME > 550)
    context.note_use(context.selection('GOOD'), 'SourceList', [science[0].object_id])
    uses = context.selection('GOOD').uses()
    assert [(use.task, len(use.members()), use.rule[-3:]) for use in uses] == [('Reduce', 4, '250'), ('SourceList', 1, '550')]
    assert uses[0].members() == sorted(science[:4], key=lambda one: one.DATE_OBS)
    assert 'used 2 times, last by SourceList by ada' in str(context.selection('GOOD'))


def test_what_is_no_id_is_no_member_of_a_use(science):
    good = context.select('GOOD', LONG)
    context.note_use(good, 'Reduce', ['written by hand', science[0].object_id])
    use, = context.selection('GOOD').uses()
    assert use.members() == [science[0]] and '1 member' in str(good)


def test_a_use_after_the_date_that_one_sees_is_not_known(science):
    good = context.select('GOOD', LONG)
    before = utcnow()
    context.note_use(good, 'Reduce', [science[0].object_id])
    with context.acting(as_of=before):
        assert context.selection('GOOD').uses() == []


# --- batches of centres and radii ---

BATCH = '''<?xml version="1.0" encoding="utf-8"?>
<batch>
  <selection><label>D1</label><alpha>10.5</alpha><delta>0</delta><radius>0.6</radius></selection>
  <selection> <!-- a remark -->
    <label>D 2</label><alpha> 15 </alpha><delta>-0.0</delta><radius>1e-3</radius><filter>r_SDSS</filter>
  </selection>
</batch>'''


def test_a_batch_of_centres_and_radii_is_imported(science, tmp_path):
    (tmp_path / 'fields.xml').write_text(BATCH)
    made = context.import_selections(tmp_path / 'fields.xml')
    assert [one.name for one in made] == ['D1', 'D 2']
    assert set(made[0].members()) == set(science[:2]) and made[1].members() == science[5:]
    assert made[1].rule == ("(RawScienceFrame.within(15.0, -0.0, 0.001)) & (RawScienceFrame.filter.name == 'r_SDSS')")
    assert context.import_selections(tmp_path / 'fields.xml', 'ReducedScienceFrame')[0].cls is ReducedScienceFrame


@pytest.mark.parametrize(('change', 'told'), [
    (('<batch>', '<!DOCTYPE batch [<!ENTITY a "x">]><batch>'), 'document type'),
    (('<batch>', '<!DOCTYPE batch SYSTEM "file:///etc/passwd"><batch>'), 'document type'),
    (('<delta>0</delta>', ''), 'selection D1 has no <delta>'), (('<label>D1</label>', '<label> </label>'), 'has no <label>'),
    (('<delta>0<', '<delta>-04:30:00<'), "<delta> of selection D1 is '-04:30:00', and no number of degrees"),
    (('<delta>0<', '<delta>nan<'), 'D1: .*not finite'), (('<delta>0<', '<delta>91<'), 'D1: .*beyond a pole'),
    (('<radius>0.6', '<radius>-1'), 'D1: the radius -1'), (('D 2', 'D1'), "the label 'D1' is there twice"),
    (('<label>D1', '<label>../D1'), "the name '../D1'"), (('</batch>', ''), 'is no XML'),
    (('<alpha>10.5</alpha>', '<alpha>1</alpha><alpha>2</alpha>'), 'two <alpha>'),
    (('<alpha>10.5', '<alpha unit="h">10.5'), 'attribute unit'), (('<filter>', '<beta>x</beta><filter>'), '<beta> stands in'),
    (('<radius>0.6', '<radius><b>0.6</b>'), '<b> stands in <radius>'), (('<selection> ', '<selection>text '), 'stands outside'),
    (('batch>', 'fields>'), 'stands at the beginning, where <batch> stands')])
def test_what_is_no_batch_is_refused_as_a_whole(science, tmp_path, change, told):
    (tmp_path / 'fields.xml').write_text(BATCH.replace(*change))
    with pytest.raises(ParameterError, match=told):
        context.import_selections(tmp_path / 'fields.xml')
    assert len(context.selections()) == 0


def test_other_files_are_no_batch(science, tmp_path):
    for content in (b'', b'\0' * 10, b'<batch/>', b'a,b\n1,2'):
        (tmp_path / 'x.xml').write_bytes(content)
        with pytest.raises(ParameterError, match='is no XML|has no selections'):
            context.import_selections(tmp_path / 'x.xml')
    with pytest.raises(ParameterError, match='cannot be read'):
        context.import_selections(tmp_path / 'nothing.xml')
    (tmp_path / 'x.xml').write_text(BATCH)
    with pytest.raises(ParameterError, match='class'):
        context.import_selections(tmp_path / 'x.xml', 'Chip')
