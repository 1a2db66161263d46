"""What the rules allow works with plain SQL, and nothing else does: every account, every object, every change."""

import contextlib

import psycopg
import pytest
from sqlalchemy import make_url, text

from awlike.context import context
from awlike.database import sessions
from awlike.database.row_security import secure
from awlike.errors import NotAllowed
from awlike.persist.dataobject import DataObject
from awlike.persist.ids import new_id, reference_id
from tests.databases import PASSWORD
from tests.security.rules import ANONYMOUS, may_delete, may_judge, may_raise
from tests.security.world import EVERYBODY, NOW, edge, new, row, user_id

CAN = {
    'make an object for oneself': ('bob', new(level='1')),
    'make an object for the project': ('bob', new(level='2')),
    'make an object for every account': ('bob', new(level='3')),
    'make an object for everybody': ('bob', new(level='5')),
    'make an object as far as the project goes': ('bob', new(project='{SMALL}', level='2')),
    'make a product from what all see': ('bob', edge('{new}', '{carl4}'), new(level='5'), row()),
    'make a product from what accounts see': (
        'bob', edge('{new}', '{carl3}'), edge('{new}', '{ada3}', 1), new(level='3'), row()),
    'make a product from what the project shares': ('bob', edge('{new}', '{ada2}'), new(), row()),
    'make a product for oneself from ones own': ('bob', edge('{new}', '{bob1}'), new(level='1'), row()),
    'make a product for oneself from two projects': ('bob', edge('{new}', '{ada2}'), edge('{new}', '{SMALL_product}', 1),
                                                      new(level='1'), row()),
    'make a product for oneself from what another shares': ('bob', edge('{new}', '{carl3}'), new(level='1'), row()),
    'make products of products at once': (
        'bob', edge('{new}', '{bob2}'), new(), row(), edge('{nothing}', '{new}'),
        new(object_id='{nothing}', filename='two.fits'), row('{nothing}')),
    'make and judge at once': ('bob', new(), "UPDATE dbobject SET is_valid = 0 WHERE object_id = '{new}'"),
    'publish all of a lineage, from the raw frame on': (
        'bob', *(f"UPDATE dbobject SET privileges = 4 WHERE object_id = '{{bob1{what}}}'"
                 for what in ('_file', '_raw', '', '_second'))),
    'publish all of a lineage, in any order': (
        'bob', *(f"UPDATE dbobject SET privileges = 3 WHERE object_id = '{{bob1{what}}}'"
                 for what in ('_second', '', '_raw', '_file'))),
    'say for which dates a calibration serves': (
        'ada', "UPDATE dbobject SET timestamp_start = '2012-01-01', timestamp_end = '2013-01-01' WHERE object_id = '{bob2}'"),
    'note that a file was dropped, and is there again': (
        'bob', f"INSERT INTO dropped_file VALUES ('{{bob2}}', 'purged', '{{bob}}', {NOW})",
        "DELETE FROM dropped_file WHERE object_id = '{bob2}'"),
    'note that a file of the project was lost': (
        'bob', f"INSERT INTO dropped_file VALUES ('{{ada2}}', 'lost', '{{bob}}', {NOW})"),
    'invite somebody into ones project': ('carl', "INSERT INTO project_offer VALUES ('{GAMMA}', '{dan}', true)",
                                          "DELETE FROM project_offer WHERE user_id = '{dan}'"),
    'ask to be let into a project': ('dan', "INSERT INTO project_offer VALUES ('{GAMMA}', '{dan}', false)",
                                     "DELETE FROM project_offer WHERE user_id = '{dan}'"),
    'leave a project': ('bob', "DELETE FROM project_member WHERE user_id = '{bob}' AND project_id = '{SMALL}'"),
    'remove a member from ones project': (
        'ada', "DELETE FROM project_member WHERE user_id = '{bob}' AND project_id = '{SMALL}'"),
    'name a source of ones project, and withdraw it': (
        'carl', "INSERT INTO project_source (id, project_id, source_id, user_id, date) VALUES "
        f"('{{new}}', '{{GAMMA}}', '{{ALPHA}}', '{{carl}}', {NOW})",
        f"UPDATE project_source SET ended = {NOW}, ended_by = '{{carl}}' WHERE id = '{{new}}'"),
    'set something of ones project, and withdraw it': (
        'carl', "INSERT INTO project_setting (id, project_id, name, value, user_id, date) VALUES "
        f"('{{new}}', '{{GAMMA}}', 'reference_catalogue', 'GAIA', '{{carl}}', {NOW})",
        f"UPDATE project_setting SET ended = {NOW}, ended_by = '{{carl}}' WHERE id = '{{new}}'"),
    'save a selection of the project, use it and end it': (
        'bob', "INSERT INTO saved_selection (id, project_id, name, class_name, rule, user_id, date) VALUES "
        f"('{{new}}', '{{ALPHA}}', 'MINE', 'RawBiasFrame', 'RawBiasFrame.EXPTIME > 1', '{{bob}}', {NOW})",
        "INSERT INTO selection_use (id, selection_id, project_id, privileges, user_id, date, task, members) VALUES "
        f"('{{nothing}}', '{{new}}', '{{ALPHA}}', 2, '{{bob}}', {NOW}, 'Reduce', '[]')",
        f"UPDATE saved_selection SET ended = {NOW}, ended_by = '{{bob}}' WHERE id = '{{new}}'"),
    'end a selection that another member saved': (
        'bob', f"UPDATE saved_selection SET ended = {NOW}, ended_by = '{{bob}}' WHERE project_id = '{{ALPHA}}'"),
    'open a project, being in none': (
        'dan', "INSERT INTO project (object_id, creation_date, name, maximum_privileges, owner_id) VALUES "
        f"('{{LATER}}', {NOW}, 'LATER', 4, '{{dan}}')", "INSERT INTO project_member VALUES ('{LATER}', '{dan}')",
        new(creator='{dan}', project='{LATER}', level='4')),
    'make an instrument known': (
        'dan', f"INSERT INTO instrument (object_id, creation_date, name) VALUES ('{{LSST}}', {NOW}, 'LSST')"),
    'make a chip known': ('dan', "INSERT INTO chip (object_id, creation_date, name, instrument_id) VALUES "
                          f"('{{CCD}}', {NOW}, 'CCD', '{{instrument}}')"),
    'claim for oneself': ('bob', "INSERT INTO claim (key, privileges, owner, place, pid, user_id, heartbeat) VALUES "
                          f"('1:{{bob}}:x', 1, 'x', 'x', 1, '{{bob}}', {NOW})", 
                          f"UPDATE claim SET heartbeat = {NOW} WHERE key = '1:{{bob}}:x'",
                          "UPDATE claim SET filename = 'coming.fits' WHERE key = '1:{bob}:x'",
                          "DELETE FROM claim WHERE key = '1:{bob}:x'"),
    'claim for the project': (
        'bob', "INSERT INTO claim (key, privileges, project_id, owner, place, pid, user_id, heartbeat) VALUES "
        f"('2:{{ALPHA}}:x', 2, '{{ALPHA}}', 'x', 'x', 1, '{{bob}}', {NOW})"),
    'submit, follow, cancel and forget a job': (
        'dan', "INSERT INTO job (id, user_id, number, privileges, step, arguments, status, cancelled, submitted) VALUES "
        f"('{{new}}', '{{dan}}', 2, 2, 'Reduce', '{{{{}}}}', 'submitted', false, {NOW})",
        'INSERT INTO job_step (job_id, number, class_name, place, is_target, status) '
        "VALUES ('{new}', 1, 'x', 'x', true, 'made')",
        'INSERT INTO job_log (id, job_id, date, level, place, text) '
        f"VALUES ('{{nothing}}', '{{new}}', {NOW}, 'INFO', 'x', 'x')",
        "UPDATE job_step SET status = 'failed' WHERE job_id = '{new}'", "UPDATE job SET cancelled = true WHERE id = '{new}'",
        "DELETE FROM job WHERE id = '{new}'"),
    'let a recipe travel': ('dan', "INSERT INTO recipe_source (user_id, digest, name, source) "
                                      "VALUES ('{dan}', 'abc', 'mine', 'source')"),
}


