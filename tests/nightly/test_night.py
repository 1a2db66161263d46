"""The report of a night: what came in, what was refused and why, what was made, and its drawings."""

import datetime
import json
import os
import stat
from xml.etree import ElementTree

import numpy as np
import pytest
from astropy.io import fits

from awlike import BiasTask, RawFrame, RawScienceFrame, context, ingest
from awlike.errors import NotFound, ParameterError, UnknownAttribute
from awlike.persist.dataobject import Imstat
from awlike.store import server
from tests import paper
from tests.cli.conftest import awe  # noqa: F401
from tests.conftest import become

NIGHT = '2012-05-31'


@pytest.fixture
def report(night):
    return context.night(NIGHT)


def test_what_came_in_by_run_kind_and_filter(report):
    frames = list(RawFrame.select_all())
    assert report.instrument == 'OMEGACAM' and sum(one.frames for one in report.groups) == len(frames)
    for group in report.groups:
        its = [one for one in frames if type(one).__name__ == group.kind and getattr(
            getattr(one, 'filter', None), 'name', '') == group.filter]
        assert group.exposures == len({one.raw_fits for one in its}) and group.chips == 1 and group.invalid == 0
        assert group.exptime == pytest.approx(sum(one.EXPTIME for one in its))
        assert (group.first, group.last) == (its[0].DATE_OBS, its[-1].DATE_OBS)
        assert {run for one in its for run in [one.card('ESO OBS PROG ID') or '']} == {group.run}
    text = str(report)
    assert 'OMEGACAM, the night 2012-05-31' in text and 'no file was refused' in text and 'calibrations: none made' in text


def test_frames_of_other_nights_runs_and_projects_are_told_apart(project, write, monkeypatch):
    ingest([write('a.fits', RUN='R1'), write('b.fits', RUN='R2', UTC_OBS='03:10:00', pixels=np.ones((10, 24), np.uint16)),
            write('c.fits', DATE_OBS='2019-03-27', pixels=np.full((10, 24), 2, np.uint16)),
            write('d.fits', UTC_OBS='03:12:00', pixels=np.full((10, 24), 3, np.uint16))])
    assert [(one.run, one.frames) for one in context.night('2019-03-25').groups] == [('', 1), ('R1', 1), ('R2', 1)]
    assert sum(one.frames for one in context.night('2019-03-25:2019-03-26').groups) == 4
    become(monkeypatch, 'bob')
    assert context.night('2019-03-25').groups == [] and 'no raw frames' not in str(context.night('2019-03-25'))


def test_refused_files_are_told_with_the_reason(project, write, tmp_path, monkeypatch):
    wrong = write('wrong.fits', EXPTIME='long')
    (tmp_path / 'none.fits').write_bytes(b'no FITS')
    ingest([write('good.fits'), wrong])
    report = context.night('2019-03-25')
    one, = report.refused
    assert one.path == str(wrong) and 'EXPTIME' in one.reason and not report.ok
    assert one.observed == datetime.datetime(2019, 3, 26) and f'refused: {wrong}: ' in ' '.join(str(report).split())
    ingest([wrong])
    assert len(context.night('2019-03-25').refused) == 1, 'the same file and reason once'
    ingest([tmp_path / 'none.fits'])
    today = context.night(datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=1), instrument='NASA42')
    tonight = context.night(datetime.datetime.now(datetime.UTC).date(), instrument='NASA42')
    refused = [os.path.basename(one.path) for one in (*today.refused, *tonight.refused)]
    assert refused == ['none.fits'], 'by the date of the ingest'
    become(monkeypatch, 'bob')
    assert not context.night('2019-03-25', instrument='NASA42').refused, 'only members see what a project refused'


def test_what_was_made_and_what_people_marked(night):
    BiasTask(instrument='OMEGACAM', date=NIGHT, commit=True).execute()
    raw = RawScienceFrame.select_all()[0]
    context.update_is_valid(raw, 0)
    report = context.night(NIGHT)
    made = {one.kind: one for one in report.made}
    assert made['BiasFrame'].number == 1 and made['BiasFrame'].is_calibration and made['ReadNoise'].number == 1
    assert sum(one.invalid for one in report.groups) == 1 and '(1 invalid)' in str(report) and '1 BiasFrame' in str(report)


def test_suspects_and_verification_read_files_when_asked(report):
    assert 'suspects: not looked for' in str(report)
    assert report.look_for_suspects().ok and 'none of 35 raw frames stands out' in str(report)
    assert report.verify() == [] and 'nothing is wrong' in str(report) and report.ok


def test_verification_finds_a_changed_file(project, write, tmp_path, monkeypatch):
    ingest([write(checksum=True)])
    path = server().open_path(RawFrame.select_all()[0].raw_fits.filename)
    os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)
    with open(path, 'r+b') as file:
        file.seek(2880 * 2)
        file.write(b'\7')
    report = context.night('2019-03-25')
    rules = {fault.rule for fault in report.verify()}
    assert rules >= {'content'} and not report.ok and 'fault: ' in str(report)
    program = tmp_path / 'fitsverify'
    program.write_text('#!/bin/sh\necho "*** Error:   Keyword #5 is bad"\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}{os.pathsep}{os.environ["PATH"]}')
    assert any(fault.rule == 'fitsverify' and 'Keyword #5' in fault.what for fault in report.verify())


