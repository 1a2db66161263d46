"""fsck: what is not as it should be is found and told, and mended only when asked."""

import datetime
import sys

import numpy as np
import pytest
from astropy.io import fits
from sqlalchemy import delete, insert, select, update

from awlike import progress
from awlike.cli import main
from awlike.context import context
from awlike.database.claims import CLAIM_DEAD_AFTER, Claims
from awlike.database.sessions import Database, database
from awlike.digests import file_digest
from awlike.errors import NotAllowed
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.ingest import ingest
from awlike.nights import utcnow
from awlike.persist.dataobject import DataObject
from awlike.persist.ids import new_id
from awlike.persist.tables import claim, dropped_file, lineage
from awlike.products import image_cache
from awlike.products.raw import RawFits
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask
from awlike.store import server
from awlike.tracing import fsck as fsck_module
from awlike.tracing.fsck import fsck
from tests.conftest import become
from tests.databases import by_hand
from tests.tasks.conftest import kept


@pytest.fixture(autouse=True)
def all_is_seen(monkeypatch):
    """All that there is in these tests is of ada, who sees as much as an administrator."""
    monkeypatch.setattr(Database, 'sees_all', lambda self: True)


@pytest.fixture
def biases(project, night_files):
    """Raw bias frames as copies, with the bias and the read noise that were made from them; gives the bias."""
    ingest(sorted(night_files.glob('*T20-*.fits')))
    BiasTask('OMEGACAM', commit=True).execute()
    image_cache._cache.clear()
    return BiasFrame.select_all().one()


@pytest.fixture
def stray(project):
    """Put a file of that name, which nothing names, on the data server, whole or in part; gives its path."""

    def stray(name, whole=True):
        path = server().path(name)
        path = path if whole else path.with_name(f'.{name}.{"0" * 32}.part')
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b'left')
        return path

    return stray


@pytest.fixture
def later(monkeypatch):
    """Let every file be older than one that is being stored."""
    monkeypatch.setattr(fsck_module, '_YOUNG', -1.0)


