"""Tables of users' own classes on PostgreSQL: made for ordinary accounts, of what a declaration brings forth and no more."""

import json
import os
import subprocess
import sys

import pytest
from sqlalchemy import create_engine, insert, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from awlike import config
from awlike.context import context
from awlike.database import upgrade
from awlike.database.sessions import Database, database, use
from awlike.database.status import status
from awlike.errors import ConfigError, NotAllowed
from awlike.frames.raw import RawScienceFrame
from awlike.ingest.setups import fill_in_setups
from awlike.persist.references import User

MODULE = '''
from awlike.frames.bias import BiasFrame
from awlike.persist.links import Input
from awlike.products.calibration import CalibrationFrame
from awlike.persist.dbobject import Reference, attribute
from awlike.persist.references import Chip, ReferenceObject


class Telescope(ReferenceObject):
    """A telescope."""

    name = attribute(str, 'its name', unique=True)


class BiasSlope(CalibrationFrame):
    """The slope of a master bias."""

    bias = Input(BiasFrame, 'the master bias')
    slope = attribute(float, 'its slope', index=True)
    number = attribute(int, 'a number')
    rows = attribute(list, 'rows')
    telescope = Reference(Telescope, 'the telescope', optional=True, index=True)


class SteepBiasSlope(BiasSlope):
    """A slope that is steep."""

    steepness = attribute(float, 'how steep')
'''
SHELL = '''
import sys
sys.path.insert(0, '')
from my_frames import BiasSlope
import awlike.context
from awlike.cli import main
from awlike.errors import ConfigError

for line in sys.argv[1:]:
    if line == 'count':
        try:
            print(len(BiasSlope.slope > 0))
        except ConfigError as error:
            print(error)
    else:
        sys.argv = line.split()
        try:
            main()
        except SystemExit as end:
            print('status', end.code or 0)
'''


NAMES = {one: f'{one}_{os.getpid()}' for one in ('eve', 'bob')}  # the roles of a server are of all its databases
EVE = NAMES['eve']
GRANT = "EXECUTE format('GRANT SELECT ON public.%I TO PUBLIC', table_name);"


@pytest.fixture(scope='module')
def on(postgresql):
    """A server, also where the other tests run on SQLite."""
    return postgresql


@pytest.fixture(scope='module')
def archive(on, tmp_path_factory):
    """A database that is ready; who asks here owns it."""
    found = Database(on.new(tmp_path_factory.mktemp('archive')))
    found.session  # noqa: B018
    with found.whole() as connection:
        for name in NAMES.values():
            connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN PASSWORD 'test'")
            connection.execute(insert(User.__table__), {'object_id': User(name=name).object_id, 'name': name})
        connection.exec_driver_sql('GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO PUBLIC; '
                                   'REVOKE INSERT, UPDATE ON alembic_version FROM PUBLIC')
        secure(connection, GRANT)
    yield found
    with found.whole() as connection:
        for name in NAMES.values():
            connection.exec_driver_sql(f'DROP OWNED BY {name}; DROP ROLE {name}')
    found.close()


def secure(connection, does):
    """Let this be done to the table of each new class."""
    for function in ('secure_class(table_name text)',
                     'secure_reference(table_name text, class_name text, identity text[], more text)'):
        connection.exec_driver_sql(f'CREATE OR REPLACE FUNCTION awlike.{function} RETURNS void LANGUAGE plpgsql '
                                   f'AS $$ BEGIN {does} END $$', execution_options={'no_parameters': True})


@pytest.fixture
def accounts(archive):
    """The URLs of two accounts that may connect to the `archive`, by name; their classes end with the test."""
    url = make_url(archive.url)
    yield {one: url.set(username=name, password='test').render_as_string(hide_password=False) for one, name in NAMES.items()}
    with archive.whole() as connection:
        made = connection.execute(text('DELETE FROM awlike.class_table WHERE maker IS NOT NULL RETURNING name')).scalars().all()
        for name in made:
            connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{name}" CASCADE')


