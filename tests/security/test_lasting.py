"""The database decides ids, file names, dates of making and shapes; nobody without an account blocks others."""

import datetime

import pytest

from tests.security.rules import ANONYMOUS
from tests.security.test_own_classes import add
from tests.security.world import NOW, new, row

DELETED = "DELETE FROM dbobject WHERE object_id = '{bob2_second}'"
REFUSED = 'an id and the name of a file are given once, also of what was deleted'


@pytest.mark.parametrize('together', [True, False], ids=['in one transaction', 'later'])
@pytest.mark.parametrize('again', ['id', 'file name'])
@pytest.mark.parametrize('class_name', ['Blend', 'RawFits'])
def test_what_was_deleted_leaves_its_id_and_the_name_of_its_file_to_nobody(world, together, again, class_name):
    name = world.files[world.of['bob', 2][3]]
    same = {'object_id': '{bob2_second}'} if again == 'id' else {'filename': name}
    between = () if together else ('COMMIT', 'BEGIN')
    outcome = world.attack('bob', 'BEGIN', DELETED, *between, new(class_name=class_name, **same))
    world.restore()
    assert outcome.error is not None and outcome.error.diag.message_primary == REFUSED


@pytest.mark.parametrize('date', ["interval '-23 hours'", "interval '-11 minutes'", "interval '4 minutes'"])
def test_a_date_of_making_is_that_of_the_clock(world, date):
    made = world.attack('bob', 'BEGIN', new(date=f'{NOW} + {date}'),
                        "SELECT creation_date FROM dbobject WHERE object_id = '{new}'", 'ROLLBACK').rows[2][0][0]
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    assert abs(now - made) < datetime.timedelta(minutes=1)


def test_what_was_made_a_moment_ago_keeps_its_date(world):
    ago, said = world.attack('bob', 'BEGIN', new(date=f"date_trunc('second', {NOW} - interval '1 minute')"),
                             f"SELECT date_trunc('second', {NOW} - interval '1 minute'), creation_date FROM dbobject "
                             "WHERE object_id = '{new}'", 'ROLLBACK').rows[2][0]
    assert ago == said


@pytest.mark.parametrize('column', ['process_parameters', 'quality', 'calibration_levels'])
@pytest.mark.parametrize('value', ['[1]', '"x"', '7', 'true'])
def test_values_of_another_shape_do_not_come_in(world, column, value):
    outcome = world.attack('bob', 'BEGIN', new().replace('raw_fits_id)', f'raw_fits_id, {column})').replace(
        ', NULL)', f", NULL, '{value}')"), 'ROLLBACK')
    assert outcome.error is not None and outcome.error.diag.constraint_name == f'shape_of_{column}'


def test_without_an_account_nobody_takes_a_turn_or_keeps_others_from_theirs(world):
    with world.connect(ANONYMOUS) as client:
        for what in ('tables', 'x', 'jobs of {ada}'):
            world.send(client, f"SELECT pg_advisory_lock(hashtextextended('{what}', 0))")
        assert world.run(ANONYMOUS, "SELECT awlike.take_turn('x')").error.sqlstate == '42501'
        assert world.run('dan', "SELECT awlike.take_turn('x')").error is None
        with world.connect('dan') as dan:  # not by `attack`, for which braces are names
            assert world.send(dan, 'BEGIN', add(), 'ROLLBACK').error is None
        assert world.attack('bob', 'BEGIN', new(), row(), 'ROLLBACK').error is None
    for table in ('class_table', 'turn', 'gone'):
        for user in ('dan', ANONYMOUS):
            for mode in ('ACCESS SHARE', 'ROW EXCLUSIVE', 'ACCESS EXCLUSIVE'):
                outcome = world.run(user, 'BEGIN', f'LOCK TABLE awlike.{table} IN {mode} MODE NOWAIT')
                assert outcome.error is not None and outcome.error.sqlstate == '42501'


def test_turns_come_one_after_the_other(world):
    with world.connect('ada') as ada, world.connect('bob') as bob:
        world.send(ada, 'BEGIN', "SELECT awlike.take_turn('x')", "SELECT awlike.take_turn('x')")
        assert world.send(bob, "SELECT awlike.take_turn('y')", "SET lock_timeout = '100ms'",
                          "SELECT awlike.take_turn('x')").error.sqlstate == '55P03'
        world.send(ada, 'COMMIT')
        assert world.send(bob, "SELECT awlike.take_turn('x')").error is None
