"""Grades by plain SQL: given under one's own name, now, of what one may judge; seen with their frame; never changed."""

import datetime

import pytest

from tests.security.rules import ANONYMOUS, may_judge, sees
from tests.security.world import ACCOUNTS, EVERYBODY, NOW

GIVEN = {'id': "'{{new}}'", 'object_id': "'{{{of}}}'", 'digest': "'forged'", 'grade': "'A'", 'reasons': "'[\"seeing\"]'",
         'comment': "'fine'", 'positions': "'[[1, 2.5]]'", 'user_id': "'{{{by}}}'", 'date': NOW}


def given(of='ada2', by='bob', **other):
    """The statement that puts a grade into the database."""
    columns = GIVEN | other
    return f'INSERT INTO grade ({", ".join(columns)}) VALUES ({", ".join(columns.values())})'.format(of=of, by=by)


def rows(world):
    return world.ask('SELECT id, object_id, digest, grade, comment, user_id, date FROM grade ORDER BY 1')


@pytest.mark.parametrize('user', EVERYBODY)
@pytest.mark.parametrize('query', [
    'SELECT object_id FROM grade', "SELECT object_id FROM grade WHERE grade = 'C'", 'TABLE grade',
    "SELECT object_id FROM grade WHERE comment LIKE 'said-%'", 'SELECT g.object_id FROM grade g JOIN grade h USING (id)'])
def test_each_sees_the_grades_of_the_objects_that_they_see(world, user, query):
    things = {thing.object_id: thing for thing in world.things}
    graded = {object_id for _, object_id, *_ in rows(world)}
    objects = {next(cell for cell in row if cell in things) for row in world.run(user, query).rows[0]}
    assert objects == {object_id for object_id in graded if sees(user, things[object_id])} and len(graded) == 16


@pytest.mark.parametrize('user', EVERYBODY)
@pytest.mark.parametrize('statement', [
    "UPDATE grade SET grade = 'A'", "UPDATE grade SET comment = ''", 'UPDATE grade SET date = date', 'DELETE FROM grade',
    "UPDATE grade SET user_id = '{bob}'", 'TRUNCATE grade', 'ALTER TABLE grade DISABLE ROW LEVEL SECURITY',
    'SELECT * FROM grade FOR UPDATE', 'DROP TABLE grade', 'LOCK TABLE grade', 'CREATE INDEX spy ON grade (comment)',
    "INSERT INTO grade SELECT * FROM grade ON CONFLICT (id) DO UPDATE SET grade = 'A'"])
def test_nobody_changes_or_removes_a_grade(world, user, statement):
    before = rows(world)
    assert world.attack(user, statement).error is not None and rows(world) == before


@pytest.mark.parametrize('user', ACCOUNTS)
def test_one_grades_what_one_may_judge(world, user):
    for (creator, level), things in [(key, things) for key, things in world.of.items() if key != 'SMALL']:
        outcome = world.attack(user, 'BEGIN', given(of=f'{creator}{level}', by=user), 'ROLLBACK')
        allowed = may_judge(user, things[2]) and sees(user, things[2])
        assert (outcome.error is None) == allowed, (creator, level)
        assert outcome.error is None or outcome.error.sqlstate == '42501'


def test_without_an_account_nobody_grades(world):
    assert world.attack(ANONYMOUS, given(of='ada4', by='ada')).error is not None


@pytest.mark.parametrize('by', ['ada', 'carl', 'dan'])
def test_a_grader_is_not_forged(world, by):
    before = rows(world)
    assert world.attack('bob', given(by=by)).error is not None and rows(world) == before


@pytest.mark.parametrize('date', [f"{NOW} - interval '1 year'", f"{NOW} + interval '1 minute'", "timestamp 'infinity'", 'NULL'])
def test_date_and_digest_are_those_of_the_database(world, date):
    outcome = world.attack('bob', 'BEGIN', given(date=date), "SELECT digest, date FROM grade WHERE id = '{new}'", 'ROLLBACK')
    assert outcome.error is None, outcome.error
    (digest, when), = outcome.rows[-2]
    true, = world.ask('SELECT digest FROM dbobject WHERE object_id = %s', world.names['ada2'])[0]
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    assert digest == true != 'forged' and abs((now - when).total_seconds()) < 60


@pytest.mark.parametrize('wrong', [
    {'grade': "'E'"}, {'grade': "'AA'"}, {'grade': "''"}, {'comment': "E'a\\x1b[2Jb'"}, {'comment': "E'two\\nlines'"},
    {'comment': "E'\\u202Eturned'"}, {'comment': "E'\\u009B2J'"}, {'comment': "repeat('x', 2001)"}, {'comment': 'NULL'},
    {'reasons': "'7'"}, {'reasons': "'[7]'"}, {'reasons': "'[\"a b\"]'"}, {'reasons': "E'[\"\\\\u001b[2J\"]'"},
    {'reasons': "'{{{{}}}}'"}, {'reasons': "'null'"}, {'positions': "'[1]'"}, {'positions': "'[[1]]'"},
    {'positions': "'[[1, \"x\"]]'"}, {'positions': "'[[1e999, 1]]'"}, {'positions': "'[[1, -1e999]]'"},
    {'positions': "'[[1, null]]'"}, {'positions': "'[[1, [2]]]'"},
    {'positions': "('[[1, 1e' || repeat('9', 100) || ']]')::json"}])
def test_what_no_program_reads_is_refused(world, wrong):
    before = rows(world)
    assert world.attack('bob', given(**wrong)).error is not None and rows(world) == before


def test_a_grade_of_what_is_hidden_answers_as_one_of_what_does_not_exist(world):
    said = [str(world.attack('bob', given(of=of)).error) for of in ('carl1', 'ada1', 'nothing')]
    assert len(set(said)) == 1 and 'row-level security' in said[0]


def test_who_left_grades_no_more(world):
    out = "DELETE FROM project_member WHERE project_id = '{ALPHA}' AND user_id = '{bob}'"
    try:
        assert world.attack('bob', out, given()).error.sqlstate == '42501'
        assert world.attack('bob', given(of='bob4')).error.sqlstate == '42501', 'of what the project has'
    finally:
        world.restore()


def test_no_trigger_of_grades_works_elsewhere(world):
    table, trigger = 'CREATE TEMP TABLE mine (object_id uuid)', 'CREATE TRIGGER t BEFORE INSERT ON mine FOR EACH ROW'
    assert world.attack('bob', table, f'{trigger} EXECUTE FUNCTION awlike.graded()').error is not None
