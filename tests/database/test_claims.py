"""Claims: one of many wins, who dies is replaced, who was replaced commits nothing."""

import datetime
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from awlike.context import context
from awlike.database import claims as claims_module
from awlike.database.claims import CLAIM_DEAD_AFTER, Claims
from awlike.database.sessions import database
from awlike.errors import ProcessingError
from awlike.frames.bias import BiasFrame
from awlike.nights import utcnow
from awlike.persist.tables import claim
from tests import paper

HOLDER = '''
import sys
import awlike.assembly
from awlike.context import context
from awlike.database.claims import Claims
from awlike.database.sessions import database
with Claims(database(), context.account().object_id) as claims:
    assert claims.acquire('bias')[0]
    claims.will_store('bias', 'half.fits')
    print('holds', flush=True)
    sys.stdin.readline()
'''

RACER = '''
import fcntl, random, sys
import awlike.assembly
from awlike.context import context
from awlike.database.claims import Claims
from awlike.database.sessions import database
folder, seed = sys.argv[1], int(sys.argv[2])
keys = [f'key{n}' for n in range(5)]
locks = {key: open(f'{folder}/{key}', 'a') for key in keys}
random.seed(seed)
database().session
print('ready', flush=True)
sys.stdin.readline()
with Claims(database(), context.account().object_id) as claims:
    for _ in range(40):
        key = random.choice(keys)
        if claims.acquire(key)[0]:
            fcntl.flock(locks[key], fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails when another process has it too
            locks[key].write('x')
            locks[key].flush()
            fcntl.flock(locks[key], fcntl.LOCK_UN)
            claims.give_up(key)
'''


@pytest.fixture
def worker(project):
    """Make a worker with claims of its own, without a heartbeat."""
    return lambda: Claims(database(), context.account().object_id)


def rows():
    return database().session.execute(select(claim)).all()


def change(**values):
    """Change all claims behind the back of who holds them."""
    with database().transaction() as connection:
        connection.execute(update(claim).values(values))


def long_ago():
    return utcnow() - datetime.timedelta(seconds=CLAIM_DEAD_AFTER + 1)


