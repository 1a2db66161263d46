"""The watch of a folder: each file once, whole, whoever is killed when."""

import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from sqlalchemy import select

from awlike import RawFits, RawFrame, RawScienceFrame, ReducedScienceFrame, context
from awlike.database.sessions import database
from awlike.errors import NotAllowed, NotFound, ParameterError, StoreError, UnknownAttribute
from awlike.persist.tables import arrival, claim
from awlike.watching import Watch, settled, watch

COMMAND = [sys.executable, '-c', 'from awlike.cli import main; main()', 'watch']


@pytest.fixture
def incoming(tmp_path):
    folder = tmp_path / 'incoming'
    folder.mkdir()
    return folder


def once(folder, **options):
    """What a watch tells of all that is there."""
    told = []
    Watch(folder, **{'settle': 0.05, 'every': 0.05} | options).run(told.append, once=True)
    return told


def rows():
    return database().session.execute(select(arrival).order_by(arrival.c.date)).all()


@pytest.mark.slow
def test_each_file_is_taken_once_and_what_was_refused_is_told_once(project, incoming, write):
    shutil.copy(write('good.fits'), incoming / 'good.fits')
    (incoming / 'sub').mkdir()
    shutil.copy(incoming / 'good.fits', incoming / 'sub' / 'twin.fits')
    (incoming / 'bad.fits').write_bytes(b'nonsense')
    (incoming / '.hidden.fits').write_bytes(b'nonsense')
    (incoming / 'notes.txt').write_text('no image')
    assert {os.path.basename(one.path): one.outcome for one in once(incoming)} == {
        'bad.fits': 'refused', 'good.fits': 'ingested', 'twin.fits': 'known'}
    assert once(incoming) == [] and len(RawFits.select_all()) == 1 and len(rows()) == 3
    reason = next(row.reason for row in rows() if row.outcome == 'refused')
    assert 'not a FITS file' in reason and all(row.watched == str(incoming) for row in rows())
    shutil.copy(write('mended.fits', OBJECT='other', pixels=np.ones((10, 24), np.uint16)), incoming / 'bad.fits')
    assert [(os.path.basename(one.path), one.outcome) for one in once(incoming)] == [('bad.fits', 'ingested')]


def test_a_file_that_changes_while_it_is_taken_is_taken_again(project, incoming, write, monkeypatch):
    first, second = write('first.fits'), write('second.fits', OBJECT='other', pixels=np.ones((10, 24), np.uint16))
    shutil.copy(first, incoming / 'a.fits')
    take_all = watch.take_all

    def replaced_meanwhile(paths, how):
        report = take_all(paths, how)
        if second.exists():
            os.replace(second, incoming / 'a.fits')
        return report

    monkeypatch.setattr(watch, 'take_all', replaced_meanwhile)
    assert [one.outcome for one in [*once(incoming), *once(incoming)]] == ['ingested', 'ingested'] and once(incoming) == []
    assert {raw.OBJECT for raw in RawFrame.select_all()} >= {'other'} and len(RawFits.select_all()) == 2


