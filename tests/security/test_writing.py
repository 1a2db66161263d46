"""Nothing that is another's is changed, and nothing is forged: every table stands as before, whatever is tried."""

import pytest

from tests.security.rules import ANONYMOUS
from tests.security.test_reading import mistaken
from tests.security.world import EVERYBODY, NOW, TABLES, edge, new, row

DO_NOTHING = "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
LATE = "timestamp '2100-01-01'"
EARLY = "timestamp '2000-01-01'"

FORGED = {
    'the creator': ('bob', new(creator='{ada}')),
    'the creator, by what it returns': ('bob', new(creator='{ada}') + ' RETURNING creator_id'),
    'a creator that nobody is': ('bob', new(creator='{nothing}')),
    'no creator': ('bob', new().replace("'{bob}'", 'NULL')),
    'no project': ('bob', new().replace("'{ALPHA}'", 'NULL')),
    'a project of others': ('carl', new(creator='{carl}', project='{ALPHA}')),
    'a project of others, to oneself': ('carl', new(creator='{carl}', project='{ALPHA}', level='1')),
    'a project, of one who is in none': ('dan', new(creator='{dan}', project='{ALPHA}', level='3')),
    'a project that does not exist': ('bob', new(project='{nothing}')),
    'a level above the maximum of the project': ('bob', new(project='{SMALL}', level='3')),
    'the highest level of a project that has less': ('bob', new(project='{SMALL}', level='5')),
    'level 0': ('bob', new(level='0')), 'level 6': ('bob', new(level='6')), 'level -1': ('bob', new(level='-1')),
    'no level': ('bob', new(level='NULL')),
    'validity 7': ('bob', new(is_valid='7')), 'no validity': ('bob', new(is_valid='NULL')),
    'an old date': ('bob', new(date=EARLY)), 'a late date': ('bob', new(date=LATE)), 'no date': ('bob', new(date='NULL')),
    'a date without end': ('bob', new(date="timestamp 'infinity'")),
    'a file name that leads elsewhere': ('bob', new(filename='../../.profile')),
    'a file name that is another way to a file': ('bob', new(filename='./forged.fits')),
    'a file name that begins at the root': ('bob', new(filename='/etc/passwd')),
    'a date of observation that no program reads': (
        'bob', new().replace('digest,', 'digest, "DATE_OBS",').replace("'forged'", "'forged', 'infinity'")),
    'a time of serving that no program reads': (
        'bob', new().replace('digest,', 'digest, timestamp_end,').replace("'forged'", "'forged', 'infinity'")),
    'a file name that is hidden': ('bob', new(filename='.profile')),
    'no file name at all': ('bob', new(filename='')),
    'an id that is there': ('carl', new(object_id='{ada1}', creator='{carl}', project='{GAMMA}')),
    'an id that is there, and changes it': ('carl', new(object_id='{ada1}', creator='{carl}', project='{GAMMA}') +
                                            ' ON CONFLICT (object_id) DO UPDATE SET creator_id = excluded.creator_id, '
                                            'project_id = excluded.project_id'),
    'an id that all see, and changes it': ('carl', new(object_id='{ada4}', creator='{carl}', project='{GAMMA}') +
                                           ' ON CONFLICT (object_id) DO UPDATE SET filename = excluded.filename'),
    'anything, as anonymous': (ANONYMOUS, new(creator='{ada}', level='4')),
    'oneself, as anonymous': (ANONYMOUS, new(creator='{anonymous}', level='4')),
}

