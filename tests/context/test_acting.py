"""Acting as somebody: one process serves many people, each with a project, rights, a date and sessions of their own."""

import asyncio
import datetime
import itertools
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from awlike.context import context
from awlike.current import acting, current, in_this_context, set_default
from awlike.database.sessions import database
from awlike.errors import NotAllowed, NotFound
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame
from awlike.nights import utcnow
from awlike.parallel import ahead
from awlike.persist.references import Project, User
from tests import paper
from tests.conftest import become

THREADS = 16


@pytest.fixture
def world(home, monkeypatch):
    """What ada and bob see at three dates: by (user, date), the names of the valid raw biases and of the calibrations.

    Each works in a project of their own at level 1, and judges one raw frame after the bias was made from it.
    """
    sees = {}
    for user in ('ada', 'bob'):
        become(monkeypatch, user)
        context.create_project(user.upper())
        context.set_project(user.upper(), 1)
        raws = paper.raws(3, RawBiasFrame)
        bias = paper.bias(raws)
        before, names = utcnow(), {raw.filename for raw in raws}
        context.update_is_valid(raws[0], 0)
        sees |= {(user, datetime.datetime(2000, 1, 1)): (set(), set()), (user, before): (names, {bias.filename}),
                 (user, None): (names - {raws[0].filename}, set())}
    become(monkeypatch, 'eve')
    return sees


def valid_names():
    """The names of the valid raw biases and of the biases that serve, as whoever asks sees them."""
    return tuple({obj.filename for obj in cls.select_valid()} for cls in (RawBiasFrame, BiasFrame))


@pytest.mark.parametrize('requests', [400, pytest.param(5000, marks=pytest.mark.slow)])
def test_two_users_at_three_dates_in_many_threads_never_get_the_answer_of_another(world, requests):
    wrong = []

    def ask(number):
        (user, date), expected = random.Random(number).choice(list(world.items()))
        with context.acting(user=user, project=user.upper(), privileges=1, as_of=date):
            answers = valid_names(), context.user.name, context.project.name, context.moment
            if answers != (expected, user, user.upper(), date):
                wrong.append(((user, date), answers))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(ask, range(requests)))
    assert not wrong
    assert context.user.name == 'eve' and valid_names() == (set(), set())


def test_requests_that_take_turns_in_one_thread_keep_to_themselves(world):
    async def ask(user, date, expected):
        with context.acting(user=user, as_of=date):
            for _ in range(5):
                assert valid_names() == expected and context.user.name == user
                await asyncio.sleep(0)

    async def all_at_once():
        await asyncio.gather(*(ask(*key, expected) for key, expected in world.items() for _ in range(3)))

    asyncio.run(all_at_once())


def test_who_reads_in_forty_threads_at_once_waits_for_nobody(project):
    paper.raw(RawBiasFrame)
    everybody = threading.Barrier(40, timeout=60)

    def read(_):
        with context.acting():
            found = len(User.select_all())
            everybody.wait()  # each has a connection of its own now
            return found

    with ThreadPoolExecutor(40) as pool:
        assert len(set(pool.map(in_this_context(read), range(40)))) == 1


def test_connections_of_requests_that_ended_are_used_again(project):
    for _ in range(50):
        with context.acting(user='bob'):
            assert len(User.select_all()) > 0
    assert database().engine.pool.checkedout() <= 2


def test_what_is_set_while_acting_ends_with_it(project, monkeypatch):
    context.create_project('OTHER')
    with context.acting():
        assert context.project == project
        context.set_project('OTHER', 1)
        context.as_of('2012-06-01')
        with context.acting(as_of=None):
            assert context.project.name == 'OTHER' and context.moment is None and context.privileges == 1
        assert context.moment is not None
    assert context.project == project and context.moment is None and context.privileges == 2


