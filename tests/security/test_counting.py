"""By what PostgreSQL tells of its work nobody finds out a text that is hidden: neither by counts of rows, nor by estimates."""

import json

import pytest

from awlike.database.user_tables import class_of
from awlike.persist.references import ReferenceObject
from awlike.persist.tables import metadata
from tests.security.rules import ANONYMOUS

SETTINGS = {
    'as it is': (),
    'by indexes': ('enable_seqscan = off', 'enable_bitmapscan = off'),
    'by bitmaps': ('enable_seqscan = off', 'enable_indexscan = off', 'enable_indexonlyscan = off'),
    'row by row': ('enable_indexscan = off', 'enable_bitmapscan = off', 'enable_indexonlyscan = off'),
    'when all conditions cost the same': ('cpu_operator_cost = 0', 'enable_seqscan = off'),
    'when conditions cost much': ('cpu_operator_cost = 1e9',),
}
# {t} is a table, {c} a column of it, {v} a text, {key} a condition that only the hidden row meets.
QUESTIONS = (
    'SELECT FROM {t} WHERE {c} = {v}', 'SELECT FROM {t} WHERE {c} <= {v}', 'SELECT FROM {t} WHERE {c} = ANY (ARRAY[{v}])',
    'SELECT FROM {t} WHERE {c} IN ({v}, {v})', "SELECT FROM {t} WHERE {c} LIKE {v} || '%'", 'SELECT FROM {t} WHERE {c} ^@ {v}',
    'SELECT FROM {t} WHERE {key} AND {c} <= {v}', 'SELECT FROM {t} WHERE {key} AND {c} = {v}',
    'SELECT FROM {t} WHERE {key} AND ({c} = {v}) IS TRUE', 'SELECT FROM {t} WHERE {key} AND nullif({c}, {v}) IS NULL',
    "SELECT FROM {t} WHERE {key} AND ({c}, 1) <= ({v}, 1)", 'SELECT FROM {t} WHERE {key} AND {c} = ANY (ARRAY[{v}::text])',
    'SELECT FROM {t} WHERE {key} AND greatest({c}, {v}) = {v}', 'SELECT FROM {t} WHERE {c} = {v} OR {c} IS NULL',
    'SELECT FROM (VALUES ({v})) AS w (v) JOIN {t} ON {c} = w.v',
    'SELECT FROM (VALUES ({v})) AS w (v) LEFT JOIN {t} ON {c} <= w.v',
    'SELECT {c} FROM {t} WHERE {c} > {v} ORDER BY {c} LIMIT 1', 'SELECT max({c}) FROM {t} WHERE {c} <= {v}',
    'SELECT EXISTS (SELECT FROM {t} WHERE {key} AND {c} = {v})', 'SELECT FROM {t} WHERE awlike.sealed({c}) = {v}',
    'SELECT FROM {t} WHERE awlike.sealed({c}) <= {v}',
)
TEXTS = [(table.name, column.name) for table in metadata.tables.values()
         if table.name != 'project_member' and ((cls := class_of(table)) is None or not issubclass(cls, ReferenceObject))
         for column in table.columns if str(column.type) in ('VARCHAR', 'TEXT')
         and (table.name, column.name) not in (('lineage', 'role'), ('dropped_file', 'reason'), ('dbobject', 'class_name'))]
COUNTERS = """SELECT relname, pg_stat_get_xact_numscans(oid), pg_stat_get_xact_tuples_returned(oid),
    pg_stat_get_xact_tuples_fetched(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"""
OF_PLAN = {'Filter', 'Index Cond', 'Recheck Cond', 'Hash Cond', 'Join Filter', 'Merge Cond', 'Output', 'Alias',
           'One-Time Filter'}


@pytest.fixture(scope='module')
def analysed(world):
    """The world with statistics, as it is after a while; and with each text that is hidden."""
    with world.connect(None) as administrator:
        for column in (column for table, column in TEXTS if table == 'dbobject'):
            administrator.execute(f'UPDATE dbobject SET "{column}" = class_name || \'-\' || object_id WHERE "{column}" IS NULL')
        administrator.execute('ANALYZE')
    yield world
    world.restore()


def work(client, question, settings):
    """What PostgreSQL tells of its work on a question: the plan with all numbers, and the counters of its tables."""
    with client.transaction(force_rollback=True):
        for setting in settings:
            client.execute(f'SET LOCAL {setting}')
        before = client.execute(COUNTERS).fetchall()
        plan, = client.execute(f'EXPLAIN (ANALYZE, BUFFERS, TIMING off, SUMMARY off, FORMAT JSON) {question}').fetchone()
        counted = [(name, *(new - old for new, old in zip(after, counts, strict=True)))
                   for (name, *after), (_, *counts) in zip(client.execute(COUNTERS).fetchall(), before, strict=True)]
    return without_text(plan[0]['Plan']), counted


def without_text(plan):
    """A plan without the conditions, in which the text stands that was asked for; blocks read or found are alike."""
    blocks = sum(plan.get(f'{kind} {how} Blocks', 0) for kind in ('Shared', 'Local') for how in ('Hit', 'Read'))
    kept = {name: value for name, value in plan.items() if name not in OF_PLAN and not name.endswith('Blocks')}
    return json.dumps(kept | {'blocks': blocks, 'Plans': [without_text(part) for part in plan.get('Plans', ())]})


def hidden(world, user, table, column):
    """A text of a row that `user` does not see, and a condition that this row alone meets; None where there is no such row."""
    key = {'job': 'id', 'job_step': 'job_id', 'job_log': 'id', 'claim': 'user_id', 'recipe_source': 'user_id',
           'project_setting': 'id', 'saved_selection': 'id', 'selection_use': 'id',
           'arrival': 'id'}.get(table, 'object_id')
    rows = world.ask(f'SELECT "{column}", "{key}" FROM "{table}" WHERE "{column}" IS NOT NULL ORDER BY 1')
    seen = {value for value, in world.run(user, f'SELECT "{column}" FROM "{table}"').rows[0]}
    return next(((value, f"{key} = '{one}'") for value, one in rows if value not in seen), None)


@pytest.mark.parametrize('user', ['dan', ANONYMOUS])
@pytest.mark.parametrize(('table', 'column'), TEXTS)
def test_a_hidden_text_is_not_found_by_what_is_told_of_the_work(analysed, user, table, column):
    found = hidden(analysed, user, table, column)
    if found is None:
        pytest.skip('no such text is hidden')
    value, key = found
    told = []
    with analysed.connect(user) as client:
        for _ in range(8):  # afterwards caches are full, and the plans of functions are made
            work(client, f'SELECT FROM "{table}"', ())
        for question in QUESTIONS:
            for name, settings in SETTINGS.items():
                # right: the hidden text itself; wrong: a text just below it, which no row has
                right, wrong = (question.format(t=f'"{table}"', c=f'"{column}"', key=key, v="'" + text.replace("'", "''") + "'")
                                for text in (value, value[:-1] + chr(ord(value[-1]) - 1) + '~'))
                # What is asked first also reads the catalogue: so a difference is one that is there the second time, too.
                if all(work(client, right, settings) != work(client, wrong, settings) for _ in range(2)):
                    told.append((name, question))
    assert not told
