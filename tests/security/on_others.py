"""Attacks on people, references and work, and on the database itself, by theme and name: who tries what."""

from tests.security.on_objects import EARLY
from tests.security.rules import ANONYMOUS
from tests.security.world import NOW

DO_NOTHING = "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"

PEOPLE = {
    'oneself into a project': ('carl', "INSERT INTO project_member VALUES ('{ALPHA}', '{carl}')"),
    'one who is in no project, oneself': ('dan', "INSERT INTO project_member VALUES ('{ALPHA}', '{dan}')"),
    'anonymous': (ANONYMOUS, "INSERT INTO project_member VALUES ('{ALPHA}', '{anonymous}')"),
    'another, as a member who is not the owner': ('bob', "INSERT INTO project_member VALUES ('{ALPHA}', '{dan}')"),
    'an owner of another project into ones own, by the wrong name': (
        'carl', "INSERT INTO project_member VALUES ('{GAMMA}', '{nothing}')"),
    'oneself, by an id that is there': ('carl', "INSERT INTO project_member VALUES ('{ALPHA}', '{bob}') ON CONFLICT "
                                        "(project_id, user_id) DO UPDATE SET user_id = '{carl}'"),
    'by moving a row': ('carl', "UPDATE project_member SET project_id = '{ALPHA}' WHERE user_id = '{carl}'"),
    'by turning a row': ('ada', "UPDATE project_member SET user_id = '{dan}' WHERE user_id = '{bob}'"),
    'another into ones own project, unasked': ('carl', "INSERT INTO project_member VALUES ('{GAMMA}', '{dan}')"),
    'another out of a project of others': ('bob', "DELETE FROM project_member WHERE user_id = '{ada}'"),
    'the owner out of the project': ('ada', "DELETE FROM project_member WHERE user_id = '{ada}'"),
    'members of others out': ('carl', "DELETE FROM project_member WHERE user_id <> '{carl}'"),
    'an invitation by somebody who is not the owner': ('bob', "INSERT INTO project_offer VALUES ('{ALPHA}', '{dan}', true)"),
    'an invitation of oneself': ('carl', "INSERT INTO project_offer VALUES ('{ALPHA}', '{carl}', true)"),
    'what another asks for': ('carl', "INSERT INTO project_offer VALUES ('{GAMMA}', '{dan}', false)"),
    'an offer, as anonymous': (ANONYMOUS, "INSERT INTO project_offer VALUES ('{ALPHA}', '{anonymous}', false)"),
    'an offer of nobody': ('carl', "INSERT INTO project_offer VALUES ('{GAMMA}', '{nothing}', true)"),
    'an offer turned round': ('carl', 'UPDATE project_offer SET by_owner = true'),
    'a source of a project of others': (
        'carl', "INSERT INTO project_source (id, project_id, source_id, user_id, date) VALUES "
        f"('{{new}}', '{{ALPHA}}', '{{GAMMA}}', '{{carl}}', {NOW})"),
    'a source, as a member who is not the owner': (
        'bob', "INSERT INTO project_source (id, project_id, source_id, user_id, date) VALUES "
        f"('{{new}}', '{{ALPHA}}', '{{GAMMA}}', '{{bob}}', {NOW})"),
    'a source of all projects': (
        'carl', "INSERT INTO project_source (id, project_id, source_id, user_id, date) VALUES "
        f"('{{new}}', NULL, '{{GAMMA}}', '{{carl}}', {NOW})"),
    'a source in the name of another': (
        'ada', "INSERT INTO project_source (id, project_id, source_id, user_id, date) VALUES "
        f"('{{new}}', '{{ALPHA}}', '{{GAMMA}}', '{{bob}}', {NOW})"),
    'a source of long ago': (
        'ada', "INSERT INTO project_source (id, project_id, source_id, user_id, date) VALUES "
        f"('{{new}}', '{{ALPHA}}', '{{GAMMA}}', '{{ada}}', {EARLY})"),
    'the sources of others withdrawn': ('carl', f"UPDATE project_source SET ended = {NOW}, ended_by = '{{carl}}'"),
    'a source away': ('ada', 'DELETE FROM project_source'),
    'a setting of a project of others': (
        'carl', "INSERT INTO project_setting (id, project_id, name, value, user_id, date) VALUES "
        f"('{{new}}', '{{ALPHA}}', 'reference_catalogue', 'MINE', '{{carl}}', {NOW})"),
    'a setting, as a member who is not the owner': (
        'bob', "INSERT INTO project_setting (id, project_id, name, value, user_id, date) VALUES "
        f"('{{new}}', '{{ALPHA}}', 'reference_catalogue', 'MINE', '{{bob}}', {NOW})"),
    'a setting in the name of another': (
        'ada', "INSERT INTO project_setting (id, project_id, name, value, user_id, date) VALUES "
        f"('{{new}}', '{{ALPHA}}', 'reference_catalogue', 'MINE', '{{bob}}', {NOW})"),
    'a setting of long ago': (
        'ada', "INSERT INTO project_setting (id, project_id, name, value, user_id, date) VALUES "
        f"('{{new}}', '{{ALPHA}}', 'reference_catalogue', 'MINE', '{{ada}}', {EARLY})"),
    'a setting away': ('ada', 'DELETE FROM project_setting'),
    'a selection of a project of others': (
        'carl', "INSERT INTO saved_selection (id, project_id, name, class_name, rule, user_id, date) VALUES "
        f"('{{new}}', '{{ALPHA}}', 'MINE', 'RawBiasFrame', 'RawBiasFrame.EXPTIME > 1', '{{carl}}', {NOW})"),
    'a selection in the name of another': (
        'ada', "INSERT INTO saved_selection (id, project_id, name, class_name, rule, user_id, date) VALUES "
        f"('{{new}}', '{{ALPHA}}', 'MINE', 'RawBiasFrame', 'RawBiasFrame.EXPTIME > 1', '{{bob}}', {NOW})"),
    'a selection of long ago': (
        'ada', "INSERT INTO saved_selection (id, project_id, name, class_name, rule, user_id, date) VALUES "
        f"('{{new}}', '{{ALPHA}}', 'MINE', 'RawBiasFrame', 'RawBiasFrame.EXPTIME > 1', '{{ada}}', {EARLY})"),
    'a selection whose name is none': (
        'ada', "INSERT INTO saved_selection (id, project_id, name, class_name, rule, user_id, date) VALUES "
        f"('{{new}}', '{{ALPHA}}', 'a/b', 'RawBiasFrame', 'RawBiasFrame.EXPTIME > 1', '{{ada}}', {NOW})"),
    'the selections of others ended': (
        'carl', f"UPDATE saved_selection SET ended = {NOW}, ended_by = '{{carl}}' WHERE project_id = '{{ALPHA}}'"),
    'the end of a selection in the name of another': (
        'bob', f"UPDATE saved_selection SET ended = {NOW}, ended_by = '{{ada}}'"),
    'the rule of a selection': ('ada', "UPDATE saved_selection SET rule = 'RawBiasFrame.select_all()'"),
    'a selection away': ('ada', 'DELETE FROM saved_selection'),
    'a use of a selection of others': (
        'carl', "INSERT INTO selection_use (id, selection_id, project_id, privileges, user_id, date, task, members) VALUES "
        f"('{{new}}', '{{selection_ALPHA}}', '{{ALPHA}}', 2, '{{carl}}', {NOW}, 'Reduce', '[]')"),
    'a use of a selection of others in ones own project': (
        'carl', "INSERT INTO selection_use (id, selection_id, project_id, privileges, user_id, date, task, members) VALUES "
        f"('{{new}}', '{{selection_ALPHA}}', '{{GAMMA}}', 2, '{{carl}}', {NOW}, 'Reduce', '[]')"),
    'a use in the name of another': (
        'ada', "INSERT INTO selection_use (id, selection_id, project_id, privileges, user_id, date, task, members) VALUES "
        f"('{{new}}', '{{selection_ALPHA}}', '{{ALPHA}}', 2, '{{bob}}', {NOW}, 'Reduce', '[]')"),
    'a use whose members are none': (
        'ada', "INSERT INTO selection_use (id, selection_id, project_id, privileges, user_id, date, task, members) VALUES "
        f"('{{new}}', '{{selection_ALPHA}}', '{{ALPHA}}', 2, '{{ada}}', {NOW}, 'Reduce', '[1]')"),
    'a use of long ago': (
        'ada', "INSERT INTO selection_use (id, selection_id, project_id, privileges, user_id, date, task, members) VALUES "
        f"('{{new}}', '{{selection_ALPHA}}', '{{ALPHA}}', 2, '{{ada}}', {EARLY}, 'Reduce', '[]')"),
    'the members of a use': ('ada', "UPDATE selection_use SET members = '[]'"),
    'a use away': ('ada', 'DELETE FROM selection_use'),
    'all out of all': ('dan', 'DELETE FROM project_member'),
    'the owner of a project': ('bob', "UPDATE project SET owner_id = '{bob}' WHERE object_id = '{ALPHA}'"),
    'the owner of a project by being it': ('carl', "UPDATE project SET owner_id = '{carl}'"),
    'the maximum of a project': ('bob', "UPDATE project SET maximum_privileges = 5 WHERE object_id = '{SMALL}'"),
    'the name of a project': ('carl', "UPDATE project SET name = 'x' WHERE object_id = '{ALPHA}'"),
    'the id of a project': ('carl', "UPDATE project SET object_id = '{new}' WHERE object_id = '{ALPHA}'"),
    'a project away': ('carl', "DELETE FROM project WHERE object_id = '{ALPHA}'"),
    'ones own project away': ('ada', "DELETE FROM project WHERE object_id = '{ALPHA}'"),
    'a project of another': ('carl', 'INSERT INTO project (object_id, creation_date, name, maximum_privileges, owner_id) '
                             f"VALUES ('{{new}}', {NOW}, 'NEW', 5, '{{ada}}')"),
    'a project without bounds': ('carl', "INSERT INTO project (object_id, creation_date, name, maximum_privileges, owner_id) "
                                 f"VALUES ('{{new}}', {NOW}, 'NEW', 9, '{{carl}}')"),
    'a project without any maximum': ('carl', "INSERT INTO project (object_id, creation_date, name, owner_id) "
                                      f"VALUES ('{{new}}', {NOW}, 'NEW', '{{carl}}')"),
    'a project with the id of one to come': (
        'carl', "INSERT INTO project (object_id, creation_date, name, maximum_privileges, owner_id) "
        f"VALUES ('{{LATER}}', {NOW}, 'ANOTHER', 5, '{{carl}}')"),
    'a project that takes over another': (
        'carl', "INSERT INTO project (object_id, creation_date, name, maximum_privileges, owner_id) VALUES "
        f"('{{ALPHA}}', {NOW}, 'ALPHA', 5, '{{carl}}') ON CONFLICT (object_id) DO UPDATE SET owner_id = '{{carl}}'"),
    'a project of anonymous': (
        ANONYMOUS, "INSERT INTO project (object_id, creation_date, name, maximum_privileges, owner_id) VALUES "
        f"('{{new}}', {NOW}, 'NEW', 5, '{{anonymous}}')"),
    'an account': ('carl', f"INSERT INTO \"user\" (object_id, creation_date, name) VALUES ('{{new}}', {NOW}, 'zoe')"),
    'an account with the id of another': (
        'carl', f'INSERT INTO "user" (object_id, creation_date, name) VALUES (\'{{zoe}}\', {NOW}, \'not-zoe\')'),
    'an account of ones own name anew': (
        'carl', f'INSERT INTO "user" (object_id, creation_date, name) VALUES (\'{{new}}\', {NOW}, \'carl\')'),
    'ones name': ('carl', "UPDATE \"user\" SET name = 'ada2' WHERE name = 'carl'"),
    'the name of another': ('carl', "UPDATE \"user\" SET name = 'x' WHERE name = 'ada'"),
    'ones id': ('carl', "UPDATE \"user\" SET object_id = '{new}' WHERE name = 'carl'"),
    'an account away': ('carl', "DELETE FROM \"user\" WHERE name = 'dan'"),
}