LINEAGE = {
    'of what exists': ('bob', edge('{bob2}', '{ada2_raw}', 5)),
    'of what exists, after touching it': ('bob', 'BEGIN', "UPDATE dbobject SET is_valid = 0 WHERE object_id = '{bob2}'",
                                          edge('{bob2}', '{ada2_raw}', 5), 'COMMIT'),
    'of what exists, after locking it': ('bob', 'BEGIN', "SELECT FROM dbobject WHERE object_id = '{bob2}' FOR UPDATE",
                                         edge('{bob2}', '{ada2_raw}', 5), 'COMMIT'),
    'of what exists, in a savepoint': ('bob', 'BEGIN', "UPDATE dbobject SET is_valid = 0 WHERE object_id = '{bob2}'",
                                       'SAVEPOINT s', edge('{bob2}', '{ada2_raw}', 5), 'RELEASE s', 'COMMIT'),
    'of a raw frame': ('bob', edge('{bob2_raw}', '{ada2_raw}')),
    'of what another made': ('bob', edge('{ada3}', '{bob3_raw}', 5)),
    'of what another hides': ('bob', edge('{ada1}', '{bob3_raw}', 5)),
    'of what does not exist': ('bob', edge('{nothing}', '{bob2_raw}')),
    'from what does not exist': ('bob', 'BEGIN', edge('{new}', '{nothing}'), new(), row(), 'COMMIT'),
    'from what is hidden': ('bob', 'BEGIN', edge('{new}', '{ada1}'), new(level='1'), row(), 'COMMIT'),
    'from what is hidden, after the product': ('bob', 'BEGIN', new(level='1'), row(), edge('{new}', '{ada1}'), 'COMMIT'),
    'from what its audience cannot see, after the product': (
        'bob', 'BEGIN', new(level='3'), row(), edge('{new}', '{bob2}'), 'COMMIT'),
    'from what its audience cannot see': ('bob', 'BEGIN', edge('{new}', '{bob2}'), new(level='3'), row(), 'COMMIT'),
    'from what its audience cannot see, of the same statement': (
        'bob', 'WITH p AS (' + new(level='3') + " RETURNING object_id) INSERT INTO lineage SELECT object_id, 'parts', 0, "
        "'{bob2}'::uuid FROM p"),
    'from what anonymous cannot see': ('bob', 'BEGIN', edge('{new}', '{ada3}'), new(level='4'), row(), 'COMMIT'),
    'from what one keeps to oneself': ('bob', 'BEGIN', edge('{new}', '{bob1}'), new(level='2'), row(), 'COMMIT'),
    'from another project': ('bob', 'BEGIN', edge('{new}', '{SMALL_product}'), new(level='2'), row(), 'COMMIT'),
    'from what its audience cannot see, raised afterwards': (
        'bob', 'BEGIN', edge('{new}', '{bob1}'), new(level='1'), row(),
        "UPDATE dbobject SET privileges = 4 WHERE object_id = '{new}'", 'COMMIT'),
    'from what its audience cannot see, raised before': (
        'bob', 'BEGIN', new(level='1'), row(), "UPDATE dbobject SET privileges = 4 WHERE object_id = '{new}'",
        edge('{new}', '{bob1}'), 'COMMIT'),
    'from what its audience cannot see, in savepoints': (
        'bob', 'BEGIN', 'SAVEPOINT a', edge('{new}', '{bob1}'), 'RELEASE a', 'SAVEPOINT b', new(level='1'), row(), 'RELEASE b',
        'SAVEPOINT c', "UPDATE dbobject SET privileges = 3 WHERE object_id = '{new}'", 'RELEASE c', 'COMMIT'),
    'from what its audience cannot see, checked later': (
        'bob', 'BEGIN', 'SET CONSTRAINTS ALL DEFERRED', edge('{new}', '{bob1}'), new(level='3'), row(), 'COMMIT'),
    'from a raw file that is hidden': ('bob', new(level='1', class_name='RawBiasFrame', raw_fits='{ada1_file}')),
    'from a raw file that does not exist': ('bob', new(level='1', class_name='RawBiasFrame', raw_fits='{nothing}')),
    'from a raw file that its audience cannot see': ('bob', new(level='3', class_name='RawBiasFrame', raw_fits='{bob2_file}')),
    'from a raw file that its audience cannot see, raised afterwards': (
        'bob', 'BEGIN', new(level='1', class_name='RawBiasFrame', raw_fits='{bob1_file}'),
        "UPDATE dbobject SET privileges = 3 WHERE object_id = '{new}'", 'COMMIT'),
    'from itself': ('bob', 'BEGIN', edge('{new}', '{new}'), new(), row(), 'COMMIT'),
    'by changing an edge': ('bob', "UPDATE lineage SET input = '{ada3}' WHERE product = '{bob3}'"),
    'by changing an edge of others': ('bob', "UPDATE lineage SET input = '{ada3}'"),
    'by moving an edge': ('bob', "UPDATE lineage SET product = '{ada3}' WHERE product = '{bob3}'"),
    'by an edge that is there': ('bob', edge('{ada3}', '{bob3}') + ' ON CONFLICT (product, role, position) DO UPDATE SET '
                                 "input = '{bob3}'"),
    'by taking an edge away': ('bob', "DELETE FROM lineage WHERE product = '{bob3}'"),
    'by taking an edge away from what one might delete': ('bob', "DELETE FROM lineage WHERE product = '{bob2_second}'"),
    'by taking all away': ('bob', 'DELETE FROM lineage'),
    'by taking an edge away and raising': ('bob', 'BEGIN', "DELETE FROM lineage WHERE product = '{bob1_second}'",
                                           "UPDATE dbobject SET privileges = 4 WHERE object_id = '{bob1_second}'", 'COMMIT'),
}

