"""The plan: read before anything is done, and an order in which it can be done."""

import collections
import datetime
import json
import os
import sys

import pytest
from sqlalchemy import update

from awlike.context import context
from awlike.errors import ProcessingError
from awlike.frames.bias import BiasFrame
from awlike.frames.cosmics import CosmicMap
from awlike.frames.flat import FlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.persist.dataobject import DataObject
from awlike.pixels.kernels.kept import to_compile
from awlike.planning.outcome import Make
from awlike.planning.plan import Plan
from awlike.planning.reasons import Reason
from awlike.planning.request import Request
from awlike.planning.step import Step
from awlike.recipes.bias import BiasTask
from awlike.recipes.hot_pixels import HotPixelsTask
from awlike.recipes.reduced import ReduceTask
from awlike.tasks.chain import Chain
from tests import paper
from tests.databases import by_hand
from tests.planning.test_reasons import lose_file, replace_bias, set_code
from tests.planning.test_resolve import raw_night
from tests.tasks.conftest import classes_of, counted, kept


def test_plan_changes_nothing(night):
    before = kept()
    plan = ReduceTask('OMEGACAM', commit=True).plan()
    assert len(plan.to_make) == 32 and kept() == before


def test_plan_writes_nothing_into_the_database(night):
    with counted() as statements:
        ReduceTask('OMEGACAM', commit=True).plan()
    assert {statement.split()[0] for statement in statements} <= {'SELECT', 'WITH'}


def test_everything_is_missing_at_first(night):
    plan = ReduceTask('OMEGACAM').plan()
    assert {step.reason for step in plan.to_make} == {'missing'}
    assert not plan.to_reuse and not plan.failed and plan.targets == [s for s in plan.steps if s.cls is ReducedScienceFrame]


def test_inputs_stand_before_what_is_made_from_them(night):
    steps = ReduceTask('OMEGACAM').plan().steps
    place = {id(step): number for number, step in enumerate(steps)}
    assert len(place) == len(steps) == 32
    assert all(place[id(earlier)] < place[id(step)] for step in steps for earlier in step.before())


def test_plan_tells_what_it_makes_and_reuses(night):
    assert str(ReduceTask('OMEGACAM').plan()).startswith('ReduceTask: 5 targets; 32 to make, 0 to reuse\n')
    HotPixelsTask('OMEGACAM', commit=True).execute()
    text = str(ReduceTask('OMEGACAM').plan())
    assert '29 to make, 2 to reuse\nReducedScienceFrame: make 5  [missing]' in text
    assert 'bias: BiasFrame: reuse 1' in text and 'hot: HotPixelMap: reuse 1' in text


def test_plan_of_what_exists_makes_nothing(reduced):
    plan = ReduceTask('OMEGACAM').plan()
    assert not plan.to_make and len(plan.targets) == len(set(plan.targets)) == 5
    assert str(plan).startswith('ReduceTask: 5 targets; 0 to make, 29 to reuse\nReducedScienceFrame: reuse 5\n')
    assert {step.existing for step in plan.targets} == set(ReducedScienceFrame.select_all())


def test_plan_names_what_cannot_be_made(project):
    paper.raws(2, RawScienceFrame)
    plan = ReduceTask('OMEGACAM').plan()
    assert len(plan.failed) == 2 and not plan.to_make
    assert '2 targets cannot be made\nReducedScienceFrame: cannot make 2\n' in str(plan)
    assert 'ReducedScienceFrame needs bias' in str(plan)


def test_steps_tell_what_they_do(night):
    steps = ReduceTask('OMEGACAM', raw_filenames=(names := [RawScienceFrame.select_all()[0].filename])).plan().steps
    told = {step.cls: str(step) for step in steps}
    assert told[BiasFrame] == 'make BiasFrame OMEGACAM ESO_CCD_#65: missing: the night 2012-05-31 has its own raw frames'
    assert told[ReducedScienceFrame] == f'make ReducedScienceFrame {names[0]}: missing'


def test_plan_of_nothing_says_so():
    assert str(Plan([], 'ReduceTask')) == 'ReduceTask: nothing to do, no frames answer to what is asked for'


# --- what is made again ---

def counts(steps):
    return dict(collections.Counter(step.cls.__name__ for step in steps))


def plan(**arguments):
    return ReduceTask('OMEGACAM', commit=True, **arguments).plan()


