"""Classes of users' own, by the function that makes their tables: no way to what is hidden, nor in the way of others."""

import json

import pytest

from awlike.database.user_tables import class_of
from awlike.persist.references import ReferenceObject
from awlike.persist.tables import metadata
from tests.security.world import ANONYMOUS, new

OBJECTS = sorted(name for name, table in metadata.tables.items()
                 if (cls := class_of(table)) and not issubclass(cls, ReferenceObject))


def add(parent="'dbobject'", *columns, name='spy'):
    """The statement that makes a class of references, or one of objects that derives from `parent`."""
    return f"SELECT awlike.add_class('{name}', {parent}, '{json.dumps(columns)}', 'Spy', ARRAY['x'])"


@pytest.fixture
def spy(world):
    """Let a user make a class; all of it is taken back in the end."""
    def make(user, *arguments):
        with world.connect(user) as client:  # not by `attack`, for which braces are names
            return world.send(client, add(*arguments))

    yield make
    with world.connect(None) as administrator:
        administrator.execute("DROP TABLE IF EXISTS spy; DELETE FROM awlike.class_table WHERE name = 'spy'; "
                              "DELETE FROM dbobject WHERE class_name = 'Spy'; DELETE FROM awlike.gone")


def test_there_are_objects_with_and_without_a_table_of_their_own():
    assert {'dbobject', 'blend', 'read_noise'} <= set(OBJECTS)


@pytest.mark.parametrize('parent', ["'dbobject'", 'NULL'])
def test_no_column_refers_to_objects(spy, parent):
    """It would tell which ids there are, and keep the creators of what it names from deleting that."""
    for target in OBJECTS:
        outcome = spy('dan', parent, {'name': 'x', 'type': 'UUID', 'references': target})
        assert 'refers to what is no class of references' in str(outcome.error), target


def test_no_column_refers_to_objects_that_is_added_later(world, spy):
    assert spy('dan').error is None
    column = json.dumps([{'name': 'x', 'type': 'UUID', 'references': 'dbobject'}])
    with world.connect('dan') as client:
        assert 'refers to what is no class' in str(world.send(client, f"SELECT awlike.add_columns('spy', '{column}')").error)


@pytest.mark.parametrize('user', ['bob', 'carl', 'dan'])
@pytest.mark.parametrize('parent', ['dbobject', 'blend', 'read_noise', 'raw_fits'])
def test_what_derives_from_a_class_gets_no_rows_of_what_is_there(world, spy, user, parent):
    assert spy(user, f"'{parent}'").error is None
    said = {str(world.attack(user, f"INSERT INTO spy (object_id) VALUES ('{{{name}}}')").error)
            for name in ('ada1', 'ada2', 'ada3', 'bob3', 'bob3_raw', 'nothing')}
    assert said == {'new row violates row-level security policy for table "spy"'}, 'nor does it tell what is there'


def test_rows_are_seen_with_their_objects(world, spy):
    assert spy('bob', "'dbobject'", {'name': 'x', 'type': 'FLOAT(53)'}).error is None
    made = world.attack('bob', 'BEGIN', new(level='1', class_name='Spy'), "INSERT INTO spy VALUES ('{new}', 7)", 'COMMIT')
    assert made.error is None
    assert {user: world.run(user, 'SELECT x FROM spy').rows for user in ('bob', 'ada', 'carl', 'dan', ANONYMOUS)} == {
        'bob': [[(7.0,)]], 'ada': [[]], 'carl': [[]], 'dan': [[]], ANONYMOUS: [[]]}


@pytest.mark.parametrize('parent', ['dbobject', 'blend', 'read_noise'])
def test_nobody_is_kept_from_deleting(world, spy, parent):
    assert spy('bob', f"'{parent}'").error is None
    world.attack('bob', "INSERT INTO spy (object_id) VALUES ('{ada2_second}')")
    assert world.attack('ada', 'BEGIN', "DELETE FROM dbobject WHERE object_id = '{ada2_second}'", 'ROLLBACK').counts[1] == 1


