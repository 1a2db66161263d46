"""Exactly once: many real processes want the same, some are killed, some may not see what others make."""

import collections
import datetime
import random
import signal
import time
from pathlib import Path

import pytest
from sqlalchemy import select, update

from awlike.context import context
from awlike.database import sessions
from awlike.database.claims import CLAIM_DEAD_AFTER, Claims
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.nights import utcnow
from awlike.persist.tables import claim
from awlike.products.product import ProcessTarget
from awlike.recipes.bias import BiasTask
from awlike.store import server
from awlike.tracing.fsck import fsck
from tests.conftest import become

PRODUCTS = 32  # of a night: 5 reduced frames with a weight and four maps each, 2 maps of the flat, and so on

# Does a task when told to; then says how many products it made.
WORKER = '''
import sys
from awlike.context import context
from awlike.database.sessions import database
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask
task, project, privileges = sys.argv[1:]
context.set_project(project, int(privileges))
database().session
print('ready', flush=True)
sys.stdin.readline()
task = {'Bias': BiasTask, 'Reduce': ReduceTask}[task]('OMEGACAM', commit=True)
task.execute()
print(len(task.made), flush=True)
'''

# Tells what it is about to do: to claim, to write, to commit; so that a test can kill it anywhere in between.
VICTIM = '''
import sys
from awlike.context import context
from awlike.recipes.reduced import ReduceTask
from awlike.tasks import commit, execute
context.set_project('TEST')
def tell(done):
    def call(*arguments, **options):
        print(done.__name__, flush=True)
        return done(*arguments, **options)
    return call
execute.Claims.acquire = tell(execute.Claims.acquire)
commit.ProductFile.write = tell(commit.ProductFile.write)
execute.Claims.release = tell(execute.Claims.release)
print('ready', flush=True)
ReduceTask('OMEGACAM', commit=True).execute()
print('whole', flush=True)
'''

# Makes a bias and kills itself when a function is called for the so-manieth time.
KILLED = '''
import os, signal
from awlike.context import context
from awlike.products import fits_files
from awlike.database.claims import Claims
from awlike.database.sessions import Database
from awlike.recipes.bias import BiasTask
calls, called = [], {place}
def call(*arguments):
    calls.append(arguments)
    if len(calls) == {number}:
        os.kill(os.getpid(), signal.SIGKILL)
    return called(*arguments)
{place} = call
context.set_project('TEST')
BiasTask('OMEGACAM', commit=True).execute()
'''


@pytest.fixture
def small(home, small_home, on):
    """The small night in project TEST, nothing made yet; the folder of its home."""
    on.copy(small_home, home)
    context.set_project('TEST')
    return home


def all_at_once(processes) -> list[int]:
    """Let `processes`, of WORKER, begin together; how many products each made."""
    assert [process.stdout.readline() for process in processes] == ['ready\n'] * len(processes)
    for process in processes:
        process.stdin.write('go\n')
    outputs = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), outputs
    return [int(out) for out, _ in outputs]


def products() -> list:
    return list(ProcessTarget.select_all())


def what_is_wrong() -> list:
    """Products that are there more than once, claims that are left, and what fsck finds."""
    keys = collections.Counter(product.reuse_key for product in products())
    claims = sessions.database().session.execute(select(claim)).all()
    return [key for key, number in keys.items() if number > 1] + [row.key for row in claims] + fsck()


# --- many want the same ---


@pytest.mark.slow
def test_processes_that_want_the_same_make_each_product_once(small, start):
    made = all_at_once([start(WORKER, 'Reduce', 'TEST', 2) for _ in range(3)])
    assert sum(made) == len(products()) == PRODUCTS and len(ReducedScienceFrame.select_all()) == 5
    assert not what_is_wrong()


@pytest.mark.slow
def test_eight_processes_that_want_the_same_make_each_product_once(night, start):
    made = all_at_once([start(WORKER, 'Reduce', 'TEST', 2) for _ in range(8)])
    assert sum(made) == len(products()) == PRODUCTS and len(ReducedScienceFrame.select_all()) == 5
    assert not what_is_wrong()


