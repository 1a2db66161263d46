"""Rows of catalogues, by plain SQL: read as their list is, inserted with it, changed by nobody."""

import re

import pytest

from tests.security.rules import ANONYMOUS, sees
from tests.security.test_removal import BACK, END, INVITE, private  # noqa: F401
from tests.security.world import ACCOUNTS, edge, new

PUT = 'INSERT INTO source (source_list_id, "SID", "RA", "DEC", hpx) VALUES (\'{}\', 1, 10, 20, 5)'
LISTS = 'ada1', 'ada2', 'ada3', 'ada4', 'bob1', 'bob2', 'carl1', 'carl2', 'carl3', 'SMALL_product'


class Renamed:
    """A world in whose statements another table of rows stands in place of `source`."""

    def __init__(self, world, table):
        self._world, self._table = world, table

    def __getattr__(self, name):
        return getattr(self._world, name)

    def sql(self, statement):
        return re.sub(r'\bsource(?=\b|_list_id\b)', self._table, statement)

    def ask(self, statement):
        return self._world.ask(self.sql(statement))

    def run(self, user, *statements):
        return self._world.run(user, *map(self.sql, statements))

    def attack(self, user, *statements):
        return self._world.attack(user, *map(self.sql, statements))


@pytest.fixture(scope='module', params=['source', 'forced_source'])
def world(world, request):
    return Renamed(world, request.param)


@pytest.fixture(scope='module')
def sources(world):
    """Each of some products is a list of one source, as far as the database knows."""
    with world.connect(None) as administrator:
        for name in LISTS:
            administrator.execute(world.sql(PUT.format(world.names[name] if name != 'SMALL_product'
                                                       else world.of['SMALL'][2].object_id)))
    yield {thing.object_id: thing for things in world.of.values() for thing in things}
    with world.connect(None) as administrator:
        administrator.execute(world.sql('DELETE FROM source'))


def rows(world):
    return world.ask('SELECT object_id, source_list_id, "SID", "RA" FROM source ORDER BY 1')


@pytest.mark.parametrize('user', [*ACCOUNTS, ANONYMOUS])
@pytest.mark.parametrize('query', [
    'SELECT source_list_id FROM source', 'SELECT source_list_id FROM source WHERE hpx BETWEEN 0 AND 10',
    'SELECT s.source_list_id FROM source s JOIN source t USING (object_id)',
    'SELECT source_list_id FROM source WHERE "SID" = 1 ORDER BY "RA"', 'TABLE source'])
def test_each_sees_the_sources_of_the_lists_that_the_rules_say(world, sources, user, query):
    found = world.run(user, query)
    lists = {row[0] if query != 'TABLE source' else next(cell for cell in row if cell in sources) for row in found.rows[0]}
    listed = {object_id for _, object_id, *_ in rows(world)}
    assert lists == {object_id for object_id in listed if sees(user, sources[object_id])}


@pytest.mark.parametrize('user', [*ACCOUNTS, ANONYMOUS])
@pytest.mark.parametrize('statement', [
    'UPDATE source SET "RA" = 0', 'DELETE FROM source', 'TRUNCATE source', 'UPDATE source SET source_list_id = {bob2}',
    "ALTER TABLE source DISABLE ROW LEVEL SECURITY", 'CREATE INDEX spy ON source ("RA")', 'LOCK TABLE source',
    "COPY source (source_list_id) FROM STDIN", 'SELECT * FROM source FOR UPDATE'])
def test_nobody_changes_sources(world, sources, user, statement):
    before = rows(world)
    outcome = world.attack(user, statement.replace('{bob2}', "'{bob2}'"))
    assert outcome.error is not None and rows(world) == before


@pytest.mark.parametrize('user', [*ACCOUNTS, ANONYMOUS])
@pytest.mark.parametrize('name', ['ada1', 'ada3', 'bob2', 'carl3', 'bob1', 'nothing'])
def test_no_source_comes_to_a_list_that_exists_not_even_to_ones_own(world, sources, user, name):
    before = rows(world)
    said = str(world.attack(user, PUT.format(f'{{{name}}}')).error)
    assert 'row-level security' in said and rows(world) == before


def test_a_change_of_the_list_in_the_same_transaction_opens_no_way(world, sources):
    before = rows(world)
    outcome = world.attack('bob', 'BEGIN', "UPDATE dbobject SET is_valid = 0 WHERE object_id = '{bob2}'", PUT.format('{bob2}'))
    assert 'row-level security' in str(outcome.error) and rows(world) == before


def test_sources_come_with_their_list_and_go_with_it(world, sources):
    number = len(rows(world))
    made = world.attack('bob', 'BEGIN', edge('{new}', '{bob2_raw}'), new(), PUT.format('{new}'),
                        'SELECT count(*) FROM source', 'COMMIT')
    assert made.error is None and len(rows(world)) == number + 1
    assert world.attack('bob', "DELETE FROM dbobject WHERE object_id = '{new}'").error is None
    assert len(rows(world)) == number
    with world.connect(None) as administrator:
        administrator.execute('DELETE FROM awlike.gone')


def test_a_number_of_a_source_is_given_by_the_database(world, sources):
    statement = PUT.replace('(source_list_id', '(object_id, source_list_id').replace('VALUES (', 'VALUES (1, ')
    outcome = world.attack('bob', 'BEGIN', edge('{new}', '{bob2_raw}'), new(), statement.format('{new}'))
    assert 'GENERATED ALWAYS' in f'{outcome.error.diag.message_detail} {outcome.error}'


def test_a_list_that_is_shown_again_is_not_new(world, private):  # noqa: F811
    assert world.attack('bob', END).rows == [[(True,)]]
    assert world.attack('ada', INVITE).error is None
    outcome = world.attack('bob', 'BEGIN', BACK, f"SELECT privileges FROM dbobject WHERE object_id = '{private}'",
                           PUT.format(private))
    assert outcome.rows[-1] == [(1,)] and 'row-level security' in str(outcome.error)


@pytest.mark.parametrize('place', ["'nan', 20", "10, 'nan'", "'infinity', 20", "10, '-infinity'"])
def test_no_source_lies_where_it_would_end_the_queries_of_others(world, sources, place):
    before = rows(world)
    outcome = world.attack('bob', 'BEGIN', edge('{new}', '{bob2_raw}'), new(), PUT.format('{new}').replace('10, 20', place))
    assert 'row-level security' in str(outcome.error) and rows(world) == before
