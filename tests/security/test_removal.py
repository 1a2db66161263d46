"""Whoever is removed from a project writes nothing there that is committed later, and delays the removal by seconds at most."""

import contextlib
import threading
import time

import psycopg
import pytest
from sqlalchemy import text

from awlike.database.accounts import add_user
from awlike.database.sessions import Database
from awlike.persist.ids import new_id
from tests.databases import PASSWORD
from tests.security.test_races import Waiting, holds, send, sessions  # noqa: F401
from tests.security.world import NOW, edge, new, row, user_id

ISOLATIONS = 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'
OUT = "DELETE FROM project_member WHERE project_id = '{ALPHA}' AND user_id = '{bob}'"
END = "SELECT awlike.end_membership('{ALPHA}', '{bob}')"
INVITE = "INSERT INTO project_offer VALUES ('{ALPHA}', '{bob}', true)"
BACK = "INSERT INTO project_member VALUES ('{ALPHA}', '{bob}')"
LATE = {  # what a member may write, as it is seen afterwards
    'an object of the project': [new()],
    'an object for all': [new(level='3')],
    'an object for oneself': [new(level='1')],
    'a product of what the project shares, in another project': [
        edge('{new}', '{ada2}'), new(level='1', project='{SMALL}'), row()],
    'a product for oneself of a product for oneself, in another project': [
        edge('{new}', '{private}'), new(level='1', project='{SMALL}'), row()],
    'a raw frame of a file of the project': [
        new(level='1', project='{SMALL}', class_name='RawBiasFrame', raw_fits='{ada2_file}')],
    'a judgement': ["UPDATE dbobject SET is_valid = 0 WHERE object_id = '{ada2}'"],
    'a publication': ["UPDATE dbobject SET privileges = 3 WHERE object_id = '{bob2_file}'"],
    'a publication of what was private': ["UPDATE dbobject SET privileges = 2 WHERE object_id = '{bob1_file}'"],
    'a deletion': ["DELETE FROM dbobject WHERE object_id = '{bob2_second}'"],
    'a file noted as lost': [f"INSERT INTO dropped_file VALUES ('{{ada2}}', 'lost', '{{bob}}', {NOW})"],
    'a claim of the project': [
        "INSERT INTO claim (key, privileges, project_id, owner, place, pid, user_id, heartbeat) VALUES "
        f"('2:{{ALPHA}}:x', 2, '{{ALPHA}}', 'x', 'x', 1, '{{bob}}', {NOW})"],
}


@pytest.fixture
def private(world):
    """Bob's product at level 1, made from what ALPHA shares."""
    found = new_id()
    outcome = world.attack('bob', 'BEGIN', edge(found, '{ada2}'), new(found, level='1', project='{SMALL}',
                                                                     filename='private.fits'), row(found), 'COMMIT')
    assert outcome.error is None
    yield found
    world.restore()


def standing(world):
    """All that a project shares, and what bob keeps to himself."""
    return world.ask('SELECT object_id, is_valid, privileges FROM dbobject WHERE privileges > 0 ORDER BY 1'), \
        world.ask('SELECT * FROM lineage ORDER BY 1, 2, 3'), world.ask('SELECT * FROM dropped_file'), \
        world.ask("SELECT key FROM claim WHERE key NOT LIKE '1:%%'")


@pytest.mark.parametrize('isolation', ISOLATIONS)
@pytest.mark.parametrize('act', LATE)
def test_a_transaction_that_began_before_the_removal_writes_nothing_after_it(world, sessions, private, act, isolation):  # noqa: F811
    owner, member = sessions('ada'), sessions('bob', isolation)
    assert send(world, member, 'SELECT count(*) FROM dbobject')
    assert send(world, owner, OUT, 'COMMIT')
    before = standing(world)
    send(world, member, *LATE[act], 'COMMIT', private=private)
    assert standing(world) == before


@pytest.mark.parametrize('isolation', ISOLATIONS)
@pytest.mark.parametrize('act', LATE)
def test_a_removal_waits_for_what_was_written_before_it_and_hides_what_it_must(world, sessions, private, act, isolation):  # noqa: F811
    owner, member = sessions('ada'), sessions('bob', isolation)
    assert send(world, member, *LATE[act], 'SET CONSTRAINTS ALL IMMEDIATE', private=private)
    removal = Waiting(world, owner, OUT, 'COMMIT')
    assert send(world, member, 'COMMIT')
    assert removal.ended() and holds(world)
    assert world.attack('bob', 'SELECT count(*) FROM lineage LEFT JOIN dbobject ON object_id = input '
                        'WHERE object_id IS NULL').rows == [[(0,)]]


