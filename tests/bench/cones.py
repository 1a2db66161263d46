"""Cones among sources: insertion of source lists, and counts of what lies within 2 arcsec to 10 arcmin, on both databases.

AWLIKE_BENCH_SOURCES is the number of sources, a million unless set; their density is 33,000 a square degree.
"""

import os
import statistics
import time

import numpy as np

from awlike import config
from awlike.context import context
from awlike.database.sessions import database, use
from awlike.frames.source_list import Source
from tests import catalogues
from tests.databases import databases, open_account

DENSITY, OF_A_LIST = 33_000, 5_000
GOALS = {'SQLite': {'2 arcsec': .3, '1 arcmin': .3, '10 arcmin': 10},  # ms
         'PostgreSQL': {'2 arcsec': 1, '1 arcmin': 1, '10 arcmin': 10}}
RADII = {'2 arcsec': 2 / 3600, '1 arcmin': 1 / 60, '10 arcmin': 1 / 6}
RA, DEC = 315.0, -31.0


def rows():
    """The rows of the table, one after the other."""
    number = int(os.environ.get('AWLIKE_BENCH_SOURCES', 1_000_000))
    yield from _on('SQLite', number)
    with databases() as server:
        before, os.environ['AWLIKE_DATABASE'] = os.environ.get('AWLIKE_DATABASE'), server.new('cones')
        use(None)
        config.settings.cache_clear()
        open_account(config.settings().user)
        yield from _on('PostgreSQL', number)
        use(None)
        os.environ.pop('AWLIKE_DATABASE')
        os.environ |= {} if before is None else {'AWLIKE_DATABASE': before}
        config.settings.cache_clear()


def _on(kind, number):
    """The rows of one kind of database."""
    context.reset()
    context.create_project('CONES')
    context.set_project('CONES')
    size = np.sqrt(number / DENSITY)
    rate = fill(number, size)
    goal = 100_000
    yield f'source lists inserted, {kind}', f'{rate:,.0f} sources/s CPU', f'{number:,} sources', f'>= {goal:,}/s', rate >= goal
    with database().engine.connect() as connection:
        connection.exec_driver_sql('ANALYZE')
        connection.commit()
    for name, radius in RADII.items():
        wall, cpu, found = cone_time(radius, size)
        yield (f'cone of {name}, {kind}', f'{wall * 1e3:.2f} ms', f'{cpu * 1e3:.2f} ms CPU, {found:.0f} found',
               f'<= {GOALS[kind][name]} ms', wall * 1e3 <= GOALS[kind][name])


def fill(number, size) -> float:
    """Put source lists of 5,000 sources into the database, all over a square; returns sources a second of CPU."""
    base = catalogues.columns(*catalogues.spread(OF_A_LIST, 0, 0, .2))
    rng, spent, raw = np.random.default_rng(1), 0.0, None
    from awlike.frames.raw import RawScienceFrame
    from tests import paper
    raw = paper.insert(paper.raw(RawScienceFrame))
    paper.insert(catalogues.with_rows(base, raw=raw))  # what is imported and prepared once
    for _ in range(number // OF_A_LIST):
        ra, dec = RA + rng.uniform(-.5, .5) * (size - .4) / np.cos(np.radians(DEC)), DEC + rng.uniform(-.5, .5) * (size - .4)
        moved = catalogues.with_rows(base | dict(zip(('RA', 'DEC'), catalogues.spread(
            OF_A_LIST, ra, dec, .2, rng.integers(2**32)), strict=True)), raw=raw)
        started = time.process_time()
        paper.insert(moved)
        spent += time.process_time() - started
    return number / spent


def cone_time(radius, size, cones=15, times=7):
    """Seconds and CPU seconds of the statement for a cone, and the number of sources in it.

    They are medians over cones, each of which counts by its quickest run.
    """
    rng, session = np.random.default_rng(2), database().session
    best = []
    for _ in range(cones):
        cone = Source.within(RA + rng.uniform(-.4, .4) * size, DEC + rng.uniform(-.4, .4) * size, radius)
        statement = cone._statement(lambda builder: [builder.root.column(name) for name in ('RA', 'DEC', 'MAG_AUTO')],
                                    ordered=False)
        runs = []
        for _ in range(times):
            started, cpu = time.perf_counter(), time.process_time()
            found = session.execute(statement).all()
            runs.append((time.perf_counter() - started, time.process_time() - cpu, len(found)))
        best.append([min(column) for column in zip(*runs, strict=True)])
    return tuple(statistics.median(column) for column in zip(*best, strict=True))
