"""What a task is asked: its arguments, what they select, and what is refused."""

import datetime
import logging

import pytest

from awlike.context import context
from awlike.errors import NotFound, ParameterError, QueryError, UnknownAttribute
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame, RawTwilightFlatFrame
from awlike.recipes.bias import BiasTask
from awlike.recipes.cold_pixels import ColdPixelsTask
from awlike.recipes.flat import FlatTask
from awlike.recipes.reduced import ReduceTask
from awlike.recipes.twilight_flat import TwilightFlatTask
from tests import paper

NIGHT = datetime.datetime(2012, 6, 2, 3)


def selected(**arguments):
    return {raw.OBJECT for raw in ReduceTask('OMEGACAM', **arguments).raw_frames(RawScienceFrame)}


@pytest.fixture
def frames(project):
    """Science frames that differ in one thing each; what differs is their OBJECT."""
    other_chip, other_filter = paper.chip('ESO_CCD_#66'), paper.filter('g_SDSS')
    for name, values in {'plain': {}, 'chip': {'chip': other_chip}, 'filter': {'filter': other_filter},
                         'later': {'DATE_OBS': NIGHT + datetime.timedelta(days=1)},
                         'NGC 5128': {}, 'invalid': {'is_valid': 0}}.items():
        paper.insert(paper.raw(**{'DATE_OBS': NIGHT, 'OBJECT': name} | values))


ALL = {'plain', 'chip', 'filter', 'later', 'NGC 5128'}


@pytest.mark.parametrize(('arguments', 'left'), [
    ({}, ALL),
    ({'chip': 'ESO_CCD_#65'}, ALL - {'chip'}), ({'chip': ['ESO_CCD_#66']}, {'chip'}), ({'chip': 'ESO_CCD_#67'}, set()),
    ({'chip': ('ESO_CCD_#65', 'ESO_CCD_#66')}, ALL), ({'chip': []}, set()),
    ({'filter': 'r_SDSS'}, ALL - {'filter'}), ({'filter': ['g_SDSS', 'r_SDSS']}, ALL),
    ({'date': '2012-06-01'}, ALL - {'later'}), ({'date': datetime.date(2012, 6, 2)}, {'later'}),
    ({'date': '2012-05-31'}, set()),
    ({'object': 'NGC*'}, {'NGC 5128'}), ({'object': 'NGC 512?'}, {'NGC 5128'}), ({'object': '*in*'}, {'plain'}),
    ({'object': 'NGC'}, set()), ({'object': '%'}, set()), ({'template': '2012-06-01T08:51:44'}, set()),
    ({'raw_filenames': []}, set()), ({'object': '*i*', 'filter': 'g_SDSS'}, {'filter'})])
def test_arguments_select_valid_raw_frames(frames, arguments, left):
    assert selected(**arguments) == left


def test_a_night_lasts_from_noon_to_noon_at_the_telescope(project):
    noon = datetime.datetime(2012, 6, 2, 16)  # on Paranal in winter, UTC
    second = datetime.timedelta(seconds=1)
    for n, date in enumerate([noon - second, noon]):
        paper.insert(paper.raw(OBJECT=f'{n}', DATE_OBS=date))
    assert (selected(date='2012-06-01'), selected(date='2012-06-02')) == ({'0'}, {'1'})


def test_template_is_named_by_its_start(night):
    for template, number in (('2012-06-01T08:51:44', 5), (datetime.datetime(2012, 6, 1, 8, 51, 44), 5),
                             ('2012-06-01T10:51:44+02:00', 5), ('2012-06-01T08:51:44+02:00', 0), ('2012-06-01T08:51:45', 0)):
        assert len(ReduceTask('OMEGACAM', template=template).raw_frames(RawScienceFrame)) == number, template


def test_raw_filenames_name_the_very_frames(night):
    names = [raw.filename for raw in RawScienceFrame.select_all()]
    for given, number in ((names[1], 1), (names[1:3], 2), (tuple(names), 5), (iter(names[:2]), 2)):
        assert len(ReduceTask('OMEGACAM', raw_filenames=given).plan().targets) == number