CHANGED = {
    'all of others, naming none': ('bob', "UPDATE dbobject SET filename = 'x'"),
    'the validity of what is hidden': ('bob', "UPDATE dbobject SET is_valid = 0 WHERE object_id = '{ada1}'"),
    'the validity of what all see': ('carl', "UPDATE dbobject SET is_valid = 0 WHERE object_id = '{ada4}'"),
    'the validity of what all see, of all': ('dan', 'UPDATE dbobject SET is_valid = 0'),
    'the validity of what all see, as anonymous': (ANONYMOUS, 'UPDATE dbobject SET is_valid = 0'),
    'the validity to what it cannot be': ('bob', "UPDATE dbobject SET is_valid = 9 WHERE object_id = '{bob2}'"),
    'a time of serving to what no program reads': (
        'bob', "UPDATE dbobject SET timestamp_end = 'infinity' WHERE object_id = '{ada2}'"),
    'a time of serving to before all times': (
        'bob', "UPDATE dbobject SET timestamp_start = '4000-01-01 BC' WHERE object_id = '{ada2}'"),
    'a time of serving to the wrong way round': (
        'bob', "UPDATE dbobject SET timestamp_start = '2013-01-01', timestamp_end = '2012-01-01' WHERE object_id = '{ada2}'"),
    'the validity to nothing': ('bob', "UPDATE dbobject SET is_valid = NULL WHERE object_id = '{bob2}'"),
    'what is hidden from the owner of the project, naming none': (
        'ada', "UPDATE dbobject SET is_valid = CASE is_valid WHEN 9 THEN 1 ELSE is_valid END, privileges = privileges"),
    **{f'{column} of ones own': ('bob', f"UPDATE dbobject SET {column} = {value} WHERE object_id = '{{bob2}}'")
       for column, value in {
           'object_id': "'{new}'", 'class_name': "'RawBiasFrame'", 'creation_date': EARLY, 'creator_id': "'{ada}'",
           'project_id': "'{SMALL}'", 'quality_flags': '1', 'digest': "'x'", 'filename': "'x'", 'size': '7',
           'instrument_id': 'NULL', 'chip_id': 'NULL', '"DATE_OBS"': 'NULL', 'raw_fits_id': 'NULL', 'reuse_key': "'x'",
           'make_version': '7', 'code_digest': "'x'", 'recipe': "'x'", 'process_parameters': 'NULL', 'quality': 'NULL',
           'imstat_median': '7', 'libraries': "'x'"}.items()},
    'what the table of a class has': ('bob', "UPDATE blend SET share = 0 WHERE object_id = '{bob2}'"),
    'what the table of a class has of others': ('bob', 'UPDATE blend SET share = 0'),
    'whose it is, in the table of a class': ('bob', "UPDATE blend SET object_id = '{ada2_raw}' WHERE object_id = '{bob2}'"),
    'the row of what one has, after touching it': (
        'bob', 'BEGIN', "UPDATE dbobject SET is_valid = is_valid WHERE object_id = '{bob2_raw}'", row('{bob2_raw}'), 'COMMIT'),
    'the rows of raw files': ('bob', "UPDATE raw_fits SET original_name = 'x'"),
    'another by the rows of another': ('bob', "UPDATE dbobject SET is_valid = 0 FROM lineage WHERE input = object_id "
                                       "AND creator_id = '{carl}'"),
    'a row for what has none': ('bob', row('{ada2_raw}')), 'a row for what another hides': ('bob', row('{ada1_raw}')),
    'a row for what one has': ('bob', row('{bob2_raw}')),
    'by merging': ('carl', "MERGE INTO dbobject d USING (SELECT 1) s ON d.object_id = '{ada4}' WHEN MATCHED THEN UPDATE SET "
                   "is_valid = 0 WHEN NOT MATCHED THEN DO NOTHING"),
    'through a view': ('carl', 'CREATE TEMP VIEW v WITH (security_invoker = off) AS SELECT * FROM dbobject',
                       "UPDATE v SET is_valid = 0 WHERE creator_id <> '{carl}'",
                       "DELETE FROM v WHERE creator_id <> '{carl}'"),
    'through a prepared statement': ('carl', "PREPARE p AS UPDATE dbobject SET is_valid = 0 WHERE object_id = $1",
                                     "EXECUTE p ('{ada4}')"),
    'through a cursor': ('carl', 'BEGIN', "DECLARE c CURSOR FOR SELECT is_valid FROM dbobject WHERE object_id = '{ada4}'",
                         'FETCH c', 'UPDATE dbobject SET is_valid = 0 WHERE CURRENT OF c', 'COMMIT'),
    'by COPY': ('bob', "COPY dbobject (object_id) FROM PROGRAM 'echo'"),
}

