"""Whose frames serve: those of the project, of the other projects of who asks, and of sources; a plan tells of the others."""

import datetime

import pytest

from awlike import config
from awlike.context import context
from awlike.errors import NotAllowed, NotFound, ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.gain import GainLinearity
from awlike.frames.raw import RawBiasFrame, RawDomeFlatFrame, RawScienceFrame
from awlike.planning.counting import Counting
from awlike.planning.eras import Eras
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import of_frame
from awlike.planning.resolve import Resolver
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask
from tests import paper
from tests.conftest import become
from tests.planning.test_resolve import raw_night

DAY = datetime.timedelta(days=1)


@pytest.fixture
def named(project, monkeypatch):
    """Only sources that are named serve, on SQLite, too; eve has a project of her own, FORGED, at level 3."""
    monkeypatch.setenv('AWLIKE_SOURCES', 'named')
    as_eve(monkeypatch, lambda: context.create_project('FORGED'))
    return project


def as_eve(monkeypatch, act, project='', user='eve'):
    """Let eve do something, in her project if one is named; ada goes on, in hers. Gives what eve's act gives."""
    become(monkeypatch, user)
    if project:
        context.set_project(project, 3)
    done = act()
    become(monkeypatch, 'ada')
    context.set_project('TEST')
    return done


def raws(number=3, night=0, cls=RawBiasFrame):
    """Raw frames of one night, a minute apart, in the database."""
    start = datetime.datetime(2012, 6, 1, 20) + night * DAY
    frames = [paper.raw(cls, DATE_OBS=start + datetime.timedelta(minutes=n)) for n in range(number)]
    paper.insert(*frames)
    return frames


def plan_of(frame, commit=True):
    return Resolver(ParametersInForce(), commit).plan(BiasFrame, [of_frame(frame).for_class(BiasFrame)])


def chosen(plan):
    """The raw frames from which a plan makes the one bias that it is of."""
    step, = plan.targets
    return {one.object_id for one in step.inputs['raw_bias_frames']} if step.error is None else step.error


def ids(frames):
    return {one.object_id for one in frames}


def test_what_somebody_else_published_enters_nothing_and_the_plan_says_so(named, monkeypatch):
    own, science = raws(night=2), raws(1, cls=RawScienceFrame)[0]
    forged = as_eve(monkeypatch, raws, 'FORGED')
    plan = plan_of(science)
    assert chosen(plan) == ids(own), 'though the forged ones are nearer'
    told = 'left out: 3 RawBiasFrame of project FORGED, which is no source: ada, the owner of TEST, trusts it by ' \
           "context.add_source('FORGED')"
    assert told in str(plan)
    assert plan.to_dict()['left_out'] == [{
        'kind': 'RawBiasFrame', 'project': 'FORGED', 'number': 3, 'why': 'which is no source', 'level': None,
        'remedy': "ada, the owner of TEST, trusts it by context.add_source('FORGED')"}]
    context.add_source('FORGED')
    plan = plan_of(science)
    assert chosen(plan) == ids(forged) and 'left out' not in str(plan)
    context.remove_source('FORGED')
    assert chosen(plan_of(science)) == ids(own)


def test_without_the_setting_a_database_of_ones_own_trusts_all_and_one_of_many_people_none(named, monkeypatch):
    raws(night=2)
    science = raws(1, cls=RawScienceFrame)[0]
    forged = as_eve(monkeypatch, raws, 'FORGED')
    monkeypatch.delenv('AWLIKE_SOURCES')
    config.settings.cache_clear()
    from awlike.database.sessions import database
    assert (context.trusted() is None) == database().is_sqlite
    assert (chosen(plan_of(science)) == ids(forged)) == database().is_sqlite
    monkeypatch.setenv('AWLIKE_SOURCES', 'all')
    config.settings.cache_clear()
    assert chosen(plan_of(science)) == ids(forged)


def test_a_forged_calibration_is_neither_reused_nor_counted_as_made_before(named, monkeypatch):
    own, science = raws(), raws(1, cls=RawScienceFrame)[0]
    context.publish(own[0].raw_fits, 3)
    for one in own:
        context.publish(one, 3)
    step, = plan_of(science).targets
    noise, = step.before()

    def forge():
        frames = [RawBiasFrame.get(one.object_id) for one in own]
        made = paper.product(noise.cls, raw_bias_frames=frames, read_noise=999.0, reuse_key=noise.key(),
                             process_parameters=noise.params.model_dump())
        return paper.insert(made)

    as_eve(monkeypatch, forge, 'FORGED')
    step, = plan_of(science).targets
    assert step.before()[0].to_make, 'the identity alone makes no product of ours'
    context.add_source('FORGED')
    step, = plan_of(science).targets
    assert step.before()[0].reused


