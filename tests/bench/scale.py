"""Questions to PostgreSQL, in a survey of 1,000,000 raw frames, beside the same without row-level security and SQL by hand."""

import contextlib
import datetime
import os

import psycopg
from sqlalchemy import text

from awlike import config
from awlike.context import context
from awlike.database.sessions import Database, database, use
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.planning.request import of_frame
from awlike.recipes.reduced import ReduceTask
from awlike.tracing.impact import impact
from tests import crowd
from tests.bench import lazy, queries, survey
from tests.bench.archive import FIRST_NIGHT
from tests.bench.timing import median_seconds
from tests.databases import databases

CHIPS = [crowd.CHIP, 'ESO_CCD_#66']
UP = queries.ANCESTORS.replace('?', '%(id)s')
DOWN = """WITH RECURSIVE down(id) AS (SELECT product FROM lineage WHERE input = %(id)s UNION
    SELECT l.product FROM down JOIN lineage l ON l.input = down.id)
    SELECT o.object_id, o.class_name FROM dbobject o WHERE o.object_id IN (SELECT id FROM down) AND (o.privileges >= 3
        OR (o.privileges = 2 AND o.project_id IN (SELECT project_id FROM project_member WHERE user_id = %(me)s)))"""
CHOICE = """SELECT b.* FROM dbobject b WHERE b.class_name = 'BiasFrame' AND b.chip_id = %(chip)s AND b.is_valid > 0
    AND b.quality_flags = 0 AND b.timestamp_start <= %(date)s AND b.timestamp_end > %(date)s AND NOT EXISTS (
        WITH RECURSIVE up(id) AS (SELECT b.object_id UNION SELECT l.input FROM up JOIN lineage l ON l.product = up.id)
        SELECT FROM up JOIN dbobject o ON o.object_id = up.id WHERE o.is_valid = 0)
    ORDER BY b.creation_date DESC LIMIT 1"""


def rows():
    """The rows of the table, one after the other."""
    with databases() as server, _settings(AWLIKE_DATABASE=server.new('survey'), AWLIKE_USER='ada'):
        survey.fill()
        with psycopg.connect(config.settings().database_url.replace('+psycopg', '', 1), autocommit=True) as sql:
            by_hand = {name: median_seconds(work, repeat=20) for name, work in _by_hand(sql).items()}
        _act_as(None)
        unsecured = {name: median_seconds(work, runs=5, repeat=repeat) for name, (work, repeat, _) in _questions().items()}
        _act_as('ada')
        for name, (work, repeat, goal) in _questions().items():
            ours = median_seconds(work, runs=5, repeat=repeat)
            beside = f'without security {_time(unsecured[name])}, {ours / unsecured[name]:.1f}x'
            if name in by_hand:
                beside = f'{beside}, SQL {_time(by_hand[name])}'
            yield name, _time(ours), beside, f'<= {_time(goal)}, 2x', ours <= goal and ours <= 2 * unsecured[name]
        yield from _writing()
        yield from _crowd()


@contextlib.contextmanager
def _settings(**values):
    """Other settings for a while."""
    before = dict(os.environ)
    os.environ |= values
    try:
        yield _forget()
    finally:
        os.environ.clear()
        os.environ.update(before)
        _forget()


def _forget():
    config.settings.cache_clear()
    use(None)
    context.reset()


def _act_as(role) -> None:
    """Let the connections act as `role`; None for the server's owner, who is held to no policy."""
    use(Database(config.settings().database_url, role))
    context.reset()
    context.set_project('BENCH')


def _night(number):
    return FIRST_NIGHT.date() + datetime.timedelta(days=number)


