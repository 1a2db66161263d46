"""Raw files in: each once, whole, and never changed."""

import datetime
import gzip
import os
import shutil

import numpy as np
import pytest
from astropy.io import fits

from awlike import RawBiasFrame, RawDomeFlatFrame, RawFits, RawFrame, RawScienceFrame, Template, config, context
from awlike.database.sessions import Database
from awlike.digests import file_digest
from awlike.errors import ConfigError, HeaderError, NotFound, ParameterError, StoreError
from awlike.fits.images import read_pixels
from awlike.ingest import ingest
from awlike.ingest.imports import Given
from awlike.ingest.take import _prepare
from awlike.store import server
from tests import paper
from tests.conftest import become


def test_a_file_becomes_a_frame(project, write):
    path = write()
    report = ingest(path)
    file, frame = RawFits.select_all().one(), RawScienceFrame.select_all().one()
    assert report.ingested == [file] and report.frames == {'RawScienceFrame': 1} and not report.refused
    assert str(report) == '1 file ingested (1 RawScienceFrame), 0 known already, 0 refused'
    assert file.original_name == 'frame.fits' and file.size == path.stat().st_size and file.number_of_frames == 1
    assert (frame.raw_fits, frame.extension, frame.DATE_OBS) == (
        file, 0, datetime.datetime(2019, 3, 26, 3, 8, 43, 480000))
    assert (frame.instrument.name, frame.chip.name, frame.filter.name) == ('NASA42', 'E2V_CCD231', 'VR')
    assert (frame.EXPTIME, frame.OBJECT, frame.OBSERVER, frame.AIRMASS) == (300.0, 'field', 'somebody', 1.02)
    assert (frame.is_valid, frame.quality_flags, frame.creator.name, frame.project.name) == (1, 0, 'ada', 'TEST')
    assert np.array_equal(frame.data, np.arange(240).reshape(10, 24))


def test_statistics_are_those_of_the_light_sensitive_section(project, write):
    ingest(write())
    light = np.arange(240).reshape(10, 24)[0:10, 2:18]
    imstat = RawScienceFrame.select_all().one().imstat
    assert (imstat.min, imstat.max, imstat.npix) == (light.min(), light.max(), light.size)
    assert (imstat.mean, imstat.median, imstat.stdev) == pytest.approx((light.mean(), np.median(light), light.std()))


def test_one_frame_a_detector(project, exposures):
    report = ingest(exposures[:2])
    assert len(report.ingested) == 2 and report.frames == {'RawDomeFlatFrame': 3, 'RawBiasFrame': 3}
    frames = list((RawDomeFlatFrame.raw_fits == report.ingested[0]).order_by('extension'))
    assert [frame.chip.name for frame in frames] == ['ESO_CCD_#65', 'ESO_CCD_#66', 'ESO_CCD_#67']
    for number, frame in enumerate(frames, 1):
        assert frame.extension == number and np.array_equal(frame.data, read_pixels(exposures[0], number))
    assert len({frame.filename for frame in RawFrame.select_all()}) == 6
    assert len({frame.digest for frame in RawFrame.select_all()}) == 6


def test_again_is_nothing_new(project, exposures, stored):
    ingest(exposures)
    before = stored()
    report = ingest(exposures)
    assert not report.ingested and len(report.known) == 3 and not report.frames
    assert str(report) == '0 files ingested, 3 known already, 0 refused'
    assert len(RawFits.select_all()) == 3 and len(RawFrame.select_all()) == 9 and stored() == before


def test_the_same_content_under_another_name_is_recognised(project, write, tmp_path):
    path, other = write(), tmp_path / 'other.fits'
    shutil.copyfile(path, other)
    report = ingest([path, other])
    assert len(report.ingested) == 1 and report.known == [(other, report.ingested[0])]
    assert f'{other}: known already, as frame.fits' in str(report)
    assert len(RawFrame.select_all()) == 1


def test_a_known_file_with_another_header_is_told_with_the_cards(project, write, tmp_path):
    ingest(write('first.fits', OBSERVER='ada', AIRTEMP=12.5))
    changed = write(OBSERVER='bob', AIRTEMP=None, NOTE='x', **{f'K{n}': n for n in range(9)})
    report = ingest(changed)
    assert not report.ingested and len(report.known) == 1
    line, = report.told()
    assert line.startswith(f"{changed}: known already, as first.fits, but its header differs: OBSERVER = 'bob' here, "
                           "'ada' there; NOTE = 'x' here, no such card there; K0 = 0 here, no such card there; ")
    assert line.endswith(' and 7 more; the frames that are known stay as they are')
    assert report.to_dict()['known'][0]['header_differs'].startswith("OBSERVER = 'bob' here") and line in str(report)


def test_the_same_frame_packed_otherwise_is_recognised(project, write, tmp_path):
    path, zipped, tiled = write(), tmp_path / 'frame.fits.gz', tmp_path / 'frame.fits.fz'
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    with fits.open(path) as hdus:
        fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(hdus[0].data, hdus[0].header)]).writeto(tiled)
    ingest(path)
    report = ingest([zipped, tiled])
    assert not report.ingested and [known.original_name for _, known in report.known] == ['frame.fits'] * 2
    assert not report.differing