def test_drawings_are_whole_and_hold_hostile_names(project, write, tmp_path):
    ingest([write(OBJECT='<script>alert(1)</script>', CRVAL1=10.0)])
    report = context.night('2019-03-25', quantity='EXPTIME')
    for drawn in (report.focal_plane(tmp_path / 'plane.svg'), report.timeline(tmp_path / 'time.svg')):
        ElementTree.fromstring(drawn)
        assert '<script>' not in drawn
    assert (tmp_path / 'plane.svg').read_text() == report.focal_plane() and '300' in report.focal_plane()
    assert '<script>' not in report._repr_html_()
    empty = context.night('1999-01-01')
    assert 'no exposures' in empty.timeline() and ElementTree.fromstring(empty.focal_plane()) is not None and empty.ok


def test_the_focal_plane_has_the_median_of_any_quantity(night):
    science = list(RawScienceFrame.select_all())
    assert context.night(NIGHT).chips() == {
        science[0].chip.name: pytest.approx(np.median([one.imstat.median for one in science]))}
    assert context.night(NIGHT, quantity="card('EXPTIME')").chips() == {
        science[0].chip.name: pytest.approx(np.median([one.EXPTIME for one in science]))}
    for wrong, error in (('OBJECT', ParameterError), ('nothing', UnknownAttribute), ('chip', ParameterError)):
        with pytest.raises(error):
            context.night(NIGHT, quantity=wrong)


def test_chips_lie_as_on_the_sky(project):
    file = paper.file()
    for number, chip in enumerate(('ESO_CCD_#65', 'ESO_CCD_#66')):
        astrom = {'CRVAL1': 0.001 if number else 359.999, 'CRVAL2': 0.0, 'CRPIX1': 50.0, 'CRPIX2': 100.0, 'CD1_1': -1e-5,
                  'CD1_2': 0.0, 'CD2_1': 0.0, 'CD2_2': 1e-5}
        paper.insert(paper.raw(raw_fits=file, chip=paper.chip(chip), trim='[1:100,1:200]', astrom=astrom, DATE_OBS=paper.START,
                               imstat=Imstat(median=7.0 * number)))
    shapes = ElementTree.fromstring(context.night(paper.START.date() - datetime.timedelta(days=1)).focal_plane())
    places = [np.array([point.split(',') for point in one.get('points').split()], float)
              for one in shapes.iter('{http://www.w3.org/2000/svg}polygon')]
    assert places[0].mean(axis=0)[0] > places[1].mean(axis=0)[0], 'east, with the larger right ascension, is left'
    width, height = np.ptp(places[0], axis=0)
    assert height / width == pytest.approx(2, rel=0.02)


def test_an_exposure_with_a_file_for_each_detector_is_one(project):
    night = paper.START.date() - datetime.timedelta(days=1)
    for number, chip in enumerate(('ESO_CCD_#65', 'ESO_CCD_#66')):
        astrom = {'CRVAL1': 10.0 + number, 'CRVAL2': 0.0, 'CRPIX1': 50.0, 'CRPIX2': 100.0, 'CD1_1': -1e-3, 'CD1_2': 0.0,
                  'CD2_1': 0.0, 'CD2_2': 1e-3}
        paper.insert(*[paper.raw(chip=paper.chip(chip), exposure=name, DATE_OBS=paper.START + datetime.timedelta(hours=hours),
                                 EXPTIME=120.0, trim='[1:100,1:200]', astrom=astrom)
                       for hours, name in enumerate(('first', 'second', 'third'))])
    report = context.night(night)
    group, = report.groups
    assert (group.exposures, group.frames, group.chips, group.exptime) == (3, 6, 2, 360.0)
    assert report.timeline().count('field') == 3
    drawn = ElementTree.fromstring(report.focal_plane())
    east, west = (max(float(point.split(',')[0]) for point in one.get('points').split())
                  for one in list(drawn.iter('{http://www.w3.org/2000/svg}polygon'))[::-1])
    assert east < west, 'the detector of larger right ascension is left: by the headers, not by the names'


def test_a_number_of_statements_that_does_not_grow(project):
    numbers = []
    for count in (2, 40):
        file = paper.file()
        paper.insert(*[paper.raw(raw_fits=file, EXPTIME=float(one), DATE_OBS=paper.START) for one in range(count)])
        with paper.statements() as sent:
            str(context.night(paper.START.date() - datetime.timedelta(days=1)))
        numbers.append(len(sent))
    assert numbers[0] == numbers[1] <= 12


def test_the_camera_is_named_where_there_are_several(project, write):
    with pytest.raises(ParameterError, match='name the camera'):
        context.night(NIGHT)
    ingest([write()])
    paper.chip()
    with pytest.raises(ParameterError, match='NASA42'):
        context.night(NIGHT)
    with pytest.raises(NotFound, match='OMEGA'):
        context.night(NIGHT, instrument='OMEGA')


@pytest.mark.slow
def test_the_command(awe, project, night_files, tmp_path):  # noqa: F811
    ingest(sorted(night_files.glob('*.fits')))
    status, out, error = awe('night', NIGHT, '--focal-plane', tmp_path / 'a.svg', '--timeline', tmp_path / 'b.svg')
    assert (status, error) == (0, '') and 'RawScienceFrame' in out and (tmp_path / 'a.svg').exists()
    found = json.loads(awe('night', NIGHT, '--json', '--suspects', '--verify')[1])
    assert found['ok'] and sum(one['frames'] for one in found['groups']) == 35 and found['suspects']['ok']
    header = fits.Header({'DATE-OBS': '2012-06-01T05:00:00'})
    fits.PrimaryHDU(np.zeros((2, 2)), header).writeto(tmp_path / 'x.fits')
    context.set_project('TEST')
    assert len(ingest([tmp_path / 'x.fits']).refused) == 1
    status, out, _ = awe('night', NIGHT)
    assert status == 1 and 'x.fits' in out and awe('night', 'tonight')[0] == 2