@pytest.mark.slow
def test_a_lost_file_that_several_use_at_once_is_put_back_once(small, start):
    BiasTask('OMEGACAM', commit=True).execute()
    bias = BiasFrame.select_all().one()
    context.purge([bias], commit=True)
    code = ("import sys; from awlike.context import context; from awlike.frames.bias import BiasFrame\n"
            "bias = BiasFrame.select_all().one()\nprint('ready', flush=True); sys.stdin.readline()\n"
            "assert bias.data is not None; print(1)")
    assert all_at_once([start(code) for _ in range(3)]) == [1, 1, 1]
    assert server().has(bias.filename) and not what_is_wrong()


# --- not all may see the same ---


@pytest.mark.slow
def test_two_users_of_one_project_make_what_both_want_once(small, start):
    context.add_member('bob')
    made = all_at_once([start(WORKER, 'Bias', 'TEST', 2, user=user) for user in ('ada', 'bob')])
    assert sum(made) == 2 and len(products()) == 2 and not what_is_wrong()


@pytest.mark.slow
def test_what_each_makes_for_oneself_is_made_for_each(small, start, monkeypatch):
    context.add_member('bob')
    made = all_at_once([start(WORKER, 'Bias', 'TEST', 1, user=user) for user in ('ada', 'bob')])
    assert made == [2, 2] and [bias.creator.name for bias in BiasFrame.select_all()] == ['ada'] and not what_is_wrong()
    become(monkeypatch, 'bob')
    assert [bias.creator.name for bias in BiasFrame.select_all()] == ['bob']


@pytest.fixture
def two_projects(small):
    """The small night is public, and ada is also in project OTHER."""
    for raw in RawBiasFrame.select_all():
        context.publish(raw, 4)
    context.create_project('OTHER')


@pytest.mark.slow
def test_projects_neither_share_nor_wait_for_what_is_theirs_alone(two_projects, start):
    made = all_at_once([start(WORKER, 'Bias', project, 2) for project in ('TEST', 'OTHER')])
    assert made == [2, 2]
    one, other = BiasFrame.select_all()
    assert {one.project.name, other.project.name} == {'TEST', 'OTHER'} and one.reuse_key == other.reuse_key
    for bias in (one, other):
        assert bias.read_noise.project == bias.project
    assert len({bias.digest for bias in (one, other)}) == 1 and fsck() == []


@pytest.mark.slow
def test_what_is_public_is_made_once_for_all_projects(two_projects, start):
    made = all_at_once([start(WORKER, 'Bias', project, 4) for project in ('TEST', 'OTHER')])
    assert sum(made) == 2 and not what_is_wrong()


def claimed_keys(monkeypatch) -> list:
    """Do the bias task; which keys it claimed, and among whom."""
    keys, acquire = [], Claims.acquire
    with monkeypatch.context() as watched:
        watched.setattr(Claims, 'acquire',
                        lambda self, key, is_done: keys.append((self.scope, key)) or acquire(self, key, is_done))
        task = BiasTask('OMEGACAM', commit=True)
        task.execute()
    assert len(task.made) == len(keys) == 2
    return keys


def test_nobody_waits_for_a_claim_on_what_one_may_not_see(two_projects, monkeypatch):
    held = []
    for project, level in [('TEST', 1), ('TEST', 2), ('OTHER', 2)]:
        context.set_project(project, level)
        for one in products():
            context.update_is_valid(one, 0)
        held += claimed_keys(monkeypatch)
        for scope, key in held[-2:]:
            assert Claims(sessions.database(), context.account().object_id, scope).acquire(key)[0], 'it is held from now on'
    context.set_project('OTHER', 4)
    held += claimed_keys(monkeypatch)
    assert len(set(held)) == 8