@pytest.fixture
def sql(accounts):
    """Run SQL as one of the accounts; gives the rows."""
    engines = {name: create_engine(url) for name, url in accounts.items()}

    def sql(who, statement, **values):
        with engines[who].begin() as connection:
            answer = connection.execute(text(statement), values)
            return answer.all() if answer.returns_rows else None

    yield sql
    for engine in engines.values():
        engine.dispose()


@pytest.fixture
def add_class(sql):
    return lambda who, name, parent='dbobject', columns=(): sql(
        who, "SELECT awlike.add_class(:name, :parent, CAST(:columns AS jsonb), 'Slope', ARRAY['name'])", name=name,
        parent=parent, columns=columns if isinstance(columns, str) else json.dumps(columns))


def column(name='slope', type='FLOAT(53)', **others):
    return {'name': name, 'type': type} | others


@pytest.fixture
def tables(archive):
    """All that lies in the database beside the system's own, with its owner."""
    def tables() -> set:
        with archive.engine.connect() as connection:
            return set(connection.execute(text(
                'SELECT n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n '
                "ON n.oid = c.relnamespace WHERE nspname NOT LIKE 'pg%' AND nspname <> 'information_schema'")).all())

    return tables


def awe(*words, url):
    return process('-c', 'from awlike.cli import main; main()', *words, url=url)


def process(*words, url):
    """Run Python as the account that the URL names."""
    return subprocess.run([sys.executable, *words], capture_output=True, text=True,
                          env=os.environ | {'AWLIKE_DATABASE': url, 'AWLIKE_USER': make_url(url).username})


# --- what a user sees ---


@pytest.mark.slow
def test_an_ordinary_account_gives_its_classes_tables_and_later_columns(accounts, home, archive):
    (home / 'my_frames.py').write_text(MODULE)
    status, upgrade = (f'awe db {command} --module my_frames' for command in ('status', 'upgrade'))
    done = process('-c', SHELL, 'count', status, upgrade, 'count', url=accounts['eve'])
    absent, *rest = done.stdout.splitlines()
    assert absent == 'the class BiasSlope has no table yet: awe db upgrade makes it; of a class in a module of yours, awe db ' \
                     'upgrade --module MODULE', done.stderr
    assert {'lacking   table telescope of Telescope', 'to do     awe db upgrade adds it', 'status 1'} <= set(rest)
    assert 'table bias_slope of BiasSlope' in rest and rest[-2:] == ['status 0', '0']

    (home / 'my_frames.py').write_text(MODULE + "    second = attribute(str, 'one more', unique=True)\n")
    done = process('-c', SHELL, upgrade, url=accounts['bob'])
    assert done.stdout == 'status 2\n' and f'the table steep_bias_slope was made by {EVE}: ask there' in done.stderr
    done = process('-c', SHELL, upgrade, status, upgrade, url=accounts['eve'])
    assert done.stdout.startswith('column steep_bias_slope.second\n'), done.stderr
    assert done.stdout.count('all is well\nstatus 0\n') == 1 and done.stdout.endswith('nothing to do\nstatus 0\n')
    done = process('-c', SHELL, status, url=archive.url)
    assert done.stdout.endswith('all is well\nstatus 0\n'), 'what the database made is what is declared'


@pytest.mark.slow
def test_its_recipes_count_without_being_named(accounts, home):
    (home / 'recipes').mkdir()
    (home / 'recipes' / 'slope.py').write_text(MODULE)
    assert 'table bias_slope of BiasSlope\n' in awe('db', 'upgrade', url=accounts['eve']).stdout


def test_classes_of_others_and_of_none_are_no_matter_to_an_ordinary_account(accounts, home, monkeypatch, add_class):
    add_class('bob', 'bias_slope', columns=[column()])
    monkeypatch.setenv('AWLIKE_DATABASE', accounts['eve'])
    monkeypatch.setenv('AWLIKE_USER', EVE)
    config.settings.cache_clear()
    use(None)
    context.reset()
    assert len(RawScienceFrame.select_all()) == 0
    assert upgrade.upgrade(database(), tell=pytest.fail) is False


@pytest.fixture
def opened(accounts):
    """Open a database as an account."""
    found = []

    def opened(who, database=None):
        url = make_url(accounts[who])
        found.append(Database((url.set(database=database) if database else url).render_as_string(hide_password=False)))
        return found[-1]

    yield opened
    for one in found:
        one.close()