RAISED = {
    'what is hidden': ('bob', "UPDATE dbobject SET privileges = 3 WHERE object_id = '{ada1}'"),
    'what another shares': ('bob', "UPDATE dbobject SET privileges = 3 WHERE object_id = '{ada2_file}'"),
    'what another shares, of any kind': ('bob', "UPDATE dbobject SET privileges = 5 WHERE creator_id = '{ada}'"),
    'what all see': ('carl', "UPDATE dbobject SET privileges = 4 WHERE object_id = '{ada3_file}'"),
    'what nobody else sees, as the owner of the project': ('ada', "UPDATE dbobject SET privileges = 2 WHERE object_id = '{bob1}'"),
    'a product above its inputs': ('bob', "UPDATE dbobject SET privileges = 3 WHERE object_id = '{bob2}'"),
    'a product above its inputs, from oneself': ('bob', "UPDATE dbobject SET privileges = 2 WHERE object_id = '{bob1}'"),
    'a product above its inputs, to the world': ('bob', "UPDATE dbobject SET privileges = 4 WHERE object_id = '{bob3}'"),
    'a product and one of its inputs': ('bob', "UPDATE dbobject SET privileges = 4 WHERE object_id IN ('{bob2_second}', "
                                        "'{bob2}')"),
    'above the maximum of the project': ('bob', "UPDATE dbobject SET privileges = 3 WHERE object_id = '{SMALL_file}'"),
    'above the maximum, as its owner': ('ada', "UPDATE dbobject SET privileges = 4 WHERE object_id = '{SMALL_file}'"),
    'above 5': ('bob', "UPDATE dbobject SET privileges = 6 WHERE object_id = '{bob5_file}'"),
    'down': ('bob', "UPDATE dbobject SET privileges = 2 WHERE object_id = '{bob3_second}'"),
    'down to oneself': ('bob', "UPDATE dbobject SET privileges = 1 WHERE object_id = '{bob2_second}'"),
    'down, as the owner': ('ada', "UPDATE dbobject SET privileges = 1 WHERE object_id = '{bob2_second}'"),
    'down from 5 to 4': ('bob', "UPDATE dbobject SET privileges = 4 WHERE object_id = '{bob5_second}'"),
    'to nothing': ('bob', "UPDATE dbobject SET privileges = NULL WHERE object_id = '{bob2_second}'"),
    'up and down': ('bob', "UPDATE dbobject SET privileges = 1 - privileges WHERE object_id = '{bob2_second}'"),
    'and moved to another project': ('bob', "UPDATE dbobject SET privileges = 2, project_id = '{SMALL}' "
                                     "WHERE object_id = '{bob1_file}'"),
    'and handed to another': ('bob', "UPDATE dbobject SET privileges = 2, creator_id = '{ada}' WHERE object_id = '{bob1_file}'"),
}