def test_what_was_retrieved_is_no_new_frame(project, exposures, tmp_path):
    ingest(exposures)
    retrieved = [frame.retrieve(tmp_path) for frame in RawFrame.select_all()]
    report = ingest(retrieved)
    assert not report.ingested and not report.refused and len(report.known) == 9


def test_a_zipped_file_is_not_unzipped_for_each_detector(project, exposures, tmp_path, monkeypatch):
    path, unzip, unzipped = tmp_path / 'zipped.fits.gz', gzip.decompress, []
    path.write_bytes(gzip.compress(exposures[0].read_bytes(), 1))
    monkeypatch.setattr(gzip, 'decompress', lambda content: unzipped.append(1) or unzip(content))
    assert ingest(path).frames == {'RawDomeFlatFrame': 3} and len(unzipped) <= 2


def test_one_other_pixel_or_value_is_another_file(project, write):
    pixels = np.arange(240, dtype=np.uint16).reshape(10, 24)
    pixels[3, 4] += 1
    report = ingest([write(), write('pixel.fits', pixels=pixels), write('value.fits', EXPTIME=301.0)])
    assert len(report.ingested) == 3 and len({frame.digest for frame in RawFrame.select_all()}) == 3


def test_two_files_of_one_name_keep_apart(project, tmp_path, write):
    (tmp_path / 'a').mkdir()
    (tmp_path / 'b').mkdir()
    report = ingest([write('a/frame.fits'), write('b/frame.fits', EXPTIME=1.0)])
    one, two = report.ingested
    assert one.original_name == two.original_name == 'frame.fits' and one.filename != two.filename
    assert server().has(one.filename) and server().has(two.filename)


@pytest.mark.parametrize('name', [
    'with blank.fits', 'ünïcode.fit', 'UPPER.FITS', 'two.dots.fts', 'no-suffix', 'n' * 240 + '.fits'])
def test_odd_names(project, write, name):
    file, = ingest(write(name)).ingested
    assert file.original_name == name and server().has(file.filename)
    assert not set(file.filename) & set(' /:') and RawScienceFrame.select_all().one().data is not None


def test_folders_are_searched(project, tmp_path, write):
    (tmp_path / 'in/deep').mkdir(parents=True)
    write('in/deep/one.fits')
    (tmp_path / 'in/notes.txt').write_text('no frame')
    assert len(ingest(tmp_path / 'in').ingested) == 1
    empty = tmp_path / 'empty'
    empty.mkdir()
    assert str(ingest(empty)) == '0 files ingested, 0 known already, 0 refused'


@pytest.mark.parametrize('how', ['copy', 'link', 'refer'])
def test_raw_files_are_never_changed(project, exposures, tmp_path, monkeypatch, how):
    path = tmp_path / 'raw.fits'
    shutil.copyfile(exposures[1], path)
    os.utime(path, (1.3e9, 1.3e9))
    path.chmod(0o644)
    before = path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode
    file, = ingest(path, how).ingested
    (tmp_path / 'out').mkdir()
    for frame in RawBiasFrame.select_all():
        assert frame.data.shape == (36, 48) and not frame.data.flags.writeable
        frame.retrieve(tmp_path / 'out').write_bytes(b'mine')
    file.retrieve(tmp_path / 'out').write_bytes(b'mine')
    ingest(path, how)
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode) == before
    assert server().open_path(file.filename).read_bytes() == before[0]


def test_a_lost_file_is_put_back(project, write):
    path = write()
    file, = ingest(path).ingested
    server().remove(file.filename)
    report = ingest(path)
    assert len(report.known) == 1 and server().open_path(file.filename).read_bytes() == path.read_bytes()


def test_a_reference_to_a_moved_file_is_mended(project, write, tmp_path):
    path = write()
    file, = ingest(path, 'refer').ingested
    moved = path.rename(tmp_path / 'moved.fits')
    with pytest.raises(StoreError, match='put it back there, or ingest it again'):
        server().open_path(file.filename)
    ingest(moved, 'copy')
    assert server().open_path(file.filename).read_bytes() == moved.read_bytes()


def test_a_file_is_taken_whole_or_not_at_all(project, spoil, stored):
    path = spoil(ESO_DET_OUT1_NX=31)
    report = ingest(path)
    assert report.refused[0][0] == path and 'HDU 3: ESO DET OUT1' in report.refused[0][1]
    assert not RawFrame.select_all().exists() and not RawFits.select_all().exists() and not stored()


def test_a_data_base_that_fails_leaves_nothing(project, exposures, stored, monkeypatch):
    insert = Database.insert

    def fail(self, connection, objects):
        if len(objects) > 1:  # the file is in, its frames are not
            raise OSError('disk full')
        insert(self, connection, objects)

    monkeypatch.setattr(Database, 'insert', fail)
    report = ingest(exposures[0])
    assert report.refused == [(exposures[0], 'OSError: disk full')]
    assert not RawFits.select_all().exists() and not stored()
    monkeypatch.undo()


