"""calibrations(): the numbered lists, the picture, and intervals changed from the prompt."""

import base64
import re

import matplotlib
import pytest
from matplotlib import pyplot as plt

from awlike.calibrations import views as views
from awlike.calibrations.overview import calibrations
from awlike.context import context
from awlike.errors import NotAllowed, NotFound, ParameterError, QueryError
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawScienceFrame
from awlike.frames.read_noise import ReadNoise
from awlike.views import timeline
from tests import paper
from tests.conftest import become
from tests.planning.test_candidates import DAY, START, bias_with, long_ago, noise

PNG = b'\x89PNG'


@pytest.fixture
def chip(project):
    return paper.chip()


@pytest.fixture
def two(chip):
    """Two read noises: number 1 serves three nights, of which number 0 eclipses the first; a science frame in each night."""
    raws = long_ago(chip)
    noise(chip, raws, timestamp_end=START + 3 * DAY)
    noise(chip, raws)
    for night in range(3):
        paper.raws(1, RawScienceFrame, chip=chip, DATE_OBS=START + night * DAY + DAY / 2)
    return calibrations(kinds=ReadNoise)


@pytest.fixture
def no_screen(monkeypatch):
    matplotlib.use('agg')


def state_of(calibs, number):
    return calibs.table()['state'][list(calibs.table()['number']).index(number)]


# --- looking ---

def test_a_list_tells_from_when_to_when_each_serves(two):
    lines = str(two).splitlines()
    assert lines[0] == 'ReadNoise OMEGACAM ESO_CCD_#65: 2 calibrations (2 serving); 3 science frames'
    assert lines[2].split()[:5] == ['0', '2012-06-01', '16:00', '2012-06-02', '16:00'] and 'serves' in lines[2]
    assert lines[3].split()[:5] == ['1', '2012-06-01', '16:00', '2012-06-04', '16:00'] and 'partly eclipsed by 0' in lines[3]


def test_what_does_not_count_is_told_with_its_reason(two, chip):
    context.update_is_valid(two[0], 0)
    raws = long_ago(chip)
    noise(chip, raws, process_params=ReadNoise.Parameters(REJECTION_THRESHOLD=4))
    noise(chip, raws, quality_flags=1, quality={'MAXIMUM_READ_NOISE': 77.0})
    noise(chip, bad := long_ago(chip))
    context.update_is_valid(bad[0], 0)
    told = str(calibrations(kinds=ReadNoise))
    for words in ('5 calibrations (1 serving, 4 not counting)', 'invalid  ', 'set by ada on', 'parameters differ',
                  'REJECTION_THRESHOLD 4.0 -> 5.0', 'flagged', 'missed its limits: MAXIMUM_READ_NOISE: 77',
                  'invalid ancestor', f'{bad[0]} is invalid'):
        assert words in told


def test_nights_in_a_row_without_a_calibration_are_told_together(two):
    two.set_interval(1, end='2012-06-02')
    assert '  no ReadNoise serves 2 science frames of the nights 2012-06-02 to 2012-06-03' in str(two).splitlines()


def test_a_number_gives_the_object(two):
    earlier, later = ReadNoise.select_all().order_by('creation_date')
    assert list(two) == [two[0], two[1]] == [later, earlier] and len(two) == 2
    for wrong in (2, -1, '1', True):
        with pytest.raises(NotFound, match='the numbers 0 to 1; print this to see them'):
            two[wrong]


def test_a_number_stays_when_others_are_made(two, chip):
    newest = noise(chip, long_ago(chip), timestamp_end=START + 2 * DAY)
    two.refresh()
    assert two[2] == newest and str(two).splitlines()[2].startswith('   2')
    assert [state_of(two, n) for n in range(3)] == ['eclipsed by 2', 'partly eclipsed by 2', 'serves']


def test_of_many_chips_those_that_are_alike_are_told_together(project):
    chips = [paper.chip(f'ESO_CCD_#{n}') for n in range(65, 75)]
    made = [noise(chip, long_ago(chip)) for chip in chips]
    context.update_is_valid(made[3], 0)
    lines = str(calibrations(kinds=ReadNoise)).splitlines()
    assert lines == ['ReadNoise OMEGACAM ESO_CCD_#65, ESO_CCD_#66 and 7 more chips: 9 calibrations (9 serving)',
                     'ReadNoise OMEGACAM ESO_CCD_#68: 1 calibration (1 not counting)',
                     'Name a chip, or a filter, to see them one by one with their numbers']