DELETED = {
    'a raw frame': ('bob', "DELETE FROM dbobject WHERE object_id = '{bob2_raw}'"),
    'a raw frame that nothing was made from': ('bob', "DELETE FROM dbobject WHERE object_id = '{bob1_spare}'"),
    'a raw file': ('bob', "DELETE FROM dbobject WHERE object_id = '{bob1_file}'"),
    'the row of a raw file': ('bob', "DELETE FROM raw_fits WHERE object_id = '{bob1_file}'"),
    'what something is made from': ('bob', "DELETE FROM dbobject WHERE object_id = '{bob2}'"),
    'the row of what something is made from': ('bob', "DELETE FROM blend WHERE object_id = '{bob2}'"),
    'what something is made from, row by row': ('bob', 'BEGIN', "DELETE FROM blend WHERE object_id = '{bob2}'",
                                                "DELETE FROM dbobject WHERE object_id = '{bob2}'", 'COMMIT'),
    'what is published': ('bob', "DELETE FROM dbobject WHERE object_id = '{bob3_second}'"),
    'the row of what is published': ('bob', "DELETE FROM blend WHERE object_id = '{bob3_second}'"),
    'what another shares': ('bob', "DELETE FROM dbobject WHERE object_id = '{ada2_second}'"),
    'what a member made, as the owner': ('ada', "DELETE FROM dbobject WHERE object_id = '{bob2_second}'"),
    'the row of what a member made, as the owner': ('ada', "DELETE FROM blend WHERE object_id = '{bob2_second}'"),
    'what is hidden': ('ada', "DELETE FROM dbobject WHERE object_id = '{bob1_second}'"),
    'all of carl': ('dan', 'DELETE FROM dbobject'), 'all, as anonymous': (ANONYMOUS, 'DELETE FROM dbobject'),
    'all rows of a class': ('dan', 'DELETE FROM blend'),
    'with USING': ('carl', "DELETE FROM dbobject USING lineage WHERE product = object_id AND creator_id <> '{carl}'"),
    'by merging': ('carl', "MERGE INTO dbobject d USING (SELECT 1) s ON d.object_id = '{ada2_second}' WHEN MATCHED THEN DELETE"),
}