@pytest.mark.parametrize('other', [{}, {'chip': 'ESO_CCD_#66'}])
def test_raw_filenames_that_do_not_answer_are_named(night, other):
    names = [RawScienceFrame.select_all()[0].filename]
    names += [] if other else ['no_such_file.fits']
    with pytest.raises(NotFound, match=f'1 of {len(names)} raw_filenames are no valid RawScienceFrame .*{names[-1]}'):
        ReduceTask('OMEGACAM', raw_filenames=names, **other).plan()


def test_invalid_raw_frame_asked_for_by_name_is_refused(night):
    raw = RawScienceFrame.select_all()[0]
    context.update_is_valid(raw, 0)
    with pytest.raises(NotFound, match=f'are no valid RawScienceFrame .*{raw.filename}'):
        ReduceTask('OMEGACAM', raw_filenames=raw.filename).execute()


@pytest.mark.parametrize(('arguments', 'error', 'words'), [
    ({'instrument': 'OMEGACAN'}, NotFound, 'did you mean OMEGACAM'),
    ({'date': '31-05-2012'}, ParameterError, "date '31-05-2012': a night is the date of the noon before it"),
    ({'date': '9999-12-31'}, ParameterError, 'nights lie between 0002-01-01 and 9998-12-31'),
    ({'date': '2012-06-31'}, ParameterError, r"date '2012-06-31' \(day .*month.*\): a night is the date"),
    ({'date': 20120531}, ParameterError, 'as "2012-05-31"'),
    ({'date': datetime.datetime(2012, 5, 31, 3)}, ParameterError, 'a night is'),
    ({'template': 'OMEGACAM_img_obs'}, ParameterError, 'write a datetime, or a text'),
    ({'chip': 65}, ParameterError, 'chip 65: give a name, or a list of names'),
    ({'raw_filenames': [1]}, ParameterError, r'raw_filenames \[1\]: give a name'),
    ({'pars': {'BiasFrame.SIGMACLIP': 3}}, UnknownAttribute, 'did you mean SIGMA_CLIP'),
    ({'pars': {'BiasFrame.SIGMA_CLIP': -3}}, ParameterError, 'SIGMA_CLIP = -3.*greater than 0')])
def test_senseless_arguments_are_refused_at_once(home, arguments, error, words):
    with pytest.raises(error, match=words):
        ReduceTask(**{'instrument': 'OMEGACAM'} | arguments)


def test_object_must_be_a_text(project):
    with pytest.raises(QueryError, match='compares a text with a pattern'):
        ReduceTask('OMEGACAM', object=5945).plan()


def test_commit_without_a_project_is_refused_before_anything_is_made(night):
    context.reset()
    task = ReduceTask('OMEGACAM', commit=True)
    for verb in (task.execute, task.plan):
        with pytest.raises(NotFound, match='no project is set: say context.set_project'):
            verb()
    assert not BiasFrame.select_all().exists()


def test_nothing_to_do_is_said_with_the_criterion_that_leaves_nothing(night, caplog):
    task = ReduceTask('OMEGACAM', filter='g_SDSS', commit=True)
    with caplog.at_level(logging.WARNING, 'awlike'):
        task.execute()
    assert 'ReduceTask: nothing to do, no frames answer to what is asked for' in caplog.text
    assert 'g_SDSS' in caplog.text and task.made == task.products == []


def test_what_exists_is_told_and_given(reduced, caplog):
    task = ReduceTask('OMEGACAM', commit=True)
    with caplog.at_level(logging.INFO, 'awlike'):
        task.execute()
    assert 'ReduceTask: 0 made, 5 existed already' in caplog.text
    assert len(task.products) == 5 and task.made == []


def test_before_execution_there_are_no_products(home):
    task = ReduceTask('OMEGACAM')
    assert task.products == task.made == []


