"""The database under stress: failures in the middle, several processes, a writer that is killed."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from awlike.context import context
from awlike.database.sessions import Database, database, use
from awlike.errors import ConfigError, StoreError
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.persist.dataobject import DataObject
from awlike.persist.references import Chip
from awlike.persist.tables import lineage
from tests import paper

WRITER = '''
import sys
from awlike.context import context
from awlike.frames.raw import RawBiasFrame
from awlike.database.sessions import Database, database, use
from awlike.persist.references import Chip, Instrument
from awlike.products.raw import RawFits
me, number = sys.argv[1], int(sys.argv[2])
context.set_project('TEST')
camera = Instrument(name='OMEGACAM')
chip = Chip(name='ESO_CCD_#65', instrument=camera)
print('ready', flush=True)
sys.stdin.readline()
db = database()
for n in range(number):
    file = RawFits(instrument=camera, filename=f'file_{me}_{n}', is_valid=1)
    frames = [RawBiasFrame(raw_fits=file, instrument=camera, chip=chip, filename=f'{me}_{n}_{i}', is_valid=1) for i in range(3)]
    for obj in [file, *frames]:
        context.stamp(obj)
    with db.transaction() as connection:
        db.insert_absent(connection, [camera, chip])
        db.insert(connection, [file])
        db.insert(connection, frames)
    print(n, flush=True)
'''


@pytest.fixture
def writer(project, start):
    """Start a process that writes files of three raw frames each, a transaction a file; it waits for a line."""
    return lambda name, number, code=WRITER: start(code, name, number)


def intact() -> bool:
    """Whether SQLite itself finds the database sound, down to every reference."""
    with sqlite3.connect(database().engine.url.database) as connection:
        return connection.execute('PRAGMA integrity_check').fetchall() == [('ok',)] \
            and not connection.execute('PRAGMA foreign_key_check').fetchall()


# --- one process ---


def test_a_transaction_is_all_or_nothing(project):
    bias = paper.bias()
    hot = paper.product(HotPixelMap, bias=bias, count=1, is_valid=1)
    context.stamp(hot)
    with pytest.raises(ZeroDivisionError), database().transaction() as connection:
        database().insert(connection, [hot])
        assert connection.execute(select(lineage).where(lineage.c.product == hot.object_id)).all()
        1 / 0  # noqa: B018
    assert not HotPixelMap.select_all().exists() and not bias.descendants() and not hot.is_committed
    paper.insert(hot)
    assert list(bias.descendants()) == [hot], 'and it can be tried again'


def test_a_row_that_the_database_refuses_takes_all_with_it(project):
    first = paper.raws(1, filename='twice.fits')
    with pytest.raises(IntegrityError, match='(?i)unique constraint'):
        paper.insert(paper.raw(RawBiasFrame), paper.raw(RawBiasFrame, filename='twice.fits'))
    assert not RawBiasFrame.select_all().exists() and list(DataObject.filename == 'twice.fits') == first


def test_references_must_be_there(project):
    camera = paper.instrument()
    with pytest.raises(IntegrityError, match='(?i)foreign key constraint'):
        paper.insert(paper.raw(chip=Chip(name='never inserted', instrument=camera)))


def test_what_is_adopted_is_what_a_query_gives(project):
    raw = paper.insert(paper.raw())
    assert raw.is_committed and RawScienceFrame.select_all()[0] is raw


def test_an_interrupted_transaction_holds_nobody_up(project):
    with pytest.raises(KeyboardInterrupt), database().transaction() as connection:
        database().insert_absent(connection, [Chip(name='x')])
        raise KeyboardInterrupt
    assert len(paper.raws(1)) == 1


def test_reading_holds_no_lock(project):
    paper.raws(3)
    reading = iter(RawScienceFrame.select_all())
    next(reading)
    paper.raws(1)
    assert len(list(reading)) == 2 and len(RawScienceFrame.select_all()) == 4


@pytest.mark.sqlite
def test_a_commit_is_on_the_disk_before_it_returns(project):
    with database().engine.connect() as connection:
        pragmas = {name: connection.exec_driver_sql(f'PRAGMA {name}').scalar()
                   for name in ('journal_mode', 'synchronous', 'foreign_keys')}
    assert pragmas == {'journal_mode': 'wal', 'synchronous': 2, 'foreign_keys': 1}


@pytest.mark.sqlite
def test_statistics_for_the_planner_are_kept_as_the_tables_grow(project):
    frames = [paper.raw(RawBiasFrame, raw_fits=file) for file in [paper.file()] for _ in range(1500)]
    paper.insert(*frames)
    with database().engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'dbobject'").scalar()
    with paper.statements() as sent:
        paper.insert(*[paper.product(BiasFrame, raw_bias_frames=frames[:1], read_noise=paper.insert(
            paper.product(paper.ReadNoise, raw_bias_frames=frames[:1])))])
    assert 'ANALYZE' not in sent


def fail_to_analyse(monkeypatch):
    """Let SQLite refuse to look at its tables, as when another process holds them for too long."""
    def refuse(connection, cursor, statement, *rest):
        if statement == 'ANALYZE':
            raise sqlite3.OperationalError('database is locked')

    event.listen(database().engine, 'before_cursor_execute', refuse)
    monkeypatch.setattr(database(), '_analyse_at', 0)


def test_what_is_committed_is_no_failure_when_the_statistics_cannot_be_had(project, monkeypatch):
    fail_to_analyse(monkeypatch)
    raw = paper.insert(paper.raw())
    assert raw.is_committed and list(RawScienceFrame.select_all()) == [raw]
    database().close()


# --- a database that cannot be used ---


@pytest.mark.parametrize(('url', 'message'), [
    ('nonsense', 'AWLIKE_DATABASE has no meaning .*: write an SQLAlchemy URL, as sqlite:////path'),
    ('nosuch://host/name', 'AWLIKE_DATABASE has no meaning .*nosuch.*: write an SQLAlchemy URL'),
    ('postgresql://host:port/name', 'AWLIKE_DATABASE has no meaning .*port.*: write an SQLAlchemy URL'),
    ('sqlite+nodriver:///x.db', 'AWLIKE_DATABASE has no meaning .*nodriver'),
    ('sqlite+aiosqlite:///x.db', 'aiosqlite:///x.db needs a driver that is not here .*aiosqlite.*: install it by pip'),
])
def test_a_url_without_meaning_is_refused_with_what_to_write(url, message):
    with pytest.raises(ConfigError, match=message):
        Database(url)


def test_a_password_is_not_told():
    with pytest.raises(ConfigError, match='needs a driver') as told:
        Database('mssql+pymssql://ada:secret@host/name')
    assert 'secret' not in str(told.value)


@pytest.mark.sqlite
def test_a_file_that_is_no_database_is_named_and_left_as_it_is(home):
    path = home / 'awlike.db'
    path.write_bytes(b'what a pity ' * 1000)
    with pytest.raises(ConfigError, match=f'the database {path} is no SQLite database: give another file'):
        len(RawScienceFrame.select_all())
    assert path.read_bytes() == b'what a pity ' * 1000


@pytest.mark.sqlite
def test_a_damaged_database_is_told_as_such(project):
    paper.raws(300)
    path = Path(database().engine.url.database)
    use(None)
    with sqlite3.connect(path) as connection:
        connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b'x' * (len(content) - 4096))
    with pytest.raises(ConfigError, match=f'the database {path} is damaged: put it back from a backup'):
        len(RawScienceFrame.select_all())


def test_a_database_in_a_folder_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(ConfigError, match='nowhere/awlike.db cannot be opened: its folder must exist'):
        Database(f'sqlite:///{tmp_path}/nowhere/awlike.db').session  # noqa: B018


@pytest.mark.sqlite
def test_a_full_disk_is_told_and_nothing_of_the_change_is_kept(project):
    def limit(connection, *_):
        connection.execute('PRAGMA max_page_count=1')  # no more pages than there are

    event.listen(database().engine, 'connect', limit)
    database().engine.dispose()
    with pytest.raises(StoreError, match='awlike.db cannot grow, its disk is full; nothing of this change is kept: make space'):
        paper.raws(2000)
    event.remove(database().engine, 'connect', limit)
    database().engine.dispose()
    assert not RawBiasFrame.select_all().exists()


@pytest.mark.sqlite
def test_a_database_that_another_process_keeps_is_told(project):
    def impatient(connection, *_):
        connection.execute('PRAGMA busy_timeout=1')

    event.listen(database().engine, 'connect', impatient)
    database().engine.dispose()
    with sqlite3.connect(database().engine.url.database, isolation_level=None) as other:
        other.execute('BEGIN IMMEDIATE')
        with pytest.raises(StoreError, match='is written to by another process for more than a minute: see which, by fuser'):
            paper.raws(1)


def test_a_server_that_gives_no_connection_is_named_without_its_password():
    pytest.importorskip('psycopg')
    absent = Database('postgresql+psycopg://ada:secret@127.0.0.1:1/awlike?password=secret')
    with pytest.raises(ConfigError, match='ada:.*127.0.0.1:1/awlike.* cannot be reached: .*check AWLIKE_DATABASE') as told:
        absent.session  # noqa: B018
    assert 'secret' not in str(told.value)
    absent.close()


def test_a_database_that_could_not_be_used_at_first_can_be_later(tmp_path):
    late = Database(f'sqlite:///{tmp_path}/late/awlike.db')
    with pytest.raises(ConfigError, match='cannot be opened'):
        late.session  # noqa: B018
    (tmp_path / 'late').mkdir()
    with late.transaction() as connection:
        assert not connection.execute(select(lineage)).all()
    late.close()


# --- several processes ---


@pytest.mark.slow
def test_two_processes_write_at_once(writer):
    both = [writer(name, 25) for name in ('one', 'two')]
    assert [process.stdout.readline() for process in both] == ['ready\n'] * 2
    for process in both:
        process.stdin.write('go\n')
    mine = paper.raws(5, RawBiasFrame)
    assert [process.wait(60) for process in both] == [0, 0]
    assert len(RawBiasFrame.select_all()) == 2 * 25 * 3 + 5 and mine[4] in RawBiasFrame.select_all()
    assert len(Chip.select_all()) == 1
    assert len({raw.raw_fits for raw in RawBiasFrame.select_all()}) == 51 and intact()


@pytest.mark.slow
def test_processes_may_make_the_database_at_the_same_time(home, writer, tmp_path, monkeypatch):
    monkeypatch.setenv('AWLIKE_HOME', str(tmp_path / 'new'))
    code = ("import sys; from awlike.context import context; from awlike.frames.raw import RawBiasFrame\n"
            "print('ready', flush=True); sys.stdin.readline()\n"
            "context.create_project(sys.argv[1]); len(RawBiasFrame.select_all())")
    three = [writer(f'P{n}', 0, code) for n in range(3)]
    assert [process.stdout.readline() for process in three] == ['ready\n'] * 3
    for process in three:
        process.stdin.write('go\n')
    assert [process.wait(60) for process in three] == [0, 0, 0]


def test_a_reader_sees_what_others_committed_and_no_less(writer):
    process = writer('other', 3)
    assert process.stdout.readline() == 'ready\n' and len(RawBiasFrame.select_all()) == 0
    process.stdin.write('go\n')
    for n in range(3):
        assert process.stdout.readline() == f'{n}\n'
        seen = len(RawBiasFrame.select_all())
        assert seen >= 3 * (n + 1) and seen % 3 == 0, 'whole transactions'


@pytest.mark.slow
def test_a_change_that_another_process_made_is_seen_by_the_next_query(project):
    raw = paper.insert(paper.raw())
    code = ("from awlike.context import context; from awlike.frames.raw import RawScienceFrame\n"
            "context.update_is_valid(RawScienceFrame.select_all()[0], 0)")
    subprocess.run([sys.executable, '-c', code], check=True)
    assert list(RawScienceFrame.is_valid == 0) == [raw] and raw.is_valid == 0


@pytest.mark.slow
def test_a_killed_writer_leaves_whole_transactions_and_a_sound_database(writer):
    process = writer('killed', 10_000)
    process.stdout.readline()
    process.stdin.write('go\n')
    written = max(int(process.stdout.readline()) for _ in range(10)) + 1
    process.send_signal(signal.SIGKILL)
    written += len(process.stdout.readlines())  # communicate() would lose those that were read ahead of readline()
    process.wait()
    frames = list(RawBiasFrame.select_all())
    assert 3 * written <= len(frames) <= 3 * written + 3 and len(frames) % 3 == 0, 'nothing that was reported is lost'
    assert all(raw.raw_fits is not None for raw in frames) and intact()
    assert len(paper.raws(1, RawBiasFrame)) == 1, 'and it can be written to'


@pytest.mark.slow
def test_a_writer_killed_within_a_transaction_leaves_nothing_of_it(writer):
    code = WRITER.replace("        db.insert(connection, frames)\n",
                          "        db.insert(connection, frames)\n        print('inside', flush=True); sys.stdin.readline()\n")
    process = writer('killed', 1, code)
    process.stdout.readline()
    process.stdin.write('go\n')
    assert process.stdout.readline() == 'inside\n'
    process.kill()
    process.wait()
    assert not DataObject.select_all().exists() and intact() and len(paper.raws(1)) == 1


@pytest.mark.sqlite
def test_a_database_of_an_older_version_gets_the_columns_that_it_lacks(project):
    bias = paper.bias()
    with database().transaction() as connection:
        connection.exec_driver_sql('ALTER TABLE dbobject DROP COLUMN recipe')
        connection.exec_driver_sql('ALTER TABLE "user" DROP COLUMN creation_date')
    use(None)
    again = BiasFrame.get(bias.object_id)
    assert again.recipe is None and again.creator.name == 'ada' and again.creator.creation_date is None
