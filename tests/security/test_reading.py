"""What one may not see cannot be read, counted or guessed."""

import pytest

from tests.security.rules import ANONYMOUS, sees
from tests.security.world import ACCOUNTS, EVERYBODY, TABLES, new

REFUSED = '42501'
MISTAKEN = '42601', '42703', '42P01', '42883', '42804'  # syntax, no such column, table or function, other types


def mistaken(outcome):
    """Whether the statement itself was wrong, so that nothing was tried."""
    return outcome.error is not None and outcome.error.sqlstate in MISTAKEN


def leaks(world, user, outcome):
    return {what for secret, what in world.secrets(user).items() if secret in outcome.text}


@pytest.mark.parametrize('user', EVERYBODY)
def test_each_sees_the_objects_that_the_rules_say_and_their_rows_everywhere(world, user):
    seen = [thing for thing in world.things if sees(user, thing)]
    rows = {
        'dbobject': len(seen), 'lineage': sum(len(thing.parts) for thing in seen),
        'history': sum(len(thing.changes) for thing in seen),
        'raw_fits': sum(world.files[thing].startswith('file') for thing in seen),
        'blend': sum(not thing.is_raw for thing in seen)}
    counted = {name: world.run(user, f'SELECT count(*) FROM {name}').rows[0][0][0] for name in rows}
    assert counted == rows
    ids = world.run(user, 'SELECT object_id FROM dbobject').rows[0]
    assert {object_id for object_id, in ids} == {thing.object_id for thing in seen}
    edges = world.run(user, 'SELECT product, input FROM lineage').rows[0]
    assert sorted(edges) == sorted((thing.object_id, part.object_id) for thing in seen for part in thing.parts)


@pytest.mark.parametrize('user', EVERYBODY)
def test_no_table_tells_of_what_is_hidden(world, user):
    for table in [*TABLES, *(name for name, in world.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))]:
        outcome = world.run(user, f'SELECT * FROM "{table}"')
        assert outcome.error is None or outcome.error.sqlstate == REFUSED, table
        assert not leaks(world, user, outcome), table


@pytest.mark.parametrize('user', ACCOUNTS)
def test_of_jobs_and_their_logs_one_sees_ones_own(world, user):
    for table, own in (('job', 1), ('job_step', 1), ('job_log', 1)):
        assert world.run(user, f'SELECT count(*) FROM {table}').rows == [[(own,)]], table


def test_anonymous_sees_neither_jobs_nor_claims_nor_recipes(world):
    for table in ('job', 'job_step', 'job_log', 'claim', 'recipe_source'):
        outcome = world.run(ANONYMOUS, f'SELECT count(*) FROM {table}')
        assert outcome.error is not None or outcome.rows == [[(0,)]], table


SPY = """CREATE FUNCTION pg_temp.spy(anyelement) RETURNS bool LANGUAGE plpgsql COST 0.0000001
         AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"""
SPY_OPERATOR = ("CREATE FUNCTION pg_temp.spy2(text, text) RETURNS bool LANGUAGE plpgsql COST 0.0000001 "
                "AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$",
                'CREATE OPERATOR pg_temp.### (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.spy2)')