REFERENCES = {
    'an instrument': ('carl', "UPDATE instrument SET longitude = 0, name = 'x'"),
    'a chip': ('carl', "UPDATE chip SET name = 'x'"), 'a filter': ('carl', "UPDATE filter SET has_fringes = true"),
    'an instrument away': ('carl', 'DELETE FROM instrument'), 'a chip away': ('carl', 'DELETE FROM chip'),
    'an instrument that is there': ('carl', "INSERT INTO instrument (object_id, creation_date, name) VALUES ('{instrument}', "
                                    f"{NOW}, 'x') ON CONFLICT (object_id) DO UPDATE SET name = 'x'"),
    'an instrument with the id of one to come': (
        'carl', f"INSERT INTO instrument (object_id, creation_date, name) VALUES ('{{LSST}}', {NOW}, 'not the LSST')"),
    'a chip with the id of one to come': (
        'carl', "INSERT INTO chip (object_id, creation_date, name, instrument_id) VALUES "
        f"('{{CCD}}', {NOW}, 'x', '{{instrument}}')"),
    'an instrument, as anonymous': (
        ANONYMOUS, f"INSERT INTO instrument (object_id, creation_date, name) VALUES ('{{LSST}}', {NOW}, 'LSST')"),
}

WORK = {
    'a claim for another': ('carl', "INSERT INTO claim (key, privileges, owner, place, pid, user_id, heartbeat) VALUES "
                            f"('3:x', 3, 'x', 'x', 1, '{{ada}}', {NOW})"),
    'a claim, as anonymous': (ANONYMOUS, "INSERT INTO claim (key, privileges, owner, place, pid, user_id, heartbeat) VALUES "
                              f"('4:x', 4, 'x', 'x', 1, '{{anonymous}}', {NOW})"),
    'the claim of another, alive': ('carl', "UPDATE claim SET owner = 'me', user_id = '{carl}' WHERE key LIKE '%claim-of-ada'"),
    'all claims, alive': ('carl', "UPDATE claim SET owner = 'me', user_id = '{carl}' WHERE user_id <> '{carl}'"),
    'the heartbeat of another': ('carl', f"UPDATE claim SET heartbeat = {EARLY} WHERE user_id <> '{{carl}}'"),
    'the file of a claim of another': ('carl', "UPDATE claim SET filename = 'product-of-ada.fits' WHERE user_id <> '{carl}'"),
    'a claim of another away': ('carl', "DELETE FROM claim WHERE user_id <> '{carl}'"),
    'a claim of another away, in one project': ('bob', "DELETE FROM claim WHERE user_id = '{ada}'"),
    'a claim in the way of another': (
        'carl', "INSERT INTO claim (key, privileges, owner, place, pid, user_id, heartbeat) VALUES "
        f"('1:{{ada}}:x', 1, 'x', 'x', 1, '{{carl}}', {NOW})"),
    'a claim in the way of a project of others': (
        'carl', "INSERT INTO claim (key, privileges, project_id, owner, place, pid, user_id, heartbeat) VALUES "
        f"('2:{{ALPHA}}:x', 2, '{{ALPHA}}', 'x', 'x', 1, '{{carl}}', {NOW})"),
    'a claim in the way of a project of others, as if it were ones own': (
        'carl', "INSERT INTO claim (key, privileges, project_id, owner, place, pid, user_id, heartbeat) VALUES "
        f"('2:{{ALPHA}}:x', 2, '{{GAMMA}}', 'x', 'x', 1, '{{carl}}', {NOW})"),
    'a claim of no level': (
        'carl', "INSERT INTO claim (key, owner, place, pid, user_id, heartbeat) VALUES "
        f"('3:x', 'x', 'x', 1, '{{carl}}', {NOW})"),
    'a job for another': ('carl', "INSERT INTO job (id, user_id, number, privileges, step, arguments, status, cancelled, "
                          f"submitted) VALUES ('{{new}}', '{{ada}}', 2, 2, 'Reduce', '{{{{}}}}', 'submitted', false, {NOW})"),
    'a job that is there, to look at it': (
        'carl', "INSERT INTO job (id, user_id, number, privileges, step, arguments, status, cancelled, submitted) VALUES "
        f"('{{job_ada}}', '{{carl}}', 2, 2, 'Reduce', '{{{{}}}}', 'submitted', false, {NOW}) "
        'ON CONFLICT (id) DO UPDATE SET number = 3 RETURNING old.*'),
    'a job, handed to another': ('carl', "UPDATE job SET user_id = '{ada}', number = 7 WHERE id = '{job_carl}'"),
    'the job of another': ('carl', "UPDATE job SET cancelled = true WHERE id = '{job_ada}'"),
    'all jobs': ('dan', "UPDATE job SET cancelled = true WHERE user_id <> '{dan}'"),
    'the job of another away': ('carl', "DELETE FROM job WHERE id = '{job_ada}'"),
    'the steps of another': ('carl', "UPDATE job_step SET status = 'made' WHERE job_id = '{job_ada}'"),
    'the steps of another away': ('carl', "DELETE FROM job_step WHERE job_id <> '{job_carl}'"),
    'steps to the job of another': ('carl', "UPDATE job_step SET job_id = '{job_ada}', number = 9 WHERE job_id = '{job_carl}'"),
    'a step of another': ('carl', "INSERT INTO job_step (job_id, number, class_name, place, is_target, status) VALUES "
                          "('{job_ada}', 9, 'BiasFrame', 'x', false, 'made')"),
    'a line in the log of another': ('carl', "INSERT INTO job_log (id, job_id, date, level, place, text) VALUES "
                                     f"('{{new}}', '{{job_ada}}', {NOW}, 'INFO', 'x', 'forged')"),
    'the log of another away': ('carl', "DELETE FROM job_log WHERE job_id <> '{job_carl}'"),
    'a recipe of another': ('carl', "UPDATE recipe_source SET source = 'evil' WHERE user_id <> '{carl}'"),
    'a recipe that is there': ('carl', "INSERT INTO recipe_source SELECT user_id, digest, 'x', 'evil' FROM recipe_source "
                               "ON CONFLICT (user_id, digest) DO UPDATE SET source = 'evil'"),
    'a recipe for another': ('carl', "INSERT INTO recipe_source (user_id, digest, name, source) "
                            "VALUES ('{ada}', 'abc', 'x', 'evil')"),
    'ones own recipe, after it was used': ('carl', "UPDATE recipe_source SET source = 'other' WHERE user_id = '{carl}'"),
    'recipes away': ('carl', "DELETE FROM recipe_source WHERE user_id <> '{carl}'"),
    'the file of another as lost': ('carl', f"INSERT INTO dropped_file VALUES ('{{ada3}}', 'lost', '{{ada}}', {NOW})"),
    'the file of what is hidden as lost': ('carl', f"INSERT INTO dropped_file VALUES ('{{ada1}}', 'lost', '{{carl}}', {NOW})"),
    'the file of another as purged': ('carl', f"INSERT INTO dropped_file VALUES ('{{ada3}}', 'purged', '{{carl}}', {NOW})"),
    'a raw file as purged': ('bob', f"INSERT INTO dropped_file VALUES ('{{bob2_raw}}', 'purged', '{{bob}}', {NOW})"),
    'who dropped a file': ('carl', "UPDATE dropped_file SET user_id = '{ada}', reason = 'purged'"),
}

