"""Accounts that are roles of the database: how one becomes one, what is said when one may not, what is put into it."""

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import IntegrityError

from awlike import config
from awlike.context import context
from awlike.database import accounts
from awlike.database.accounts import add_user, check_name
from awlike.database.row_security import secure
from awlike.database.sessions import Database, database
from awlike.errors import ConfigError, NotAllowed, NotFound, ParameterError
from awlike.frames.raw import RawScienceFrame
from awlike.persist.ids import reference_id
from awlike.persist.references import User
from tests import paper
from tests.conftest import become
from tests.databases import as_role


@pytest.fixture
def roles(home):
    """The database, where accounts are roles."""
    if database().is_sqlite:
        pytest.skip('of PostgreSQL alone')
    return database()


@pytest.fixture
def admin(roles):
    """The same database, opened by its administrator."""
    db = Database(config.settings().database_url)
    yield db
    db.close()


@pytest.mark.parametrize('name', ['', ' ', 'public', 'none', 'pg_monitor', 'x' * 64, 'a\0b'])
def test_names_that_mean_something_else_are_refused(name):
    with pytest.raises(ParameterError, match='name of an account'):
        check_name(name)


def test_an_account_on_sqlite_is_a_user(home):
    if database().is_sqlite:
        assert add_user(database(), 'bob') and not add_user(database(), 'bob')
        assert (User.name == 'bob').exists()


# --- who one is ---


def test_each_connection_acts_as_the_user(roles):
    with roles.transaction() as connection:
        for name in ('current_user', 'awlike.account_name()'):
            assert connection.scalar(text(f'SELECT {name}')) == 'ada'
        assert connection.scalar(text('SELECT awlike.user_id()')) == context.user.object_id
    assert roles.session.scalar(text('SELECT awlike.account_name()')) == 'ada'


def test_a_user_is_the_one_of_the_url_unless_another_is_named(roles, monkeypatch):
    monkeypatch.delenv('AWLIKE_USER')
    for url, user in (('postgresql+psycopg://eve:pw@host/x', 'eve'), ('postgresql://d%C3%A9j%C3%A0@host/x', 'déjà')):
        monkeypatch.setenv('AWLIKE_DATABASE', url)
        config.settings.cache_clear()
        assert config.settings().user == user
    without = make_url('postgresql+psycopg://host/x').render_as_string()
    assert Database(without, 'eve').engine.url.username == 'eve', 'where the URL names none, the user connects'


@pytest.mark.parametrize(('name', 'why'), [('nobody', 'role "nobody" does not exist'), ('none', 'no account has that name')])
def test_a_role_that_does_not_exist_is_told_and_what_to_do(roles, name, why):
    stranger = Database(roles.url, name)
    message = f'does not let you act as .{name}. .*{why}.*: an administrator .* awe user add {name}'
    with pytest.raises(ConfigError, match=message):
        stranger.session  # noqa: B018


def test_nobody_becomes_another(roles):
    eve = Database(make_url(roles.url).set(username='eve', password='awlike').render_as_string(hide_password=False), 'ada')
    with pytest.raises(ConfigError, match="does not let you act as 'ada' .*permission denied to set role.*: log in as ada"):
        eve.session  # noqa: B018


def test_without_an_account_one_sees_what_everybody_sees(roles, monkeypatch):
    context.create_project('TEST')
    context.set_project('TEST')
    paper.raws(1)
    context.set_privileges(4)
    world = paper.insert(paper.raw())
    become(monkeypatch, 'anonymous')
    assert list(RawScienceFrame.select_all()) == [world]
    with as_role('anonymous') as anonymous:
        assert anonymous.scalar(text('SELECT count(*) FROM dbobject WHERE class_name = \'RawScienceFrame\'')) == 1


# --- accounts ---


@pytest.mark.parametrize('name', ['Ada "the" Countess', "o'brien", 'naïve%s:x', 'user'])
def test_any_name_is_that_of_a_role(admin, name):
    assert add_user(admin, name, "it's %s") and not add_user(admin, name)
    with Database(admin.url, name).transaction() as connection:
        assert connection.scalar(text('SELECT awlike.account_name()')) == name
        assert connection.scalar(text('SELECT awlike.user_id()')) == User(name=name).object_id
    with admin.transaction() as connection:
        connection.execute(text('SELECT 1'))


