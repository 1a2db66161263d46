"""Why a product holds or does not, and why it was made from this calibration."""

import datetime
import subprocess
import sys

import pytest
from sqlalchemy import update

from awlike.context import context
from awlike.errors import NotFound, ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.cosmics import CosmicMap
from awlike.frames.dome_flat import DomeFlatFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame
from awlike.frames.read_noise import ReadNoise
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.persist.dataobject import DataObject
from awlike.recipes.bias import BiasTask
from awlike.recipes.hot_pixels import HotPixelsTask
from awlike.recipes.reduced import ReduceTask
from awlike.store import server
from tests import paper
from tests.databases import by_hand
from tests.planning.test_reasons import replace_bias, set_code
from tests.tasks.conftest import kept, make_on_paper


@pytest.fixture
def red(reduced):
    """One reduced frame."""
    return ReducedScienceFrame.select_all()[0]


@pytest.mark.slow
def test_a_product_explains_itself_whatever_was_imported(red):
    code = ('import sys; from awlike.frames.reduced import ReducedScienceFrame\n'
            'red = ReducedScienceFrame.get(sys.argv[1]); red.compare(); print(red.why().holds)')
    done = subprocess.run([sys.executable, '-c', code, str(red.object_id)], capture_output=True, text=True)
    assert done.stdout == 'True\n', done.stderr


def again(obj):
    """`obj`, read anew."""
    return type(obj).get(obj.object_id)


def whys(*kinds) -> dict:
    """The reasons of the one object of each kind."""
    return {cls.__name__: cls.select_all()[0].why().reasons for cls in kinds}


def test_all_that_was_just_made_holds(reduced):
    for product in DataObject.select_all():
        if type(product).inputs():
            assert product.why().holds and product.why() and product.why().reasons == [], product


def test_what_holds_says_so(red):
    assert str(red.why()) == f'{red} holds: the same inputs, parameters and code would be used today'


def test_asking_why_changes_nothing(red):
    before = kept()
    replace = {'BiasFrame.SIGMA_CLIP': 2.5}
    assert not red.why(pars=replace) and kept() == before


def test_invalid_ancestor_however_far(red):
    bad = red.bias.raw_bias_frames[0]
    context.update_is_valid(bad, 0)
    verdict = again(red).why()
    assert not verdict.holds and not verdict and verdict.reasons[0] == 'invalid ancestor'
    assert f'invalid ancestor: {bad} is invalid, set by ada on ' in str(verdict)
    assert str(verdict).startswith(f'{red} does not hold\n  ')
    assert SaturatedPixelMap.select_all()[0].why().holds


def test_what_is_itself_invalid_does_not_hold(red):
    context.update_is_valid(red, 0)
    assert again(red).why().reasons == ['invalid ancestor'] and f'{red} is invalid' in str(again(red).why())
    context.update_is_valid(red, 1)
    assert again(red).why().holds


def test_better_input(red):
    old, new = red.bias, replace_bias()
    verdict = again(red).why()
    assert verdict.reasons == ['better input'] and f'{new} serves now' in str(verdict) and f'{old} was used' in str(verdict)
    assert again(new).why().holds and again(old).why().holds, 'each is what its own raw frames give'


def test_other_parameters_are_compared_when_they_are_given(red):
    verdict = red.why(pars={'ReducedScienceFrame.OVERSCAN_CORRECTION': 5})
    assert verdict.reasons == ['parameters differ'] and 'ReducedScienceFrame OVERSCAN_CORRECTION 6 -> 5' in str(verdict)
    verdict = red.why(pars={'BiasFrame.SIGMA_CLIP': 2.5})
    assert verdict.reasons == ['parameters differ'] and 'bias: BiasFrame SIGMA_CLIP 3.0 -> 2.5' in str(verdict)
    assert red.why(pars={'BiasFrame.SIGMA_CLIP': 3.0}).holds and red.why().holds


def test_a_limit_that_one_sets_differs_though_it_changes_no_pixels(reduced):
    pars = {'BiasFrame.MAXIMUM_STDEV': 5}
    assert {step.reason for step in ReduceTask('OMEGACAM', pars=pars).plan().to_make} == {'parameters differ'}
    bias = BiasFrame.select_all().one()
    assert bias.why(pars=pars).reasons == ['parameters differ'] and bias.why().holds
    assert bias.why(pars={'BiasFrame.MAXIMUM_STDEV': bias.process_params.MAXIMUM_STDEV}).holds


@pytest.mark.parametrize(('name', 'value'), [('BiasFrame.MAXIMUM_NUMBER', 10), ('BiasFrame.MINIMUM_NUMBER', 10),
                                             ('BiasFrame.PLAN_NIGHTS', 5), ('DomeFlatFrame.MINIMUM_NUMBER', 5)])
