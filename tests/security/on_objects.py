"""Attacks on objects, their lineage and their history, by theme and name: who tries what."""

from tests.security.rules import ANONYMOUS
from tests.security.world import NOW, edge, new, row

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
    **{f'{column} of ones own': ('bob', f"UPDATE dbobject SET {column} = {value}, is_valid = 0 WHERE object_id = '{{bob2}}'")
       for column, value in {
           'object_id': "'{new}'", 'class_name': "'RawBiasFrame'", 'creation_date': EARLY, 'creator_id': "'{ada}'",
           'project_id': "'{SMALL}'", 'quality_flags': '1', 'digest': "'x'", 'filename': "'x'", 'size': '7',
           'instrument_id': 'NULL', 'chip_id': 'NULL', 'setup_id': 'NULL', '"DATE_OBS"': 'NULL', 'raw_fits_id': 'NULL',
           'reuse_key': "'x'", 'make_version': '7', 'code_digest': "'x'", 'recipe': "'x'", 'selection': "'x'",
           'process_parameters': 'NULL',
           'quality': 'NULL', 'imstat_median': '7', 'libraries': "'x'", '"TEMPERATURE"': '7'}.items()},
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
    'what nobody else sees, as the owner of the project': (
        'ada', "UPDATE dbobject SET privileges = 2 WHERE object_id = '{bob1}'"),
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
    'and handed to another': ('bob', "UPDATE dbobject SET privileges = 2, creator_id = '{ada}' "
                              "WHERE object_id = '{bob1_file}'"),
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
    'by merging': ('carl', "MERGE INTO dbobject d USING (SELECT 1) s ON d.object_id = '{ada2_second}' "
                   'WHEN MATCHED THEN DELETE'),
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
