"""Each reason for which something is made, with its particulars."""

import datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from awlike.context import context
from awlike.database.sessions import database
from awlike.errors import ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.cosmics import CosmicMap
from awlike.frames.flat import FlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.read_noise import ReadNoise
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.persist.dataobject import DataObject
from awlike.planning.compare import code_differs, parameters_differ
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.reasons import Reason
from awlike.planning.request import of_frame
from awlike.planning.resolve import Resolver
from awlike.products.code_digest import code_digest
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask
from awlike.store import server
from awlike.tracing.fsck import fsck
from tests import paper
from tests.conftest import become
from tests.databases import by_hand
from tests.tasks.conftest import reduce_before_the_domes_came


def plan(**arguments):
    return ReduceTask('OMEGACAM', commit=True, **arguments).plan()


def reasons(cls, **arguments) -> set:
    """Why objects of class `cls` would be made."""
    return {str(step.why) for step in plan(**arguments).to_make if step.cls is cls}


def set_code(cls, digest):
    """As if objects of class `cls` had been made from source with `digest`."""
    table = DataObject.__table__
    with by_hand() as connection:
        connection.execute(update(table).where(table.c.class_name == cls.__name__).values(code_digest=digest))
    database().session.expunge_all()


def replace_bias():
    """Another bias, of nine raw frames, of which a person says that it serves."""
    names = [raw.filename for raw in RawBiasFrame.select_all()][1:]
    task = BiasTask('OMEGACAM', raw_filenames=names, commit=True)
    task.execute()
    bias, = task.products
    context.update_timestamps(bias, end=bias.timestamp_end + datetime.timedelta(days=1))
    return bias


def lose_file(obj):
    """The file of `obj` vanishes, and that is found out."""
    server().remove(obj.filename)
    fsck(digests=False, mend=True)


# --- missing ---

def test_what_was_never_made_is_missing(night):
    steps = plan().to_make
    assert {step.reason for step in steps} == {'missing'}
    told = {step.cls: step.detail for step in steps}
    assert told[ReducedScienceFrame] == '' and told[BiasFrame] == 'the night 2012-05-31 has its own raw frames'


def test_what_one_frame_lacks_is_missing_though_others_have_it(reduced):
    raw = RawScienceFrame.select_all()[0]
    context.delete((ReducedScienceFrame.raw == raw).one())
    step, = plan().to_make
    assert (step.cls, step.reason, step.request.raw) == (ReducedScienceFrame, 'missing', raw)


def test_a_product_of_another_raw_frame_of_the_same_instant_is_no_earlier_one(project):
    raw, twin = paper.raws(2, RawScienceFrame, DATE_OBS=paper.START)
    map_ = paper.product(SaturatedPixelMap, raw=raw, filter=raw.filter, filename=None)
    map_.process_params = SaturatedPixelMap.Parameters()
    paper.insert(map_)
    steps = Resolver(ParametersInForce(), commit=False).plan(SaturatedPixelMap, [of_frame(raw), of_frame(twin)]).targets
    assert {step.request.raw: str(step.why) for step in steps}[twin] == 'missing'


# --- invalid ancestor ---

def test_invalid_ancestor_is_named_with_who_said_so_and_when(reduced):
    bad = RawBiasFrame.select_all()[3]
    context.update_is_valid(bad, 0)
    said = f'{bad} is invalid, set by ada on {context.history(bad)[-1].date:%Y-%m-%d %H:%M:%S}'
    for cls in (ReadNoise, BiasFrame, HotPixelMap, FlatFrame, ReducedScienceFrame):
        assert reasons(cls) == {f'invalid ancestor: {said}'}
    assert reasons(SaturatedPixelMap) == set(), 'it does not descend from a bias'


def test_the_judgement_of_another_user_is_told_as_theirs(reduced, monkeypatch):
    context.add_member('bob')
    become(monkeypatch, 'bob')
    context.set_project('TEST')
    context.update_is_valid(BiasFrame.select_all().one(), 0)
    become(monkeypatch, 'ada')
    context.set_project('TEST')
    told, = reasons(BiasFrame)
    assert 'set by bob on ' in told


def test_invalid_maps_of_single_frames_are_named_one_by_one(reduced):
    maps = list(CosmicMap.select_all())[:2]
    for map_ in maps:
        context.update_is_valid(map_, 0)
    for cls in (CosmicMap, ReducedScienceFrame):
        assert {told.split()[2] for told in reasons(cls)} == {map_.filename for map_ in maps}


# --- better input ---

def test_better_input_is_named_with_the_rule_by_which_it_won_and_what_was_used(reduced):
    old = BiasFrame.select_all().one()
    new = replace_bias()
    assert reasons(HotPixelMap) == {f'better input: bias: {new} serves now, its interval was set by hand; '
                                    f'{old} was used'}
    assert {step.path for step in (s.why for s in plan().to_make if s.cls is ReducedScienceFrame)} == {('bias',)}


