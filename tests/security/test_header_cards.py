"""Cards of headers by plain SQL: seen with what they belong to, put in with it alone, and never changed or taken away."""

import pytest

from tests.security.rules import ANONYMOUS, sees
from tests.security.world import ACCOUNTS, CARD, EVERYBODY

NEW = f"INSERT INTO header_card (keyword, object_id, text) VALUES ({CARD + 1}, '{{ada4_raw}}', 'x')"
ALL = 'SELECT object_id FROM header_card'


@pytest.mark.parametrize('user', EVERYBODY)
def test_a_card_is_seen_with_what_it_belongs_to(world, user):
    outcome = world.attack(user, ALL)
    assert outcome.error is None
    wanted = {thing.object_id for key, things in world.of.items() if key != 'SMALL'
              for thing in things[:2] if sees(user, thing)}
    assert {found for found, in outcome.rows[0]} == wanted and (user == ANONYMOUS or wanted)


@pytest.mark.parametrize('user', ACCOUNTS)
@pytest.mark.parametrize('statement', [
    "UPDATE header_card SET text = 'x'", 'DELETE FROM header_card', 'TRUNCATE header_card', NEW,
    f"INSERT INTO header_card (keyword, object_id, text) VALUES ({CARD + 1}, '{{carl4_file}}', 'x')",
    f"INSERT INTO header_card (keyword, object_id, text) VALUES ({CARD}, '{{ada4_raw}}', 'x') "
    "ON CONFLICT (keyword, object_id) DO UPDATE SET text = 'x'"])
def test_nobody_adds_changes_or_removes_a_card_of_what_is_there(world, user, statement):
    before = sorted(world.ask('SELECT * FROM header_card'))
    assert world.attack(user, statement).error is not None
    assert sorted(world.ask('SELECT * FROM header_card')) == before


@pytest.mark.parametrize('condition', ["text = 'in focus'", "text LIKE 'in%'", 'text IS NOT NULL', "text > 'a'"])
def test_the_plan_of_a_statement_tells_nothing_of_hidden_cards(world, condition):
    told, (card,) = [], world.ask('SELECT text FROM header_card WHERE object_id = %s', world.names['ada1_raw'])
    for text in ('in focus', 'other'):
        world.ask('UPDATE header_card SET text = %s WHERE object_id = %s RETURNING keyword', text, world.names['ada1_raw'])
        outcome = world.attack('carl', f'EXPLAIN (ANALYZE, TIMING off, SUMMARY off, BUFFERS off) {ALL} WHERE {condition}')
        assert outcome.error is None, outcome.error
        told.append(outcome.text)
    world.ask('UPDATE header_card SET text = %s WHERE object_id = %s RETURNING keyword', *card, world.names['ada1_raw'])
    assert told[0] == told[1]
