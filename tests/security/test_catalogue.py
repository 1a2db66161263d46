"""No table is forgotten, nothing of ours trusts what its caller can set."""

import re
from importlib import resources

import pytest

from awlike.database import user_tables
from tests.security.world import ACCOUNTS, ANONYMOUS, TABLES

OURS = "nspname IN ('public', 'awlike')"


def test_every_table_has_row_security(world):
    found = dict(world.ask('SELECT relname, relrowsecurity FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace '
                           "WHERE relkind IN ('r', 'p') AND nspname = 'public'"))
    assert set(TABLES) <= set(found), 'also those of classes that users declare'
    assert [name for name, secured in found.items() if not secured and name != 'alembic_version'] == []


@pytest.mark.parametrize('user', [*ACCOUNTS, ANONYMOUS])
def test_of_a_table_without_row_security_one_can_at_most_read_the_version_of_the_schema(world, user):
    rights = 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, MAINTAIN'
    assert world.ask(f"""
        SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relrowsecurity AND {OURS}
        AND has_table_privilege(%s, c.oid, '{rights}' || CASE relname WHEN 'alembic_version' THEN '' ELSE ', SELECT' END)""",
                     user) == []


@pytest.mark.parametrize('user', [*ACCOUNTS, ANONYMOUS])
def test_no_trigger_of_ours_can_be_hung_on_another_table(world, user):
    assert world.ask("SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace "
                     f"WHERE prorettype = 'trigger'::regtype AND prosecdef AND {OURS} "
                     "AND has_function_privilege(%s, p.oid, 'EXECUTE')", user) == []


def test_there_are_no_views_nor_foreign_tables_that_would_see_with_the_eyes_of_their_owner(world):
    assert world.ask('SELECT relname, reloptions FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace '
                     f"WHERE {OURS} AND (relkind IN ('m', 'f') OR relkind = 'v' "
                     "AND NOT coalesce('security_invoker=true' = ANY(reloptions), false))") == []


def test_nobody_but_the_administrator_owns_anything(world):
    owners = world.ask('SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace '
                       f'WHERE {OURS} UNION SELECT pg_get_userbyid(proowner) FROM pg_proc JOIN pg_namespace n '
                       f'ON n.oid = pronamespace WHERE {OURS} '
                       f'UNION SELECT pg_get_userbyid(nspowner) FROM pg_namespace n WHERE {OURS}')
    assert not {name for name, in owners} & {*ACCOUNTS, ANONYMOUS}


@pytest.mark.parametrize('user', [*ACCOUNTS, ANONYMOUS])
def test_no_account_is_more_than_an_account(world, user):
    assert world.ask('SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles '
                     'WHERE rolname = %s', user) == [(False,) * 5]
    assert world.ask("SELECT has_schema_privilege(%s, 'awlike', 'CREATE'), has_schema_privilege(%s, 'public', 'CREATE'), "
                     "pg_has_role(%s, 'pg_read_all_data', 'USAGE'), has_database_privilege(%s, current_database(), 'CREATE')",
                     *[user] * 4) == [(False,) * 4]
    others = [other for other in (*ACCOUNTS, ANONYMOUS) if other != user]
    for other in others:
        assert world.ask("SELECT pg_has_role(%s, %s, 'MEMBER'), pg_has_role(%s, %s, 'SET')", user, other, user, other) == \
            [(False, False)]


def test_functions_with_more_rights_than_their_caller_find_nothing_of_the_callers(world):
    functions = world.ask('SELECT proname, proconfig FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace '
                          f'WHERE prosecdef AND {OURS}')
    assert functions, 'there are some'
    for name, options in functions:
        path = dict(option.split('=', 1) for option in options or []).get('search_path', '')
        words = [word.strip(' "') for word in path.split(',')]
        assert words[0] == 'pg_catalog' and words[-1] == 'pg_temp', (name, path)


HARMLESS = {
    ('changed', "'awlike.reason'"),  # whoever makes the change says it, and it is kept under their name
    ('membership', "'transaction_isolation'"), ('admit', "'server_version_num'")}  # no statement changes these under way


def test_functions_trust_no_setting_but_the_role(world):
    bodies = world.ask(f'SELECT proname, prosrc FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE {OURS}')
    settings = [(name, part[:30]) for name, body in bodies for part in body.split('current_setting(')[1:]
                if not part.startswith("'role'") and (name, part.partition(')')[0].partition(',')[0]) not in HARMLESS]
    assert settings == []


def test_no_setting_changes_what_a_literal_means():
    """Without E before it, a string with a backslash says something else where standard_conforming_strings is off."""
    for file in POLICIES:
        text = re.sub(r'--[^\n]*', '', file.read_text('utf-8'))
        plain = [one[0] for one in re.finditer(r"(\w?)'(?:[^']|'')*'", text) if '\\' in one[0] and one[1] != 'E']
        assert plain == [], file.name