OBJECTS = {
    'truncated': ('bob', 'TRUNCATE dbobject CASCADE'), 'truncated, history': ('bob', 'TRUNCATE history'),
    'dropped': ('bob', 'DROP TABLE lineage'), 'altered': ('bob', 'ALTER TABLE dbobject ADD x int'),
    'not secured any more': ('bob', 'ALTER TABLE dbobject DISABLE ROW LEVEL SECURITY'),
    'ones own': ('bob', 'ALTER TABLE dbobject OWNER TO bob'),
    'without a policy': ('bob', 'DO $$ DECLARE p record; BEGIN FOR p IN SELECT * FROM pg_policies LOOP EXECUTE format('
                         "'DROP POLICY %I ON %I', p.policyname, p.tablename); END LOOP; END $$"),
    'with another policy': ('bob', 'CREATE POLICY all_of_it ON dbobject USING (true)'),
    'with a trigger': ('bob', f'CREATE FUNCTION pg_temp.t() RETURNS trigger {DO_NOTHING}',
                       'CREATE TRIGGER t BEFORE INSERT ON dbobject FOR EACH ROW EXECUTE FUNCTION pg_temp.t()'),
    'with a rule': ('bob', 'CREATE RULE r AS ON INSERT TO dbobject DO INSTEAD NOTHING'),
    'with a child': ('bob', 'CREATE TEMP TABLE c () INHERITS (dbobject)'),
    'with an index of ones own': ('bob', "CREATE INDEX ON dbobject ((pg_read_file('x')))"),
    'with statistics': ('bob', 'CREATE STATISTICS s ON class_name, digest FROM dbobject'),
    'with a key from a table of ones own': ('bob', 'CREATE TEMP TABLE k (id uuid REFERENCES dbobject)'),
    'a table in public': ('bob', 'CREATE TABLE public.project_member2 (x int)'),
    'a table in awlike': ('bob', 'CREATE TABLE awlike.x (x int)'),
    'a function in public': ('bob', "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    'a function in awlike': ('bob', "CREATE FUNCTION awlike.f() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    'a function of ours': (
        'bob', "CREATE OR REPLACE FUNCTION awlike.account_name() RETURNS text LANGUAGE sql AS $$ SELECT 'ada' $$"),
    'an operator in public': ('bob', 'CREATE OPERATOR public.## (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl)'),
    'a schema': ('bob', 'CREATE SCHEMA mine'), 'an extension': ('bob', 'CREATE EXTENSION plpgsql'),
    'a role': ('bob', 'CREATE ROLE mallory SUPERUSER'), 'ones role': ('bob', 'ALTER ROLE bob BYPASSRLS'),
    'the role of another': ('bob', "ALTER ROLE ada PASSWORD 'x'"), 'membership': ('bob', 'GRANT ada TO bob'),
    'all data': ('bob', 'GRANT pg_read_all_data TO bob'),
    'the settings of another': ('bob', "ALTER ROLE ada SET search_path = 'pg_temp'"),
    'the settings of the database': ('bob', 'DO $$ BEGIN EXECUTE format(\'ALTER DATABASE %I SET search_path = x\', '
                                     'current_database()); END $$'),
    'the settings of the server': ('bob', "ALTER SYSTEM SET search_path = 'x'"),
    'an event trigger': ('bob', "CREATE FUNCTION pg_temp.e() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$",
                         'CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION pg_temp.e()'),
    'default privileges of the administrator': ('bob', 'ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON TABLES TO bob'),
    'grants': ('bob', 'GRANT ALL ON dbobject TO PUBLIC', 'GRANT ALL ON ALL TABLES IN SCHEMA public TO bob'),
    'a language': ('bob', "CREATE FUNCTION pg_temp.c() RETURNS int LANGUAGE c AS 'x'"),
    'a publication': ('bob', 'CREATE PUBLICATION p FOR TABLE dbobject'), 'a subscription': (
        'bob', "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p"),
    'a foreign server': ('bob', 'CREATE FOREIGN DATA WRAPPER w'),
    'comments': ('bob', "COMMENT ON TABLE dbobject IS 'x'"),
    'a sequence': ('bob', "SELECT setval(oid, 1) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"),
    'the version of the schema': ('bob', 'DO $$ BEGIN IF to_regclass(\'alembic_version\') IS NOT NULL THEN '
                                  "UPDATE alembic_version SET version_num = 'x'; END IF; END $$"),
}
