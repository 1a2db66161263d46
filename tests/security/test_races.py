"""Several sessions at once: in no order does anybody see an object without seeing what it was made from."""

import contextlib
import threading

import psycopg
import pytest

from awlike.persist.ids import new_id
from tests.security.world import edge, new, row


@pytest.fixture
def sessions(world):
    """Sessions of users in transactions of their own; what they did is taken back in the end."""
    with contextlib.ExitStack() as stack:
        def begin(user, isolation='READ COMMITTED'):
            client = stack.enter_context(contextlib.closing(world.connect(user)))
            client.execute(f'BEGIN ISOLATION LEVEL {isolation}')
            return client

        yield begin
    world.restore()


def send(world, client, *statements, **names):
    """Send statements; gives whether all were taken."""
    try:
        for statement in statements:
            client.execute(statement.format(**world.names | names))
    except psycopg.Error as error:
        assert error.sqlstate in ('42501', '23503', '40001', '40P01', '25P02'), error
        client.execute('ROLLBACK')
        return False
    return True


class Waiting(threading.Thread):
    """Statements of a session that wait for another one, as the server itself says before this returns."""

    def __init__(self, world, client, *statements, **names):
        super().__init__()
        self._work = world, client, *statements
        self._names, self.taken = names, None
        self.start()
        with world.connect(None) as administrator:
            while self.is_alive() and not administrator.execute(
                    'SELECT cardinality(pg_blocking_pids(%s))', [client.info.backend_pid]).fetchone()[0]:
                pass

    def run(self):
        self.taken = send(*self._work, **self._names)

    def ended(self):
        self.join(20)
        assert not self.is_alive()
        return self.taken


def holds(world):
    """Whether everybody who sees a product sees its inputs, and no edge ends nowhere."""
    broken = world.ask("""
        SELECT p.object_id, i.object_id FROM lineage JOIN dbobject p ON p.object_id = product
        LEFT JOIN dbobject i ON i.object_id = input
        WHERE NOT CASE WHEN p.privileges >= 3 THEN i.privileges >= least(p.privileges, 4)
                       WHEN p.privileges = 2 THEN i.privileges >= 3 OR i.privileges = 2 AND i.project_id = p.project_id
                       ELSE i.privileges >= 2 OR i.creator_id = p.creator_id END IS TRUE""")
    loose = world.ask('SELECT product FROM lineage WHERE product NOT IN (SELECT object_id FROM dbobject)')
    return broken == [] and loose == []


def test_who_leaves_as_they_publish_publishes_nothing_above_its_lineage(world, sessions):
    maker = sessions('bob')
    assert send(world, maker, edge('{new}', '{bob1}'), new(level='1'), row(), 'COMMIT')
    leaver = sessions('bob')
    leave = "DELETE FROM project_member WHERE project_id = '{ALPHA}' AND user_id = '{bob}'"
    assert not send(world, leaver, raised(2), leave, 'COMMIT')
    assert holds(world)


def raised(level, name='{new}'):
    return f"UPDATE dbobject SET privileges = {level} WHERE object_id = '{name}'"


@pytest.mark.parametrize('isolation', ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])
def test_lineage_that_waited_for_its_product_is_not_added_to_what_another_session_made(world, sessions, isolation):
    product, early, maker = new_id(), sessions('bob', isolation), sessions('bob')
    assert send(world, early, edge('{new}', '{bob3_raw}', 9), new=product)
    assert send(world, maker, edge('{new}', '{bob3}'), new(level=3), row(), 'COMMIT', new=product)
    send(world, early, "UPDATE dbobject SET is_valid = is_valid WHERE object_id = '{new}'", 'COMMIT', new=product)
    assert world.ask('SELECT position FROM lineage WHERE product = %s', product) == [(0,)]


@pytest.mark.parametrize('isolation', ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])
def test_a_row_that_waited_for_its_object_is_not_added_to_what_another_session_made(world, sessions, isolation):
    product, late, maker = new_id(), sessions('bob', isolation), sessions('bob')
    assert send(world, maker, edge('{new}', '{bob3}'), new(level=3), 'COMMIT', new=product)
    send(world, late, "UPDATE dbobject SET is_valid = is_valid WHERE object_id = '{new}'", row(), 'COMMIT', new=product)
    assert world.ask('SELECT FROM blend WHERE object_id = %s', product) == []