@pytest.fixture
def awe_fsck(monkeypatch, capsys):
    """Run `awe fsck`; gives exit status and output."""

    def awe_fsck(*words):
        monkeypatch.setattr(sys, 'argv', ['awe', 'fsck', *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code or 0, capsys.readouterr().out

    return awe_fsck


def kinds(findings):
    return [finding.kind for finding in findings]


def damage(product):
    """Change a pixel in the file of `product`, and keep the file a good one."""
    with fits.open(server().path(product.filename), mode='update', checksum=True) as hdus:
        hdus[0].data[3, 4] += 1
    image_cache._cache.clear()


def die(filename=None, key='bias'):
    """Leave a claim as a maker that died leaves it."""
    claims = Claims(database(), context.account().object_id)
    claims.acquire(key)
    with database().transaction() as connection:
        connection.execute(update(claim).values(
            filename=filename, heartbeat=utcnow() - datetime.timedelta(seconds=CLAIM_DEAD_AFTER + 1)))


def mended(**options):
    """Mend, and see that nothing is left to be found; gives the findings."""
    findings = fsck(mend=True, **options)
    assert all(finding.mended for finding in findings) and fsck() == []
    return findings


# --- all is well ---


def test_a_home_without_anything_is_clean(home, awe_fsck):
    assert fsck() == [] and awe_fsck() == (0, 'all is well\n')


def test_a_reduced_night_is_clean(reduced):
    assert fsck() == []


def test_a_file_that_was_dropped_on_purpose_is_no_finding(biases):
    context.purge(BiasFrame.select_all(), commit=True)
    assert not server().has(biases.filename) and fsck() == []


def test_what_is_being_made_is_no_finding(project, stray, later):
    claims = Claims(database(), context.account().object_id)
    claims.acquire('bias'), claims.will_store('bias', 'soon.fits')
    stray('soon.fits'), stray('soon.fits', whole=False)
    assert fsck() == []


def test_looking_changes_nothing(biases, stray, later):
    stray('left.fits'), die('half.fits'), damage(biases)
    before = kept()
    assert len(fsck()) == 3 and kept() == before
    assert len(database().session.execute(select(claim)).all()) == 1
    assert not database().session.execute(select(dropped_file)).all()


# --- lost files ---


def test_a_lost_product_is_told_and_once_noted_planned_and_made_again(biases):
    digest, whole = biases.digest, server().path(biases.filename).stat().st_size
    server().remove(biases.filename)
    finding, = fsck()
    assert finding.kind == 'lost file' and finding.text == biases.filename
    assert 'made again from its lineage when it is used' in finding.remedy and not finding.mended
    assert not BiasTask('OMEGACAM', commit=True).plan().to_make
    assert kinds(mended()) == ['lost file']
    plan = BiasTask('OMEGACAM', commit=True).plan()
    assert [(step.cls, step.reason) for step in plan.to_make] == [(BiasFrame, 'file lost')]
    BiasTask('OMEGACAM', commit=True).execute()
    assert BiasFrame.select_all().one().digest == digest
    assert server().path(biases.filename).stat().st_size == whole and fsck() == []
    assert not database().session.execute(select(dropped_file)).all()


def test_a_lost_product_comes_back_when_it_is_used(biases):
    pixels = biases.data.copy()
    image_cache._cache.clear()
    server().remove(biases.filename)
    mended()
    assert np.array_equal(biases.data, pixels) and server().has(biases.filename)
    assert not BiasTask('OMEGACAM', commit=True).plan().to_make and fsck() == []


def test_a_lost_raw_file_is_told_under_the_name_that_it_came_with_and_cannot_be_mended(biases, night_files, awe_fsck):
    lost = RawFits.select_all()[0]
    server().remove(lost.filename)
    status, out = awe_fsck('--mend')
    assert status == 1 and out.endswith('1 finding\n')
    assert f'lost file: {lost.filename} (arrived as {lost.original_name})\n    put it back from a backup, or ingest it' in out
    ingest(night_files / lost.original_name)
    assert fsck() == []


def test_a_raw_file_that_was_referred_to_and_is_gone_is_lost(project, night_files, tmp_path):
    source = tmp_path / 'source.fits'
    source.write_bytes(sorted(night_files.glob('*.fits'))[0].read_bytes())
    ingest(source, how='refer')
    assert fsck() == []
    source.unlink()
    assert kinds(fsck()) == ['lost file']


# --- files that nothing names ---


def test_an_old_file_that_nothing_names_is_removed_on_request(biases, stray, later):
    whole, part = stray('left.fits'), stray(biases.filename, whole=False)
    findings = fsck()
    assert kinds(findings) == ['file that nothing names'] * 2
    assert {finding.text for finding in findings} == {str(whole), str(part)}
    assert 'a crash left it: --mend removes it' in str(findings[0]) and whole.exists() and part.exists()
    mended()
    assert not whole.exists() and not part.exists() and server().has(biases.filename)


def test_a_young_file_may_be_one_that_is_being_stored_and_is_left_alone(stray, awe_fsck):
    path = stray('young.fits')
    status, out = awe_fsck('--mend')
    assert status == 1 and str(path) in out and 'look again in ten minutes' in out and path.exists()


def test_files_of_objects_whose_class_is_not_known_here_are_not_touched(biases, stray, later):
    stray('theirs.fits')
    with database().transaction() as connection:
        connection.execute(insert(DataObject.__table__), {
            'object_id': new_id(), 'class_name': 'TheirFrame', 'filename': 'theirs.fits', 'privileges': 2, 'is_valid': 1,
            'creation_date': utcnow(), 'creator_id': context.user.object_id, 'project_id': context.project.object_id})
    assert fsck(mend=True) == [] and server().has('theirs.fits')


def test_a_folder_of_somebody_in_the_store_is_not_touched(biases, later):
    folder = server().path(biases.filename).parent / 'notes'
    folder.mkdir()
    assert fsck(mend=True) == [] and folder.is_dir()


# --- wrong digests ---


def test_a_damaged_product_is_told_and_on_request_removed_and_made_again(biases, awe_fsck):
    pixels = biases.data.copy()
    damage(biases)
    finding, = fsck()
    assert finding.kind == 'wrong digest'
    assert finding.text.startswith(f'{biases.filename}: its digest was {biases.digest}, it is')
    assert server().has(biases.filename), 'nothing is done unless asked'
    assert fsck(digests=False) == [] and awe_fsck('--no-digests') == (0, 'all is well\n')
    status, out = awe_fsck('--mend')
    assert status == 0 and 'wrong digest' in out and 'mended' in out and fsck() == []
    assert np.array_equal(biases.data, pixels) and biases.reproduce().identical and fsck() == []


@pytest.mark.parametrize('content', [b'', b'SIMPLE  =', b'no FITS at all'])
def test_a_product_that_is_no_longer_fits_is_damaged(biases, content):
    server().path(biases.filename).write_bytes(content)
    image_cache._cache.clear()
    assert kinds(mended()) == ['wrong digest']
    biases.retrieve()
    assert fsck() == []


def test_a_product_cut_short_is_damaged(biases):
    path = server().path(biases.filename)
    path.write_bytes(path.read_bytes()[:-4000])
    image_cache._cache.clear()
    assert kinds(mended()) == ['wrong digest']
    assert biases.data is not None and fsck() == []


def test_a_lineage_changed_in_a_file_is_found_and_mended(biases):
    path = server().path(biases.filename)
    path.write_bytes(path.read_bytes().replace(biases.read_noise.digest.encode(), b'0' * 64))
    found, = mended()
    assert found.kind == 'wrong digest' and 'checksum wrong: ' in found.text
    biases.retrieve()
    assert fsck() == []


def test_a_value_changed_in_the_database_is_found(biases):
    with by_hand() as connection:
        table = next(table for table in type(biases.read_noise).tables() if 'read_noise' in table.c)
        connection.execute(update(table).values(read_noise=99.0))
    database().session.expunge_all()
    finding, = fsck(mend=True)
    assert finding.kind == 'wrong digest' and 'ReadNoise' in finding.text and 'changed by hand' in finding.remedy
    assert not finding.mended


def test_a_changed_raw_file_is_told_and_never_touched(biases, awe_fsck):
    raw = RawFits.select_all()[0]
    path = server().path(raw.filename)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b'?')
    status, out = awe_fsck('--mend')
    assert status == 1 and f'wrong digest: {raw.filename}' in out and 'raw files never change: put it back' in out
    assert path.read_bytes() == content[:-1] + b'?'
    path.write_bytes(content)
    assert fsck() == [] and file_digest(path) == raw.digest


def test_a_damaged_product_that_cannot_be_made_again_is_not_removed(biases):
    damage(biases)
    server().remove(RawBiasFrame.select_all()[0].raw_fits.filename)
    findings = fsck(mend=True)
    assert sorted(kinds(findings)) == ['lost file', 'wrong digest'] and not any(f.mended for f in findings)
    assert 'raw files of its lineage are lost' in str(findings[1]) and server().has(biases.filename)


def test_a_damaged_file_that_a_purge_was_about_to_drop_is_mended(biases):
    with database().transaction() as connection:
        connection.execute(insert(dropped_file), {'object_id': biases.object_id, 'reason': 'purged',
                                                  'user_id': context.user.object_id, 'date': utcnow()})
    assert fsck() == [], 'a purge that crashed leaves files that are kept for nothing'
    damage(biases)
    mended()
    assert biases.data is not None and fsck() == []


# --- links and claims ---


@pytest.mark.sqlite
def test_a_broken_link_is_told_and_cannot_be_mended(biases):
    gone = biases.raw_bias_frames[0]
    with database().transaction() as connection:
        for table in reversed(type(gone).tables()):
            connection.execute(delete(table).where(table.c.object_id == gone.object_id))
    findings = fsck(digests=False, mend=True)
    assert kinds(findings) == ['broken link'] * 2 and not any(f.mended for f in findings)
    assert {str(gone.object_id) in finding.text and 'raw_bias_frames' in finding.text for finding in findings} == {True}
    assert 'put the row back from a backup' in findings[0].remedy
    edges = database().session.execute(select(lineage).where(lineage.c.input == gone.object_id)).all()
    assert len(edges) == 2


def test_the_claim_of_a_dead_maker_goes_on_request_and_its_file_with_it(stray, awe_fsck):
    die('half.fits')
    path, part = stray('half.fits'), stray('half.fits', whole=False)
    finding, = fsck()
    assert finding.kind == 'stale claim' and finding.text.startswith('bias by process') and 'half.fits' in finding.text
    assert 'the next who wants the same takes over' in finding.remedy and path.exists()
    status, out = awe_fsck('--mend')
    assert status == 0 and '1 finding' in out and fsck() == [] and not path.exists() and not part.exists()


def test_a_claim_that_was_taken_over_meanwhile_is_not_ended(stray):
    die('half.fits')
    stale, = fsck()
    assert Claims(database(), context.account().object_id).acquire('bias')[0]
    path = stray('half.fits')
    stale.mend()
    assert path.exists() and len(database().session.execute(select(claim)).all()) == 1


# --- who looks ---


@pytest.mark.sqlite
def test_all_is_looked_at_whoever_looks(biases, monkeypatch, later):
    server().remove(RawFits.select_all()[0].filename), damage(biases)
    become(monkeypatch, 'bob')
    assert not BiasFrame.select_all().exists()
    assert sorted(kinds(fsck())) == ['lost file', 'wrong digest']


def test_who_does_not_see_all_calls_no_file_unnamed(biases, stray, later, monkeypatch, caplog):
    if database().is_sqlite:
        return
    stray('theirs.fits')
    monkeypatch.undo()  # the clock, and that ada sees all
    become(monkeypatch, 'bob')
    assert not BiasFrame.select_all().exists() and fsck(mend=True) == []
    assert 'files that nothing names, and broken links, an administrator finds' in caplog.text


def test_the_past_cannot_be_mended(biases):
    context.as_of(utcnow())
    assert fsck() == []
    with pytest.raises(NotAllowed, match='you see the world as of'):
        fsck(mend=True)


def test_mending_a_night_restores_all_that_was_lost_and_damaged(reduced, later):
    lost, damaged, dropped = ReducedScienceFrame.select_all()[:3]
    server().remove(lost.filename), damage(damaged), context.purge([dropped], commit=True)
    die('half.fits')
    before = {product.filename: product.digest for product in (lost, damaged, dropped)}
    assert sorted(kinds(mended())) == ['lost file', 'stale claim', 'wrong digest']
    ReduceTask('OMEGACAM', commit=True).execute()
    assert {product.filename: product.digest for product in ReducedScienceFrame.select_all()[:3]} == before
    for product in (lost, damaged, dropped):
        assert product.read()[0].shape == (256, 128)
    assert fsck() == [] and len(ReducedScienceFrame.select_all()) == 5


def test_a_bar_shows_what_is_done(biases, monkeypatch):
    seen = []
    monkeypatch.setattr(progress.Progress, 'now', lambda self, what: seen.append(str(what)))
    monkeypatch.setattr(progress.Progress, '__exit__', lambda self, *_: seen.append((self.done, self.total)))
    assert fsck() == []
    assert seen[:3] == ['list files', 'look for lost files', 'look for files and links that lead nowhere']
    assert biases.filename in seen and seen[-1] == (len(seen) - 4, len(seen) - 4)