@pytest.mark.sqlite
def test_an_interruption_after_commit_loses_nothing(project, write, monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    context.project  # noqa: B018 -- it is read before the interruption
    monkeypatch.setattr(Database, 'analyse', interrupted)
    monkeypatch.setattr('awlike.database.sessions._current._analyse_at', 0)
    with pytest.raises(KeyboardInterrupt):
        ingest(write())
    assert server().has(RawFits.select_all().one().filename)
    monkeypatch.undo()


def test_references_are_made_once(project, exposures):
    ingest(exposures[1:])
    frames = list(RawBiasFrame.select_all())
    assert len(frames) == 6 and len({frame.template for frame in frames}) == 1 and len(Template.select_all()) == 1
    assert len({frame.chip for frame in frames}) == 3 and len({frame.observing_block for frame in frames}) == 1


def test_raw_frames_are_stamped_with_project_and_privileges(project, write):
    context.set_privileges(1)
    ingest(write())
    frame = RawScienceFrame.select_all().one()
    assert frame.privileges == frame.raw_fits.privileges == 1 and frame.raw_fits.creator.name == 'ada'


def test_a_frame_that_one_may_not_see_is_not_known(project, write, monkeypatch):
    context.add_member('bob')
    context.set_privileges(1)
    path = write()
    ingest(path)
    become(monkeypatch, 'bob')
    context.set_project('TEST')
    report = ingest(path)
    assert len(report.ingested) == 1 and not report.known
    assert RawScienceFrame.select_all().one().creator.name == 'bob'


def test_raw_frames_are_roots(project, write):
    ingest(write())
    frame = RawScienceFrame.select_all().one()
    assert len(frame.ancestors()) == 0 and len(str(frame.lineage()).splitlines()) == 1


def test_what_makes_no_sense_is_refused_before_anything_is_done(home, write, tmp_path):
    path = write()
    with pytest.raises(NotFound, match='no project is set'):
        ingest(path)
    context.create_project('TEST')
    context.set_project('TEST')
    with pytest.raises(ParameterError, match="how='move': a raw file is kept as one of copy, link, refer"):
        ingest(path, 'move')
    with pytest.raises(HeaderError, match='nowhere.fits: no such file or folder; check the path'):
        ingest([path, tmp_path / 'nowhere.fits'])
    (home / 'instruments').mkdir()
    (home / 'instruments/mine.toml').write_text('name = 1')
    with pytest.raises(ConfigError, match='mine.toml: entry name'):
        ingest(path)
    assert not RawFrame.select_all().exists()


# --- what others claim ---


def forged(path, monkeypatch, with_frames):
    """Eve claims in a project of hers that the content of `path` is there, without a file; perhaps with a frame."""
    become(monkeypatch, 'eve')
    context.create_project('FORGED')
    context.set_project('FORGED', 3)
    file = paper.insert(RawFits(instrument=paper.instrument(), filename='forged.fits', original_name='x.fits',
                                digest=file_digest(path), number_of_frames=1))
    if with_frames:
        paper.insert(paper.raw(raw_fits=file, digest=content_of(path), DATE_OBS=paper.START))
    become(monkeypatch, 'ada')
    context.set_project('TEST')


def content_of(path):
    """The digest of the one frame of a file."""
    (_, digest), = _prepare(path, Given()).measured
    return digest


@pytest.mark.parametrize('with_frames', [False, True])
def test_a_claim_of_others_without_a_file_keeps_nobody_from_their_own(project, write, monkeypatch, with_frames):
    path = write()
    forged(path, monkeypatch, with_frames)
    report = ingest(path)
    if with_frames and context.trusted() is None:
        assert len(report.known) == 1 and server().has(report.known[0][1].filename), 'all are trusted: the file is put back'
        return
    assert len(report.ingested) == 1 and not report.known and sum(report.frames.values()) == 1
    again = ingest(path)
    assert not again.ingested and again.known[0][1] == report.ingested[0]


def test_a_forged_file_with_frames_is_known_only_where_its_project_is_a_source(project, write, monkeypatch):
    path = write()
    forged(path, monkeypatch, with_frames=True)
    monkeypatch.setenv('AWLIKE_SOURCES', 'named')
    config.settings.cache_clear()
    assert len(ingest(path).ingested) == 1
    frame = RawFrame.select_all().project_only().one()
    assert frame.digest == content_of(path) and frame.data is not None


def test_what_one_ingested_in_another_project_of_ones_own_is_known(project, write, monkeypatch):
    monkeypatch.setenv('AWLIKE_SOURCES', 'named')
    config.settings.cache_clear()
    path = write()
    ingest(path)
    context.create_project('OTHER')
    context.set_project('OTHER')
    assert len(ingest(path).known) == 1


def test_a_file_that_was_lost_is_put_back(project, write):
    path = write()
    file, = ingest(path).ingested
    server().remove(file.filename)
    assert ingest(path).known == [(path, file)] and server().has(file.filename)