def test_groups_of_as_many_chips_are_all_told(project, monkeypatch):
    for n in range(10):
        chip = paper.chip(f'ESO_CCD_#{n}')
        noise(chip, long_ago(chip), is_valid=n % 2)
    found, drawn = calibrations(kinds=ReadNoise), []
    assert str(found).splitlines()[:2] == [
        'ReadNoise OMEGACAM ESO_CCD_#0, ESO_CCD_#2 and 3 more chips: 5 calibrations (5 not counting)',
        'ReadNoise OMEGACAM ESO_CCD_#1, ESO_CCD_#3 and 3 more chips: 5 calibrations (5 serving)']
    monkeypatch.setattr(timeline, 'draw_overview', lambda figure, panels, *rest: drawn.extend(panels))
    views.draw(None, found.places, found._number, None, None)
    assert len(drawn) == 2


def test_where_there_is_nothing_it_says_what_emptied_it(two):
    empty = calibrations('OMEGACAM', chip='ESO_CCD_#99')
    assert 'there is no BiasFrame or FlatFrame' in str(empty) and re.search(r"ESO_CCD_#99'.*0 +0", str(empty))
    assert len(empty) == 0 and len(empty.table()) == 0 and empty._repr_html_() is None
    with pytest.raises(NotFound, match='there is nothing to draw'):
        empty.inspect()


def test_only_what_one_may_see_is_shown(two, chip, monkeypatch):
    context.add_member('bob')
    become(monkeypatch, 'bob')
    context.set_project('TEST', privileges=1)
    noise(chip, long_ago(chip, privileges=1))
    assert len(calibrations(kinds=ReadNoise)) == 3
    become(monkeypatch, 'ada')
    context.set_project('TEST')
    assert len(calibrations(kinds=ReadNoise)) == 2


@pytest.mark.parametrize(('arguments', 'error', 'words'), [
    ({'kinds': RawScienceFrame}, ParameterError, 'name classes of calibrations, of BiasFrame'),
    ({'kinds': []}, ParameterError, 'name classes of calibrations'),
    ({'date': '2012-06-01'}, QueryError, 'name the instrument too'),
    ({'instrument': 'OMEGACAM', 'date': 'June'}, ParameterError, 'a night is the date')])
def test_arguments_without_sense_are_refused(two, arguments, error, words):
    with pytest.raises(error, match=words):
        calibrations(**arguments)


# --- pictures ---

def test_a_picture_is_written_where_there_is_no_screen(two, no_screen, tmp_path):
    assert two.inspect().read_bytes().startswith(PNG) and two.inspect(tmp_path / 'mine.png').exists()
    assert not plt.get_fignums()


def test_a_notebook_shows_the_picture_and_the_list(two):
    shown = two._repr_html_()
    assert base64.b64decode(re.search('base64,([^"]+)', shown)[1]).startswith(PNG)
    assert shown.count('<tr') == 3 and 'partly eclipsed by 0' in shown


def test_a_long_list_says_how_many_more_there_are(two, monkeypatch):
    monkeypatch.setattr(views, '_SHOWN', 1)
    assert '... and 1 made earlier' in str(two) and '... and 1 made earlier' in two._repr_html_()


@pytest.fixture
def backend(monkeypatch):
    """Let figures go where matplotlib's backend of that name would put them."""
    def backend(name):
        monkeypatch.setattr(plt, 'get_backend', lambda: name)
        monkeypatch.setattr(plt, 'show', lambda block: plt.close('all') if name == 'inline' else None)

    yield backend
    plt.close('all')


def test_a_notebook_that_shows_the_picture_and_closes_it_gets_it_once(two, backend):
    backend('inline')
    assert two.inspect() is None
    two.set_interval(0, end=START + 3 * DAY)


def test_an_open_window_follows_a_change(two, backend):
    backend('qtagg')
    figure = two.inspect()
    two.set_interval(0, end=START + 3 * DAY)
    dark, bright = figure.axes[0].collections[:2]
    assert len(dark.get_paths()) == 2 and len(bright.get_paths()) == 1
    plt.close(figure)
    two.set_valid(0, 0)
    assert len(figure.axes[0].collections[1].get_paths()) == 1


# --- changing ---