def todo(database):
    with database.engine.connect() as connection:
        return status(connection).todo


def test_what_the_owner_has_to_do_is_said(archive, opened):
    eve, owner = opened('eve'), make_url(archive.url).username
    with archive.whole() as connection:
        connection.exec_driver_sql('ALTER TABLE recipe_source RENAME TO away')
    try:
        with pytest.raises(NotAllowed, match=f'lacks recipe_source, and only its owner .*: ask {owner} to run awe db upgrade'):
            upgrade.upgrade(eve)
        assert todo(eve) == f'ask {owner} to run awe db upgrade'
        with pytest.raises(NotAllowed, match=f'are filled in by its owner alone: ask {owner} to run awe db setups'):
            fill_in_setups(eve)
    finally:
        with archive.whole() as connection:
            connection.exec_driver_sql('ALTER TABLE away RENAME TO recipe_source')


@pytest.mark.slow
def test_an_empty_database_is_made_ready_by_who_may(archive, opened, home):
    name, url = f'empty_{os.getpid()}', make_url(archive.url)
    with archive.engine.execution_options(isolation_level='AUTOCOMMIT').connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE {name} TEMPLATE template0')
        try:
            eve = opened('eve', name)
            with pytest.raises(NotAllowed, match=f'is empty, and you may make no .*: ask {url.username} to run awe db init'):
                upgrade.make_ready(eve)
            with pytest.raises(ConfigError, match='is empty, and you may not make .*: ask its owner to run awe db init'):
                eve.session  # noqa: B018
            assert todo(eve) == f'ask {url.username} to run awe db init'
            done = awe('db', 'init', url=url.set(database=name).render_as_string(hide_password=False))
            assert done.returncode == 0 and ' tables, version 0' in done.stdout, done.stderr
            assert upgrade.make_ready(eve) == 0
        finally:
            eve.close()
            connection.exec_driver_sql(f'DROP DATABASE {name} WITH (FORCE)')


# --- attacks ---


BAD_NAMES = ['', 'Bias', 'bias-slope', 'x"; DROP TABLE dbobject; --', "x'; DROP TABLE dbobject; --", 'public.x', 'pg_temp.x',
             'pg_x', 'x\n', 'x y', 'ünder', '1x', 'x' * 49, 'x' * 100_000, '%I', '$$', 'awlike_x', None]


@pytest.mark.parametrize('name', BAD_NAMES)
def test_a_name_that_no_class_has_is_refused(tables, add_class, name):
    before = tables()
    with pytest.raises(DBAPIError, match='a table cannot be called'):
        add_class('eve', name)
    assert tables() == before


@pytest.mark.parametrize('name', ['dbobject', 'user', 'lineage', 'history', 'alembic_version', 'project_member',
                                  'ix_lineage_input'])
def test_a_name_that_is_taken_is_refused(tables, add_class, sql, name):
    before = tables()
    with pytest.raises(DBAPIError, match=f'there is a table {name} already'):
        add_class('eve', name, columns=[column()])
    with pytest.raises(DBAPIError, match=f'the table {name} was made by the owner of the database'):
        sql('eve', "SELECT awlike.add_columns(:name, '[]')", name=name)
    assert tables() == before


@pytest.mark.parametrize('name', ['', 'object_id', 'slope float); DROP TABLE dbobject; --', 'a"b', "a'b", 'a b', 'ctid',
                                  'x' * 60, 'é', None, 1, ['x'], {'x': 1}])
def test_a_column_whose_name_no_attribute_has_is_refused(tables, add_class, name):
    before = tables()
    with pytest.raises(DBAPIError, match='cannot be called|conflicts with a system column'):
        add_class('eve', 'slope', columns=[column(name)])
    assert tables() == before


@pytest.mark.parametrize('type', ['', 'serial', 'text DEFAULT pg_read_file(\'/etc/passwd\')', 'FLOAT(53) NOT NULL',
                                  'float', 'VARCHAR;',
                                  'FLOAT(53), ADD COLUMN x text', 'public."user"', 'regclass', None, 1, ['UUID']])
