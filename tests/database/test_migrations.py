"""Versions of the database: told before anything is used, and changed as a whole or not at all."""

import contextlib
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Index, inspect, select, text
from sqlalchemy.exc import OperationalError

from awlike import config
from awlike.context import context
from awlike.database import owner, schema, upgrade
from awlike.database.sessions import database, use
from awlike.database.status import status
from awlike.errors import ConfigError, StoreError
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.persist.tables import job, job_step, lineage, metadata
from tests import paper
from tests.databases import as_role

HERE = Path(__file__).parent
REVISIONS = ['revision 0001: keep the version of the database',
             'revision 0002: digest what code says, and no longer in which file it lies']
NOW, NEXT = schema.HEAD, f'{int(schema.HEAD) + 1:04}'
RENAME = "op.execute(\"UPDATE chip SET name = 'renamed'\")"
COPY = '''
with op.batch_alter_table('dbobject') as table:
    table.alter_column('class_name', type_=sa.String(100), nullable=False)
'''


@pytest.fixture
def revision(tmp_path, monkeypatch):
    """Let awlike be of a later version: add a revision whose upgrade does so and so; gives the folder of all."""
    folder = tmp_path / 'revisions'
    (folder / 'versions').mkdir(parents=True)
    for path in (upgrade.FOLDER / 'versions').glob('*.py'):
        (folder / 'versions' / path.name).write_text(path.read_text())
    monkeypatch.setattr(upgrade, 'FOLDER', folder)

    def add(does):
        number = f'{int(schema.HEAD) + 1:04}'
        body = '\n'.join(f'    {line}' for line in does.strip().splitlines())
        (folder / 'versions' / f'{number}_test.py').write_text(
            f'"""Do something for the tests.\n\nAs said.\n"""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\n'
            f'revision = {number!r}\ndown_revision = {schema.HEAD!r}\n\n\ndef upgrade():\n{body}\n')
        monkeypatch.setattr(schema, 'HEAD', number)
        use(None)
        return folder

    return add


def version():
    with database().engine.connect() as connection:
        return connection.scalar(select(schema.version_table.c.version_num))


def chips():
    with database().engine.connect() as connection:
        return set(connection.execute(text('SELECT name FROM chip')).scalars())


def upgraded(**options) -> list[str]:
    steps = []
    changed = upgrade.upgrade(database(), tell=steps.append, **options)
    assert changed == bool(steps)
    return steps


def found():
    with database().engine.connect() as connection:
        return status(connection)


@contextlib.contextmanager
def as_owner():
    """A transaction of the owner of the database, which is opened anew after it."""
    with database().whole() as connection:
        assert owner.become(connection)
        yield connection
    use(None)


def unversioned() -> None:
    """Make the database one of before versions were kept."""
    with as_owner() as connection:
        for table in ('job_step', 'job_log', 'job', 'recipe_source', 'alembic_version'):
            connection.exec_driver_sql(f'DROP TABLE {table}')
        if not database().is_sqlite:
            connection.exec_driver_sql('DROP SCHEMA awlike CASCADE')


# --- what is there ---


def test_the_head_is_the_last_of_the_revisions_which_are_numbered_in_order():
    scripts = list(reversed(list(upgrade._scripts().walk_revisions())))
    assert [one.revision for one in scripts] == [f'{n:04}' for n in range(1, len(scripts) + 1)]
    assert scripts[0].revision == schema.FIRST and scripts[-1].revision == schema.HEAD
    assert all(one.doc and Path(one.path).name.startswith(one.revision) for one in scripts)


def test_a_new_database_is_of_the_head_and_nothing_differs(project):
    assert version() == schema.HEAD and upgraded() == [] and found().is_well
    with database().engine.connect() as connection:
        differences = [one for one in upgrade._differences(connection) if not one[0].startswith('remove_')]
        assert upgrade.lacking_indexes(connection) == []
    others = {'add_fk', 'add_index', 'add_constraint'} if not database().is_sqlite else set()
    assert {one[0] for one in differences} <= others, "PostgreSQL's rules make ties stricter and seal texts"


@pytest.mark.slow
def test_alembic_is_imported_only_when_there_is_something_to_do(home):
    code = ("import sys; from awlike.frames.raw import RawBiasFrame\nimport awlike.context\nlen(RawBiasFrame.select_all())\n"
            "assert 'alembic' not in sys.modules")
    for _ in range(2):
        subprocess.run([sys.executable, '-c', code], check=True)


def test_the_version_is_looked_at_once(project):
    use(None)
    with paper.statements() as sent:
        for _ in range(3):
            len(RawScienceFrame.select_all())
    assert sum('alembic_version' in one for one in sent) <= 1
    use(None)
    with paper.statements() as sent:
        database().session  # noqa: B018
        before = len(sent)
        database().session  # noqa: B018
    assert len(sent) == before


