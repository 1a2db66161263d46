"""Who becomes a member and who is none any more: both sides agree, and nobody sees a product without its inputs."""

import contextlib

import pytest

from awlike import config
from awlike.context import context
from awlike.database import sessions
from awlike.errors import NotAllowed
from tests.databases import PASSWORD
from tests.security.world import NOW, edge, new, row

ASK = "INSERT INTO project_offer VALUES ('{ALPHA}', '{dan}', false)"
INVITE = "INSERT INTO project_offer VALUES ('{ALPHA}', '{dan}', true)"
ADMIT = "INSERT INTO project_member VALUES ('{ALPHA}', '{dan}')"
OUT = "DELETE FROM project_member WHERE project_id = '{ALPHA}' AND user_id = '{bob}'"
UNSEEN = 'SELECT count(*) FROM lineage LEFT JOIN dbobject ON object_id = input WHERE object_id IS NULL'
OWN = "SELECT count(*) FROM dbobject WHERE object_id = '{new}'"


@contextlib.contextmanager
def changed(world):
    """What is done within is taken back in the end."""
    try:
        yield
    finally:
        world.restore()


def is_member(world, user, project='ALPHA'):
    return bool(world.ask('SELECT FROM project_member WHERE project_id = %s AND user_id = %s', world.names[project],
                          world.names[user]))


@pytest.mark.parametrize(('offer', 'by', 'accepted_by'), [(ASK, 'dan', 'ada'), (INVITE, 'ada', 'dan')])
def test_both_sides_make_a_member_and_neither_alone(world, offer, by, accepted_by):
    with changed(world):
        assert world.attack(by, offer).error is None
        assert world.attack(by, ADMIT).error.sqlstate == '42501' and not is_member(world, 'dan')
        assert world.attack(accepted_by, ADMIT).error is None and is_member(world, 'dan')
        assert world.ask('SELECT FROM project_offer') == [], 'it is accepted once'


def test_an_invitation_that_was_withdrawn_is_accepted_by_nobody(world):
    with changed(world):
        world.attack('ada', INVITE, "DELETE FROM project_offer WHERE user_id = '{dan}'")
        assert world.attack('dan', ADMIT).error.sqlstate == '42501'


def test_offers_are_seen_by_their_two_sides(world):
    with changed(world):
        world.attack('ada', INVITE)
        seen = [world.attack(user, 'SELECT count(*) FROM project_offer').rows[0] for user in ('ada', 'dan', 'bob', 'carl')]
        assert seen == [[(1,)], [(1,)], [(0,)], [(0,)]]


def test_who_was_removed_sees_no_product_without_its_inputs(world):
    test_who_left_sees_no_product_without_its_inputs(world, by='ada')


def test_who_left_sees_no_product_without_its_inputs(world, by='bob'):
    with changed(world):
        made = world.attack('bob', 'BEGIN', edge('{new}', '{ada2}'), new(level='1'), row(), edge('{nothing}', '{new}'),
                            new(object_id='{nothing}', filename='two.fits', level='1'), row('{nothing}'), 'COMMIT')
        assert made.error is None
        assert world.attack('bob', OWN).rows == [[(1,)]]
        assert world.attack(by, OUT, OUT.replace('{ALPHA}', '{SMALL}')).counts == [1, 1]
        assert world.attack('bob', UNSEEN, OWN, OWN.replace('{new}', '{nothing}')).rows == [[(0,)]] * 3
        assert world.attack('bob', "SELECT count(*) FROM dbobject WHERE privileges <= 2 AND project_id = '{ALPHA}' "
                            "AND creator_id <> '{bob}'").rows == [[(0,)]]
        assert world.attack('bob', 'UPDATE dbobject SET privileges = 1').error is None
        assert world.attack('bob', OWN).rows == [[(0,)]], 'nor by raising all, without naming any'
        world.attack('bob', ASK.replace('{dan}', '{bob}'))
        assert world.attack('ada', ADMIT.replace('{dan}', '{bob}')).error is None
        assert world.attack('bob', UNSEEN, OWN, OWN.replace('{new}', '{nothing}')).rows == [[(0,)], [(1,)], [(1,)]]
        assert world.ask('SELECT FROM history WHERE object_id = %s', world.names['new']) == []


def test_what_somebody_who_left_keeps_alone_stays_theirs(world):
    with changed(world):
        world.attack('bob', OUT)
        assert world.attack('bob', "SELECT count(*) FROM dbobject WHERE object_id IN ('{bob1}', '{bob1_raw}')").rows == [[(2,)]]


def test_who_left_changes_nothing_of_the_project(world):
    def standing():
        return world.ask('SELECT object_id, is_valid, privileges FROM dbobject WHERE privileges >= 2 ORDER BY 1')

    with changed(world):
        for name in ('bob1_second', 'bob1', 'bob2_second'):
            assert world.attack('bob', f"DELETE FROM dbobject WHERE object_id = '{{{name}}}'").counts == [1]
        world.attack('bob', OUT, OUT.replace('{ALPHA}', '{SMALL}'))
        before = standing()
        for statement in ('UPDATE dbobject SET is_valid = 0', 'DELETE FROM dbobject',
                          "UPDATE dbobject SET privileges = 2 WHERE object_id = '{bob1_file}'",
                          "UPDATE dbobject SET privileges = 4 WHERE object_id = '{bob1_file}'", new(level='2'), new(level='3'),
                          new(level='1')):
            world.attack('bob', statement)
            assert standing() == before, statement