def test_a_type_that_no_attribute_has_is_refused(tables, add_class, type):
    before = tables()
    with pytest.raises(DBAPIError, match='has no type that attributes have'):
        add_class('eve', 'slope', columns=[column(type=type)])
    assert tables() == before


@pytest.mark.parametrize('target', ['nothing', 'history', 'pg_class', 'pg_catalog.pg_class', 'lineage', 'claim',
                                    'alembic_version', 'dbobject (object_id) ON DELETE CASCADE; --', '', 'dropped_file'])
def test_what_is_no_class_is_neither_parent_nor_referred_to(tables, add_class, target):
    before = tables()
    with pytest.raises(DBAPIError, match='slope derives from what is no class with a table'):
        add_class('eve', 'slope', parent=target)
    with pytest.raises(DBAPIError, match='the column slope.x refers to what is no class'):
        add_class('eve', 'slope', columns=[column('x', 'UUID', references=target)])
    assert tables() == before


def test_a_reference_has_the_type_of_ids(add_class):
    with pytest.raises(DBAPIError, match='refers to what is no class'):
        add_class('eve', 'slope', columns=[column('x', references='chip')])
    with pytest.raises(DBAPIError, match='derives from what is no class with a table'):
        add_class('eve', 'slope', parent='chip')


@pytest.mark.parametrize('columns', ['null', '{}', '"x"', '[1]', '[null]', '[[]]', '["name"]', json.dumps([column('x')] * 2),
                                     json.dumps([column(f'x{n}') for n in range(201)]), json.dumps([{'x': 'y' * 70_000}])])
def test_columns_that_are_no_list_of_columns_are_refused(tables, add_class, columns):
    before = tables()
    with pytest.raises(DBAPIError):
        add_class('eve', 'slope', columns=columns)
    assert tables() == before


def test_null_for_everything_is_refused(tables, sql):
    before = tables()
    for call in ('add_class(NULL, NULL, NULL, NULL, NULL)', "add_class('slope', NULL, NULL, NULL, NULL)",
                 'add_columns(NULL, NULL)'):
        with pytest.raises(DBAPIError):
            sql('eve', f'SELECT awlike.{call}')
    assert tables() == before


def test_tables_and_functions_of_a_session_are_not_taken_for_the_databases(accounts, archive):
    engine = create_engine(accounts['eve'])
    with engine.connect() as connection:
        for statement in ("CREATE TEMPORARY TABLE class_table (name text, is_object boolean, maker text)",
                          "INSERT INTO class_table VALUES ('lineage', true, current_user), ('chip', true, current_user)",
                          'CREATE TEMPORARY TABLE dbobject (object_id uuid PRIMARY KEY)',
                          "CREATE FUNCTION pg_temp.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql "
                          "AS $$ SELECT 'DROP TABLE public.lineage' $$",
                          "CREATE FUNCTION pg_temp.quote_ident(text) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$",
                          "CREATE DOMAIN pg_temp.uuid AS text",
                          "SET search_path = pg_temp, public, pg_catalog"):
            connection.execute(text(statement))
        connection.execute(text("SELECT awlike.add_class('slope', 'dbobject', '[]', 'Slope', '{}')"))
        connection.commit()
        with pytest.raises(DBAPIError, match='made by the owner'):
            connection.execute(text("SELECT awlike.add_columns('lineage', '[]')"))
    engine.dispose()
    inspector = inspect(archive.engine)
    assert inspector.get_foreign_keys('slope')[0]['referred_table'] == 'dbobject' and inspector.has_table('lineage')
    assert str(inspector.get_columns('slope')[0]['type']) == 'UUID'


def test_who_made_a_table_is_not_its_owner(tables, add_class, sql):
    add_class('eve', 'slope', columns=[column(index=True), column('name', 'VARCHAR', unique=True)])
    for statement in ('DROP TABLE slope', 'ALTER TABLE slope ADD COLUMN x text', 'DELETE FROM slope',
                      'CREATE INDEX ON slope (slope)',
                      'CREATE RULE r AS ON SELECT TO slope DO INSTEAD SELECT 1',
                      'CREATE POLICY p ON slope USING (true)', 'ALTER TABLE slope DISABLE ROW LEVEL SECURITY'):
        with pytest.raises(DBAPIError, match='must be owner|permission denied'):
            sql('eve', statement)
    assert {(name, kind) for _, name, kind, _ in tables() if 'slope' in name} == {
        ('slope', 'r'), ('pk_slope', 'i'), ('ix_slope_slope', 'i'), ('uq_slope_name', 'i')}


