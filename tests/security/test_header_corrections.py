"""Corrections of headers by plain SQL: of what one may judge alone, whole, seen with the frame, and never taken away."""

import pytest

from tests.security.rules import ANONYMOUS, may_judge, sees
from tests.security.world import ACCOUNTS, NOW

OBJECT = 'SELECT "OBJECT" FROM dbobject WHERE object_id = \'{%s}\''
PARTS = {'cards': '{"OBJECT": ["a", "NGC 1"]}', 'in_force': '{"OBJECT": "NGC 1"}', 'changes': '{"OBJECT": ["a", "NGC 1"]}'}


def corrected(of='ada2_raw', by='bob', level=2, project='ALPHA', reason="'typed wrongly'", date=NOW, **other):
    """The statements that put a correction into the database, as awlike does."""
    parts = {name: "'" + value.replace("'", "''").replace('{', '{{').replace('}', '}}') + "'"
             for name, value in (PARTS | other).items()}
    return ['BEGIN', 'INSERT INTO dbobject (object_id, class_name, creation_date, creator_id, project_id, privileges, '
            f"is_valid, quality_flags, digest) VALUES ('{{new}}', 'HeaderCorrection', {date}, '{{{by}}}', '{{{project}}}', "
            f"{level}, 1, 0, 'x')",
            'INSERT INTO header_correction (object_id, frame_id, cards, in_force, changes, reason) VALUES '
            f"('{{new}}', '{{{of}}}', {parts['cards']}, {parts['in_force']}, {parts['changes']}, {reason})"]


@pytest.mark.parametrize('user', ACCOUNTS)
def test_one_corrects_what_one_may_judge(world, user):
    for (creator, level), things in [(key, things) for key, things in world.of.items() if key != 'SMALL']:
        project = 'GAMMA' if creator == 'carl' else 'ALPHA'
        outcome = world.attack(user, *corrected(f'{creator}{level}_raw', user, level, project),
                               OBJECT % f'{creator}{level}_raw', 'ROLLBACK')
        allowed = may_judge(user, things[1]) and sees(user, things[1])
        assert (outcome.error is None) == allowed, (creator, level)
        assert not allowed or outcome.rows[-2] == [('NGC 1',)]
        assert allowed or outcome.error.sqlstate == '42501'


def test_without_an_account_nobody_corrects(world):
    assert world.attack(ANONYMOUS, *corrected('ada4_raw', 'ada', 4)).error is not None


@pytest.mark.parametrize('wrong', [
    {'level': 3}, {'level': 1}, {'project': 'SMALL'}, {'by': 'ada'}, {'of': 'ada2'}, {'of': 'ada2_file'}, {'of': 'nothing'},
    {'of': 'ada1_raw'}, {'of': 'carl2_raw'}, {'reason': 'NULL'}, {'reason': "E'a\\x1b[2J'"},
    {'changes': '{"is_valid": [1, 0]}'}, {'changes': '{"privileges": [2, 5]}'}, {'changes': '{"digest": ["a", "b"]}'},
    {'changes': '{"creator_id": [null, null]}'}, {'changes': '{"filename": ["a", "../b"]}'}, {'changes': '[]'},
    {'changes': '{"OBJECT": "x"}'}, {'changes': '{"DATE_OBS": [null, "infinity"]}'}, {'changes': '{"DATE_OBS": [null, null]}'},
    {'changes': '{"chip_id": [null, "00000000-0000-0000-0000-000000000000"]}'}, {'changes': '{"EXPTIME": [1, "x"]}'},
    {'changes': '{"OBJECT = 1; --": [1, 2]}'}, {'cards': '[]'}, {'cards': '{"OBJECT": 1}'}, {'in_force': 'null'},
    *({'in_force': text} for text in (
        '{"NAXIS1": 7}', '{"BZERO": 32768}', '{"BITPIX": -32}', '{"CHECKSUM": "x"}', '{"END": null}', '{"COMMENT": "x"}',
        '{"": 1}',
        '{"object": "x"}', '{"OBJECT ": "x"}', '{"A\\nB": 1}', '{"TOOLONGWORD": 1}', '{"OBJECT": {"a": 1}}', '{"OBJECT": [1]}',
        '{"OBJECT": "\\u001b[2J"}', '{"OBJECT": "\\u00e9"}', '{"EXPTIME": 1e999}', f'{{"EXPTIME": {"9" * 69}}}',
        f'{{"OBJECT": "{"x" * 69}"}}')),
    {'cards': '{"NAXIS1": [5, 7]}'}, {'cards': '{"OBJECT\\u001b": [1, 2]}'}])
def test_what_is_not_whole_is_refused(world, wrong):
    assert world.attack('bob', *corrected(**wrong), 'COMMIT').error is not None
    world.stands_as_before(str(wrong))


@pytest.mark.parametrize('user', ACCOUNTS)
@pytest.mark.parametrize('statement', [
    'UPDATE dbobject SET "OBJECT" = \'x\'', 'UPDATE dbobject SET chip_id = NULL', 'UPDATE header_correction SET reason = \'x\'',
    'DELETE FROM header_correction', "SELECT awlike.corrected()", 'ALTER TABLE header_correction DISABLE TRIGGER corrected'])
def test_a_frame_follows_no_other_way(world, user, statement):
    assert world.attack(user, statement).error is not None
    world.stands_as_before(statement)


def test_a_correction_stays_and_is_seen_with_its_frame(world):
    try:
        assert world.attack('bob', *corrected(), 'COMMIT').error is None
        (attribute, new, who, why), = world.ask('SELECT attribute, new, user_id, reason FROM history WHERE object_id = %s',
                                                world.names['ada2_raw'])
        assert (attribute, new, who, why) == ('OBJECT', 'NGC 1', world.names['bob'], 'typed wrongly')
        for statement in 'DELETE FROM dbobject', 'UPDATE dbobject SET is_valid = 0', 'UPDATE dbobject SET privileges = 4':
            outcome = world.attack('bob', f"{statement} WHERE object_id = '{{new}}'")
            assert outcome.error is not None or outcome.counts == [0], statement
        reason = "SELECT reason FROM header_correction WHERE object_id = '{new}'"
        assert world.attack('carl', reason).rows == [[]]
        for name in 'ada2_file', 'ada2_raw':
            raised = world.attack('ada', f"UPDATE dbobject SET privileges = 3 WHERE object_id = '{{{name}}}'")
            assert raised.error is None and raised.counts == [1]
        assert world.attack('carl', reason).rows == [[('typed wrongly',)]]
        late = [part.replace('{new}', '{nothing}') for part in corrected(level=3, date=f"{NOW} - interval '5 minutes'")]
        assert 'comes after' in str(world.attack('bob', *late).error)
    finally:
        world.restore()