@pytest.mark.parametrize('act', CAN)
def test_one_can(world, act):
    user, *statements = CAN[act]
    outcome = world.attack(user, 'BEGIN', *statements, 'SET CONSTRAINTS ALL IMMEDIATE', 'ROLLBACK')
    assert outcome.error is None, outcome.error
    assert outcome.counts[1:-2] == [1] * len(statements), 'one row each'


def outcome(client, statement) -> bool:
    """Whether a statement changes one row, and stands in the end; it is taken back."""
    client.execute('SAVEPOINT before')
    try:
        changed = client.execute(statement).rowcount
        client.execute('SET CONSTRAINTS ALL IMMEDIATE')
        assert changed in (0, 1)
        return changed == 1
    except psycopg.Error as error:
        assert error.sqlstate in ('42501', '23503'), error
        return False
    finally:
        client.execute('ROLLBACK TO before')
        client.execute('SET CONSTRAINTS ALL DEFERRED')


@pytest.mark.parametrize('user', EVERYBODY)
def test_each_object_is_judged_published_and_deleted_by_those_whom_the_rules_allow(world, user):
    wrong = []
    with contextlib.closing(world.connect(user)) as client:
        client.execute('BEGIN')
        for thing in world.things:
            one = f"WHERE object_id = '{thing.object_id}'"
            for act, expected, statement in (
                    ('judge', may_judge(user, thing), f'UPDATE dbobject SET is_valid = 0 {one}'),
                    ('delete', may_delete(user, thing, world.things), f'DELETE FROM dbobject {one}'),
                    *((f'raise to {level}', may_raise(user, thing, level), f'UPDATE dbobject SET privileges = {level} {one}')
                      for level in range(thing.level + 1, 6))):
                if outcome(client, statement) != expected:
                    wrong.append((act, 'should' if expected else 'should not', world.files[thing]))
    assert wrong == []