def test_only_who_made_a_table_adds_to_it(add_class, sql):
    add_class('eve', 'slope')
    with pytest.raises(DBAPIError, match=f'the table slope was made by {EVE}: ask there'):
        sql('bob', "SELECT awlike.add_columns('slope', '[]')")
    with pytest.raises(DBAPIError, match=f'there is a table slope already, made by {EVE}; call the class otherwise'):
        add_class('bob', 'slope')
    sql('eve', "SELECT awlike.add_columns('slope', CAST(:columns AS jsonb))", columns=json.dumps([column()]))
    with pytest.raises(DBAPIError, match='already exists'):
        sql('eve', "SELECT awlike.add_columns('slope', CAST(:columns AS jsonb))", columns=json.dumps([column(type='VARCHAR')]))


def test_an_awlike_with_a_class_of_the_name_that_somebody_took_names_who(add_class, archive):
    with archive.whole() as connection:
        connection.exec_driver_sql('ALTER TABLE recipe_source RENAME TO away')
    try:
        add_class('eve', 'recipe_source', columns=[column()])
        with pytest.raises(ConfigError, match=f'the table recipe_source was made by {EVE} for a class of their own, and awlike '
                                              'has one of that name: ALTER TABLE recipe_source RENAME TO another name'):
            upgrade.upgrade(archive)
    finally:
        with archive.whole() as connection:
            connection.exec_driver_sql('DROP TABLE recipe_source; ALTER TABLE away RENAME TO recipe_source')


def test_nobody_takes_the_place_of_the_functions(sql):
    for statement in ("SELECT awlike.put_columns('lineage', '[]')", 'SELECT * FROM awlike.class_table',
                      "INSERT INTO awlike.class_table VALUES ('lineage', true, current_user)", 'CREATE TABLE awlike.x (y int)',
                      'CREATE OR REPLACE FUNCTION awlike.secure_class(table_name text) RETURNS void '
                      'LANGUAGE sql AS $$ SELECT $$',
                      'CREATE FUNCTION awlike.secure_class(name) RETURNS void LANGUAGE sql AS $$ SELECT $$',
                      'DROP FUNCTION awlike.add_class', 'CREATE TABLE public.x (y int)',
                      "UPDATE alembic_version SET version_num = '9999'"):
        with pytest.raises(DBAPIError, match='permission denied|must be owner'):
            sql('eve', statement)


def test_one_account_cannot_fill_the_database_with_classes(add_class, archive):
    with archive.whole() as connection:
        connection.exec_driver_sql(f"INSERT INTO awlike.class_table SELECT 'c' || n, true, '{EVE}' "
                                   'FROM generate_series(1, 200) n')
    with pytest.raises(DBAPIError, match='has made tables for 200 classes'):
        add_class('eve', 'slope')
    add_class('bob', 'slope')


def test_a_class_whose_rules_cannot_be_put_on_is_not_made(tables, add_class, archive):
    with archive.whole() as connection:
        secure(connection, "RAISE EXCEPTION 'no rules';")
    before = tables()
    for parent in ('dbobject', None):
        with pytest.raises(DBAPIError, match='no rules'):
            add_class('eve', 'slope', parent=parent)
    assert tables() == before
    with archive.whole() as connection:
        secure(connection, GRANT)


def test_who_has_no_account_makes_no_classes(tables, add_class, archive):
    with archive.whole() as connection:
        connection.exec_driver_sql(f"UPDATE \"user\" SET name = 'another' WHERE name = '{EVE}'")
    before = tables()
    with pytest.raises(DBAPIError, match=f'{EVE} has no account here, so no classes; an administrator opens one by '
                                         'awe user add'):
        add_class('eve', 'slope')
    assert tables() == before
    with archive.whole() as connection:
        connection.exec_driver_sql(f"UPDATE \"user\" SET name = '{EVE}' WHERE name = 'another'")