def test_ids_are_the_same_whatever_a_session_sets(world):
    before = world.attack('carl', "SELECT awlike.reference_id('Instrument', 'LSST')").rows
    after = world.attack('carl', "SELECT awlike.sha1('x')", 'SET standard_conforming_strings = off',
                         "SELECT awlike.reference_id('Instrument', 'LSST')").rows
    assert before[0] == after[-1]


def test_a_reference_has_a_name(world):
    project = ("INSERT INTO project (object_id, creation_date, name, maximum_privileges, owner_id) VALUES "
               "(awlike.reference_id('Project', NULL), now() AT TIME ZONE 'utc', NULL, 5, '{carl}')")
    assert world.attack('carl', project).error.sqlstate == '42501'


def test_policies_trust_no_setting(world):
    assert world.ask("SELECT tablename, policyname FROM pg_policies "
                     "WHERE concat(qual, with_check) LIKE '%current_setting%'") == []


def test_sequences_are_nobodys_to_turn(world):
    for user in (*ACCOUNTS, ANONYMOUS):
        assert world.ask('SELECT sequencename FROM pg_sequences WHERE has_sequence_privilege('
                         "%s, format('%%I.%%I', schemaname, sequencename), 'UPDATE')", user) == []


# A name without its table means a column of the innermost table that has one, today's or one that gets it tomorrow: a policy
# that said `left(digest, 16)` below `FROM dbobject` let everybody read recipes.
POLICIES = sorted(resources.files('awlike.database').joinpath('policies').iterdir(), key=lambda file: file.name)
LISTS = re.compile(  # of columns, where no table can be named
    r'(?:INSERT INTO [\w."]+(?: AS \w+)?|GRANT UPDATE|UPDATE SET|ON CONFLICT|\bAS "?\w+"?|(?:FOREIGN KEY|REFERENCES [\w."]+)) '
    r'*\((?:[\w", ]+)\)')
INDEXES = re.compile(r'CREATE (?:UNIQUE )?INDEX [^;]*;')


def unqualified(source, columns, known=()):
    """The words of a piece of SQL that are columns and stand without a table."""
    source = re.sub(r'(?<=\bSET )\w+(?= =)', '', INDEXES.sub('', LISTS.sub('', source)))  # PostgreSQL allows no table there
    words = re.finditer(r'(?<![\w."%:])"?([A-Za-z_]\w*)"?(?![\w"]*\s*\()(?!\.)', source)
    return {word[1] for word in words if word[1] in columns - set(known)}


def pieces():
    """The statements of all rules, each function with the names that it declares."""
    for rules in (*(file.read_text('utf-8') for file in POLICIES), user_tables._FUNCTIONS):
        whole = re.sub(r'--[^\n]*', '', rules)
        for match in re.finditer(r"CREATE POLICY \w+ ON [\w.\"]+ FOR \w+(.*?);(?=\n)|CREATE POLICY \w+ ON [\w.\"]+ (USING.*?);",
                                 whole, re.DOTALL):
            yield match[0].split('\n')[0], re.sub(r"'[^']*'", "''", match[1] or match[2]), ()
        for match in re.finditer(r'CREATE OR REPLACE FUNCTION (awlike\.\w+)\((.*?)\)\s*RETURNS (.*?)\$\$(.*?)\$\$',
                                 whole, re.DOTALL):
            declared, _, body = match[4].partition('BEGIN') if 'BEGIN' in match[4] else ('', '', match[4])
            known = {*re.findall(r'\b(\w+) \w+', match[2]), *re.findall(r'^\s*(\w+) ', declared, re.MULTILINE),
                     *re.findall(r'\b(\w+) \w+', match[3]), *re.findall(r'\bFOR (\w+) IN', body)}
            yield match[1], re.sub(r"'(?:[^']|'')*'", "''", f'{declared.partition(":=")[2]} {body}'), known


@pytest.fixture(scope='module')
def columns(world):
    return {name for name, in world.ask(
        "SELECT column_name FROM information_schema.columns WHERE table_schema IN ('public', 'awlike')")}


def test_no_rule_names_a_column_without_its_table(columns):
    found = {name: words for name, source, known in pieces() if (words := unqualified(source, columns, known))}
    assert found == {}


def test_a_column_without_its_table_would_be_found(columns):
    assert unqualified("o.recipe = recipe_source.name || ' ' || left(digest, 16)", columns) == {'digest'}
    assert unqualified('EXISTS (SELECT FROM public.dbobject o WHERE o.object_id = product)', columns) == {'product'}
    assert len(list(pieces())) > 40