READS = {
    'whole rows': ('SELECT d FROM dbobject d',),
    'as JSON': ('SELECT json_agg(d) FROM dbobject d', 'SELECT query_to_xml(\'SELECT * FROM dbobject\', true, false, \'\')',
                "SELECT table_to_xml('dbobject', true, false, '')", "SELECT schema_to_xml('public', true, false, '')"),
    'out of aggregates': ('SELECT string_agg(filename, \' \'), array_agg(object_id), max(filename), min(object_id::text) '
                          'FROM dbobject', 'SELECT max(filename) OVER (ORDER BY object_id) FROM dbobject'),
    'by joins': ('SELECT a.filename, b.filename FROM dbobject a JOIN dbobject b ON true',
                 'SELECT l.*, d.filename FROM lineage l FULL JOIN dbobject d ON d.object_id = l.input',
                 'SELECT h.*, d.filename FROM history h FULL JOIN dbobject d USING (object_id)',
                 'SELECT b.*, d.filename FROM blend b FULL JOIN dbobject d USING (object_id)',
                 'SELECT * FROM raw_fits LEFT JOIN dbobject USING (object_id)',
                 'SELECT r.raw_fits_id, f.filename FROM dbobject r LEFT JOIN dbobject f ON f.object_id = r.raw_fits_id'),
    'by unions and WITH': ('WITH x AS MATERIALIZED (SELECT * FROM dbobject) SELECT * FROM x UNION ALL SELECT * FROM dbobject',),
    'down and up the lineage': (
        'WITH RECURSIVE r AS (SELECT product AS id FROM lineage UNION SELECT input FROM r JOIN lineage ON product = id) '
        'SELECT * FROM r',
        'WITH RECURSIVE r AS (SELECT object_id AS id FROM dbobject UNION SELECT product FROM r JOIN lineage ON input = id) '
        'SELECT * FROM r'),
    'by COPY': ('COPY (SELECT * FROM dbobject) TO \'/dev/null\'',),
    'by a program of the server': ("COPY (SELECT * FROM dbobject) TO PROGRAM 'cat'",),
    'out of files of the server': ("SELECT pg_read_file('postgresql.conf')", ),
    'by a talkative function': (SPY, 'SELECT count(*) FROM dbobject WHERE pg_temp.spy(filename)',
                                'SELECT count(*) FROM lineage WHERE pg_temp.spy(product)',
                                'SELECT count(*) FROM history WHERE pg_temp.spy(object_id)',
                                'SELECT count(*) FROM job_log WHERE pg_temp.spy(text)',
                                'SELECT count(*) FROM claim WHERE pg_temp.spy(key)',
                                'SELECT count(*) FROM arrival WHERE pg_temp.spy(path)',
                                'SELECT count(*) FROM header_card WHERE pg_temp.spy(text)',
                                'SELECT count(*) FROM blend WHERE pg_temp.spy(object_id)',
                                'SELECT count(*) FROM dbobject d JOIN blend b ON d.object_id = b.object_id '
                                'WHERE pg_temp.spy(b.object_id)'),
    'by a talkative operator': (*SPY_OPERATOR, "SELECT count(*) FROM dbobject WHERE filename OPERATOR(pg_temp.###) 'x'"),
    'by a function that claims to be leakproof': (SPY.replace('COST', 'LEAKPROOF COST'),
                                                  'SELECT count(*) FROM dbobject WHERE pg_temp.spy(filename)'),
    'by what divides by nothing': ("SELECT count(*) FROM dbobject WHERE 1 / (filename = '')::int = 1",
                                   'SELECT count(*) FROM dbobject WHERE filename::int = 1'),
    'out of statistics': ('SELECT * FROM pg_stats', 'SELECT * FROM pg_stats_ext', 'SELECT * FROM pg_stats_ext_exprs'),
    'out of the statistics themselves': ('SELECT stavalues1::text FROM pg_statistic',),
    'out of what others do': ('SELECT query FROM pg_stat_activity', 'SELECT statement FROM pg_prepared_statements',
                              'SELECT * FROM pg_locks', 'SELECT * FROM pg_cursors'),
    'by a view': ('CREATE TEMP VIEW v WITH (security_invoker = off) AS SELECT * FROM dbobject', 'SELECT * FROM v'),
    'by a view that is a rule': ('CREATE TEMP TABLE t (LIKE dbobject)', 'INSERT INTO t SELECT * FROM dbobject',
                                 'SELECT * FROM t'),
    'by a function of more rights': ("CREATE FUNCTION pg_temp.all_of_it() RETURNS SETOF dbobject LANGUAGE sql SECURITY DEFINER "
                                     "AS 'SELECT * FROM public.dbobject'", 'SELECT * FROM pg_temp.all_of_it()'),
    'with row security off': ('SET row_security = off', 'SELECT * FROM dbobject'),
    'by a prepared statement': ('PREPARE p AS SELECT * FROM dbobject', 'SET row_security = off', 'EXECUTE p'),
    'by a cursor': ('BEGIN', 'DECLARE c CURSOR WITH HOLD FOR SELECT * FROM dbobject', 'COMMIT', 'FETCH ALL FROM c'),
    'by samples': ('SELECT * FROM dbobject TABLESAMPLE SYSTEM (100)',),
    'by where rows lie': ("SELECT * FROM dbobject WHERE ctid = '(0,1)'", 'SELECT ctid, xmin, tableoid FROM dbobject'),
    'by locking': ('SELECT * FROM dbobject FOR KEY SHARE', 'SELECT * FROM dbobject FOR UPDATE'),
    'by changing nothing and looking at it': (
        'UPDATE dbobject SET is_valid = is_valid WHERE false RETURNING *', 'UPDATE dbobject SET is_valid = 0 '
        "WHERE project_id = '{GAMMA}' AND creator_id <> '{carl}' RETURNING *"),
    'with other settings of the planner': ('SET enable_seqscan = off', 'SET enable_indexonlyscan = on',
                                           "SELECT filename FROM dbobject WHERE filename LIKE '%'",
                                           'SET plan_cache_mode = force_generic_plan', 'SET debug_parallel_query = on',
                                           'SELECT * FROM dbobject'),
    'by shadows of our names': ('CREATE TEMP TABLE project_member (project_id uuid, user_id uuid)',
                                "INSERT INTO project_member SELECT object_id, '{dan}' FROM project",
                                "INSERT INTO project_member SELECT object_id, '{carl}' FROM project",
                                'CREATE TEMP TABLE "user" (object_id uuid, name text)',
                                "INSERT INTO \"user\" VALUES ('{ada}', current_user)",
                                'SET search_path = pg_temp, public, awlike', 'SELECT * FROM public.dbobject',
                                'SELECT * FROM public.lineage', 'SELECT * FROM public.history', 'SELECT * FROM public.job'),
    'by shadows of functions': ('CREATE FUNCTION pg_temp.account_name() RETURNS text LANGUAGE sql AS $$ SELECT \'ada\' $$',
                                'CREATE FUNCTION pg_temp.current_setting(text) RETURNS text LANGUAGE sql '
                                'AS $$ SELECT \'ada\' $$',
                                'SET search_path = pg_temp, pg_catalog, awlike, public', 'SELECT * FROM public.dbobject'),
    'by shadows of operators': (
        "CREATE FUNCTION pg_temp.yes(uuid, uuid) RETURNS bool LANGUAGE sql AS 'SELECT true'",
        'CREATE OPERATOR pg_temp.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = pg_temp.yes)',
        "CREATE FUNCTION pg_temp.yes(int, int) RETURNS bool LANGUAGE sql AS 'SELECT true'",
        'CREATE OPERATOR pg_temp.>= (LEFTARG = int, RIGHTARG = int, FUNCTION = pg_temp.yes)',
        'SET search_path = pg_temp, pg_catalog, public', 'SELECT * FROM public.dbobject'),
    'as somebody else': ('SET ROLE ada', 'SELECT * FROM dbobject'),
    'as somebody else, by set_config': ("SELECT set_config('role', 'ada', false)", 'SELECT * FROM dbobject'),
    'as another session': ('SET SESSION AUTHORIZATION ada', 'SELECT * FROM dbobject'),
    'as another session, by set_config': ("SELECT set_config('session_authorization', 'ada', false)", 'SELECT * FROM dbobject'),
    'as the administrator': ('SET ROLE postgres', 'SELECT * FROM dbobject'),
    'as nobody in particular': ('RESET ROLE', 'SET ROLE NONE', 'SELECT * FROM dbobject'),
    'by a function that is somebody else': (
        "CREATE FUNCTION pg_temp.f() RETURNS SETOF dbobject LANGUAGE sql SET role = 'ada' AS 'SELECT * FROM dbobject'",
        'SELECT * FROM pg_temp.f()'),
    'by settings of our own': tuple(f"SELECT set_config('awlike.{name}', '{value}', false)" for name, value in (
        ('user', 'ada'), ('account', 'ada'), ('account_name', 'ada'), ('user_id', '{ada}'), ('bypass', 'on'))) + (
            'SELECT * FROM dbobject',),
    'as a replica': ('SET session_replication_role = replica', 'SELECT * FROM dbobject'),
    'out of large objects': ('SELECT lo_get(loid) FROM pg_largeobject_metadata m(loid)',),
    'by merging': ("MERGE INTO dbobject d USING (SELECT 1) s ON true WHEN MATCHED AND false THEN DO NOTHING RETURNING d.*",),
}