def test_other_code_is_a_reason_only_when_asked_for(reduced):
    set_code(HotPixelMap, 'another')
    assert not plan().to_make
    for rebuild in ('stale', 'all'):
        assert counts(plan(rebuild=rebuild).to_make) == {
            'HotPixelMap': 1, 'TwilightFlatFrame': 1, 'DomeFlatFrame': 1, 'FlatFrame': 1, 'ColdPixelMap': 1, 'CosmicMap': 5,
            'SatelliteMap': 5, 'WeightFrame': 5, 'ReducedScienceFrame': 5}


def test_other_code_that_gives_the_same_rebuilds_nothing_downstream(reduced):
    set_code(HotPixelMap, 'another')
    task = ReduceTask('OMEGACAM', commit=True, rebuild='stale')
    task.execute()
    assert classes_of(task.made) == ['HotPixelMap'] and len(task.made) == 1
    assert not plan(rebuild='stale').to_make


def test_stale_is_also_all_that_missing_acts_on(reduced):
    context.update_is_valid(CosmicMap.select_all()[0], 0)
    lose_file(BiasFrame.select_all().one())
    for rebuild in ('missing', 'stale'):
        assert counts(plan(rebuild=rebuild).to_make) == {
            'BiasFrame': 1, 'CosmicMap': 1, 'WeightFrame': 1, 'ReducedScienceFrame': 1}


def test_all_makes_again_what_is_asked_for_and_no_input(reduced):
    assert counts(plan(rebuild='all').to_make) == {'ReducedScienceFrame': 5}
    task = BiasTask('OMEGACAM', commit=True, rebuild='all')
    task.execute()
    assert classes_of(task.made) == ['BiasFrame'] and len(BiasFrame.select_all()) == 2


def test_all_makes_no_input_twice_in_one_run(reduced):
    chain = Chain('Bias>HotPixels>Reduce', instrument='OMEGACAM', commit=True, rebuild='all')
    chain.execute()
    made = collections.Counter(type(product).__name__ for product in chain.made)
    assert made == {'BiasFrame': 1, 'HotPixelMap': 1, 'ReducedScienceFrame': 5}


def test_all_makes_what_is_missing_on_the_way(night):
    assert len(plan(rebuild='all').to_make) == 32


# --- telling ---

def test_the_tree_shows_every_kind_once_with_counts_reasons_and_time(reduced):
    bad = RawBiasFrame.select_all()[3]
    context.update_is_valid(bad, 0)
    lines = str(plan()).splitlines()
    assert lines[0].startswith('ReduceTask: 5 targets; 27 to make (about ') and lines[0].endswith(' s), 5 to reuse')
    assert lines[1].startswith('ReducedScienceFrame: make 5 (about ') and lines[1].endswith('[invalid ancestor]')
    assert lines[2].startswith(f'│    5 x invalid ancestor: {bad} is invalid, set by ada on ')
    assert [line for line in lines if 'SaturatedPixelMap: reuse 5' in line]
    for cls in (BiasFrame, HotPixelMap, FlatFrame):
        first, *others = [line for line in lines if f': {cls.__name__}' in line]
        assert 'make 1' in first and all(line.endswith('(above)') for line in others), cls


def test_the_tree_names_the_calibrations_that_are_reused_and_by_which_rule(reduced):
    old, new = BiasFrame.select_all().one(), replace_bias()
    assert f'{new}: its interval was set by hand' in str(plan())
    context.update_is_valid(new, 0)
    assert f'{old}: made from the same, with the same parameters' in str(plan())


def test_of_many_reasons_the_most_frequent_are_shown_and_the_others_counted(reduced):
    for map_ in CosmicMap.select_all():
        context.update_is_valid(map_, 0)
    text = str(plan())
    assert text.count('and 2 other reasons') == 3, 'of the maps, the weights and the reduced frames'


def test_for_machines_it_is_complete(reduced):
    context.update_is_valid(SaturatedPixelMap.select_all()[0], 0)
    told, made = json.loads(json.dumps(plan().to_dict())), plan()
    assert (told['title'], told['targets'], told['empty_because']) == ('ReduceTask', 5, '') and told['seconds'] > 0
    assert [(one['class'], one['of'], one['reason'], one['detail']) for one in told['make']] == [
        (step.cls.__name__, step.place, step.reason, step.detail) for step in made.to_make]
    assert {one['class'] for one in told['make']} == {'SaturatedPixelMap', 'CosmicMap', 'SatelliteMap', 'WeightFrame',
                                                      'ReducedScienceFrame'}
    assert all(datetime.datetime.fromisoformat(one['date']) for one in told['make'])
    assert {one['object_id'] for one in told['reuse']} == {str(step.existing.object_id) for step in made.to_reuse}
    assert {one['filename'] for one in told['reuse']} <= {obj.filename for obj in DataObject.select_all()}
    assert all(one['detail'] for one in told['reuse']) and told['cannot'] == []