HISTORY = {
    'is not erased': ('bob', 'DELETE FROM history'),
    'is not changed': ('bob', "UPDATE history SET new = '0'"),
    'is not changed in who it was': ('bob', "UPDATE history SET user_id = '{ada}' WHERE user_id = '{bob}'"),
    'is not forged': ('bob', "INSERT INTO history (object_id, attribute, old, new, user_id, date) VALUES "
                      f"('{{bob2}}', 'is_valid', '1', '0', '{{bob}}', {NOW})"),
    'is not forged with a number': (
        'bob', "INSERT INTO history (number, object_id, attribute, old, new, user_id, date) VALUES "
        f"(-1, '{{bob2}}', 'is_valid', '1', '0', '{{ada}}', {NOW})"),
    'is not forged by its own trigger on a table of ones own': (
        'bob', 'CREATE TEMP TABLE t AS SELECT object_id, is_valid, timestamp_start, timestamp_end, privileges, creator_id, '
        'project_id, raw_fits_id FROM dbobject LIMIT 1', "UPDATE t SET object_id = '{ada1}', creator_id = '{bob}'",
        'CREATE TRIGGER t AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION awlike.changed()',
        'UPDATE t SET is_valid = 7, privileges = 5'),
    'is not evaded as a replica': ('bob', 'SET session_replication_role = replica',
                                   "UPDATE dbobject SET is_valid = 0 WHERE object_id = '{bob2}'"),
    'is not evaded by disabling its trigger': ('bob', 'ALTER TABLE dbobject DISABLE TRIGGER ALL',
                                               "UPDATE dbobject SET is_valid = 0 WHERE object_id = '{bob2}'"),
    'does not go by itself': ('bob', "DELETE FROM history WHERE object_id = '{bob2_second}'"),
}

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
    'out of a project': ('ada', "DELETE FROM project_member WHERE user_id = '{bob}'"),
    'oneself out of a project': ('bob', "DELETE FROM project_member WHERE user_id = '{bob}'"),
    'all out of all': ('dan', 'DELETE FROM project_member'),
    'the owner of a project': ('bob', "UPDATE project SET owner_id = '{bob}' WHERE object_id = '{ALPHA}'"),
    'the owner of a project by being it': ('carl', "UPDATE project SET owner_id = '{carl}'"),
    'the maximum of a project': ('bob', "UPDATE project SET maximum_privileges = 5 WHERE object_id = '{SMALL}'"),
    'the name of a project': ('carl', "UPDATE project SET name = 'x' WHERE object_id = '{ALPHA}'"),
    'the id of a project': ('carl', "UPDATE project SET object_id = '{new}' WHERE object_id = '{ALPHA}'"),
    'a project away': ('carl', "DELETE FROM project WHERE object_id = '{ALPHA}'"),
    'ones own project away': ('ada', "DELETE FROM project WHERE object_id = '{ALPHA}'"),
    'a project of another': ('carl', "INSERT INTO project (object_id, creation_date, name, maximum_privileges, owner_id) VALUES "
                             f"('{{new}}', {NOW}, 'NEW', 5, '{{ada}}')"),
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
    'an account with the id of another': ('carl', f'INSERT INTO "user" (object_id, creation_date, name) VALUES (\'{{zoe}}\', {NOW}, '
                                          "'not-zoe')"),
    'an account of ones own name anew': ('carl', f'INSERT INTO "user" (object_id, creation_date, name) VALUES (\'{{new}}\', {NOW}, '
                                         "'carl')"),
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
        'carl', f"INSERT INTO chip (object_id, creation_date, name, instrument_id) VALUES ('{{CCD}}', {NOW}, 'x', '{{instrument}}')"),
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
        f"('{{job_ada}}', '{{carl}}', 2, 2, 'Reduce', '{{{{}}}}', 'submitted', false, {NOW}) ON CONFLICT (id) DO UPDATE SET number = 3 "
        'RETURNING old.*'),
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
    'a recipe that is there': ('carl', "INSERT INTO recipe_source SELECT digest, 'x', 'evil', '{carl}' FROM recipe_source "
                               "ON CONFLICT (digest) DO UPDATE SET source = 'evil'"),
    'a recipe for another': ('carl', "INSERT INTO recipe_source VALUES ('abc', 'x', 'evil', '{ada}')"),
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
    'a function of ours': ('bob', "CREATE OR REPLACE FUNCTION awlike.account_name() RETURNS text LANGUAGE sql AS $$ SELECT 'ada' $$"),
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

ATTACKS = {f'{theme}: {name}': (user, statements) for theme, attacks in (
    ('forge', FORGED), ('lineage', LINEAGE), ('change', CHANGED), ('raise', RAISED), ('delete', DELETED), ('history', HISTORY),
    ('people', PEOPLE), ('references', REFERENCES), ('work', WORK), ('made', OBJECTS)) for name, (user, *statements) in attacks.items()}