@pytest.mark.parametrize('isolation', ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])
def test_what_is_used_just_now_is_not_deleted(world, sessions, isolation):
    maker, other = sessions('ada', isolation), sessions('bob', isolation)
    assert send(world, other, 'SELECT 1')
    assert send(world, maker, edge('{new}', '{bob2_second}'), new(creator='{ada}'), row())
    deleting = Waiting(world, other, "DELETE FROM dbobject WHERE object_id = '{bob2_second}'", 'COMMIT')
    assert send(world, maker, 'COMMIT')
    assert not deleting.ended() and holds(world)


@pytest.mark.parametrize('isolation', ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])
def test_what_is_deleted_just_now_is_not_used(world, sessions, isolation):
    maker, other = sessions('ada', isolation), sessions('bob', isolation)
    assert send(world, other, "DELETE FROM dbobject WHERE object_id = '{bob2_second}'")
    using = Waiting(world, maker, edge('{new}', '{bob2_second}'), new(creator='{ada}'), row(), 'COMMIT')
    assert send(world, other, 'COMMIT')
    assert not using.ended() and holds(world)


def test_what_is_used_and_not_deleted_after_all_is_used(world, sessions):
    maker, other = sessions('ada'), sessions('bob')
    assert send(world, other, "DELETE FROM dbobject WHERE object_id = '{bob2_second}'")
    using = Waiting(world, maker, edge('{new}', '{bob2_second}'), new(creator='{ada}'), row(), 'COMMIT')
    other.execute('ROLLBACK')
    assert using.ended() and holds(world)


@pytest.mark.parametrize('isolation', ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])
def test_what_is_published_while_its_lineage_is_still_to_come_is_not_published_above_it(world, sessions, isolation):
    product, early, maker, publisher = new_id(), sessions('bob', isolation), sessions('bob'), sessions('bob', isolation)
    assert send(world, early, edge('{new}', '{bob1_raw}', 9), new=product)
    assert send(world, maker, edge('{new}', '{bob4}'), new(level=1), row(), 'COMMIT', new=product)
    send(world, publisher, raised(4), 'COMMIT', new=product)
    send(world, early, "UPDATE dbobject SET is_valid = is_valid WHERE object_id = '{new}'", 'COMMIT', new=product)
    assert holds(world)


@pytest.mark.parametrize('isolation', ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])
def test_a_product_and_its_input_raised_by_two_sessions(world, sessions, isolation):
    """The product can go up only once its input is up, and that is committed."""
    product, one, other, maker = new_id(), sessions('bob', isolation), sessions('bob', isolation), sessions('bob')
    assert send(world, maker, edge('{new}', '{bob1_file}'), new(level=1), row(), 'COMMIT', new=product)
    assert send(world, one, raised(3, '{bob1_file}'))
    assert not send(world, other, raised(3), 'COMMIT', new=product)
    one.execute('ROLLBACK')
    assert holds(world)


@pytest.mark.parametrize('isolation', ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])
def test_of_two_who_raise_one_object_to_different_levels_none_lowers_it(world, sessions, isolation):
    one, other = sessions('bob', isolation), sessions('ada', isolation)
    assert send(world, other, 'SELECT 1')
    assert send(world, one, raised(5, '{bob2_file}'))
    raising = Waiting(world, other, raised(4, '{bob2_file}'), 'COMMIT')
    assert send(world, one, 'COMMIT')
    assert not raising.ended()
    assert world.ask('SELECT privileges FROM dbobject WHERE object_id = %s', world.names['bob2_file']) == [(5,)]


