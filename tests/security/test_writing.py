"""Nothing that is another's is changed, and nothing is forged: every table stands as before, whatever is tried."""

import pytest

from tests.security.on_objects import CHANGED, DELETED, EARLY, FORGED, HISTORY, LINEAGE, RAISED
from tests.security.on_others import OBJECTS, PEOPLE, REFERENCES, WORK
from tests.security.rules import ANONYMOUS
from tests.security.test_reading import mistaken
from tests.security.world import EVERYBODY, TABLES, row

ATTACKS = {f'{theme}: {name}': (user, statements) for theme, attacks in (
    ('forge', FORGED), ('lineage', LINEAGE), ('change', CHANGED), ('raise', RAISED), ('delete', DELETED), ('history', HISTORY),
    ('people', PEOPLE), ('references', REFERENCES), ('work', WORK), ('made', OBJECTS))
    for name, (user, *statements) in attacks.items()}


@pytest.mark.parametrize('attack', ATTACKS)
def test_nothing_is_changed(world, attack):
    user, statements = ATTACKS[attack]
    outcome = world.attack(user, *statements)
    assert not mistaken(outcome) or attack.startswith('made'), (statements, outcome.error)
    world.stands_as_before(outcome, catalogue=attack.startswith('made'))


def test_after_an_upgrade_old_objects_are_still_as_they_are(world):
    """A column that is new makes a row be written again by a change that changes nothing; yet the object is not new."""
    with world.connect(None) as administrator:
        administrator.execute('ALTER TABLE dbobject ADD COLUMN added integer')
    world.attack('bob', 'BEGIN', "UPDATE dbobject SET is_valid = is_valid WHERE object_id = '{bob3_raw}'", row('{bob3_raw}'),
                 'COMMIT')
    forged = world.ask('SELECT FROM blend WHERE object_id = %s', world.names['bob3_raw'])
    world.restore()
    assert forged == []


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
        f"WHERE job_id <> '{world.names.get('job_' + user, world.names['nothing'])}'"
        if table in ('job_step', 'job_log') else '')
    for statement in (f'DELETE FROM "{table}" {mine}', f'INSERT INTO "{table}" SELECT * FROM "{table}"',
                      *(f'UPDATE "{table}" SET "{column}" = "{column}" {mine}' for column in columns)):
        outcome = world.run(user, statement)
        assert outcome.error is not None or outcome.counts == [0], statement