def test_a_database_of_another_program_is_left_alone(project):
    with as_owner() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.exec_driver_sql(f'DROP TABLE "{table.name}"' + ('' if database().is_sqlite else ' CASCADE'))
    with pytest.raises(ConfigError, match='is that of another program: it keeps versions and none of what awlike keeps'):
        len(RawScienceFrame.select_all())


# --- from before versions were kept ---


def test_a_database_without_a_version_is_of_the_first_and_gets_the_latest(project):
    raw = paper.insert(paper.raw())
    unversioned()
    with pytest.raises(ConfigError, match=f'is of version 0001, and this awlike needs {schema.HEAD}'):
        len(RawScienceFrame.select_all())
    assert upgraded() and list(RawScienceFrame.select_all()) == [raw] and version() == schema.HEAD and found().is_well


def test_a_database_without_a_version_is_upgraded_by_hand_too(project):
    bias = paper.bias()
    unversioned()
    assert not found().is_well and 'table job' in found().lacking
    assert set(upgraded()) - set(REVISIONS) == {'table job', 'table job_step', 'table job_log', 'table recipe_source'}
    assert BiasFrame.get(bias.object_id).raw_bias_frames and version() == schema.HEAD and upgraded() == []


def test_a_database_without_a_version_is_too_old_for_a_later_awlike(project, revision):
    unversioned()
    revision(RENAME)
    with pytest.raises(ConfigError, match=f'is of version 0001, and this awlike needs {schema.HEAD}'):
        len(RawScienceFrame.select_all())
    assert upgraded()[:len(REVISIONS) + 1] == [*REVISIONS, f'revision {schema.HEAD}: do something for the tests']
    assert len(RawScienceFrame.select_all()) == 0