def test_one_long_statement_writes_nothing_after_the_removal_either(world, sessions, private):  # noqa: F811
    owner, member = sessions('ada'), sessions('bob')
    slow = threading.Thread(target=send, args=(
        world, member, new().replace('VALUES (', 'SELECT ').removesuffix(')') + ' FROM pg_sleep(1)', 'COMMIT'))
    slow.start()
    time.sleep(0.3)
    assert send(world, owner, OUT, 'COMMIT')
    slow.join()
    assert world.ask('SELECT FROM dbobject WHERE object_id = %s', world.names['new']) == []


HOLDS = {
    'a change that is not committed': [new()],
    'a row of ones own': ["SELECT FROM dbobject WHERE object_id = '{private}' FOR UPDATE"],
    'a membership that one might end': [OUT],
    'a table': ['LOCK TABLE project_member IN ACCESS EXCLUSIVE MODE'],
}


@pytest.mark.parametrize('by', ['ada', 'bob'])
@pytest.mark.parametrize('hold', HOLDS)
def test_an_open_transaction_delays_the_end_of_a_membership_by_some_seconds_at_most(world, sessions, private, hold, by):  # noqa: F811
    member = sessions('bob', 'READ COMMITTED' if HOLDS[hold] == [OUT] else 'REPEATABLE READ')
    assert send(world, member, 'SET lock_timeout = 0', *HOLDS[hold], private=private)
    began = time.monotonic()
    with world.connect(by, options='-c statement_timeout=20s') as client:
        assert world.send(client, END.format(**world.names)).rows == [[(True,)]]
    assert time.monotonic() - began < 8
    with pytest.raises(psycopg.OperationalError):
        member.execute('COMMIT')
    assert world.ask('SELECT FROM project_member WHERE project_id = %s AND user_id = %s', world.names['ALPHA'],
                     world.names['bob']) == []
    assert world.ask('SELECT FROM dbobject WHERE object_id = %s', world.names['new']) == []


def test_sessions_that_only_read_or_belong_to_others_go_on(world, sessions, private):  # noqa: F811
    readers = [sessions('bob', 'REPEATABLE READ'), sessions('carl')]
    assert send(world, readers[0], 'SELECT count(*) FROM dbobject')
    assert send(world, readers[1], new(creator='{carl}', project='{GAMMA}'))
    assert world.attack('ada', END).rows == [[(True,)]]
    assert all(send(world, one, 'SELECT 1', 'COMMIT') for one in readers)