def _questions() -> dict:
    """By name: what is asked, how often in a run, and for how long at most [s]."""
    product = ReducedScienceFrame.select(chip=crowd.CHIP)[0]
    bias, raws = product.bias, list(RawScienceFrame.select('OMEGACAM', date=_night(0)).limit(1000))
    assert len(product.ancestors()) == 32 and len(bias.descendants()) == 205 and len(queries.tutorial_query()) == 5
    requests = [of_frame(raw) for raw in raws]
    made = ReduceTask('OMEGACAM', date=(_night(0), _night(9)), chip=CHIPS, commit=True)
    unmade = ReduceTask('OMEGACAM', date=(_night(100), _night(109)), chip=CHIPS, commit=True)
    assert len(made.plan().targets) == 1000 and not made.plan().to_make and unmade.plan().to_make
    return {
        "len() of the tutorial's query": (lambda: len(queries.tutorial_query()), 50, 2e-3),
        "max('DATE_OBS') of it": (lambda: queries.tutorial_query().max('DATE_OBS'), 50, 2e-3),
        'ancestors, 32 of them': (product.ancestors, 50, 2e-3),
        'descendants, 205 of them': (bias.descendants, 20, 4e-3),
        'a bias chosen for one frame': (lambda: lazy.choose_biases(requests[:1]), 20, 2e-3),
        'biases chosen for 1,000 frames': (lambda: lazy.choose_biases(requests), 1, 0.4),
        'plan of 1,000 targets, all up to date': (made.plan, 1, 0.4),
        'plan of 1,000 targets, all to be made': (unmade.plan, 1, 0.8),
        'impact() of a bias': (lambda: impact(bias), 5, 0.1),
        'repr() of all 720,000 raw science frames': (lambda: repr(RawScienceFrame.select_all()), 1, 1.0),
        'number of those that count': (lambda: len(RawScienceFrame.select_valid()), 1, 2.0),
    }


def _by_hand(sql) -> dict:
    """By name of the question, the same in SQL."""
    def ask(statement, **values):
        return lambda: sql.execute(statement, values).fetchall()

    def one(statement, **values):
        return ask(statement, **values)()[0][0]

    me = one("""SELECT object_id FROM "user" WHERE name = 'ada'""")
    bias, chip, date = ask("""SELECT b.object_id, b.chip_id, b."DATE_OBS" FROM dbobject b JOIN chip c ON c.object_id = b.chip_id
        WHERE class_name = 'BiasFrame' AND c.name = %(chip)s ORDER BY b."DATE_OBS" LIMIT 1""", chip=crowd.CHIP)()[0]
    product = one("SELECT product FROM lineage JOIN dbobject o ON o.object_id = product WHERE input = %(bias)s "
                  "AND class_name = 'ReducedScienceFrame' LIMIT 1", bias=bias)
    count, latest = (text.replace('?', '%(me)s').replace('o.DATE_OBS', 'o."DATE_OBS"') for text in (queries.COUNT, queries.MAX))
    return {
        "len() of the tutorial's query": ask(count, me=me), "max('DATE_OBS') of it": ask(latest, me=me),
        'ancestors, 32 of them': ask(UP, id=product), 'descendants, 205 of them': ask(DOWN, id=bias, me=me),
        'a bias chosen for one frame': ask(CHOICE, chip=chip, date=date),
    }


def _time(seconds) -> str:
    return f'{seconds:.2f} s' if seconds >= 0.1 else f'{seconds * 1e3:.2f} ms'


def _writing():
    raws = list(RawScienceFrame.select('OMEGACAM', date=_night(200)).limit(400))
    yield lazy.overhead(raws, goal=0.02)
    biases = list(RawBiasFrame.select('OMEGACAM', chip=crowd.CHIP, date=_night(200)))
    for size, goal in ((4096, 2500), (32, 1000)):
        rate = queries.insertion_rate(biases[:10], size)
        yield f'products with lineage inserted, {size} at a time', f'{rate:.0f}/s', '', f'>= {goal}/s', rate >= goal


def _crowd():
    """50 sessions, each asking about once in two seconds, while 8 processes commit."""
    deadlocks = _deadlocks()
    done = crowd.gather(readers=5, threads=10, writers=8, pause=2.0)
    met = not done.errors and _deadlocks() == deadlocks
    for kind, (median, p99, number) in done.percentiles().items():
        yield (f'50 sessions ask, 8 commit: {kind}', f'{median:.1f} ms, p99 {p99:.0f} ms', f'{number} times',
               'no deadlock, nothing lost', met)


def _deadlocks() -> int:
    with database().engine.connect() as connection:
        return connection.scalar(text('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()'))