def test_a_changed_interval_is_told_with_what_it_means(two, capsys):
    earlier = two[1]
    two.set_interval(0, end='2012-06-03T16:00')
    assert capsys.readouterr().out.splitlines() == [
        f'0 {two[0]}', '  2012-06-01 16:00:00 to 2012-06-03 16:00:00; it was 2012-06-01 16:00:00 to 2012-06-02 16:00:00',
        '  1 science frame of 3 gets ReadNoise 0 instead of ReadNoise 1']
    assert ReadNoise.get(two[0].object_id).timestamp_end == START + 2 * DAY
    assert state_of(two, 1) == 'partly eclipsed by 0' and two[1] == earlier
    assert [change.attribute for change in context.history(two[0])] == ['timestamp_end']


def test_what_nothing_serves_any_more_is_told(two, capsys):
    two.set_interval(1, start=START + 2 * DAY)
    assert '1 science frame of 3 gets no ReadNoise instead of ReadNoise 1' in capsys.readouterr().out
    two.set_interval(1, start=START + DAY)
    assert '1 science frame of 3 gets ReadNoise 1 instead of no ReadNoise' in capsys.readouterr().out


def test_a_change_that_changes_nothing_says_so(two, capsys):
    two.set_interval(1, end=START + 4 * DAY)
    assert 'no science frame gets another calibration' in capsys.readouterr().out


def test_a_judgement_is_told_alike_and_can_be_taken_back(two, capsys):
    two.set_valid(0, 0)
    assert '0 ReadNoise' in (told := capsys.readouterr().out) and 'is_valid 0; it was is_valid 1' in told
    assert '1 science frame of 3 gets ReadNoise 1 instead of ReadNoise 0' in told and state_of(two, 0) == 'invalid'
    two.set_valid(0, 1)
    assert 'gets ReadNoise 0 instead of ReadNoise 1' in capsys.readouterr().out


def test_what_others_make_meanwhile_is_not_told_as_the_effect_of_a_change(two, chip, capsys):
    noise(chip, long_ago(chip), timestamp_end=START + 3 * DAY)
    two.set_interval(0, end=START + 2 * DAY)
    assert 'no science frame gets another calibration' in capsys.readouterr().out


def test_a_calibration_made_from_another_changes_with_it(chip, capsys):
    read_noise = noise(chip, long_ago(chip))
    bias_with(read_noise)
    paper.raws(2, RawScienceFrame, chip=chip, DATE_OBS=START + DAY / 2)
    calibs = calibrations(kinds=[ReadNoise, BiasFrame])
    calibs.set_interval(0, start=START + DAY / 4)
    assert '2 science frames of 2 get no BiasFrame instead of BiasFrame 1' in capsys.readouterr().out


def test_intervals_without_sense_are_refused_and_nothing_is_changed(two):
    for number, ends, error, words in (
            (0, {'start': '2012-06-09'}, ParameterError, 'the start must be before the end'),
            (0, {'end': two[0].timestamp_start}, ParameterError, 'the start must be before the end'),
            (0, {'end': 'June'}, ParameterError, 'write a datetime, or a text'),
            (0, {}, ParameterError, 'give start=, end= or both'),
            (7, {'end': '2012-06-09'}, NotFound, "no calibration has the number 7")):
        with pytest.raises(error, match=words):
            two.set_interval(number, **ends)
    with pytest.raises(ParameterError, match='it is 0'):
        two.set_valid(0, 3)
    assert context.history(two[0]) == []


def test_what_is_not_ones_own_cannot_be_changed(two, monkeypatch):
    context.publish(two[0], 4)
    become(monkeypatch, 'bob')
    context.create_project('BOB')
    context.set_project('BOB')
    calibs = calibrations(kinds=ReadNoise)
    with pytest.raises(NotAllowed, match='can be changed by ada'):
        calibs.set_interval(0, end='2012-06-09')


def test_the_past_cannot_be_changed(two):
    moment = two[0].creation_date
    context.update_is_valid(two[0], 0)
    context.as_of(moment)
    calibs = calibrations(kinds=ReadNoise)
    assert str(calibs).startswith(f'as of {moment:%Y-%m-%d %H:%M:%S}\n') and state_of(calibs, 0) == 'serves'
    with pytest.raises(NotAllowed, match='you see the world as of'):
        calibs.set_interval(0, end='2012-06-09')