@pytest.mark.parametrize('attack', ATTACKS)
def test_nothing_is_changed(world, attack):
    user, statements = ATTACKS[attack]
    outcome = world.attack(user, *statements)
    assert not mistaken(outcome) or attack.startswith('made'), (statements, outcome.error)
    world.stands_as_before(outcome, catalogue=attack.startswith('made'))


CLAIM = ("INSERT INTO claim (key, privileges, owner, place, pid, user_id, heartbeat, filename) "
         f"VALUES ('3:x', 3, 'x', 'x', 1, '{{carl}}', {EARLY}, '{{name}}')")


@pytest.mark.parametrize('level', [1, 2, 3, 4])
def test_no_claim_makes_others_remove_the_file_of_an_object(world, level):
    """Whoever takes over from a maker that died removes the file that its claim names."""
    name = world.files[world.of['ada', level][1]]
    taken = "UPDATE claim SET user_id = '{dan}' WHERE key = '3:x' RETURNING filename".format(**world.names)
    for statements in ([CLAIM], [CLAIM.replace("'{name}'", 'NULL'), f"UPDATE claim SET filename = '{name}' WHERE key = '3:x'"],
                       [CLAIM.replace('{name}', 'coming.fits'), f"UPDATE claim SET filename = '{name}' WHERE key = '3:x'"]):
        world.run('carl', *(statement.format(**world.names, name=name) for statement in statements))
        told = [filename for rows in world.run('dan', taken).rows for filename, in rows]
        assert name not in told
        assert world.ask('SELECT FROM claim WHERE filename = %s', name) == []
        world.restore()


@pytest.mark.parametrize('name', ['../../.profile', './x.fits', '/etc/passwd', '.profile', '', 'a/b', 'a\\b', 'a\nb'])
def test_no_claim_makes_others_remove_what_is_no_file_of_ours(world, name):
    outcome = world.run('carl', CLAIM.format(**world.names, name=name).replace(f"'{name}'", f"E'{name}'"))
    assert outcome.error is not None


@pytest.mark.parametrize('user', EVERYBODY)
def test_no_table_can_be_emptied(world, user):
    for table in TABLES:
        outcome = world.attack(user, 'BEGIN', f'TRUNCATE "{table}" CASCADE')
        assert outcome.error.sqlstate == '42501', table


def test_without_an_account_nobody_is_kept_waiting(world):
    """Locks that keep others from reading or writing a table are for accounts."""
    for table in TABLES:
        for mode in ('SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE'):
            outcome = world.run(ANONYMOUS, 'BEGIN', f'LOCK TABLE "{table}" IN {mode} MODE NOWAIT', 'ROLLBACK')
            assert outcome.error is not None and outcome.error.sqlstate == '42501', (table, mode)
    for table in ('dbobject', 'claim', 'lineage', 'project', 'instrument'):
        assert world.run(ANONYMOUS, f'SELECT FROM {table} FOR UPDATE').counts in ([], [0])


@pytest.mark.parametrize('user', ['dan', ANONYMOUS])
@pytest.mark.parametrize('table', TABLES)
def test_of_others_nothing_can_be_copied_deleted_or_turned(world, user, table):
    columns = [name for name, in world.ask("SELECT column_name FROM information_schema.columns WHERE table_name = %s "
                                           "AND table_schema = 'public'", table)]
    mine = {'claim', 'job', 'recipe_source'} & {table} and f"WHERE user_id <> '{world.names[user]}'" or (
        f"WHERE job_id <> '{world.names.get('job_' + user, world.names['nothing'])}'" if table in ('job_step', 'job_log') else '')
    for statement in (f'DELETE FROM "{table}" {mine}', f'INSERT INTO "{table}" SELECT * FROM "{table}"',
                      *(f'UPDATE "{table}" SET "{column}" = "{column}" {mine}' for column in columns)):
        outcome = world.run(user, statement)
        assert outcome.error is not None or outcome.counts == [0], statement
