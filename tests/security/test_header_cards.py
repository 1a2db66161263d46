"""Cards of headers by plain SQL: seen with what they belong to, put in with it alone, and never changed or taken away."""

import pytest

from awlike.persist.header_cards import key_of
from awlike.persist.tables import header_card
from tests.security.rules import ANONYMOUS, sees
from tests.security.world import ACCOUNTS, EVERYBODY

KEY = key_of('FOCUS')
ALL = 'SELECT object_id FROM header_card'


@pytest.fixture(scope='module', autouse=True)
def cards(world):
    """A card of each raw file and each raw frame of the world."""
    ids = [thing.object_id for key, things in world.of.items() for thing in things[:2]]
    for object_id in ids:
        world.ask(f"INSERT INTO {header_card.name} (keyword, object_id, text) VALUES ({KEY}, %s, 'in focus') RETURNING keyword",
                  object_id)
    yield ids
    world.ask('DELETE FROM header_card RETURNING keyword')


@pytest.mark.parametrize('user', EVERYBODY)
def test_a_card_is_seen_with_what_it_belongs_to(world, user):
    outcome = world.attack(user, ALL)
    assert outcome.error is None
    wanted = {thing.object_id for things in world.of.values() for thing in things[:2] if sees(user, thing)}
    assert {found for found, in outcome.rows[0]} == wanted and (user == ANONYMOUS or wanted)


@pytest.mark.parametrize('user', ACCOUNTS)
@pytest.mark.parametrize('statement', [
    "UPDATE header_card SET text = 'x'", 'DELETE FROM header_card', 'TRUNCATE header_card',
    f"INSERT INTO header_card (keyword, object_id, text) VALUES ({KEY + 1}, '{{ada4_raw}}', 'x')",
    f"INSERT INTO header_card (keyword, object_id, text) VALUES ({KEY + 1}, '{{carl4_file}}', 'x')",
    f"INSERT INTO header_card (keyword, object_id, text) VALUES ({KEY}, '{{ada4_raw}}', 'x') "
    "ON CONFLICT (keyword, object_id) DO UPDATE SET text = 'x'"])
def test_nobody_adds_changes_or_removes_a_card_of_what_is_there(world, cards, user, statement):
    before = sorted(world.ask('SELECT * FROM header_card'))
    assert world.attack(user, statement).error is not None
    assert sorted(world.ask('SELECT * FROM header_card')) == before


@pytest.mark.parametrize('condition', ["text = 'in focus'", "text LIKE 'in%'", 'text IS NOT NULL', "text > 'a'"])
def test_the_plan_of_a_statement_tells_nothing_of_hidden_cards(world, condition):
    told = []
    for text in ('in focus', 'other'):
        world.ask('UPDATE header_card SET text = %s WHERE object_id = %s RETURNING keyword', text, world.names['ada1_raw'])
        outcome = world.attack('carl', f'EXPLAIN (ANALYZE, TIMING off, SUMMARY off, BUFFERS off) {ALL} WHERE {condition}')
        assert outcome.error is None, outcome.error
        told.append(outcome.text)
    world.ask('UPDATE header_card SET text = %s WHERE object_id = %s RETURNING keyword', 'in focus', world.names['ada1_raw'])
    assert told[0] == told[1]