def test_an_intervention_of_others_is_none_of_ours(named, monkeypatch):
    paper.instrument()
    science = raws(1, cls=RawScienceFrame)[0]
    as_eve(monkeypatch, lambda: context.intervention('OMEGACAM', '2012-06-01T21:00', reason='never'), 'FORGED')
    request = of_frame(science)

    def eras():
        return Eras(Counting(commit=True)).of(BiasFrame, request).interventions

    assert len(context.interventions()) == 1 and eras() == []
    context.add_source('FORGED')
    assert len(eras()) == 1


def test_an_interval_by_hand_of_others_does_not_decide(named, monkeypatch):
    own, science = raws(), raws(1, cls=RawScienceFrame)[0]

    def forge():
        bias = paper.bias(raws(night=5), timestamp_start=paper.START, timestamp_end=paper.START + DAY)
        context.update_timestamps(bias, paper.START - DAY, paper.START + 9 * DAY)

    as_eve(monkeypatch, forge, 'FORGED')
    plan = plan_of(science)
    assert chosen(plan) == ids(own)


def test_the_other_projects_of_who_asks_serve(named):
    context.create_project('MINE')
    context.set_project('MINE', 3)
    mine = raws()
    context.set_project('TEST')
    assert chosen(plan_of(raws(1, cls=RawScienceFrame)[0])) == ids(mine)


def test_frames_that_the_user_names_are_taken_and_others_of_the_night_are_not(named, monkeypatch):
    theirs = as_eve(monkeypatch, lambda: raws(2, cls=RawScienceFrame), 'FORGED')
    own = raws(1, cls=RawScienceFrame)
    by_night = ReduceTask('OMEGACAM', date='2012-06-01').plan()
    assert {step.request.raw for step in by_night.targets} == set(own)
    assert 'left out: 2 RawScienceFrame of project FORGED' in str(by_night)
    by_name = ReduceTask('OMEGACAM', raw_filenames=[theirs[0].filename]).plan()
    assert [step.request.raw.object_id for step in by_name.targets] == [theirs[0].object_id]


def test_where_all_that_is_asked_for_is_left_out_the_plan_says_why(named, monkeypatch):
    as_eve(monkeypatch, lambda: raws(2, cls=RawScienceFrame), 'FORGED')
    plan = ReduceTask('OMEGACAM').plan()
    assert not plan.targets and 'left out: 2 RawScienceFrame of project FORGED, which is no source' in str(plan)


def test_the_number_of_statements_does_not_grow_with_the_frames(named, monkeypatch):
    def number():
        with paper.statements() as sent:
            assert ReduceTask('OMEGACAM', commit=True).plan().targets
        return len(sent)

    raw_night(science=1)
    as_eve(monkeypatch, raw_night, 'FORGED')
    number()  # which reads what stays known
    few = number()
    raws(30, cls=RawScienceFrame)
    assert number() <= few


# --- who names sources ---


def test_the_owner_names_and_withdraws_sources_and_all_of_it_is_kept(named, monkeypatch):
    context.add_source('FORGED')
    context.add_source('FORGED')
    source, = context.sources()
    assert (source.name, source.project, source.user, source.ended) == ('FORGED', 'TEST', 'ada', None)
    context.remove_source('FORGED')
    assert context.sources() == []
    source, = context.sources(withdrawn=True)
    assert source.ended_by == 'ada' and f'withdrawn by ada on {source.ended:%Y-%m-%d}' in str(source)
    with pytest.raises(NotFound, match='FORGED is no source of TEST'):
        context.remove_source('FORGED')


def test_a_past_date_has_its_sources(named):
    context.add_source('FORGED')
    then = context.sources()[0].date + datetime.timedelta(microseconds=1)
    context.remove_source('FORGED')
    number = len(context.trusted())
    context.as_of(then)
    assert len(context.trusted()) == number + 1
    context.as_of(then - DAY)
    assert len(context.trusted()) == number
    with pytest.raises(NotAllowed, match='cannot name sources'):
        context.add_source('FORGED')


def test_nobody_else_names_sources(named, monkeypatch):
    context.add_member('eve')

    def as_member():
        context.set_project('TEST')
        with pytest.raises(NotAllowed, match='only ada, the owner of TEST, names its sources'):
            context.add_source('FORGED')

    as_eve(monkeypatch, as_member)
    with pytest.raises(NotFound, match="there is no project 'FORGER'.*FORGED"):
        context.add_source('FORGER')
    with pytest.raises(ParameterError, match='TEST uses its own frames anyway'):
        context.add_source('TEST')


def test_a_source_of_all_projects_is_named_by_the_owner_of_the_database(named):
    from awlike.database.sessions import database
    if not database().is_sqlite:
        with pytest.raises(NotAllowed, match='only the owner of the database names sources of all projects'):
            context.add_source('FORGED', for_all=True)
        return
    context.add_source('FORGED', for_all=True)
    assert [str(one).split(',')[0] for one in context.sources()] == ['FORGED for all projects']
    context.create_project('LATER')
    context.set_project('LATER')
    assert len(context.sources()) == 1
    context.remove_source('FORGED', for_all=True)
    assert context.sources() == []