def test_for_machines_it_tells_what_is_lacking(project):
    raw, = paper.raws(1, RawScienceFrame)
    one, = plan().to_dict()['cannot']
    assert (one['class'], one['of']) == ('ReducedScienceFrame', str(raw))
    assert '0 valid RawBiasFrame for OMEGACAM' in one['lacks']


# --- as a graph, in a notebook ---

def test_the_graph_has_every_class_once_with_counts_and_reasons(reduced):
    context.update_is_valid(RawBiasFrame.select_all()[3], 0)
    svg = plan().graph().svg
    assert svg.count('<rect') == 12 + 2 and all(svg.count(f'>{cls.__name__}</text>') == 1 for cls in (BiasFrame, FlatFrame))
    assert '>invalid ancestor</text>' in svg and '>reuse 5</text>' in svg and '>to make</text>' in svg


def test_the_graph_tells_what_cannot_be_made(project):
    paper.raws(2, RawScienceFrame)
    assert '>cannot make 2</text>' in plan().graph().svg and '>cannot be made</text>' in plan().graph().svg


def test_in_a_notebook_it_is_a_tree_that_unfolds(night):
    page = plan()._repr_html_()
    assert '<b>ReduceTask: 5 targets; 32 to make, 0 to reuse</b>' in page and page.count('>ReducedScienceFrame</span>') == 1
    assert '<svg' in page and Plan([], 'ReduceTask')._repr_html_() is None, 'and of nothing the text'


@pytest.mark.slow
def test_a_plan_of_very_many_is_shown_as_one_of_a_few(project):
    camera, when = paper.instrument(), datetime.datetime(2012, 6, 1)
    steps = [Step(BiasFrame, Request(camera, None, None, when), BiasFrame.Parameters()) for _ in range(10_000)]
    for number, step in enumerate(steps):
        step.outcome = Make(Reason('missing', f'number {number}'))
    big = Plan(steps, 'BiasTask')
    assert len(str(big).splitlines()) < 10 and len(big._repr_html_()) < 12_000 and 'and 9,997 other reasons' in str(big)


# --- time ---

def test_the_time_is_what_such_products_took_before(reduced):
    table = DataObject.__table__
    with by_hand() as connection:
        connection.execute(update(table).where(table.c.class_name == 'ReducedScienceFrame').values(seconds=3.0))
    assert plan(rebuild='all').seconds == pytest.approx(15.0)
    assert '5 to make (about 15 s)' in str(plan(rebuild='all')) and plan().seconds == 0


def test_a_plan_says_that_kernels_are_compiled_first(night, monkeypatch, tmp_path):
    assert not plan().compiles_kernels and 'kernels' not in str(plan()), 'they are compiled here'
    monkeypatch.setenv('NUMBA_CACHE_DIR', str(tmp_path))
    for name in ('cosmics', 'reduced', 'combine'):
        monkeypatch.delitem(sys.modules, f'awlike.pixels.kernels.{name}', raising=False)
    first = str(plan()).splitlines()[0]
    assert first.endswith('to make, 0 to reuse; a minute more to compile kernels, once on this machine')
    assert plan().to_dict()['compiles_kernels'] is True
    hot = {'awlike.frames.hot_pixels'}
    assert 'cosmics' not in to_compile(hot), 'those of what is made alone'
    assert 'cosmics' in to_compile({'awlike.frames.cosmics'})
    assert 'combine' in to_compile({'awlike.frames.bias'})
    index = tmp_path / 'kernels_0a' / 'combine.median_of_stack-106.py311.nbi'
    index.parent.mkdir()
    index.touch()
    assert 'combine' not in to_compile({'awlike.frames.bias'})
    os.utime(index, (0, 0))
    assert 'combine' in to_compile({'awlike.frames.bias'}), 'the module has changed since'


def test_without_experience_no_time_is_told(night):
    assert plan().seconds is None and 'about' not in str(plan()) and plan().to_dict()['seconds'] is None


# --- what empties it, what is lacking ---

@pytest.mark.parametrize(('arguments', 'words'), [
    ({'object': 'M31*'}, ["OBJECT.like('M31*')"]), ({'filter': 'g_SDSS'}, ['g_SDSS']),
    ({'date': '2011-01-01'}, ['DATE_OBS', '2011-01-02']),
    ({'chip': 'ESO_CCD_#96', 'object': '*'}, ['ESO_CCD_#96'])])