def test_better_input_of_a_list_names_what_is_more(night):
    reduce_before_the_domes_came()
    told, = reasons(FlatFrame)
    assert told.startswith('better input: dome_flat: missing'), told


# --- parameters differ ---

def test_parameters_that_differ_are_named_from_and_to(reduced):
    other = {'BiasFrame.SIGMA_CLIP': 2.5, 'BiasFrame.OVERSCAN_CORRECTION': 5}
    assert reasons(BiasFrame, pars=other) == {'parameters differ: BiasFrame OVERSCAN_CORRECTION 6 -> 5, SIGMA_CLIP 3.0 -> 2.5'}
    assert reasons(ReducedScienceFrame, pars=other) == {
        'parameters differ: bias: BiasFrame OVERSCAN_CORRECTION 6 -> 5, SIGMA_CLIP 3.0 -> 2.5'}
    assert reasons(SaturatedPixelMap, pars=other) == set()


def differ(recorded, set_by_user=()):
    """What `parameters_differ` says of a bias made with `recorded`, when the defaults are in force."""
    step = SimpleNamespace(cls=BiasFrame, params=BiasFrame.Parameters(), set_by_user=set_by_user)
    return parameters_differ(step, SimpleNamespace(process_parameters=recorded, imported=None))


def test_a_parameter_that_was_not_there_then_is_told_so():
    recorded = BiasFrame.Parameters().model_dump()
    assert differ(recorded) is None
    del recorded['SIGMA_CLIP']
    assert differ(recorded) == Reason('parameters differ', 'BiasFrame SIGMA_CLIP not there -> 3.0')
    assert 'not there' in str(differ(None))


def test_parameters_that_do_not_change_pixels_do_not_differ():
    recorded = BiasFrame.Parameters(PLAN_NIGHTS=2, MAXIMUM_STDEV=3).model_dump()
    assert differ(recorded) is None and differ(recorded, {'MAXIMUM_STDEV'}).detail == 'BiasFrame MAXIMUM_STDEV 3.0 -> 10.0'
    assert differ(recorded, {'PLAN_NIGHTS'}) is None, 'it only chooses inputs'


# --- code differs ---

def test_another_make_version_is_told(reduced, monkeypatch):
    monkeypatch.setattr(HotPixelMap, 'MAKE_VERSION', 2)
    assert plan().to_make == []
    assert reasons(HotPixelMap, rebuild='stale') == {'code differs: make_version of HotPixelMap 1 -> 2'}


def test_other_source_is_told_and_so_is_what_was_made_from_it(reduced):
    set_code(BiasFrame, 'another digest')
    assert plan().to_make == []
    told = 'the source that makes BiasFrame is not what it was'
    assert reasons(BiasFrame, rebuild='stale') == {f'code differs: {told}'}
    for cls in (HotPixelMap, ReducedScienceFrame):
        assert reasons(cls, rebuild='stale') == {f'code differs: bias: {told}'}
    assert not reasons(ReadNoise, rebuild='stale')


def test_another_recipe_is_told_where_it_counts():
    found = SimpleNamespace(make_version=BiasFrame.MAKE_VERSION, code_digest=code_digest(BiasFrame), recipe='Bias 0123',
                            imported=None)
    assert code_differs(BiasFrame, found) is None and code_differs(BiasFrame, found, 'Bias 0123') is None
    told = str(code_differs(BiasFrame, found, 'Bias 4567'))
    assert told == 'code differs: asked for by recipe Bias 4567, made by Bias 0123'


# --- file lost ---

def test_a_lost_file_is_told_and_made_again_as_it_was(reduced):
    bias = BiasFrame.select_all().one()
    lose_file(bias)
    step, = plan().to_make
    assert (step.cls, str(step.why)) == (BiasFrame, f'file lost: {bias.filename} is not on the data server')
    task = ReduceTask('OMEGACAM', commit=True)
    task.execute()
    assert task.made == [bias] == list(BiasFrame.select_all()) and server().has(bias.filename)
    assert plan().to_make == []


# --- asked for ---

def test_what_is_asked_for_is_told_so(reduced):
    steps = plan(rebuild='all').to_make
    assert {(step.cls, str(step.why)) for step in steps} == {(ReducedScienceFrame, 'asked for')} and len(steps) == 5


# --- saying it ---

@pytest.mark.parametrize(('reason', 'text'), [
    (Reason('missing'), 'missing'),
    (Reason('invalid ancestor', 'x is invalid'), 'invalid ancestor: x is invalid'),
    (Reason('code differs', 'v1 -> v2').of_input('flat').of_input('weight'), 'code differs: weight.flat: v1 -> v2'),
    (Reason('missing').of_input('bias'), 'better input: bias: missing'),
    (Reason('asked for').of_input('bias').of_input('hot'), 'better input: hot.bias: asked for')])
def test_a_reason_is_a_word_a_way_and_a_sentence(reason, text):
    assert str(reason) == text


def test_there_are_three_ways_to_rebuild(reduced):
    with pytest.raises(ParameterError, match="rebuild 'some': it is one of 'missing', 'stale', 'all'"):
        plan(rebuild='some')