def test_what_anonymous_takes_of_the_server_is_bounded(admin, monkeypatch):
    monkeypatch.setattr(accounts, 'ANONYMOUS', 'stranger')
    add_user(admin, 'stranger')
    try:
        assert admin.session.execute(text("SELECT rolconnlimit, rolconfig FROM pg_roles WHERE rolname = 'stranger'")).one() == (
            20, ['statement_timeout=60s', 'lock_timeout=10s', 'idle_in_transaction_session_timeout=60s'])
    finally:
        with admin.transaction() as connection:
            connection.execute(text('DROP OWNED BY stranger; DROP ROLE stranger'))


def test_accounts_are_opened_by_the_administrator_alone(roles):
    with pytest.raises(NotAllowed, match="the account 'x' cannot be opened .*must own the database and may make roles"):
        add_user(roles, 'x')
    with pytest.raises(NotFound, match="the database has no account 'x': an administrator opens it by awe user add x"):
        context.create_project('TEST') and context.add_member('x', context.projects()[0])


def test_who_made_the_database_ready_has_an_account(admin):
    assert admin.session.scalar(text('SELECT awlike.user_id()')) is not None


# --- the rules ---


def test_to_put_the_rules_in_again_changes_nothing(admin):
    everything = text("""SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2""")
    before = admin.session.execute(everything).all()
    with admin.transaction() as connection:
        secure(connection)
    assert admin.session.execute(everything).all() == before and len(before) > 50


def test_no_table_is_open(admin):
    assert admin.session.scalars(text("""SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relrowsecurity
                                         AND relnamespace = 'public'::regnamespace""")).all() == []


def test_what_the_database_refuses_is_told_as_such(project):
    raw = paper.insert(paper.raw())
    if database().is_sqlite:
        return
    for statement in ("UPDATE dbobject SET filename = 'x'", 'DELETE FROM history', "UPDATE dbobject SET privileges = 1"):
        with pytest.raises(NotAllowed, match='the database refuses: '), database().transaction() as connection:
            connection.execute(text(statement))
    assert RawScienceFrame.get(raw.object_id).privileges == 2


@pytest.mark.parametrize('names', [[''], ['a'], ['Chip', 'x' * 200, 'é'],
                                   *(['y' * n] for n in (38, 39, 40, 47, 48, 55, 102, 103, 104))])
def test_the_database_knows_the_ids_of_references(roles, names):
    assert roles.session.scalar(text('SELECT awlike.reference_id(VARIADIC :names)'), {'names': names}) == reference_id(*names)


def test_references_come_under_their_own_id(roles):
    with pytest.raises(NotAllowed, match='row-level security policy for table "instrument"'), roles.transaction() as connection:
        connection.execute(text("INSERT INTO instrument (object_id, name) VALUES (gen_random_uuid(), 'SQUAT')"))


def test_what_was_there_before_a_rule_on_shapes_stays_and_is_named(admin, roles, project, caplog):
    odd = paper.insert(paper.raw())
    with admin.transaction() as connection:
        connection.execute(text('ALTER TABLE dbobject DROP CONSTRAINT shape_of_quality'))
        connection.execute(text("UPDATE dbobject SET quality = '[1]' WHERE object_id = :id"), {'id': odd.object_id})
        connection.commit()
    with admin.transaction() as connection:
        secure(connection)
    assert f'the object {odd.object_id} was there before the rule shape_of_quality' in caplog.text
    with pytest.raises(IntegrityError, match='shape_of_quality'), admin.transaction() as connection:
        connection.execute(text("UPDATE dbobject SET quality = '[2]' WHERE object_id = :id"), {'id': odd.object_id})
    with admin.transaction() as connection:
        connection.execute(text("UPDATE dbobject SET quality = NULL WHERE object_id = :id"), {'id': odd.object_id})
    caplog.clear()
    with admin.transaction() as connection:
        secure(connection)
    assert not caplog.text
