"""Planning, the overhead of making, and what an invalidation touches, in a database of 100,000 raw frames.

The peers' figures were measured elsewhere, on a machine of this size; they cannot be installed beside awlike.
"""

import datetime

import numpy as np

from awlike.database.sessions import database
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.persist.dbobject import Input
from awlike.planning.chooser import Chooser
from awlike.planning.counting import Counting
from awlike.planning.eras import Eras
from awlike.planning.outcome import Made
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import of_frame
from awlike.planning.resolve import Resolver
from awlike.products.making import describe_origin
from awlike.products.parameters import FromMembers
from awlike.products.product import ProcessTarget
from awlike.recipes.reduced import ReduceTask
from awlike.tasks.execute import execute
from awlike.tasks.task import Task
from awlike.tracing.impact import impact
from tests.bench.archive import FIRST_NIGHT, stamped
from tests.bench.timing import median_seconds

NIGHTS = (FIRST_NIGHT.date(), FIRST_NIGHT.date() + datetime.timedelta(days=6))


class EmptyFrame(ProcessTarget):
    """A product without work in it."""

    raw = Input(RawScienceFrame, 'the raw frame')

    @staticmethod
    def make(inputs, params):
        return {'data': np.zeros((2, 2), np.float32)}


class Together(ProcessTarget):
    """A product of many frames."""

    frames = Input(ReducedScienceFrame, 'the frames', many=True)

    class Parameters(FromMembers):
        """How many at least."""


class TogetherTask(Task):
    """All that the arguments select, as one set."""

    target = Together

    def requests(self):
        return self.one_for_all(self.raw_frames(RawScienceFrame))


def rows():
    """The rows of the table, one after the other."""
    task = ReduceTask(instrument='OMEGACAM', date=NIGHTS, commit=True)
    reduce_on_paper(task)
    plan = task.plan()
    number = len(plan.targets)
    assert number >= 10_000 and not plan.to_make
    seconds = median_seconds(task.plan, runs=5) / number * 10_000
    yield ('plan of 10,000 science targets, all up to date', f'{seconds:.2f} s', 'LSST pipetask 31 s', '<= 1.5 s',
           seconds <= 1.5)

    together = TogetherTask(instrument='OMEGACAM', date=NIGHTS, commit=True)
    reduce_on_paper(together)
    plan = together.plan()
    assert not plan.to_make and len(plan.targets) == 1
    seconds = median_seconds(together.plan, runs=5) / number * 10_000
    yield ('plan of a set of 10,000 members, all up to date', f'{seconds:.2f} s', 'LSST pipetask 31 s', '<= 2 s', seconds <= 2)

    raws = list(RawScienceFrame.select(instrument='OMEGACAM', date=NIGHTS[0]).limit(1000))
    requests = [of_frame(raw) for raw in raws]
    seconds = median_seconds(lambda: choose_biases(requests))
    yield 'biases chosen for 1,000 frames, in one plan', f'{seconds:.3f} s', 'LSST butler 11-29 s', '<= 0.2 s', seconds <= 0.2
    seconds = median_seconds(lambda: choose_biases(requests[:1]), repeat=50)
    yield 'a bias chosen for one frame', f'{seconds * 1e3:.2f} ms', 'DataJoint 0.43 ms', '<= 1 ms', seconds <= 1e-3

    yield choice_alone(raws)
    yield overhead(raws, goal=0.01)
    bias = BiasFrame.select_all()[0]
    _insert([_hot(bias, n) for n in range(100_000)])
    assert impact(bias).count(HotPixelMap) >= 100_000
    seconds = median_seconds(lambda: impact(bias), runs=5)
    yield 'impact() of a bias with 100,000 descendants', f'{seconds:.2f} s', 'none has it', '<= 0.5 s', seconds <= 0.5


def choose_biases(requests):
    """The bias for each of `requests`, as a plan chooses it."""
    resolver = Resolver(ParametersInForce(), commit=True)
    return resolver.resolve(BiasFrame, [r.for_class(BiasFrame) for r in requests])


def choice_alone(raws):
    """The row for the choice itself: the sets are read, the frames of 32 chips ask anew. Beside it a search of all sets."""
    chips = {raw.chip.name for raw in raws}
    assert len(chips) == 32, sorted(chips)
    params = [BiasFrame.Parameters()] * len(raws)
    counting = Counting(commit=True)
    chooser = Chooser(counting, Eras(counting))
    batches = [[of_frame(raw).for_class(BiasFrame) for raw in raws] for _ in range(8)]
    expected = [choice[0].night for choice in chooser.choose(BiasFrame, batches.pop(), params)]
    ours = median_seconds(lambda: chooser.choose(BiasFrame, batches.pop(), params), runs=5)
    every = {raw.chip: [one for sets in chooser.raw_sets.groups(BiasFrame, of_frame(raw).for_class(BiasFrame)).values()
                        for one in sets] for raw in raws}

    def search():
        return [min(every[raw.chip], key=lambda one: abs(one.date - raw.DATE_OBS)).night for raw in raws]

    assert search() == expected
    return ('the choice alone, 1,000 frames of 32 chips', f'{ours:.3f} s',
            f'search of all {median_seconds(search, runs=5):.3f} s, CRDS 0.11 s, DRAGONS 4-23 s', '<= 0.05 s', ours <= 0.05)


def overhead(raws, goal):
    """The row for what committing a product costs, of the first 400 of `raws`; `goal` [s]."""
    batches = iter([raws[n:n + 50] for n in range(0, 400, 50)])

    def make():
        plan = Resolver(ParametersInForce(), commit=True).plan(EmptyFrame, [of_frame(raw) for raw in next(batches)])
        assert len(execute(plan, commit=True)) == 50

    seconds = median_seconds(make) / 50
    return ('one product with an empty make(): claim, file, commit', f'{seconds * 1e3:.1f} ms',
            'LSST 180 ms, AiiDA 330 ms, DataJoint 20 ms', f'<= {goal * 1e3:.0f} ms', seconds <= goal)


def reduce_on_paper(task) -> None:
    """Put all that `task` would make into the database, without pixels."""
    steps = task.plan().to_make
    for number, step in enumerate(steps):
        step.outcome = Made(_on_paper(step, number), step.why)
    products = [step.product for step in steps]
    kinds = list(dict.fromkeys(map(type, products)))  # inputs first
    _insert(sorted(products, key=lambda product: kinds.index(type(product))))


def _insert(products):
    db = database()
    for start in range(0, len(products), 4096):
        with db.transaction() as connection:
            db.insert(connection, products[start:start + 4096])
    db.session.expunge_all()


def _on_paper(step, number):
    product = stamped(step.cls(**{role: value for role, value in step.input_objects().items() if value}))
    describe_origin(product, step.params, step.lead)
    product.reuse_key, product.digest, product.seconds = step.key(), f'on paper {number}', 1.0
    product.filename = f'{step.cls.__name__}_{product.object_id.hex}.fits'
    return product


def _hot(bias, number):
    return stamped(HotPixelMap(bias=bias, instrument=bias.instrument, chip=bias.chip, DATE_OBS=bias.DATE_OBS,
                               digest=f'hot {number}', seconds=1.0))
