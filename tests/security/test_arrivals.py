"""What became of files that arrived, by plain SQL: noted under one's own name, for the members of the project alone."""

import pytest

from tests.security.rules import ANONYMOUS
from tests.security.world import ACCOUNTS, EVERYBODY, NOW

SEEN = "SELECT path FROM arrival"


def noted(project='ALPHA', by='bob', outcome='refused', path="'/data/a.fits'", reason="'damaged'", date=NOW, observed='NULL'):
    return ('INSERT INTO arrival (id, project_id, user_id, date, path, outcome, reason, observed) VALUES '
            f"(gen_random_uuid(), '{{{project}}}', '{{{by}}}', {date}, {path}, '{outcome}', {reason}, {observed})")


@pytest.mark.parametrize('user', EVERYBODY)
def test_members_see_what_their_projects_got(world, user):
    outcome = world.attack(user, SEEN)
    wanted = {f'/path-of-{one.owner}-{one.name}' for one in world.projects.values() if user in one.members}
    assert outcome.error is None and {path for path, in outcome.rows[0]} == wanted


@pytest.mark.parametrize('user', ACCOUNTS)
def test_one_notes_under_ones_own_name_in_ones_own_project(world, user):
    for project, members in (('ALPHA', {'ada', 'bob'}), ('GAMMA', {'carl'})):
        outcome = world.attack(user, 'BEGIN', noted(project, user), 'ROLLBACK')
        assert (outcome.error is None) == (user in members), (user, project)


@pytest.mark.parametrize('wrong', [
    {'by': 'ada'}, {'outcome': 'lost'}, {'path': "repeat('x', 5000)"}, {'reason': "repeat('x', 5000)"}, {'path': 'NULL'},
    {'date': f"{NOW} - interval '2 days'"}, {'date': "timestamp 'infinity'"}, {'observed': "timestamp 'infinity'"}])
def test_what_is_forged_or_too_long_is_refused(world, wrong):
    assert world.attack('bob', noted(**wrong)).error is not None


@pytest.mark.parametrize('user', EVERYBODY)
@pytest.mark.parametrize('statement', ["UPDATE arrival SET reason = 'x'", 'DELETE FROM arrival', 'TRUNCATE arrival'])
def test_nobody_changes_or_removes_a_row(world, user, statement):
    assert world.attack(user, statement).error is not None


def test_without_an_account_nobody_notes(world):
    assert world.attack(ANONYMOUS, noted(by='ada')).error is not None