def test_calibration_tasks_make_one_for_each_chip_filter_and_night(project):
    filters = [paper.filter('g_SDSS'), paper.filter('r_SDSS')]
    for chip in (paper.chip('ESO_CCD_#65'), paper.chip('ESO_CCD_#66')):
        for night in (1, 2):
            date = datetime.datetime(2012, 6, night, 20)
            paper.raws(3, RawBiasFrame, chip=chip, DATE_OBS=date)
            for filter_ in filters:
                paper.raws(3, RawTwilightFlatFrame, chip=chip, filter=filter_, DATE_OBS=date)
    for task, number in ((BiasTask, 4), (TwilightFlatTask, 8), (FlatTask, 8), (ColdPixelsTask, 8)):
        plan = task('OMEGACAM').plan()
        assert len(plan.targets) == number and not plan.failed, task
        assert len({step.request.names for step in plan.targets}) == number / 2
    assert len(BiasTask('OMEGACAM', date='2012-06-01', chip='ESO_CCD_#66').plan().targets) == 1
    assert len(FlatTask('OMEGACAM', filter='g_SDSS').plan().targets) == 4


def test_bias_task_uses_the_raw_frames_that_it_selects(night):
    some = [raw.filename for raw in RawBiasFrame.select_all()][:4]
    step, = BiasTask('OMEGACAM', raw_filenames=some).plan().targets
    assert [raw.filename for raw in step.inputs['raw_bias_frames']] == some


def test_too_few_selected_raw_frames_are_an_error_of_that_target(night):
    one = RawBiasFrame.select_all()[0].filename
    with pytest.raises(RuntimeError, match='1 valid RawBiasFrame .* 3 are needed'):
        BiasTask('OMEGACAM', raw_filenames=one).execute()


# --- several nights ---

@pytest.fixture
def nights(project):
    """Three nights from 2012-06-01, with two chips and two filters: their science frames."""
    for name in ('ESO_CCD_#65', 'ESO_CCD_#66'):
        for filter_ in ('g_SDSS', 'r_SDSS'):
            for night in (1, 2, 3):
                paper.insert(paper.raw(chip=paper.chip(name), filter=paper.filter(filter_), OBJECT=f'{night}',
                                       DATE_OBS=datetime.datetime(2012, 6, night + 1, 3)))


@pytest.mark.parametrize(('date', 'left'), [
    ('2012-06-01', '1'), ('2012-06-01:2012-06-02', '12'), ('2012-06-02:2012-06-09', '23'), ('2012-06-03:2012-06-03', '3'),
    (('2012-06-01', '2012-06-03'), '123'), ((datetime.date(2012, 6, 2), '2012-06-03'), '23'), ('2012-06-04:2012-06-05', '')])
def test_a_range_of_nights_includes_both_ends(nights, date, left):
    assert selected(date=date) == set(left)


def test_a_range_of_nights_is_one_plan_of_all_chips_and_filters(nights):
    targets = ReduceTask('OMEGACAM', date='2012-06-01:2012-06-03').plan().targets
    assert len(targets) == 12 and {step.request.names for step in targets} == {
        ('OMEGACAM', chip, filter_) for chip in ('ESO_CCD_#65', 'ESO_CCD_#66') for filter_ in ('g_SDSS', 'r_SDSS')}
    assert len(ReduceTask('OMEGACAM', date='2012-06-02').plan().targets) == 4


@pytest.mark.parametrize('date', [
    '2012-06-02:2012-06-01', '2012-06-01:2012-06-02:2012-06-03', '2012-06-01:', ':', (), ('2012-06-01', 5)])
def test_a_range_of_nights_that_makes_no_sense_is_refused(home, date):
    with pytest.raises(ParameterError, match='a night is|one night, or the first and the last'):
        ReduceTask('OMEGACAM', date=date)


@pytest.mark.parametrize('arguments', [{'commit': 'no'}, {'commit': 1}, {'rebuild': 'everything'}])
def test_commit_and_rebuild_are_checked_before_anything_is_done(home, arguments):
    name, = arguments
    with pytest.raises(ParameterError, match=f'{name} .*: it is one of'):
        ReduceTask('OMEGACAM', **arguments)