def test_parameters_that_choose_inputs_do_not_differ_where_they_choose_the_same(red, name, value):
    pars = {name: value}
    assert not ReduceTask('OMEGACAM', pars=pars).plan().to_make and red.why(pars=pars).holds
    one = (BiasFrame if name.startswith('Bias') else DomeFlatFrame).select_all()[0]
    assert getattr(one.process_params, name.partition('.')[2]) != value and one.why(pars=pars).holds


def test_parameters_that_choose_other_inputs_are_told_by_the_inputs(red):
    pars = {'BiasFrame.MAXIMUM_NUMBER': 5}
    assert {step.reason for step in ReduceTask('OMEGACAM', pars=pars).plan().to_make} == {'better input'}
    verdict, sixth = red.why(pars=pars), red.bias.raw_bias_frames[5]
    assert verdict.reasons == ['better input'] and f'bias.raw_bias_frames: {sixth} was used' in str(verdict)
    assert red.bias.why(pars=pars).holds, 'it is what its own raw frames give'


def test_other_code_of_the_product_or_of_any_input(red):
    set_code(HotPixelMap, 'another')
    told = 'the source that makes HotPixelMap is not what it was'
    assert str(again(red.hot).why().details[0]) == f'code differs: {told}'
    assert again(red).why().reasons == ['code differs'] and told in str(again(red).why())
    assert again(red.bias).why().holds


def test_another_make_version(red, monkeypatch):
    monkeypatch.setattr(CosmicMap, 'MAKE_VERSION', 7)
    assert 'code differs: weight.cosmic: make_version of CosmicMap 1 -> 7' in str(red.why())


def test_lost_and_dropped_files(red):
    name = red.filename
    server().remove(name)
    verdict = red.why()
    assert verdict.reasons == ['file lost'] and f'{name} is not on the data server' in str(verdict)
    red.retrieve()
    assert red.why().holds
    context.purge([red], commit=True)
    assert red.why().holds, 'dropped on purpose is not lost'


def test_all_reasons_are_told_at_once(red):
    set_code(ReducedScienceFrame, 'another')
    server().remove(red.filename)
    context.update_is_valid(red.weight.cosmic, 0)
    verdict = again(red).why(pars={'ReducedScienceFrame.OVERSCAN_CORRECTION': 5})
    assert set(verdict.reasons) >= {'invalid ancestor', 'file lost'}
    assert len(verdict.details) == len({(one.kind, one.detail) for one in verdict.details})


def test_what_was_made_from_stale_inputs_is_stale_too(reduced):
    """However many stand between."""
    set_code(ReadNoise, 'another')
    assert whys(ReadNoise, BiasFrame, HotPixelMap, FlatFrame, CosmicMap, ReducedScienceFrame) \
        == dict.fromkeys(['ReadNoise', 'BiasFrame', 'HotPixelMap', 'FlatFrame', 'CosmicMap', 'ReducedScienceFrame'],
                         ['code differs'])
    assert whys(SaturatedPixelMap) == {'SaturatedPixelMap': []}


def test_why_and_plan_agree(reduced):
    """What does not hold is made again, and what holds is not."""
    context.update_is_valid(CosmicMap.select_all()[1], 0)
    to_make = {step.request.raw for step in ReduceTask('OMEGACAM').plan().targets if step.to_make}
    assert {red.raw for red in ReducedScienceFrame.select_all() if not red.why()} == to_make and len(to_make) == 1


@pytest.mark.slow
def test_what_was_replaced_and_repaired_holds_again(reduced):
    bad = RawBiasFrame.select_all()[0]
    context.update_is_valid(bad, 0)
    ReduceTask('OMEGACAM', commit=True).execute()
    by_raw = {}
    for red in ReducedScienceFrame.select_all().order_by('creation_date'):
        by_raw.setdefault(red.raw, []).append(red.why().holds)
    assert all(holds == [False, True] for holds in by_raw.values())


def test_what_is_not_committed_has_no_why(night):
    task = BiasTask('OMEGACAM')
    task.execute()
    with pytest.raises(ParameterError, match='is not committed'):
        task.made[0].why()


# --- why this calibration ---

def test_the_only_one(red):
    chosen = red.chosen_because('bias')
    assert chosen.chosen == red.bias and chosen.others == []
    assert str(chosen) == f'bias of {red} is {red.bias}\n  the same night: plan\n' \
        '  there was no other as near as it may be'


def losers(product, role) -> dict:
    return dict(product.chosen_because(role).others)