@pytest.mark.parametrize('user', ['bob', 'carl', 'dan', ANONYMOUS])
@pytest.mark.parametrize('way', READS)
def test_nothing_hidden_is_read(world, user, way):
    refused = False
    with world.connect(user) as client:
        for statement in READS[way]:  # each goes on where another was refused
            outcome = world.send(client, statement.format(**world.names))
            assert not leaks(world, user, outcome), statement
            assert refused or not mistaken(outcome), (statement, outcome.error)
            refused = refused or outcome.error is not None


# What one guesses is answered like what does not exist: {secret} is something hidden from carl, or something made up.
GUESSES = {
    'an id': ("SELECT count(*) FROM dbobject WHERE object_id = '{secret}'", 'ada1', 'id'),
    'existence': ("SELECT EXISTS (SELECT FROM lineage WHERE product = '{secret}')", 'bob2_second', 'id'),
    'as an input of what I make': (new(creator='{carl}', project='{GAMMA}') + ';'
                                   "INSERT INTO lineage VALUES ('{new}', 'parts', 0, '{secret}')", 'ada1', 'id'),
    'as a product to add to': ("INSERT INTO lineage VALUES ('{secret}', 'parts', 7, '{carl1_raw}')", 'ada1', 'id'),
    'as a file of a raw frame': (
        "INSERT INTO dbobject (object_id, class_name, creation_date, creator_id, project_id, privileges, is_valid, "
        "quality_flags, raw_fits_id) VALUES "
        "('{new}', 'RawBiasFrame', now() AT TIME ZONE 'UTC', '{carl}', '{GAMMA}', 1, 1, 0, '{secret}'); "
        'SELECT 1 / 0', 'ada1_file', 'id'),
    'to be dropped': ("INSERT INTO dropped_file VALUES ('{secret}', 'lost', '{carl}', now() AT TIME ZONE 'UTC')", 'ada1', 'id'),
    'to have a history': ("INSERT INTO history (object_id, attribute, old, new, user_id, date) VALUES "
                          "('{secret}', 'is_valid', '1', '0', '{carl}', now() AT TIME ZONE 'UTC')", 'ada1', 'id'),
    'to have a row in the table of a class': ("INSERT INTO blend VALUES (0.5, '{secret}')", 'ada1_raw', 'id'),
    'to have a second row there': ("INSERT INTO blend (share, object_id) VALUES (0.5, '{secret}')", 'ada1', 'id'),
    'with ON CONFLICT': ("INSERT INTO blend (share, object_id) VALUES (0.5, '{secret}') ON CONFLICT (object_id) DO UPDATE "
                         'SET share = 1', 'ada1', 'id'),
    'to change': ("UPDATE dbobject SET is_valid = 0 WHERE object_id = '{secret}'", 'ada1', 'id'),
    'to delete': ("DELETE FROM dbobject WHERE object_id = '{secret}'", 'bob2_second', 'id'),
    'a job, by its steps': ("INSERT INTO job_step (job_id, number, class_name, place, is_target, status) VALUES "
                            "('{secret}', 9, 'BiasFrame', 'x', false, 'made')", 'job_ada', 'id'),
    'a job, by its log': ("INSERT INTO job_log (id, job_id, date, level, place, text) VALUES "
                          "('{new}', '{secret}', now() AT TIME ZONE 'UTC', 'INFO', 'x', 'x')", 'job_ada', 'id'),
    'a job, to cancel': ("UPDATE job SET cancelled = true WHERE id = '{secret}'", 'job_ada', 'id'),
    'a job, to delete': ("DELETE FROM job WHERE id = '{secret}'", 'job_ada', 'id'),
}