# --- what readers could not see ---


@pytest.fixture
def two(project):
    """A night of project NIGHT at level 2, and work in TEST, both ada's."""
    context.create_project('NIGHT')
    context.set_project('NIGHT')
    raw_night(science=2)
    context.set_project('TEST')


def test_of_two_projects_what_readers_could_not_see_is_left_out_with_the_remedy(two):
    plan = ReduceTask('OMEGACAM', commit=True).plan()
    told = str(plan)
    assert not plan.targets and not plan.failed
    assert ('left out: 2 RawScienceFrame of project NIGHT, at 2 (Project), hidden from some who would see the product: publish '
            'them by context.publish(frame, 3), or make the product for yourself by context.set_privileges(1)') in told
    context.set_privileges(1)
    plan = ReduceTask('OMEGACAM', commit=True).plan()
    assert len(plan.targets) == 2 and not plan.failed and not plan.left_out.lines()


def test_the_error_says_where_raw_frames_are(two):
    raws(1, cls=RawScienceFrame)
    step, = ReduceTask('OMEGACAM', commit=True).plan().failed
    assert '0 valid RawBiasFrame' in str(step.error)
    assert '3 RawBiasFrame of project NIGHT, at 2 (Project), hidden from some who would see the product: publish them' in str(
        step.error)
    for raw in RawBiasFrame.is_valid > 0:
        context.publish(raw, 3)
    assert 'RawBiasFrame' not in str(ReduceTask('OMEGACAM', commit=True).plan().failed[0].error)


def test_named_frames_that_readers_could_not_see_are_refused_by_name(two):
    raw = RawBiasFrame.select_all()[0]
    with pytest.raises(NotAllowed, match='raw_filenames names frames that cannot be used: 1 RawBiasFrame of project NIGHT'):
        BiasTask('OMEGACAM', raw_filenames=[raw.filename], commit=True).plan()


def test_calibrations_that_readers_could_not_see_are_told_of(two):
    context.set_project('NIGHT')
    paper.insert(paper.product(GainLinearity, raw_dome_flat_frames=raws(cls=RawDomeFlatFrame), process_parameters={}))
    context.set_project('TEST')
    raw_night()
    plan = ReduceTask('OMEGACAM', commit=True).plan()
    assert 'left out: 1 GainLinearity of project NIGHT, at 2 (Project)' in str(plan)


def test_of_a_file_that_two_people_ingested_each_frame_serves_once(project):
    first = raws()
    twins = [paper.raw(RawBiasFrame, DATE_OBS=one.DATE_OBS, digest=one.digest) for one in first]
    paper.insert(*twins)
    assert chosen(plan_of(raws(1, cls=RawScienceFrame)[0])) == ids(first)


@pytest.mark.parametrize('values', [{'EXPTIME': None}, {'digest': None}])
def test_an_odd_raw_frame_of_the_project_stops_nobody(project, values):
    good = raws()
    paper.insert(paper.raw(RawBiasFrame, **{'DATE_OBS': good[0].DATE_OBS} | values))
    plan = plan_of(raws(1, cls=RawScienceFrame)[0])
    assert chosen(plan) == ids(good)
    assert 'left out: 1 RawBiasFrame of project TEST, without a date, content or exposure time: mark them invalid' in str(plan)


@pytest.mark.parametrize('values', [{'DATE_OBS': None}, {'DATE_OBS': datetime.datetime(1, 1, 1)},
                                    {'DATE_OBS': datetime.datetime(9999, 12, 31)}, {'EXPTIME': None}])
def test_an_odd_science_frame_of_the_project_stops_nobody(project, values):
    raw_night(science=1)
    paper.insert(paper.raw(RawScienceFrame, **values))
    plan = ReduceTask('OMEGACAM', commit=True).plan()
    assert len(plan.targets) == 1 and not plan.failed and 'left out: 1 RawScienceFrame of project TEST' in str(plan)


def test_a_plan_says_what_it_uses_of_other_projects(project):
    mine = raws()
    assert plan_of(mine[0]).of_others == [] and 'of project' not in str(plan_of(mine[0])), 'all is of the current project'
    context.create_project('OTHER')
    context.set_project('OTHER', 2)
    plan = plan_of(mine[0], commit=False)
    assert plan.of_others == ['uses 3 RawBiasFrame of project TEST'] == plan.to_dict()['of_other_projects']
    assert 'uses 3 RawBiasFrame of project TEST' in str(plan).splitlines()
    assert 'uses 3 RawBiasFrame of project TEST' in plan._repr_html_()