def test_each_loser_is_told_with_what_it_lost_by(reduced):
    first = BiasFrame.select_all().one()
    bad = replace_bias()
    context.update_is_valid(bad, 0)
    other = BiasTask('OMEGACAM', commit=True, pars={'BiasFrame.SIGMA_CLIP': 2.5})
    other.execute()
    names = [raw.filename for raw in RawBiasFrame.select_all()][2:]
    part = BiasTask('OMEGACAM', raw_filenames=names, commit=True)
    part.execute()
    ReduceTask('OMEGACAM', commit=True).execute()
    red = ReducedScienceFrame.select_all().max('creation_date')
    assert red.bias == first, 'neither what was made last nor what was made from a part of the night'
    late = ReduceTask('OMEGACAM', commit=True, rebuild='all')
    late.execute()
    told = losers(late.products[0], 'bias')
    assert set(told) == {bad.filename, other.products[0].filename, part.products[0].filename}
    assert told[part.products[0].filename] == 'made from other raw frames of the set, or made earlier'
    assert told[bad.filename].startswith(f'did not serve, invalid ancestor: {bad} is invalid, set by ada')
    assert told[other.products[0].filename] == 'did not serve, parameters differ: BiasFrame SIGMA_CLIP 2.5 -> 3.0'


def test_what_came_later_was_no_rival(reduced):
    red = ReducedScienceFrame.select_all()[0]
    replace_bias()
    assert losers(red, 'bias') == {}


def test_a_rival_that_was_judged_later_lost_by_a_persons_interval_alone(reduced):
    """As things were when the choice was made."""
    first = BiasFrame.select_all().one()
    new = replace_bias()
    ReduceTask('OMEGACAM', commit=True).execute()
    context.update_is_valid(first, 0)
    red = ReducedScienceFrame.select_all().max('creation_date')
    chosen = red.chosen_because('bias')
    assert red.bias == new and chosen.how == 'the same night: plan: by hand'
    assert dict(chosen.others) == {first.filename: 'a person chose another by its interval'}
    assert context.moment is None


def test_quality_flags_lose(night):
    strict = BiasTask('OMEGACAM', commit=True, pars={'BiasFrame.MAXIMUM_STDEV': 1e-6})
    with pytest.raises(RuntimeError):
        strict.execute()
    flagged = BiasFrame.select_all().one()
    ReduceTask('OMEGACAM', commit=True).execute()
    red = ReducedScienceFrame.select_all()[0]
    assert red.bias != flagged and 'missed its limits: MAXIMUM_STDEV' in losers(red, 'bias')[flagged.filename]


def test_a_set_whose_calibration_missed_its_limits_lost_by_that(project, monkeypatch):
    near, far = (paper.raws(3, RawBiasFrame, DATE_OBS=paper.START + datetime.timedelta(days=day)) for day in (0, 2))
    make_on_paper(monkeypatch, noisy=near)
    task = HotPixelsTask('OMEGACAM', date='2012-05-31', commit=True)
    task.execute()
    hot, = task.products
    bad, good = BiasFrame.select_all().order_by('creation_date')
    assert hot.bias == good and set(good.raw_bias_frames) == set(far)
    chosen = hot.chosen_because('bias')
    assert chosen.chosen == good
    (name, lost), = chosen.others
    assert name == '3 RawBiasFrame of 2012-05-31'
    assert lost.startswith(f'did not serve, missing: {bad.filename} missed its limits: MAXIMUM_')


@pytest.mark.parametrize('role', ['raw', 'weight', 'instrument', 'biass'])
def test_of_what_was_not_chosen_nothing_is_told(red, role):
    text = f"'{role}' is no calibration that .* was made from: ask for one of bias, flat, hot, cold"
    with pytest.raises(ParameterError, match=text):
        red.chosen_because(role)


def test_of_what_is_absent_nothing_was_chosen(red):
    with pytest.raises(NotFound, match='was made without dark'):
        red.chosen_because('dark')


def test_calibrations_are_chosen_too(reduced):
    assert DomeFlatFrame.select_all()[0].chosen_because('bias').chosen == BiasFrame.select_all().one()


def test_objects_at_hand_stay_usable(red):
    bias = red.bias
    red.chosen_because('bias')
    assert red.bias == bias and len(red.bias.raw_bias_frames) == 10 and red.flat.twilight_flat.bias == bias


def test_the_choice_is_explained_when_the_world_is_seen_as_it_was(red):
    """And one stays in the past."""
    replace_bias()
    context.as_of(red.creation_date)
    past = again(red)
    assert past.chosen_because('bias').others == [] and context.moment == red.creation_date and past.why().holds


def test_what_has_no_digest_of_its_code_is_of_other_code(red):
    """A product made by an older awlike, before digests of code were kept."""
    table = DataObject.__table__
    with by_hand() as connection:
        connection.execute(update(table).where(table.c.object_id == red.object_id).values(code_digest=None))
    assert again(red).why().reasons == ['code differs']