def test_references_are_made_under_the_id_that_is_theirs(world, spy):
    assert spy('dan', 'NULL', {'name': 'x', 'type': 'VARCHAR'}).error is None
    outcome = world.attack('carl', "INSERT INTO spy VALUES ('{new}', 'y')")
    assert outcome.error.sqlstate == '42501'


@pytest.mark.parametrize('statement', [
    'DROP TABLE spy', 'ALTER TABLE spy ADD y int', 'ALTER TABLE spy DISABLE ROW LEVEL SECURITY', 'TRUNCATE spy',
    'CREATE POLICY p ON spy USING (true)', 'ALTER TABLE spy OWNER TO dan', "UPDATE spy SET x = '{ada}'", 'DELETE FROM spy',
    'CREATE INDEX ON spy (x)', "SELECT awlike.put_columns('dbobject', '[]')",
    "SELECT awlike.secure_own_class('dbobject')", "SELECT awlike.secure_class('dbobject')", "SELECT awlike.add_columns("
    "'dbobject', '[]')", 'SELECT * FROM awlike.class_table', "UPDATE awlike.class_table SET maker = 'dan'"])
def test_its_maker_has_no_more_of_it_than_others(world, spy, statement):
    assert spy('dan', "'dbobject'", {'name': 'x', 'type': 'UUID'}).error is None
    assert world.attack('dan', statement).error.sqlstate in ('42501', 'P0001')


def test_without_an_account_there_is_no_class(spy):
    assert 'has no account here' in str(spy(ANONYMOUS).error)


def test_the_class_of_another_gets_no_columns(world, spy):
    assert spy('bob').error is None
    assert 'was made by bob' in str(world.attack('dan', "SELECT awlike.add_columns('spy', '[]')").error)


@pytest.mark.parametrize('name', ['o', 'h', 'i', 'l', 'u', 'p', 'order', 'select', 'table', 'all', 'object', 'the_object'])
@pytest.mark.parametrize('column', [(), ({'name': 'x', 'type': 'VARCHAR'},)], ids=['bare', 'with text'])
def test_a_class_may_be_called_as_rules_or_sql_call_something(world, name, column):
    try:
        with world.connect('bob') as client:
            assert world.send(client, add("'dbobject'", *column, name=name)).error is None
        row = f'INSERT INTO "{name}" (object_id) VALUES (\'{{{{}}}}\')'
        made = world.attack('bob', 'BEGIN', new(level='1', class_name='Spy'), row.replace('{{}}', '{new}'), 'COMMIT')
        assert made.error is None
        assert {user: len(world.run(user, f'SELECT * FROM "{name}"').rows[0]) for user in ('bob', 'ada', 'dan', ANONYMOUS)} == {
            'bob': 1, 'ada': 0, 'dan': 0, ANONYMOUS: 0}
        assert world.attack('bob', row.replace('{{}}', '{bob2}')).error.sqlstate == '42501'
    finally:
        with world.connect(None) as administrator:
            administrator.execute(f'DROP TABLE IF EXISTS "{name}"; DELETE FROM awlike.class_table WHERE name = \'{name}\'; '
                                  "DELETE FROM dbobject WHERE class_name = 'Spy'; DELETE FROM awlike.gone")


def test_a_text_that_is_unique_in_a_class_of_ones_own_is_sealed(world, spy):
    columns = {'name': 'x', 'type': 'VARCHAR', 'unique': True}, {'name': 'y', 'type': 'VARCHAR', 'index': True}
    assert spy('dan', "'dbobject'", *columns).error is None
    indexes = [definition for definition, in world.ask("SELECT indexdef FROM pg_indexes WHERE tablename = 'spy'")]
    assert sorted(index.partition(' USING ')[2] for index in indexes) == [
        'btree (awlike.sealed((x)::text))', 'btree (object_id)']
