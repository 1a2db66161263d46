"""Queries, lineage and insertion in a database of 100,000 raw frames, beside hand-written SQL on the same database."""

import datetime
import sqlite3
import subprocess
import sys

from sqlalchemy import event

from awlike.database.sessions import database
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from tests.bench.archive import FIRST_NIGHT, bias_of
from tests.bench.timing import median_seconds

START = datetime.datetime(2012, 6, 1, 0, 0)
UNUSED = FIRST_NIGHT + datetime.timedelta(days=20)  # from here on nothing was made

_WHERE = """
    FROM dbobject o JOIN instrument i ON i.object_id = o.instrument_id JOIN chip c ON c.object_id = o.chip_id
    JOIN template t ON t.object_id = o.template_id
    WHERE o.class_name = 'RawScienceFrame' AND i.name = 'OMEGACAM' AND t.start = '2012-06-01 00:00:00.000000'
    AND o.is_valid > 0 AND c.name = 'ESO_CCD_#65' AND (o.privileges >= 3 OR (o.privileges = 2 AND o.project_id IN (
        SELECT project_id FROM project_member WHERE user_id = ?)) OR (o.privileges = 1 AND o.creator_id = ?))"""
COUNT = f'SELECT count(*) {_WHERE}'
MAX = f'SELECT o.* {_WHERE} ORDER BY o.DATE_OBS DESC, o.object_id LIMIT 1'
ANCESTORS = """WITH RECURSIVE up(id) AS (SELECT input FROM lineage WHERE product = ? UNION
    SELECT l.input FROM up JOIN lineage l ON l.product = up.id)
    SELECT up.id, o.class_name FROM up JOIN dbobject o ON o.object_id = up.id"""


def tutorial_query():
    """The query of the tutorial, as it is typed."""
    query = (RawScienceFrame.instrument.name == 'OMEGACAM') & \
            (RawScienceFrame.template.start == START) & \
            (RawScienceFrame.is_valid > 0)
    return query & (RawScienceFrame.chip.name == 'ESO_CCD_#65')


def night_page():
    """The seconds that the web takes for the page of a night of 32 chips and 50 science exposures."""
    from starlette.testclient import TestClient

    from awlike.config import settings
    from awlike.web.app import application
    from awlike.web.identity import Alone
    from awlike.web.site import Site
    site = Site(Alone(settings().user))
    client = TestClient(application(site), base_url='http://127.0.0.1')
    client.get('/here', params={'token': site.identity.token})
    path = f'/night/{FIRST_NIGHT:%Y-%m-%d}'

    def look():
        assert 'ESO_CCD_#65' in client.get(path).text

    return median_seconds(look, repeat=3)


def rows():
    """The rows of the table, one after the other."""
    from awlike.context import context
    sql = sqlite3.connect(database().engine.url.database)
    me = context.user.object_id.bytes

    assert len(tutorial_query()) == 5 == sql.execute(COUNT, (me, me)).fetchone()[0]
    yield _rate('len() of the tutorial\'s query', lambda: len(tutorial_query()),
                lambda: sql.execute(COUNT, (me, me)).fetchone())
    assert tutorial_query().max('DATE_OBS') == list(tutorial_query().order_by('-DATE_OBS'))[0]
    yield _rate("max('DATE_OBS') of it", lambda: tutorial_query().max('DATE_OBS'),
                lambda: sql.execute(MAX, (me, me)).fetchone())

    seconds = night_page()
    yield 'the page of a night of 32 chips, 50 exposures', f'{seconds:.2f} s', '', '<= 2 s', seconds <= 2

    biases = list(((RawBiasFrame.chip.name == 'ESO_CCD_#65') & (RawBiasFrame.DATE_OBS > UNUSED)).limit(39))
    bias = bias_of(biases, 0)
    _insert(bias)
    assert len(bias[1].ancestors()) == 40
    ours = median_seconds(bias[1].ancestors, repeat=50)
    beside = median_seconds(lambda: sql.execute(ANCESTORS, (bias[1].object_id.bytes,)).fetchall(), repeat=50)
    yield 'ancestors, 40 of them', f'{ours * 1e3:.2f} ms', f'SQL {beside * 1e3:.2f} ms', '<= 1 ms', ours <= 1e-3
    products = [one for n in range(20) for one in bias_of([biases[0]], n + 1)]
    _insert(products)
    raw = biases[0]
    assert len(raw.descendants()) == 42
    ours = median_seconds(raw.descendants, repeat=50)
    yield 'descendants, 42 of them', f'{ours * 1e3:.2f} ms', '', '<= 1 ms', ours <= 1e-3

    yield _iteration()
    yield _import()
    for size, goal in ((4096, 8000), (32, 2000)):
        rate = insertion_rate(biases[:10], size)
        yield f'products with lineage inserted, {size} at a time', f'{rate:.0f}/s', '', f'>= {goal}/s', rate >= goal
    sql.close()


def _rate(what, ours, beside):
    mine, theirs = median_seconds(ours, repeat=100), median_seconds(beside, repeat=100)
    met = mine <= 1e-3 or (theirs > 0.5e-3 and mine <= 2 * theirs)
    return what, f'{1 / mine:.0f}/s', f'SQL {1 / theirs:.0f}/s', '>= 1000/s, or SQL / 2', met


def _iteration():
    statements = []
    count = lambda *arguments: statements.append(arguments[2])  # noqa: E731
    event.listen(database().engine, 'before_cursor_execute', count)
    numbers = []
    for number in (500, 5000):
        statements.clear()
        database().session.expunge_all()
        for raw in RawScienceFrame.select_all().limit(number):
            _ = raw.filter.name, raw.imstat.max
        numbers.append(len(statements))
    event.remove(database().engine, 'before_cursor_execute', count)
    seconds = median_seconds(lambda: [(r.filter.name, r.imstat.max) for r in RawScienceFrame.select_all().limit(5000)], 5)
    return ('5,000 frames, r.filter.name and r.imstat.max', f'{numbers[1]} statements, {seconds:.2f} s',
            f'{numbers[0]} statements for 500', 'constant', numbers[0] == numbers[1])


def _import():
    ours, beside = (_cold_start(names) for names in ('awlike.names', 'numpy, sqlalchemy, astropy.io.fits'))
    return ('import awlike, all its names', f'{ours:.2f} s', f'numpy, sqlalchemy, astropy.io.fits {beside:.2f} s', '<= 2x',
            ours <= 2 * beside)


def _cold_start(names) -> float:
    """Seconds for which a new Python imports `names`, less what it takes to start."""
    run = lambda code: median_seconds(lambda: subprocess.run([sys.executable, '-c', code], check=True), runs=7)  # noqa: E731
    return run(f'import {names}') - run('pass')


def insertion_rate(raws, size):
    """Objects a second; ReadNoise and BiasFrame with 10 and 11 inputs each, in transactions of `size` objects."""
    batches = [[one for n in range(size // 2) for one in bias_of(raws, n)] for _ in range(9 if size < 1000 else 4)]
    batches = iter(batches)
    seconds = median_seconds(lambda: _insert(next(batches)), runs=7 if size < 1000 else 3)
    return size / seconds


def _insert(objects):
    db = database()
    with db.transaction() as connection:
        db.insert(connection, objects)
    db.adopt(objects)