@pytest.mark.parametrize(('level', 'same'), [(1, False), (2, True), (3, True)])
def test_members_of_a_project_share_claims_but_for_their_own(small, monkeypatch, level, same):
    for raw in RawBiasFrame.select_all():
        context.publish(raw, 3)
    context.add_member('bob')
    context.set_project('TEST', level)
    adas = claimed_keys(monkeypatch)
    for one in products():
        context.update_is_valid(one, 0)
    become(monkeypatch, 'bob')
    context.set_project('TEST', level)
    assert (claimed_keys(monkeypatch) == adas) == same


# --- killed at any moment ---


@pytest.mark.slow
@pytest.mark.parametrize(('place', 'number', 'claims', 'made', 'strays'), [
    ('Claims.will_store', 1, 1, 1, 0),  # the read noise is there, the bias is made and not yet stored
    ('fits_files.product_cards', 1, 1, 1, 0),  # its file is begun
    ('Claims.release', 2, 1, 1, 1),  # its file is stored, its rows are not committed
    ('Database.adopt', 2, 0, 2, 0),  # all is committed
])
def test_whatever_a_killed_process_left_the_next_one_removes(small, start, place, number, claims, made, strays):
    killed = start(KILLED.format(place=place, number=number))
    assert killed.wait(60) == -signal.SIGKILL, killed.stderr.read()
    assert len(sessions.database().session.execute(select(claim)).all()) == claims and len(products()) == made
    named = {product.filename for product in products()}
    assert sum(one.name not in named and not Path(one.place).is_symlink() for one in server().files()) == strays
    task = BiasTask('OMEGACAM', commit=True)
    task.execute()
    assert len(task.made) == 2 - made and len(products()) == 2 and not what_is_wrong()


def test_who_was_taken_over_while_making_keeps_nothing_and_waits_for_the_other(small, monkeypatch):
    other, make, keys = Claims(sessions.database(), context.account().object_id), BiasFrame.make, []

    def slow(inputs, params):
        if not keys:
            with sessions.database().transaction() as connection:
                connection.execute(update(claim).values(heartbeat=utcnow() - datetime.timedelta(seconds=CLAIM_DEAD_AFTER + 1)))
            keys.extend(row.key for row in sessions.database().session.execute(select(claim)))
            assert [other.acquire(key)[0] for key in keys] == [True]
        return make(inputs, params)

    def the_other_gives_up(seconds):
        assert not BiasFrame.select_all().exists()
        other.give_up(keys[0])

    monkeypatch.setattr(BiasFrame, 'make', staticmethod(slow))
    monkeypatch.setattr('awlike.tasks.execute.time.sleep', the_other_gives_up)
    BiasTask('OMEGACAM', commit=True).execute()
    assert len(BiasFrame.select_all()) == 1 and fsck() == []


def kill_somewhere(victim, chance) -> None:
    """Kill `victim` within one of its first steps; it may have ended already."""
    for _ in range(1 + chance.randrange(20)):
        if victim.stdout.readline() in ('whole\n', ''):
            break
    moment = time.monotonic() + chance.random() * 0.03
    while time.monotonic() < moment:
        pass
    victim.send_signal(signal.SIGKILL)
    victim.wait()


def run_plainly(start) -> None:
    """Run once to the end; then all is there once."""
    all_at_once([start(WORKER, 'Reduce', 'TEST', 2)])
    assert len(products()) == PRODUCTS and len(ReducedScienceFrame.select_all()) == 5
    assert not what_is_wrong()


@pytest.mark.slow
def test_killed_at_random_then_run_again_all_is_there_once(small, start):
    chance = random.Random(1)
    for _ in range(2):
        kill_somewhere(start(VICTIM), chance)
    assert 0 < len(products()) < PRODUCTS, 'it was killed in the middle'
    run_plainly(start)


@pytest.mark.slow
@pytest.mark.parametrize('seed', range(10))
def test_two_at_once_killed_at_random_five_times_then_run_again_all_is_there_once(small, start, seed):
    chance = random.Random(seed)
    for _ in range(5):
        for victim in [start(VICTIM), start(VICTIM)]:
            kill_somewhere(victim, chance)
    run_plainly(start)
