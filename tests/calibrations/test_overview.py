"""calibrations(): the numbered lists, the picture, and intervals changed from the prompt."""

import base64
import re

import matplotlib
import pytest
from matplotlib import pyplot as plt

from awlike.calibrations import picture, views
from awlike.calibrations.overview import calibrations
from awlike.context import context
from awlike.errors import NotAllowed, NotFound, ParameterError, QueryError
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawScienceFrame
from awlike.frames.read_noise import ReadNoise
from awlike.views import timeline
from tests import paper
from tests.calibrations.worlds import FAST, SLOW, bias_of, moment, night, observed, science
from tests.conftest import become

PNG = b'\x89PNG'


@pytest.fixture
def chip(project):
    return paper.chip()


@pytest.fixture
def two(chip):
    """Two biases: 0 of the night 4 serves the science frames of 3 and 4, and 1 of the night 0 those of 1."""
    for number in (0, 4):
        bias_of(observed(number))
    science(1, 3, 4)
    return calibrations(kinds=BiasFrame)


@pytest.fixture
def no_screen(monkeypatch):
    matplotlib.use('agg')


def row_of(calibs, number):
    table = calibs.table()
    return table[list(table['number']).index(number)]


def state_of(calibs, number):
    return row_of(calibs, number)['state']


# --- looking ---

def test_a_list_tells_for_which_nights_each_serves_and_at_which_level(two):
    lines = str(two).splitlines()
    assert lines[0] == 'BiasFrame OMEGACAM ESO_CCD_#65: 2 calibrations (2 serving); 3 science frames'
    assert lines[1].split() == ['no', 'night', 'serves', 'the', 'nights', 'level', 'frames', 'state', 'name']
    assert lines[2].split()[:8] == ['0', night(4), night(3), 'to', night(4), 'plan', '2', 'serves']
    assert lines[3].split()[:8] == ['1', night(0), night(0), 'to', night(2), 'plan', '1', 'serves']


def test_a_set_from_which_none_is_made_has_no_number(two):
    observed(9)
    science(8)
    two.refresh()
    assert str(two).splitlines()[0].endswith('2 calibrations (2 serving), 1 set not made; 4 science frames')
    assert str(two).splitlines()[2].split() == ['-', night(9), night(7), 'to', night(9), 'plan', '1', 'not', 'made', '3',
                                                'RawBiasFrame']
    table = two.table()
    assert table['number'].mask.tolist() == [True, False, False] and len(two) == 2
    assert table['state'].tolist() == ['not made', 'serves', 'serves'] and table['setup'].tolist() == [''] * 3


def test_what_does_not_count_is_told_with_its_reason(two):
    context.update_is_valid(two[0], 0)
    bias_of(observed(6), process_params=BiasFrame.Parameters(SIGMA_CLIP=4.0))
    bias_of(observed(8), quality_flags=1, quality={'MAXIMUM_STDEV': 77.0})
    bias_of(bad := observed(10))
    context.update_is_valid(bad[0], 0)
    told = str(calibrations(kinds=BiasFrame))
    for words in ('5 calibrations (1 serving, 4 not counting)', 'invalid  ', 'set by ada on', 'parameters differ',
                  'SIGMA_CLIP 4.0 -> 3.0', 'flagged', 'missed its limits',
                  'invalid ancestor', f'{bad[0]} is invalid'):
        assert words in told


def test_an_interval_by_hand_is_marked(two):
    two.set_interval(1, moment(1), moment(4))
    lines = str(two).splitlines()
    ends = f'from {moment(1):%Y-%m-%d %H:%M} to {moment(4):%Y-%m-%d %H:%M}'
    assert 'by hand' in lines[3] and lines[4].strip() == f'by hand {ends}'
    row = row_of(two, 1)
    assert row['by_hand'] and row['level'] == 'by hand' and row['serves'] == f'{night(1)} to {night(3)}'


def test_interventions_are_told_with_their_reason(two):
    context.intervention('OMEGACAM', moment(2), reason='mirror washed')
    two.refresh()
    assert f'  intervention of {moment(2):%Y-%m-%d %H:%M}: mirror washed' in str(two).splitlines()