@pytest.mark.parametrize('isolation', ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])
def test_who_is_being_admitted_sees_nothing_before_that_is_committed(world, sessions, isolation):
    world.attack('dan', "INSERT INTO project_offer VALUES ('{ALPHA}', '{dan}', false)")
    owner, guest = sessions('ada'), sessions('dan', isolation)
    count = "SELECT count(*) FROM dbobject WHERE privileges = 2 AND project_id = '{ALPHA}'".format(**world.names)
    assert send(world, owner, "INSERT INTO project_member VALUES ('{ALPHA}', '{dan}')")
    assert guest.execute(count).fetchone() == (0,)
    assert not send(world, guest, new(creator='{dan}'), 'COMMIT')
    owner.execute('ROLLBACK')
    with contextlib.closing(world.connect('dan')) as later:
        assert later.execute(count).fetchone() == (0,)


def test_who_was_admitted_sees_all_from_the_next_statement_on(world, sessions):
    world.attack('dan', "INSERT INTO project_offer VALUES ('{ALPHA}', '{dan}', false)")
    owner, guest = sessions('ada'), sessions('dan')
    whole = ("SELECT (SELECT count(*) FROM dbobject WHERE privileges = 2 AND project_id = '{ALPHA}'), "
             '(SELECT count(*) FROM lineage JOIN dbobject p ON product = p.object_id '
             'LEFT JOIN dbobject i ON input = i.object_id WHERE i.object_id IS NULL)').format(**world.names)
    assert guest.execute(whole).fetchone() == (0, 0)
    assert send(world, owner, "INSERT INTO project_member VALUES ('{ALPHA}', '{dan}')", 'COMMIT')
    assert guest.execute(whole).fetchone() == (10, 0)


def test_in_a_crowd_nothing_breaks(world, sessions):
    """Everybody makes, publishes and deletes on the same few objects at once."""
    start, done = threading.Barrier(4), []
    for what in ('_file', '_raw'):  # so that products of these can be published
        with contextlib.closing(world.connect('ada')) as owner:
            owner.execute(f"UPDATE dbobject SET privileges = 3 WHERE object_id IN ('{world.names['ada2' + what]}', "
                          f"'{world.names['bob2' + what]}')")

    def work(user, number):
        with contextlib.closing(world.connect(user)) as client:
            start.wait()
            for turn in range(12):
                part, mine = ('{bob2_second}', '{ada2_second}', '{bob2}')[(turn + number) % 3], new_id()
                for name, *todo in (
                        ('make', edge('{new}', part),
                         new(creator='{' + user + '}', level=1 + turn % 2, filename=f'{mine}.fits'), row()),
                        ('publish', raised(3, part)), ('publish', raised(3)),
                        ('delete', f"DELETE FROM dbobject WHERE object_id = '{part}'"),
                        ('delete', "DELETE FROM dbobject WHERE object_id = '{new}'" if turn % 3 else 'SELECT 1')):
                    client.execute('BEGIN')
                    done.append((name, send(world, client, *todo, 'COMMIT', new=mine)))

    crowd = [threading.Thread(target=work, args=(user, number)) for number, user in enumerate(('ada', 'bob', 'ada', 'bob'))]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(60)
    assert len(done) == 4 * 12 * 5 and holds(world)
    assert {('make', True), ('publish', True), ('publish', False), ('delete', True), ('delete', False)} <= set(done)


def test_the_name_of_a_file_that_is_being_stored_comes_into_no_other_claim(world, sessions):
    """Nor by somebody who begins before: the maker's own second worker, taking over what seems dead, would remove that file."""
    claim = ("INSERT INTO claim (key, privileges, owner, place, pid, user_id, heartbeat, filename) "
             "VALUES ('3:{key}', 3, 'x', 'x', 1, '{{{user}}}', timestamp '{heartbeat}', {filename})")
    early, maker, second = sessions('carl', 'REPEATABLE READ'), sessions('ada'), sessions('ada')
    assert send(world, early, 'SELECT 1')
    assert send(world, maker, claim.format(key='a', user='ada', heartbeat='2100-01-01', filename="'coming.fits'"), 'COMMIT')
    send(world, early, claim.format(key='b', user='carl', heartbeat='2000-01-01', filename="'coming.fits'"), 'COMMIT')
    send(world, second, "UPDATE claim SET user_id = '{ada}' WHERE key = '3:b'", 'COMMIT')
    assert world.ask("SELECT filename FROM claim WHERE key = '3:b' AND user_id = %s", world.names['ada']) == [(None,)]