def test_a_claim_of_somebody_who_left_keeps_nobody_waiting(world):
    with changed(world):
        claim = ("INSERT INTO claim (key, privileges, project_id, owner, place, pid, user_id, heartbeat) VALUES "
                 f"('2:{{ALPHA}}:x', 2, '{{ALPHA}}', 'x', 'x', 1, '{{bob}}', {NOW})")
        assert world.attack('bob', claim, OUT).error is None
        assert world.ask("SELECT FROM claim WHERE key LIKE '2:%%'") == []
        assert world.attack('bob', claim).error.sqlstate == '42501'


def test_sources_are_seen_by_members_and_those_of_all_projects_by_everybody(world):
    name = ("INSERT INTO project_source (id, project_id, source_id, user_id, date) VALUES "
            "('{%s}', %s, '{GAMMA}', '{ada}', now())")
    with changed(world):
        assert world.attack('ada', (name % ('new', "'{ALPHA}'")).replace('now()', NOW)).error is None
        world.ask((name % ('nothing', 'NULL')).replace('now()', NOW).format(**world.names) + ' RETURNING id')
        seen = {user: world.attack(user, 'SELECT count(*) FROM project_source').rows[0][0][0]
                for user in ('ada', 'bob', 'carl', 'dan', 'anonymous')}
        assert seen == {'ada': 2, 'bob': 2, 'carl': 1, 'dan': 1, 'anonymous': 1}
        for change in ("ended_by = '{bob}'", f"ended = {NOW} - interval '2 days', ended_by = '{{ada}}'",
                       "source_id = '{ALPHA}'", f'date = {NOW}'):
            assert world.attack('ada', f"UPDATE project_source SET {change} WHERE project_id = '{{ALPHA}}'").error is not None
        assert world.attack('ada', f"UPDATE project_source SET ended = {NOW}, ended_by = '{{ada}}'").counts == [1]
        assert world.attack('ada', 'UPDATE project_source SET ended = NULL, ended_by = NULL').counts == [0], 'it stays so'


def test_settings_are_seen_by_members_and_ended_by_the_owner_alone(world):
    one = "WHERE name = 'reference_catalogue'"
    with changed(world):
        assert world.attack('ada', "INSERT INTO project_setting (id, project_id, name, value, user_id, date) VALUES "
                            f"('{{new}}', '{{ALPHA}}', 'reference_catalogue', 'GAIA', '{{ada}}', {NOW})").error is None
        seen = {user: world.attack(user, f'SELECT count(*) FROM project_setting {one}').rows[0][0][0]
                for user in ('ada', 'bob', 'carl', 'dan', 'anonymous')}
        assert seen == {'ada': 1, 'bob': 1, 'carl': 0, 'dan': 0, 'anonymous': 0}
        for change in ("ended_by = '{bob}'", f"ended = {NOW} - interval '2 days', ended_by = '{{ada}}'", "value = 'MINE'",
                       f'date = {NOW}'):
            assert world.attack('ada', f'UPDATE project_setting SET {change} {one}').error is not None
        end = f"UPDATE project_setting SET ended = {NOW}, ended_by = '{{%s}}' {one}"
        assert world.attack('bob', end % 'bob').counts == [0] and world.attack('ada', end % 'ada').counts == [1]
        assert world.attack('ada', f'UPDATE project_setting SET ended = NULL, ended_by = NULL {one}').counts == [0], 'for ever'


def test_selections_are_of_the_members_alone(world):
    def seen(what):
        return {user: {text for text, in world.attack(user, f'SELECT {what}').rows[0]}
                for user in ('ada', 'bob', 'carl', 'dan', 'anonymous')}

    names = seen('name FROM saved_selection')
    assert names['ada'] == names['bob'] >= {'SELECTION-IN-ALPHA'} and names['carl'] == {'SELECTION-IN-GAMMA'}
    assert names['dan'] == names['anonymous'] == set()
    tasks = seen('task FROM selection_use')
    assert {'task-of-ALPHA-1', 'task-of-ALPHA-2'} <= tasks['ada'], 'who used it sees the use at level 1'
    assert 'task-of-ALPHA-2' in tasks['bob'] and 'task-of-ALPHA-1' not in tasks['bob']
    assert tasks['carl'] == {'task-of-GAMMA-1', 'task-of-GAMMA-2'} and tasks['dan'] == tasks['anonymous'] == set()


def test_the_owner_of_the_database_names_sources_of_all_projects_and_nobody_else_does(world, monkeypatch):
    with changed(world):
        world.awlike(monkeypatch, 'ada')
        monkeypatch.setenv('AWLIKE_DATABASE', world.url.set(username='ada', password=PASSWORD).render_as_string(False))
        config.settings.cache_clear()
        sessions.use(None)
        with pytest.raises(NotAllowed, match='only the owner of the database'):
            context.add_source('GAMMA', for_all=True)
        context.set_project('ALPHA')
        context.add_source('SMALL')
        mine = context.trusted()
        world.awlike(monkeypatch, world.url.username)
        context.add_source('GAMMA', for_all=True)
        world.awlike(monkeypatch, 'ada')
        context.set_project('ALPHA')
        assert context.trusted() - mine == {world.names['GAMMA']}
        assert [str(one).split(',')[0] for one in context.sources()] == ['SMALL for ALPHA', 'GAMMA for all projects']
        sessions.use(None)