def test_setups_are_told_apart(chip):
    for setup in (FAST, SLOW):
        bias_of(observed(0, setup=setup))
    told = str(calibrations(kinds=BiasFrame))
    assert 'ESO_CCD_#65 READMODE=fast: 1 calibration' in told and 'ESO_CCD_#65 READMODE=slow: 1 calibration' in told
    assert calibrations(kinds=BiasFrame).table()['setup'].tolist() == ['READMODE=fast', 'READMODE=slow']


def test_nights_in_a_row_without_a_calibration_are_told_together(two):
    science(200, 201)
    two.refresh()
    *_, gap, why_not = str(two).splitlines()
    assert gap == f'  no BiasFrame serves 2 science frames of the nights {night(200)} to {night(201)}'
    assert why_not.startswith(f'    {night(200)}: BiasFrame needs raw_bias_frames: 0 valid RawBiasFrame')


def test_a_number_gives_the_object(two):
    earlier, later = BiasFrame.select_all().order_by('DATE_OBS')
    assert list(two) == [two[0], two[1]] == [later, earlier] and len(two) == 2
    for wrong in (2, -1, '1', True):
        with pytest.raises(NotFound, match='the numbers 0 to 1; print this to see them'):
            two[wrong]


def test_a_number_stays_when_others_are_made(two):
    newest = bias_of(observed(6))
    two.refresh()
    assert two[2] == newest and str(two).splitlines()[2].startswith('   2')
    assert [state_of(two, n) for n in range(3)] == ['serves', 'serves', 'not needed']
    assert row_of(two, 2)['detail'] == 'BiasFrame 0 is nearer to the science frames, or fits better'


def test_of_many_chips_those_that_are_alike_are_told_together(project):
    made = [bias_of(observed(0, chip=paper.chip(f'ESO_CCD_#{n}'))) for n in range(65, 75)]
    context.update_is_valid(made[3], 0)
    lines = str(calibrations(kinds=BiasFrame)).splitlines()
    assert lines == ['BiasFrame OMEGACAM ESO_CCD_#65, ESO_CCD_#66 and 7 more chips: 9 calibrations (9 serving)',
                     'BiasFrame OMEGACAM ESO_CCD_#68: 1 calibration (1 not counting), 1 set not made',
                     'Name a chip, or a filter, to see them one by one with their numbers']


def test_groups_of_as_many_chips_are_all_told(project, monkeypatch):
    for n in range(10):
        bias_of(observed(0, chip=paper.chip(f'ESO_CCD_#{n}')), is_valid=n % 2)
    found, drawn = calibrations(kinds=BiasFrame), []
    assert str(found).splitlines()[:2] == [
        'BiasFrame OMEGACAM ESO_CCD_#0, ESO_CCD_#2 and 3 more chips: 5 calibrations (5 not counting), 5 sets not made',
        'BiasFrame OMEGACAM ESO_CCD_#1, ESO_CCD_#3 and 3 more chips: 5 calibrations (5 serving)']
    monkeypatch.setattr(timeline, 'draw_overview', lambda figure, panels, *rest: drawn.extend(panels))
    picture.draw(None, found.choices, found._number, None, None)
    assert len(drawn) == 2


def test_where_there_is_nothing_it_says_what_emptied_it(two):
    empty = calibrations('OMEGACAM', chip='ESO_CCD_#99')
    assert 'there is no BiasFrame or FlatFrame' in str(empty) and re.search(r"ESO_CCD_#99'.*0 +0", str(empty))
    assert len(empty) == 0 and len(empty.table()) == 0 and empty._repr_html_() is None
    with pytest.raises(NotFound, match='there is nothing to draw'):
        empty.inspect()


def test_only_what_one_may_see_is_shown(two, monkeypatch):
    context.add_member('bob')
    become(monkeypatch, 'bob')
    context.set_project('TEST', privileges=1)
    bias_of(observed(6, privileges=1), privileges=1)
    assert len(calibrations(kinds=BiasFrame)) == 3
    become(monkeypatch, 'ada')
    context.set_project('TEST')
    assert len(calibrations(kinds=BiasFrame).table()) == 2