def answer(world, statement, value):
    statements = statement.replace('{secret}', str(value)).split(';')
    outcome = world.attack('carl', 'BEGIN', *statements, 'SET CONSTRAINTS ALL IMMEDIATE')
    error = outcome.error
    said = (error.sqlstate, str(error.diag.message_primary).replace(str(value), '?'), error.diag.message_detail,
            error.diag.constraint_name) if error else None
    return outcome.rows, outcome.counts, said, outcome.said.replace(str(value), '?')


@pytest.mark.parametrize('guess', GUESSES)
def test_what_is_hidden_answers_as_what_does_not_exist(world, guess):
    statement, secret, _ = GUESSES[guess]
    hidden, made_up = (answer(world, statement, value) for value in (world.names[secret], world.names['nothing']))
    assert hidden == made_up


def test_how_many_there_are_of_others_is_not_told_by_sequences(world):
    for user in ('bob', 'dan', ANONYMOUS):
        for name, in world.ask("SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences"):
            for statement in (f'SELECT last_value FROM {name}', f"SELECT nextval('{name}')", f"SELECT currval('{name}')",
                              f"SELECT setval('{name}', 1)", f"SELECT pg_sequence_last_value('{name}'::regclass)"):
                outcome = world.run(user, statement)
                assert outcome.error is not None or outcome.rows == [[(None,)]], statement
        assert all(row[-1] is None for row in world.run(user, 'SELECT * FROM pg_sequences').rows[0])


def test_the_source_of_a_recipe_is_read_by_those_who_see_a_product_of_it_and_by_nobody_else(world):
    """The digest of a product, which its maker chooses, opens no recipe; the recipe that it names does, to whom it is shown."""
    (digest,), = world.ask("SELECT digest FROM recipe_source WHERE name = 'recipe-of-ada'")
    named = f'recipe-of-ada {digest[:16]}'
    read = "SELECT source FROM recipe_source WHERE name = 'recipe-of-ada'"
    forged = new(creator='{carl}', project='{GAMMA}', level='1').replace("'forged', 'f", f"'{digest}', 'f")
    assert world.attack('carl', 'BEGIN', forged, read, 'ROLLBACK').rows[2] == []
    own = forged.replace('raw_fits_id)', 'raw_fits_id, recipe)').replace(', NULL)', f", NULL, '{named}')")
    assert world.attack('carl', 'BEGIN', own, read, 'ROLLBACK').rows[2] == [], 'carl names the recipe in a product of his'
    made = (new(creator='{ada}', level='3').replace('raw_fits_id)', 'raw_fits_id, recipe)')
            .replace(', NULL)', f", NULL, '{named}')"))
    assert world.attack('ada', made).error is None
    assert {user: world.run(user, read).rows for user in ('ada', 'carl', ANONYMOUS)} == {
        'ada': [[('source-of-ada',)]], 'carl': [[('source-of-ada',)]], ANONYMOUS: [[]]}
    world.restore()