def test_an_owner_of_the_database_who_is_no_superuser_may_end_the_sessions_of_accounts(on, tmp_path):
    owner, member, name = (f'{what}_{new_id().hex}' for what in ('owner', 'member', 'database'))
    on._do(f"CREATE ROLE {owner} LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
    on._do(f'CREATE DATABASE {name} OWNER {owner}')
    db = Database(on._url.set(database=name, username=owner, password=PASSWORD).render_as_string(hide_password=False))
    try:
        db.session  # noqa: B018 -- makes it ready
        add_user(db, member, PASSWORD)
        with psycopg.connect(on._url.set(drivername='postgresql', database=name, username=member, password=PASSWORD)
                             .render_as_string(hide_password=False)) as client:
            client.execute('LOCK TABLE project_member IN ACCESS EXCLUSIVE MODE')
            with db.transaction() as connection:
                left_over = connection.scalar(text('SELECT awlike.end_changes(:who, clock_timestamp()::timestamptz)'),
                                              {'who': user_id(member)})
            assert left_over == 0
            with pytest.raises(psycopg.OperationalError):
                client.execute('SELECT 1')
    finally:
        db.close()
        on._do(f'DROP DATABASE {name} WITH (FORCE)')
        on._do(f'DROP ROLE {member}')
        on._do(f'DROP ROLE {owner}')


@pytest.mark.parametrize(('user', 'what'), [('bob', "'{ALPHA}', '{ada}'"), ('carl', "'{ALPHA}', '{bob}'"),
                                            ('ada', "'{ALPHA}', '{ada}'"), ('anonymous', "'{ALPHA}', '{bob}'")])
def test_nobody_ends_memberships_of_others(world, user, what):
    assert world.attack(user, f'SELECT awlike.end_membership({what})').error.sqlstate == '42501'
    world.stands_as_before()


@pytest.mark.parametrize(('user', 'what'), [('carl', "'{GAMMA}', '{ada}'"), ('dan', "'{ALPHA}', '{dan}'"),
                                            ('ada', "'{ALPHA}', '{nothing}'"), ('ada', 'NULL, NULL')])
def test_sessions_of_who_is_no_member_go_on(world, user, what):
    with world.connect('ada') as client, world.connect('dan') as other:
        for each in (client, other):
            each.execute('BEGIN; LOCK TABLE claim IN ROW EXCLUSIVE MODE')
        outcome = world.attack(user, f'SELECT awlike.end_membership({what})')
        assert outcome.rows == [[(False,)]] or outcome.error.sqlstate == '42501'
        assert [each.execute('SELECT 1').fetchall() for each in (client, other)] == [[(1,)], [(1,)]]
    world.stands_as_before()


@pytest.mark.parametrize('isolation', ISOLATIONS)
@pytest.mark.parametrize(('offer', 'by', 'accepted_by'), [('false', 'dan', 'ada'), ('true', 'ada', 'dan')])
def test_an_offer_that_was_withdrawn_is_not_taken_up_by_who_saw_it(world, sessions, offer, by, accepted_by, isolation):  # noqa: F811
    assert world.attack(by, f"INSERT INTO project_offer VALUES ('{{ALPHA}}', '{{dan}}', {offer})").error is None
    late = sessions(accepted_by, isolation)
    slow = threading.Thread(target=send, args=(world, late, "INSERT INTO project_member SELECT '{ALPHA}', '{dan}' "
                                               'FROM pg_sleep(1)', 'COMMIT'))
    slow.start()
    time.sleep(0.3)
    assert world.attack(by, "DELETE FROM project_offer WHERE user_id = '{dan}'").counts == [1]
    slow.join()
    assert world.ask('SELECT FROM project_member WHERE user_id = %s', world.names['dan']) == []


def test_what_is_published_as_its_creator_leaves_stays_published(world, sessions):  # noqa: F811
    """The end of a membership hides what is private, and waits for who publishes that just now."""
    found = new_id()
    assert world.attack('bob', 'BEGIN', edge(found, '{ada2}'), new(found, level='1', project='{SMALL}', filename='p.fits'),
                        row(found), 'COMMIT').error is None
    with world.connect(None) as administrator, world.connect(None) as other:
        administrator.execute('SET session_replication_role = replica')  # without the triggers that keep this from coming up
        administrator.execute('BEGIN')
        administrator.execute('UPDATE dbobject SET privileges = 3 WHERE object_id = %s', [found])
        leaving = threading.Thread(target=world.attack, args=('ada', OUT))
        leaving.start()
        while not other.execute("SELECT FROM pg_locks WHERE NOT granted").fetchall():
            time.sleep(0.02)
        administrator.execute('COMMIT')
        leaving.join()
    assert world.ask('SELECT privileges FROM dbobject WHERE object_id = %s', found) == [(3,)]


def test_who_comes_back_adds_no_lineage_to_what_was_hidden_meanwhile(world, private):
    """It is written again when it is shown again: yet it is not new."""
    try:
        assert world.attack('bob', 'BEGIN', OUT, edge(private, '{carl4}', 9), 'COMMIT').error is not None
        assert world.attack('bob', OUT).error is None
        assert world.attack('ada', INVITE).error is None
        assert world.attack('bob', 'BEGIN', edge(private, '{carl4}', 9), BACK, 'COMMIT').error is not None
        assert world.attack('bob', 'BEGIN', BACK, row(private), 'COMMIT').error.sqlstate in ('42501', '23505')
        assert world.ask('SELECT position FROM lineage WHERE product = %s', private) == [(0,)]
    finally:
        world.restore()


def test_memberships_change_only_where_each_statement_sees_what_was_committed(world, sessions):  # noqa: F811
    for isolation in ISOLATIONS[1:]:
        with contextlib.closing(world.connect('ada')) as client:
            client.execute(f'BEGIN ISOLATION LEVEL {isolation}')
            with pytest.raises(psycopg.errors.FeatureNotSupported, match='READ COMMITTED'):
                client.execute(OUT.format(**world.names))