@pytest.mark.parametrize(('arguments', 'error', 'words'), [
    ({'kinds': RawScienceFrame}, ParameterError, 'name classes of calibrations, of AtmosphericExtinction, BiasFrame'),
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
    assert shown.count('<tr') == 3 and f'{night(3)} to {night(4)}' in shown


def test_a_long_list_says_how_many_more_there_are(two, monkeypatch):
    monkeypatch.setattr(views, '_SHOWN', 1)
    assert '... and 1 of earlier nights' in str(two) and '... and 1 of earlier nights' in two._repr_html_()


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
    two.set_interval(0, end=moment(6))


def test_an_open_window_follows_a_change(two, backend):
    def outlined():
        return sum(len(one.get_paths()) for one in figure.axes[0].collections if not len(one.get_facecolor()))

    backend('qtagg')
    figure = two.inspect()
    assert outlined() == 0
    two.set_interval(0, end=moment(6))
    assert outlined() == 1


# --- changing ---

def test_a_changed_interval_is_told_with_what_it_means(two, capsys):
    two.set_interval(1, end=moment(4))
    assert capsys.readouterr().out.splitlines() == [
        f'1 {two[1]}', f'  {moment(0)} to {moment(4)}; it was {moment(0)} to {moment(1)}',
        '  1 science frame of 3 gets BiasFrame 1 instead of BiasFrame 0']
    assert BiasFrame.get(two[1].object_id).timestamp_end == moment(4)
    assert [change.attribute for change in context.history(two[1])] == ['timestamp_end']


def test_what_nothing_serves_any_more_is_told(chip, capsys):
    bias_of(observed(0))
    science(1, 2)
    one = calibrations(kinds=BiasFrame)
    one.set_interval(0, end=moment(2))
    assert '1 science frame of 2 gets no BiasFrame instead of BiasFrame 0' in capsys.readouterr().out
    one.set_interval(0, end=moment(3))
    assert '1 science frame of 2 gets BiasFrame 0 instead of no BiasFrame' in capsys.readouterr().out


def test_a_change_that_changes_nothing_says_so(two, capsys):
    two.set_interval(1, end=moment(3))
    assert 'no science frame gets another calibration' in capsys.readouterr().out


def test_a_judgement_is_told_alike_and_can_be_taken_back(two, capsys):
    two.set_valid(0, 0)
    assert '0 BiasFrame' in (told := capsys.readouterr().out) and 'is_valid 0; it was is_valid 1' in told
    assert f'2 science frames of 3 get the BiasFrame of {night(4)} (not made yet) instead of BiasFrame 0' in told
    assert state_of(two, 0) == 'invalid'
    two.set_valid(0, 1)
    assert f'get BiasFrame 0 instead of the BiasFrame of {night(4)} (not made yet)' in capsys.readouterr().out


def test_what_others_make_meanwhile_is_not_told_as_the_effect_of_a_change(two, capsys):
    bias_of(observed(3))
    two.set_interval(1, end=moment(3))
    assert 'no science frame gets another calibration' in capsys.readouterr().out


def test_a_calibration_made_from_another_changes_with_it(chip, capsys):
    for number in (0, 4):
        bias_of(observed(number))
    science(3)
    calibs = calibrations(kinds=[ReadNoise, HotPixelMap, BiasFrame])
    calibs.set_interval(next(n for n, one in enumerate(calibs) if one.DATE_OBS < moment(1) and type(one) is BiasFrame),
                        end=moment(4))
    told = capsys.readouterr().out
    assert f'get the HotPixelMap of {night(0)}' in told.replace('gets', 'get') and 'ReadNoise' not in told


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
    calibs = calibrations(kinds=BiasFrame)
    with pytest.raises(NotAllowed, match='can be changed by ada'):
        calibs.set_interval(0, end='2012-06-09')


def test_the_past_cannot_be_changed(two):
    moment = two[0].creation_date
    context.update_is_valid(two[0], 0)
    context.as_of(moment)
    calibs = calibrations(kinds=BiasFrame)
    assert str(calibs).startswith(f'as of {moment:%Y-%m-%d %H:%M:%S}\n') and state_of(calibs, 0) == 'serves'
    with pytest.raises(NotAllowed, match='you see the world as of'):
        calibs.set_interval(0, end='2012-06-09')