def test_a_file_settles_anew_after_each_change(incoming, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(settled.time, 'monotonic', lambda: clock[0])
    settling, file = settled.Settling(incoming, 5.0), incoming / 'a.fits'
    found = []
    for moment, written in ((0, 'SIMPLE'), (4, 'SIMPLE  ='), (6, ''), (8.9, ''), (9.1, '')):
        clock[0] = moment
        if written:
            file.write_text(written)
        found.append([path.name for path in settling.settled(())])
    assert found == [[], [], [], [], ['a.fits']]


def test_names_of_any_bytes(project, incoming, write):
    shutil.copy(write(), incoming / 'n\x1b[2J\N{LATIN SMALL LETTER E WITH ACUTE}.fits')
    with open(os.fsencode(incoming / 'bad') + b'\xfe.fits', 'wb') as file:
        file.write(b'nonsense')
    assert sorted(one.outcome for one in once(incoming)) == ['ingested', 'refused'] and once(incoming) == []


def test_a_file_that_grows_is_left_alone_until_it_has_settled(project, incoming, write):
    content = write().read_bytes()
    told, stop = [], threading.Event()
    grown = threading.Event()

    def grow():
        with open(incoming / 'slow.fits', 'wb') as file:
            for start in range(0, len(content), len(content) // 10):
                file.write(content[start:start + len(content) // 10])
                file.flush()
                time.sleep(0.1)
        grown.set()

    def tell(found):
        told.append((found, grown.is_set()))
        stop.set()

    writer = threading.Thread(target=grow)
    writer.start()
    Watch(incoming, settle=2.0, every=0.05).run(tell, stop)
    writer.join()
    (found, was_whole), = told
    assert found.outcome == 'ingested' and was_whole


def test_a_chain_runs_on_new_science_frames(night, incoming):
    one = night / RawScienceFrame.select_all()[0].raw_fits.original_name
    shutil.copy(one, incoming / one.name)
    found, = once(incoming, chain='Reduce')
    assert found.outcome == 'known' and found.reason == '' and ReducedScienceFrame.select_all()[0].filename in found.made
    assert once(incoming, chain='Reduce') == []


def test_a_chain_that_fails_does_not_stop_the_watch(project, incoming, write):
    shutil.copy(write(), incoming / 'good.fits')
    found, = once(incoming, chain='Reduce')
    assert found.outcome == 'ingested' and 'Reduce failed' in found.reason and 'BiasFrame' in found.reason
    assert rows()[0].reason == found.reason


def test_two_watches_of_one_folder_are_refused_and_a_dead_one_is_taken_over(project, incoming):
    stop, begun = threading.Event(), threading.Event()
    first = Watch(incoming, settle=0, every=0.05)
    look = first._look

    def looked(*arguments):
        look(*arguments)
        begun.set()

    first._look = looked

    def run():
        with context.acting(user='ada', project='TEST'):
            first.run(print, stop)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert begun.wait(60)
        with pytest.raises(NotAllowed, match='is being watched for project TEST already'):
            once(incoming)
        link = incoming.parent / 'link'
        link.symlink_to(incoming)
        with pytest.raises(NotAllowed, match='is being watched'):
            once(link)
    finally:
        stop.set()
        thread.join()
    assert once(incoming) == [] and not database().session.execute(select(claim)).all()


def test_whoever_lost_the_folder_ends(project, incoming, write):
    shutil.copy(write(), incoming / 'good.fits')
    watching = Watch(incoming, settle=0, every=0.01)
    settled = watching._settling.settled

    def losing(known):
        with database().transaction() as connection:
            connection.execute(claim.update().values(owner='another'))
        yield from settled(known)

    watching._settling.settled = losing
    with pytest.raises(NotAllowed, match='watched by another process'):
        watching.run(print)
    assert not RawFits.select_all().exists()


def test_what_cannot_be_reached_is_told_once_and_tried_again(project, incoming, write, monkeypatch, caplog):
    shutil.copy(write(), incoming / 'good.fits')
    failing = iter([StoreError('no database'), StoreError('no database'), StoreError('no folder')])
    take = watch.take_all

    def sometimes(*arguments):
        for error in failing:
            raise error
        return take(*arguments)

    monkeypatch.setattr(watch, 'take_all', sometimes)
    told, stop = [], threading.Event()
    Watch(incoming, settle=0, every=0.01).run(lambda one: (told.append(one), stop.set()), stop)
    assert [one.outcome for one in told] == ['ingested']
    assert [record.message.partition(';')[0] for record in caplog.records if 'tried again' in record.message] == [
        'no database', 'no folder']


def test_wrong_use(project, incoming):
    for options, error in (({'folder': incoming / 'none'}, NotFound), ({'folder': incoming, 'settle': -1.0}, ParameterError),
                           ({'folder': incoming, 'chain': 'Redcue'}, UnknownAttribute),
                           ({'folder': incoming, 'chain': 'Bias>'}, ParameterError),
                           ({'folder': incoming, 'every': 0.0}, ParameterError)):
        with pytest.raises(error):
            Watch(**options)


def start(folder, *words):
    return subprocess.Popen([*COMMAND, str(folder), '--project', 'TEST', '--settle', '0.2', '--every', '0.1', '--json', *words],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_cleanly(project, incoming, write, number):
    shutil.copy(write(), incoming / 'good.fits')
    process = start(incoming)
    try:
        assert json.loads(process.stdout.readline())['outcome'] == 'ingested'
        process.send_signal(number)
        out, error = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (process.returncode, out, error) == (0, '', '')
    assert not database().session.execute(select(claim)).all()


@pytest.mark.slow
def test_killed_at_random_moments_each_file_comes_once(project, incoming, tmp_path, write):
    random_moment, number = random.Random(), 18
    files = [write(f'{n}.fits', OBJECT=f'field {n}', pixels=np.full((10, 24), n, np.uint16)) for n in range(number)]
    arriving = iter(files)
    for _ in range(3):
        for path in [path for _, path in zip(range(number // 3), arriving, strict=False)]:
            shutil.copy(path, incoming / path.name)
        process = start(incoming)
        process.stdout.readline()  # it has begun to take files
        time.sleep(random_moment.uniform(0, 0.4))
        process.kill()
        process.communicate()
    once(incoming)
    names = collections.Counter(file.original_name for file in RawFits.select_all())
    assert names == collections.Counter(path.name for path in files)
    assert collections.Counter(frame.OBJECT for frame in RawFrame.select_all()) == {f'field {n}': 1 for n in range(number)}
    assert collections.Counter(os.path.basename(row.path) for row in rows()) == names and {
        row.outcome for row in rows()} <= {'ingested', 'known'}
    assert once(incoming) == []