def test_another_user_has_neither_project_nor_level_of_the_first(project):
    context.set_privileges(1)
    with context.acting(user='bob'):
        assert context.user.name == 'bob' and context.privileges == 2
        with pytest.raises(NotFound, match='no project is set'):
            context.project  # noqa: B018
        with pytest.raises(NotAllowed, match='you are not a member of project TEST'):
            context.set_project('TEST')
    assert context.user.name == 'ada' and context.privileges == 1


def test_an_error_while_acting_ends_it_too(project):
    with pytest.raises(RuntimeError), context.acting(user='bob', as_of='2012-06-01'):
        raise RuntimeError
    assert context.user.name == 'ada' and context.moment is None


@pytest.mark.parametrize('wrong', [{'project': 'NONE'}, {'as_of': 'yesterday'}, {'privileges': 9}])
def test_who_cannot_begin_to_act_does_not(project, wrong):
    with pytest.raises((NotFound, NotAllowed, ValueError)), context.acting(**wrong):
        pytest.fail('it began')
    assert context.project == project and context.moment is None and context.privileges == 2


def test_at_the_prompt_all_threads_and_cells_have_one_user_and_project(project):
    """A thread or a cell with `await` has no context variable of the cell that was typed before."""
    def look():
        return context.project.name, context.moment

    async def cell():
        context.as_of('2012-06-01')

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(look).result() == ('TEST', None)
        asyncio.run(cell())
        assert pool.submit(look).result() == ('TEST', datetime.datetime(2012, 6, 1))
        pool.submit(context.as_of, None).result()
    assert context.moment is None


def test_threads_of_ours_ask_as_who_started_them(project):
    with context.acting(user='bob'):
        with ahead(lambda _: context.user.name, range(4), 2) as answers:
            assert {answer.result() for _, answer in answers} == {'bob'}
        bare, copied = [], []
        for function in (lambda: bare.append(context.user.name),
                         in_this_context(lambda: copied.append(context.user.name))):
            thread = threading.Thread(target=function)
            thread.start()
            thread.join()
    assert (bare, copied) == (['ada'], ['bob'])


def test_where_nobody_acts_and_there_is_no_default_nothing_is_asked(project):
    asker = current()
    set_default(None)
    try:
        for ask in (lambda: len(Project.select_all()), lambda: database().session, lambda: context.user):
            with pytest.raises(NotAllowed, match='nobody asks: act as somebody'):
                ask()
        with acting(asker):
            assert len(Project.select_all()) == 1
    finally:
        set_default(asker)


def test_an_inner_look_at_the_past_leaves_what_one_holds_as_it_is(project):
    raw = paper.insert(paper.raw(RawBiasFrame))
    before = utcnow()
    context.update_is_valid(raw, 0)
    with context.acting(as_of=before):
        then = (RawBiasFrame.filename == raw.filename).one()
        assert then.is_valid == 1 and then is not raw
    assert raw.is_valid == 0 and then.is_valid == 1 and (RawBiasFrame.filename == raw.filename).one() is raw
    assert then.chip == raw.chip and then.raw_fits.filename == raw.raw_fits.filename


def test_the_database_knows_each_connection_by_who_asks(project):
    """On PostgreSQL the role is set when a connection is taken, and ends when the connection is given back."""
    db = database()
    if db.is_sqlite:
        pytest.skip('SQLite has no roles')

    def role():
        return db.session.scalar(text('SELECT current_user'))

    assert role() == 'ada'
    for user in itertools.islice(itertools.cycle(['bob', 'carl']), 6):
        with context.acting(user=user):
            assert role() == user
            with db.transaction() as connection:
                assert connection.scalar(text('SELECT current_user')) == user
    assert role() == 'ada'
    db.session.close()
    raw = db.engine.raw_connection()  # taken by ada
    assert raw.cursor().execute('SELECT current_user').fetchone() == ('ada',)
    driver = raw.driver_connection
    raw.close()
    assert driver.execute('SELECT current_user = session_user').fetchone() == (True,)