def wait_for(condition):
    """Look until `condition` holds, at most 30 s."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# --- who wins ---


def test_one_wins_and_the_others_do_not(worker):
    one, other = worker(), worker()
    assert one.acquire('bias') == (True, None)
    assert other.acquire('bias') == (False, None) and one.acquire('bias') == (False, None)
    assert other.acquire('flat') == (True, None)
    assert {row.key.rpartition(':')[2] for row in rows()} == {'bias', 'flat'}


def test_what_is_given_up_can_be_claimed(worker):
    one, other = worker(), worker()
    one.acquire('bias')
    one.give_up('bias')
    assert rows() == [] and other.acquire('bias') == (True, None)


def test_nobody_gives_up_what_another_has(worker):
    one, other = worker(), worker()
    one.acquire('bias')
    other.give_up('bias')
    assert not other.acquire('bias')[0]


def test_the_claim_goes_with_the_commit_or_stays_with_the_rollback(worker):
    one = worker()
    one.acquire('bias')
    with pytest.raises(ZeroDivisionError), database().transaction() as connection:
        one.release(connection, 'bias')
        1 / 0  # noqa: B018
    assert len(rows()) == 1 and not worker().acquire('bias')[0]
    with database().transaction() as connection:
        one.release(connection, 'bias')
    assert rows() == []


def test_what_is_still_held_at_the_end_is_given_up(worker):
    with pytest.raises(KeyboardInterrupt), worker() as one:
        one.acquire('bias'), one.acquire('flat')
        raise KeyboardInterrupt
    assert rows() == []


# --- what is done already ---


def test_nothing_is_claimed_that_is_done(worker):
    assert worker().acquire('bias', lambda: True) == (False, None) and rows() == []
    assert worker().acquire('bias', lambda: False) == (True, None)
    assert worker().acquire('bias', lambda: 1 / 0) == (False, None), 'nor is it asked while another one makes it'


@pytest.mark.sqlite
def test_nobody_commits_while_it_is_asked(worker):
    def is_done():
        with (sqlite3.connect(database().engine.url.database, timeout=0, isolation_level=None) as other,
              pytest.raises(sqlite3.OperationalError, match='locked')):
            other.execute('BEGIN IMMEDIATE')
        return False

    assert worker().acquire('bias', is_done)[0]


def test_nothing_is_claimed_when_it_cannot_be_told(worker):
    with pytest.raises(ZeroDivisionError):
        worker().acquire('bias', lambda: 1 / 0)
    assert rows() == []


# --- who lives ---


def test_a_live_claim_is_not_taken_over_wherever_it_is(worker):
    worker().acquire('bias')
    assert not worker().acquire('bias')[0]
    change(place='another machine', pid=2 ** 30)
    assert not worker().acquire('bias')[0]


def test_a_claim_of_this_machine_without_its_process_is_dead(worker):
    worker().acquire('bias')
    change(pid=2 ** 30)
    assert worker().acquire('bias')[0]


@pytest.mark.parametrize('place', [{}, {'place': 'another machine', 'pid': 2 ** 30}])
def test_a_claim_without_heartbeat_is_dead_wherever_it_is(worker, place):
    one, other = worker(), worker()
    one.acquire('bias')
    change(heartbeat=long_ago(), **place)
    assert other.acquire('bias') == (True, None)
    assert not worker().acquire('bias')[0], 'who took over has a heartbeat and is here'


def test_the_heartbeat_is_renewed_for_what_is_held(worker, monkeypatch):
    monkeypatch.setattr(claims_module, 'BEAT', 0.01)
    with worker() as one:
        one.acquire('bias')
        worker().acquire('flat')
        change(heartbeat=long_ago())
        wait_for(lambda: next(row.heartbeat for row in rows() if row.key.endswith(':bias')) > long_ago())
        assert worker().acquire('flat')[0], 'the other one, which is not of this worker, has none'


def test_a_heartbeat_that_fails_is_followed_by_others(worker, monkeypatch):
    monkeypatch.setattr(claims_module, 'BEAT', 0.01)
    with worker() as one:
        one.acquire('bias')
        with monkeypatch.context() as broken:
            broken.setattr(claims_module, 'utcnow', lambda: calls.append(1) or 1 / 0)
            calls = []
            wait_for(lambda: len(calls) > 2)
        change(heartbeat=long_ago())
        wait_for(lambda: rows()[0].heartbeat > long_ago())


@pytest.mark.slow
def test_the_claim_of_a_killed_process_is_taken_over_at_once_with_the_file_that_it_left(worker, project, start):
    running = start(HOLDER)
    assert running.stdout.readline() == 'holds\n'
    assert worker().acquire('bias') == (False, None)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert worker().acquire('bias') == (True, 'half.fits')


def test_a_file_that_was_left_is_known_until_it_is_removed(worker):
    worker().acquire('bias')
    change(filename='half.fits', pid=2 ** 30)
    assert worker().acquire('bias') == (True, 'half.fits')
    change(pid=2 ** 30)  # who took over died before it removed the file
    last = worker()
    assert last.acquire('bias') == (True, 'half.fits')
    last.will_store('bias', 'whole.fits')
    assert [row.filename for row in rows()] == ['whole.fits']


# --- who was taken over ---


@pytest.fixture
def overtaken(worker):
    """A worker whose claim on 'bias' another one has now."""
    one = worker()
    one.acquire('bias')
    change(heartbeat=long_ago())
    assert worker().acquire('bias')[0]
    return one


def test_who_was_taken_over_commits_nothing(overtaken):
    bias = paper.bias()
    twin = paper.product(BiasFrame, raw_bias_frames=bias.raw_bias_frames, read_noise=bias.read_noise, is_valid=1)
    context.stamp(twin)
    with pytest.raises(ProcessingError, match='another worker took over'), database().transaction() as connection:
        database().insert(connection, [twin])
        overtaken.release(connection, 'bias')
    assert list(BiasFrame.select_all()) == [bias] and len(rows()) == 1


def test_who_was_taken_over_stores_nothing(overtaken):
    with pytest.raises(ProcessingError, match='another worker took over'):
        overtaken.will_store('bias', 'late.fits')
    assert [row.filename for row in rows()] == [None]


def test_who_was_taken_over_leaves_the_claim_to_its_new_owner(overtaken, worker):
    overtaken.give_up('bias')
    assert len(rows()) == 1 and not worker().acquire('bias')[0]


# --- races ---


def test_of_threads_that_want_the_same_one_gets_it(worker):
    def race(one):
        return [key for key in keys if one.acquire(key)[0]]

    keys = [f'key{n}' for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(race, [worker() for _ in range(8)]))
    assert sorted(key for mine in won for key in mine) == sorted(keys)


def test_of_threads_that_want_a_dead_claim_one_gets_it(worker):
    keys = [f'key{n}' for n in range(10)]
    dead = worker()
    for key in keys:
        dead.acquire(key)
    change(heartbeat=long_ago(), filename=claim.c.key + '.fits')
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda one: [one.acquire(key) for key in keys], [worker() for _ in range(4)]))
    for key, of_key in zip(keys, zip(*results, strict=True), strict=True):
        left_behind, = [left for won, left in of_key if won]
        assert left_behind.endswith(f'{key}.fits')


@pytest.mark.slow
def test_no_two_processes_ever_have_the_same_key(project, start, tmp_path):
    racers = [start(RACER, tmp_path, seed) for seed in range(3)]
    assert [racer.stdout.readline() for racer in racers] == ['ready\n'] * 3
    for racer in racers:
        racer.stdin.write('go\n')
    assert [racer.wait(60) for racer in racers] == [0, 0, 0]
    assert rows() == [] and sum(path.stat().st_size for path in tmp_path.glob('key*')) > 40