@pytest.mark.slow
@pytest.mark.sqlite
def test_the_tables_as_they_were_before_are_taken_over_with_all_that_is_in_them(project, tmp_path, monkeypatch):
    bias = paper.bias()
    context.update_is_valid(bias.raw_bias_frames[1], 0)
    raws, lineages = len(RawBiasFrame.select_all()), str(bias.lineage())
    new = database().engine.url.database
    use(None)
    old = tmp_path / 'old.db'
    ddl = (HERE / 'before_versions.sql').read_text()
    assert ddl.count(' recipe VARCHAR,') == 1
    with sqlite3.connect(old) as connection:
        connection.executescript(ddl.replace(' recipe VARCHAR,', ''))  # as a still older one has it
        tables = {name: [row[1] for row in connection.execute(f'PRAGMA table_info("{name}")')] for name, in
                  connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        connection.execute('ATTACH ? AS new', [new])
        for name, columns in tables.items():
            columns = ', '.join(f'"{one}"' for one in columns)
            connection.execute(f'INSERT INTO "{name}" ({columns}) SELECT {columns} FROM new."{name}"')
    monkeypatch.setenv('AWLIKE_DATABASE', f'sqlite:///{old}')
    config.settings.cache_clear()
    context.reset()
    assert {'column dbobject.recipe', 'index ix_dbobject_raw_fits_id'} <= set(upgraded())
    again = BiasFrame.get(bias.object_id)
    assert str(again.lineage()) == lineages and len(RawBiasFrame.select_all()) == raws
    assert len(RawBiasFrame.is_valid == 0) == 1 and again.recipe is None
    assert version() == schema.HEAD and upgraded() == [] and found().is_well
    context.set_project('TEST')
    assert paper.raws(1)


# --- of another version ---


def test_an_older_database_says_so_and_is_left_as_it_is(project, revision):
    paper.chip('as it was')
    revision(RENAME)
    with pytest.raises(ConfigError, match=f'is of version {NOW}, and this awlike needs {NEXT}: back it up, then bring it there '
                                          'by awe db upgrade'):
        len(RawScienceFrame.select_all())
    assert chips() == {'as it was'} and version() == NOW
    told = found()
    assert told.pending == [f'revision {NEXT}: do something for the tests'] and not told.is_usable
    assert told.todo == 'back it up, then awe db upgrade'


def test_a_newer_database_asks_for_a_newer_awlike(project, revision, monkeypatch):
    revision(RENAME)
    upgraded()
    use(None)
    monkeypatch.setattr(schema, 'HEAD', NOW)
    for do in (lambda: len(RawScienceFrame.select_all()), upgraded):
        with pytest.raises(ConfigError, match=f'is of version {NEXT}, of which this awlike knows nothing; it goes up to {NOW}: '
                                              'install a newer awlike'):
            do()
    assert 'install a newer awlike' in found().todo


def test_the_password_of_the_database_is_not_told():
    with pytest.raises(ConfigError) as told:
        schema.check_version('9999', 'postgresql://ada:secret@host/name')
    assert 'secret' not in str(told.value)


# --- upgrading ---


@pytest.mark.slow
def test_an_upgrade_does_what_is_pending_in_order_and_then_all_is_well(project, revision):
    paper.chip('as it was')
    revision("op.add_column('chip', sa.Column('nickname', sa.String))")
    revision("op.execute('UPDATE chip SET nickname = name')")
    last = schema.HEAD
    assert upgraded() == [f'revision {number}: do something for the tests' for number in (NEXT, last)] and last > NEXT
    with database().engine.connect() as connection:
        assert connection.execute(text('SELECT nickname FROM chip')).scalars().all() == ['as it was']
    assert version() == last and found().is_well and upgraded() == [] and paper.raws(1)


def test_a_dry_run_shows_each_step_and_changes_nothing(project, revision):
    paper.chip('as it was')
    unversioned()
    revision(RENAME)
    steps = upgraded(dry_run=True)
    assert 'table job' in steps and chips() == {'as it was'} and found().version == schema.FIRST
    assert upgraded() == steps and chips() == {'renamed'}


@pytest.mark.parametrize('fails', ['1 / 0', "op.execute('UPDATE nothing SET x = 1')"])
def test_a_revision_that_fails_in_the_middle_leaves_the_old_version_whole(project, revision, monkeypatch, fails):
    paper.chip('as it was')
    revision("op.add_column('chip', sa.Column('nickname', sa.String))\nop.create_table('extra', sa.Column('x', sa.Integer))")
    revision(f'{RENAME}\n{COPY}\n{fails}')
    with pytest.raises(Exception, match='division by zero|nothing'):
        upgraded()
    assert version() == NOW and chips() == {'as it was'}
    inspector = inspect(database().engine)
    assert 'extra' not in inspector.get_table_names()
    assert 'nickname' not in {one['name'] for one in inspector.get_columns('chip')}
    use(None)
    monkeypatch.setattr(schema, 'HEAD', NOW)
    assert paper.raws(1) and found().is_well, 'and the old awlike goes on with it'


KILLED = '''
import sys
from pathlib import Path
import awlike.names
from awlike.database import owner, schema, upgrade
from awlike.database.sessions import database
upgrade.FOLDER, schema.HEAD = Path(sys.argv[1]), sys.argv[2]
print('ready', flush=True)
if len(sys.argv) > 3:
    sys.stdin.readline()
print(upgrade.upgrade(database(), tell=lambda step: None), flush=True)
'''


def nobody_sees_half_of_it():
    """On SQLite one reads on what was there; on PostgreSQL one waits for what will be."""
    if database().is_sqlite:
        assert version() == NOW
        return
    with as_role(None) as admin, pytest.raises(OperationalError, match='lock timeout'):
        admin.execute(text("SET lock_timeout = '100ms'"))
        admin.execute(select(schema.version_table))


@pytest.mark.slow
def test_a_process_killed_in_the_middle_leaves_the_old_version_whole(project, revision, start, monkeypatch):
    paper.chip('as it was')
    raws = paper.raws(50)
    folder = revision(f"{RENAME}\nop.create_table('extra', sa.Column('x', sa.Integer))\n{COPY}\n"
                      "print('inside', flush=True)\nimport sys\nsys.stdin.readline()")
    process = start(KILLED, folder, schema.HEAD)
    assert [process.stdout.readline() for _ in range(2)] == ['ready\n', 'inside\n']
    nobody_sees_half_of_it()
    process.kill()
    process.wait()
    assert version() == NOW and chips() == {'as it was', raws[0].chip.name}
    assert 'extra' not in inspect(database().engine).get_table_names()
    monkeypatch.setattr(schema, 'HEAD', NOW)
    use(None)
    assert len(RawScienceFrame.select_all()) == 50 and paper.raws(1) and upgraded() == []


@pytest.mark.slow
def test_of_two_upgrades_at_once_one_does_it(project, revision, start):
    folder = revision("op.add_column('chip', sa.Column('nickname', sa.String))")
    both = [start(KILLED, folder, schema.HEAD, 'wait') for _ in range(2)]
    assert [process.stdout.readline() for process in both] == ['ready\n'] * 2
    for process in both:
        process.stdin.write('go\n')
    assert sorted(process.communicate()[0] for process in both) == ['False\n', 'True\n']
    assert version() == NEXT


# --- tables that are made anew ---


def test_a_table_is_copied_with_its_rows_and_all_that_refers_to_them(project, revision):
    bias = paper.bias()
    lineages = str(bias.lineage())
    mine = {'id': bias.object_id, 'user_id': context.account().object_id}
    with as_owner() as connection:
        connection.execute(job.insert().values(number=1, privileges=2, step='Bias', arguments={}, status='done',
                                               cancelled=False, submitted=paper.START, **mine))
        connection.execute(job_step.insert().values(job_id=bias.object_id, number=1, class_name='BiasFrame', place='here',
                                                    is_target=True, status='made'))
    revision(COPY + '''
with op.batch_alter_table('job') as table:
    table.alter_column('step', type_=sa.String(100), nullable=False)
''')
    upgraded()
    use(None)
    assert str(BiasFrame.get(bias.object_id).lineage()) == lineages
    with database().engine.connect() as connection:
        assert connection.execute(select(job_step.c.place)).scalars().all() == ['here'], 'nothing is deleted with the old table'
        if database().is_sqlite:
            assert connection.exec_driver_sql('PRAGMA foreign_keys').scalar() == 1
    assert paper.raws(1)


@pytest.mark.sqlite
def test_a_revision_that_loses_what_others_refer_to_is_taken_back(project, revision, monkeypatch):
    paper.raws(1)
    revision("op.execute('DELETE FROM chip')")
    with pytest.raises(StoreError, match='after the upgrade .* would refer to rows of chip that are not there; nothing'):
        upgraded()
    assert version() == NOW and chips()


# --- what follows from the declarations ---


@pytest.mark.slow
def test_an_attribute_that_is_lacking_gets_its_column_with_index_and_reference(project, revision):
    revision("""
op.drop_index('ix_dbobject_digest', 'dbobject', if_exists=True)
op.drop_column('dbobject', 'digest')
with op.batch_alter_table('chip') as table:
    table.drop_constraint('fk_chip_instrument_id', type_='foreignkey')
    table.drop_column('instrument_id')
""")
    assert set(upgraded()[1:]) == {'column dbobject.digest', 'column chip.instrument_id'} and found().is_well
    inspector = inspect(database().engine)
    assert any(one['name'].endswith('_digest') for one in inspector.get_indexes('dbobject'))
    assert [one['referred_table'] for one in inspector.get_foreign_keys('chip')] == ['instrument']


@pytest.mark.slow
def test_an_index_that_is_lacking_is_made(project):
    with as_owner() as connection:
        connection.exec_driver_sql('DROP INDEX ix_lineage_input')
    assert len(RawScienceFrame.select_all()) == 0, 'it works without'
    assert found().lacking == ['index ix_lineage_input'] and 'awe db upgrade' in found().todo and found().is_usable
    assert upgraded() == ['index ix_lineage_input'] and upgraded() == [] and found().is_well


def test_an_index_that_comes_with_its_table_is_not_told_apart(project):
    with as_owner() as connection:
        connection.exec_driver_sql('DROP TABLE job_log')
    assert found().lacking == ['table job_log']


def test_what_cannot_be_added_is_named_and_nothing_is_changed(project):
    with as_owner() as connection:
        connection.exec_driver_sql('DROP TABLE job_log')
        connection.exec_driver_sql('DROP INDEX ix_lineage_input')
        connection.exec_driver_sql('ALTER TABLE claim DROP COLUMN place')
    for do in (lambda: len(RawScienceFrame.select_all()), upgraded):
        with pytest.raises(ConfigError, match='the table claim lacks the column place, which cannot be empty and so cannot be '
                                              'added to what exists'):
            do()
    assert 'job_log' not in inspect(database().engine).get_table_names()
    assert 'the table claim lacks the column place' in found().refused and not found().is_well


def test_a_type_that_changed_is_named_and_nothing_is_changed(project, monkeypatch):
    unversioned()
    monkeypatch.setattr(metadata.tables['chip'].c.name, 'type', metadata.tables['dbobject'].c.imstat_npix.type)
    with pytest.raises(ConfigError, match=r'the column chip.name is VARCHAR\S* in the database and INTEGER\S* as declared'):
        upgraded()
    assert 'job' not in inspect(database().engine).get_table_names()


def test_an_index_that_is_declared_later_is_made(project):
    index = Index('ix_lineage_test', lineage.c.input, lineage.c.position)
    try:
        assert upgraded() == ['index ix_lineage_test']
    finally:
        lineage.indexes.discard(index)


def test_how_it_stands_can_be_read_by_machines(project):
    told = json.loads(json.dumps(vars(found())))
    assert told['version'] == told['head'] == schema.HEAD and told['lacking'] == told['pending'] == [] and told['todo'] == ''
