"""Interventions by plain SQL: what others read is whole, and it is seen by its level alone."""

import pytest

from awlike.context import context
from awlike.database import sessions
from tests.security.rules import ANONYMOUS, sees
from tests.security.world import EVERYBODY, new

GOOD = "timestamp '2012-06-01 15:00'", '\'["FlatFrame", "DomeFlatFrame"]\'', "'mirror washed'"


def told(date=GOOD[0], kinds=GOOD[1], reason=GOOD[2]):
    """The statement that puts the own part of an intervention into the database."""
    return f"INSERT INTO intervention (object_id, date, kinds, reason) VALUES ('{{new}}', {date}, {kinds}, {reason})"


WRONG = {
    'no date': {'date': 'NULL'}, 'a date without end': {'date': "timestamp 'infinity'"},
    'a date before all calendars': {'date': "timestamp '0044-03-15 BC'"}, 'no reason': {'reason': 'NULL'},
    'a date that no night has': {'date': "timestamp '0001-01-01'"}, 'no kinds': {'kinds': 'NULL'},
    'null as kinds': {'kinds': "'null'"}, 'a number as kinds': {'kinds': "'7'"},
    'a text as kinds': {'kinds': '\'"FlatFrame"\''}, 'a number among the kinds': {'kinds': '\'["FlatFrame", 7]\''},
    'a list among the kinds': {'kinds': "'[[]]'"},
    'an object as kinds': {'kinds': '\'{{"FlatFrame": 1}}\''}}


@pytest.mark.parametrize('kinds', [GOOD[1], "'[]'", '\'["FlatFrame"]\''])
def test_a_whole_intervention_is_taken(world, kinds):
    outcome = world.attack('bob', 'BEGIN', new(class_name='Intervention', level='3'), told(kinds=kinds), 'ROLLBACK')
    assert outcome.error is None


@pytest.mark.parametrize('wrong', WRONG)
def test_one_that_no_program_reads_is_refused(world, wrong):
    outcome = world.attack('bob', 'BEGIN', new(class_name='Intervention', level='3'), told(**WRONG[wrong]), 'COMMIT')
    assert outcome.error.sqlstate in ('23514', '42501'), outcome.error
    world.stands_as_before()


@pytest.mark.parametrize('level', [1, 2, 3])
def test_it_is_seen_by_its_level(world, monkeypatch, level):
    camera = f"UPDATE dbobject SET instrument_id = '{world.names['instrument']}' WHERE object_id = '{world.names['new']}'"
    made = new(creator='{carl}', project='{GAMMA}', class_name='Intervention', level=str(level))
    assert world.attack('carl', 'BEGIN', made, told(), 'COMMIT').error is None
    like = world.of['carl', level][0]
    seen = {user for user in EVERYBODY if world.run(user, 'SELECT reason FROM intervention').rows != [[]]}
    assert seen == {user for user in EVERYBODY if sees(user, like)} and ANONYMOUS not in seen
    assert world.run('carl', camera).error is not None, 'nor can it be moved to another instrument'
    world.awlike(monkeypatch, 'bob')
    listed = context.interventions()
    assert len(listed) == (level == 3) and (not listed or 'mirror washed' in str(listed) and listed.to_dict())
    assert not context.interventions(date='2012-06-02')
    sessions.use(None)
    world.restore()
