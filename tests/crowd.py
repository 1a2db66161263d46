"""A crowd: many sessions that ask while others commit, publish, judge and delete, in processes of their own.

Each session is a thread with a connection of its own. The database is that of the environment, filled by
`tests.bench.archive` or `tests.bench.survey`.
"""

import collections
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from awlike.context import context
from awlike.database.sessions import database
from awlike.frames.raw import RawScienceFrame, RawTwilightFlatFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import of_frame
from awlike.planning.resolve import Resolver
from awlike.tasks.execute import execute
from tests.bench.lazy import EmptyFrame, choose_biases
from tests.bench.queries import tutorial_query

CHIP = 'ESO_CCD_#65'
SHARED, OWN = 6, 4  # frames of which all who write want a product, and of which each alone does


class Crowd:
    """What became of it: `seconds` of each kind of work, what was `made` and `deleted` by all together, and `errors`."""

    def __init__(self, reports, errors):
        self.errors, self.seconds, self.made, self.deleted = errors, collections.defaultdict(list), 0, []
        for report in reports:
            self.made += report.get('made', 0)
            self.deleted += report.get('deleted', ())
            for kind, seconds in report['seconds'].items():
                self.seconds[kind] += seconds

    def percentiles(self) -> dict:
        """Median and 99th percentile of each kind of work [ms], and how many there were."""
        return {kind: (statistics.median(all_) * 1e3, sorted(all_)[int(0.99 * len(all_))] * 1e3, len(all_))
                for kind, all_ in self.seconds.items()}

    def __str__(self):
        return '\n'.join(f'{kind:30} {number:6} times, median {median:7.1f} ms, p99 {p99:7.1f} ms'
                         for kind, (median, p99, number) in self.percentiles().items())


def gather(readers, threads, writers, pause=0.0, users=('ada',)) -> Crowd:
    """Let `readers` processes of so many `threads` ask, each with a `pause` [s] between, until `writers` processes are done."""
    with contextlib.ExitStack() as stack:
        asking = [_start(stack, users[0], 'ask', threads, pause) for _ in range(readers)]
        writing = [_start(stack, users[n % len(users)], 'write', n) for n in range(writers)]
        for one in [*asking, *writing]:
            assert one.stdout.readline() == 'ready\n', one.communicate()
        for one in [*asking, *writing]:
            print('go', file=one.stdin, flush=True)
        written = [one.communicate() for one in writing]
        asked = [one.communicate('stop\n') for one in asking]
    ended = [*zip(writing, written, strict=True), *zip(asking, asked, strict=True)]
    return Crowd([json.loads(out) for process, (out, _) in ended if process.returncode == 0],
                 [said for process, (_, said) in ended if process.returncode])


def _start(stack, user, *arguments):
    process = subprocess.Popen(
        [sys.executable, '-m', 'tests.crowd', *map(str, arguments)], text=True, bufsize=1, cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {'AWLIKE_USER': user})
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def main() -> None:
    """What a process of the crowd does, as its arguments say; tells it in JSON."""
    what, *arguments = sys.argv[1:]
    context.set_project('BENCH')
    seconds = collections.defaultdict(list)
    report = {'ask': _ask, 'write': _write}[what](seconds, *map(float, arguments))
    print(json.dumps({'seconds': seconds} | (report or {})))


@contextlib.contextmanager
def _timed(seconds, kind):
    start = time.perf_counter()
    yield
    seconds[kind].append(time.perf_counter() - start)


def _ask(seconds, threads, pause):
    stop, errors = threading.Event(), []

    def session():
        try:
            product = ReducedScienceFrame.select(chip=CHIP)[0]
            request = of_frame(product.raw)
            while not stop.wait(random.uniform(0, 2 * pause)):
                with _timed(seconds, 'the tutorial\'s query'):
                    assert len(tutorial_query()) == 5
                with _timed(seconds, 'choice of a bias'):
                    assert choose_biases([request])[0].reused
                with _timed(seconds, 'ancestors'):
                    assert len(product.ancestors()) == 32
        except BaseException as error:
            errors.append(error)
            raise

    crowd = [threading.Thread(target=session) for _ in range(int(threads))]
    _ready()
    for thread in crowd:
        thread.start()
    sys.stdin.readline()
    stop.set()
    for thread in crowd:
        thread.join()
    if errors:
        raise errors[0]


def _write(seconds, number):
    raws = list(RawScienceFrame.select(chip=CHIP).order_by('DATE_OBS').limit(SHARED + OWN * (int(number) + 1)))
    own, targets = raws[-OWN:], raws[:SHARED] + raws[-OWN:]
    judged, publishes = judged_frame(), context.user == raws[0].creator
    draw, made, deleted = random.Random(number), 0, []
    draw.shuffle(targets)
    import astropy.io.fits  # noqa: F401 -- what is imported on the way is not timed
    execute(_plan(targets[0], commit=False), commit=False)
    _ready()
    for raw in targets:
        with _timed(seconds, 'one product committed'):
            plan = _plan(raw, commit=True)
            made += len(execute(plan, commit=True))
        step, = plan.targets
        assert step.known, step.error
        with _timed(seconds, 'is_valid changed'):
            context.update_is_valid(judged, draw.choice([0, 1, 2]))
        if raw in own[:2]:
            with _timed(seconds, 'one product deleted'):
                context.delete(step.existing)
            deleted.append(raw.filename)
        elif publishes:
            with _timed(seconds, 'one product published'):
                context.publish(step.existing, 3)
    return {'made': made, 'deleted': deleted}


def _plan(raw, commit):
    return Resolver(ParametersInForce(), commit).plan(EmptyFrame, [of_frame(raw)])


def judged_frame():
    """The frame that all who write judge, one against the other."""
    return RawTwilightFlatFrame.select(chip=CHIP).order_by('DATE_OBS')[0]


def _ready():
    database().session  # noqa: B018 -- connects
    print('ready', flush=True)
    sys.stdin.readline()


if __name__ == '__main__':
    main()