def test_an_empty_plan_says_which_condition_emptied_it(night, arguments, words):
    told = str(plan(**arguments))
    assert told.startswith('ReduceTask: nothing to do, no frames answer to what is asked for\n')
    leaves_none = next(line for line in told.splitlines()[1:] if line.endswith(' 0'))
    assert all(word in leaves_none for word in words), told
    assert plan(**arguments).to_dict()['empty_because'] in told


def test_what_cannot_be_made_lists_what_it_lacks_and_the_rest_is_planned(project):
    """One missing bias does not stop the planning of the other exposures."""
    raw_night(chips=2, science=3)
    for raw in RawBiasFrame.chip.name == 'ESO_CCD_#66':
        context.update_is_valid(raw, 0)
    found = plan()
    assert {step.request.chip.name for step in found.failed} == {'ESO_CCD_#66'} and len(found.failed) == 3
    assert {step.request.chip.name for step in found.to_make} == {'ESO_CCD_#65'}
    assert counts(found.to_make)['ReducedScienceFrame'] == 3
    for words in ('0 valid RawBiasFrame', 'ESO_CCD_#66', 'within 90 nights of the night of 2012-06-01', 'ingest more of them'):
        assert words in str(found) and all(words in str(step.error) for step in found.failed)


def test_what_can_be_made_is_made_where_one_bias_is_missing(night):
    other = paper.insert(paper.raw(chip=paper.chip('ESO_CCD_#66'), DATE_OBS=datetime.datetime(2012, 6, 1, 8)))
    task = ReduceTask('OMEGACAM', commit=True)
    with pytest.raises(ProcessingError, match='1 of 6 targets could not be made') as told:
        task.execute()
    assert str(other) in str(told.value) and len(task.products) == len(ReducedScienceFrame.select_all()) == 5


# --- doing what it says ---

def change_nothing():
    return {}


def invalidate_a_raw_bias():
    context.update_is_valid(RawBiasFrame.select_all()[2], 0)
    return {}


def change_parameters():
    return {'pars': {'FlatFrame.MEDIAN_FILTER_SIZE': 16}}


def take_another_bias():
    replace_bias()
    return {}


def lose_files():
    lose_file(FlatFrame.select_all().one())
    lose_file(ReducedScienceFrame.select_all()[1])
    return {}


@pytest.mark.slow
@pytest.mark.parametrize('change', [change_nothing, invalidate_a_raw_bias, change_parameters, take_another_bias, lose_files,
                                    lambda: {'rebuild': 'all'}])
def test_execute_does_what_the_plan_said(reduced, change):
    task = ReduceTask('OMEGACAM', commit=True, **change())
    said = task.plan()
    existing = {step.existing for step in said.to_reuse}
    task.execute()
    assert [(type(product), product.instrument, product.chip, product.DATE_OBS) for product in task.made] \
        == [(step.cls, step.request.instrument, step.request.chip, step.date) for step in said.to_make]
    assert existing.isdisjoint(task.made)
    for step in said.targets:
        red = next(product for product in task.products if product.raw == step.request.raw)
        assert all(red.bias == step.existing for step in said.to_reuse if step.cls is BiasFrame)


# --- how many statements ---

def statements(**arguments):
    with counted() as found:
        plan_ = plan(**arguments)
    assert plan_.to_make
    return len(found)


@pytest.mark.parametrize('change', [invalidate_a_raw_bias, change_parameters, take_another_bias, lose_files,
                                    lambda: set_code(FlatFrame, 'another') or {'rebuild': 'stale'}])
def test_explaining_costs_no_more_statements_for_more_targets(reduced, change):
    arguments = change()
    one = RawScienceFrame.select_all()[1].filename
    assert statements(**arguments) <= statements(raw_filenames=one, **arguments) + 2


def test_many_judgements_are_looked_up_together(reduced):
    first = CosmicMap.select_all()[0]
    context.update_is_valid(first, 0)
    for_one = statements()
    for map_ in CosmicMap.select_all():
        context.update_is_valid(map_, 0)
    assert statements() <= for_one + 1


def test_invalid_raw_frames_cost_nothing_each(project):
    raw_night(science=2)
    bad = paper.raws(3, RawBiasFrame, DATE_OBS=datetime.datetime(2012, 6, 1, 21))
    context.update_is_valid(bad[0], 0)
    for_one = statements()
    for raw in bad[1:]:
        context.update_is_valid(raw, 0)
    assert statements() <= for_one + 1