@pytest.mark.parametrize('user', EVERYBODY)
def test_without_naming_any_one_changes_those_that_one_may(world, user):
    """The policies for reading do not apply to a statement that reads nothing; those for changing must be enough."""
    for statement in ('UPDATE dbobject SET is_valid = 0', "UPDATE dbobject SET timestamp_end = '2012-01-01'"):
        found = world.attack(user, 'BEGIN', statement, 'ROLLBACK')
        assert found.error is not None and user == ANONYMOUS or \
            found.counts[1] == sum(may_judge(user, thing) for thing in world.things)
    for table, mine in (('claim', 1), ('job', 1), ('dropped_file', 0)):
        found = world.attack(user, 'BEGIN', f'DELETE FROM {table}', 'ROLLBACK')
        assert found.error is not None and user == ANONYMOUS or found.counts[1] == mine


def test_each_change_is_kept_with_who_made_it(world):
    found = world.attack(
        'bob', 'BEGIN', "UPDATE dbobject SET is_valid = 0, timestamp_start = '2012-01-01' WHERE object_id = '{ada2}'",
        "UPDATE dbobject SET is_valid = 0 WHERE object_id = '{ada2}'",
        "SELECT attribute, old, new, user_id FROM history WHERE object_id = '{ada2}' ORDER BY number", 'ROLLBACK')
    assert found.rows[3] == [('is_valid', '1', '2', user_id('ada')), ('is_valid', '2', '0', user_id('bob')),
                             ('timestamp_start', None, '2012-01-01 00:00:00.000000', user_id('bob'))]


def test_a_reason_is_kept_with_the_changes_of_its_transaction(world):
    good, bad = (f"UPDATE dbobject SET is_valid = {value} WHERE object_id = '{{ada2}}'" for value in (1, 0))
    found = world.attack('bob', bad, 'BEGIN', "SELECT set_config('awlike.reason', 'a cloud', true)", good, 'COMMIT', bad,
                         "SELECT new, reason FROM history WHERE object_id = '{ada2}' ORDER BY number")
    assert found.rows[-1] == [('2', None), ('0', None), ('1', 'a cloud'), ('0', None)]
    world.restore()


def test_with_an_object_goes_all_that_is_kept_of_it(world):
    found = world.attack('bob', 'BEGIN', "UPDATE dbobject SET is_valid = 0 WHERE object_id = '{bob2_second}'",
                         "DELETE FROM dbobject WHERE object_id = '{bob2_second}'")
    assert found.error is None
    gone = world.names['bob2_second']
    for table, column in (('dbobject', 'object_id'), ('blend', 'object_id'), ('history', 'object_id'), ('lineage', 'product')):
        assert world.ask(f'SELECT FROM {table} WHERE {column} = %s', gone) == [], table
    world.restore()


def test_what_the_database_passes_over_in_silence_awlike_refuses(world, monkeypatch):
    """A product without lineage, which plain SQL alone puts in, could not be made again."""
    assert world.attack('bob', 'BEGIN', new(), row(), 'COMMIT').error is None
    world.awlike(monkeypatch, 'bob')
    with pytest.raises(NotAllowed, match='cannot be deleted: it has no lineage'):
        context.delete(DataObject.get(world.names['new']))
    sessions.use(None)
    world.restore()


def test_a_role_without_an_account_does_not_connect(on, tmp_path):
    """The role is there, in the same server; the database does not know it."""
    url = make_url(on.new(tmp_path))
    db = sessions.Database(url.render_as_string(hide_password=False))
    name = f'stranger_{new_id().hex}'
    with db.transaction() as connection:
        secure(connection)  # a copy of a database is open to all roles, as new ones are
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'"))
    try:
        stranger = url.set(drivername='postgresql', username=name, password=PASSWORD).render_as_string(hide_password=False)
        with pytest.raises(psycopg.OperationalError, match='permission denied for database'):
            psycopg.connect(stranger)
    finally:
        with db.transaction() as connection:
            connection.execute(text(f'DROP ROLE {name}'))
        db.close()


@pytest.mark.parametrize('names', [
    ('Instrument', 'LSST'), ('Chip', str(user_id('x')), 'CCD #1'), ('Project', 'Grüße ★'), ('Filter', str(user_id('x')), ''),
    ('Template', 'a' * 40, 'b' * 200, '2012-06-01 08:51:44'),
    ('Project', "it's; --"), ('Project', 'x' * 55), ('Project', 'x' * 1000)])
def test_the_ids_of_references_are_those_of_python(world, names):
    assert world.ask('SELECT awlike.reference_id(VARIADIC %s::text[])', list(names)) == [(reference_id(*names),)]
