import datetime

import pytest

from awlike.context import Change, context
from awlike.database.sessions import database
from awlike.errors import NotAllowed, NotFound, ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.nights import utcnow
from awlike.persist.dataobject import DataObject
from awlike.persist.references import Project, User
from tests import paper
from tests.conftest import become

DAY = datetime.timedelta(days=1)


def between(user, monkeypatch, project=None, privileges=2):
    """Go on as `user`, in `project` if one is named."""
    become(monkeypatch, user)
    if project:
        context.set_project(project, privileges)


# --- user, project, privileges ---


def test_the_user_is_who_the_settings_say(home, monkeypatch):
    assert context.user.name == 'ada' and context.user is context.user
    become(monkeypatch, 'bob')
    assert context.user.name == 'bob' and {user.name for user in User.select_all()} >= {'ada', 'bob'}
    become(monkeypatch, 'anonymous')
    assert context.user is None and context.projects() == [] and not (User.name == 'anonymous').exists()


def test_without_a_project_it_is_said_how_to_get_one(home):
    with pytest.raises(NotFound, match=r'no project is set, and you have none yet: say context.create_project\(name\)'):
        _ = context.project
    context.create_project('B')
    with pytest.raises(NotFound, match=r"no project is set: say context.set_project\('B'\)$"):
        _ = context.project
    context.create_project('A')
    with pytest.raises(NotFound, match='your projects are A, B'):
        _ = context.project


def test_the_project_may_come_from_the_settings(home, monkeypatch):
    context.create_project('TEST')
    monkeypatch.setenv('AWLIKE_PROJECT', 'TEST')
    become(monkeypatch, 'ada')
    assert context.audience()[2] == context.project.object_id and context.project.name == 'TEST' and context.privileges == 2


def test_who_opens_a_project_owns_it_and_is_a_member(home):
    project = context.create_project('TEST', 'for tests', maximum_privileges=3)
    assert project.owner == context.user and context.projects() == [project] and project.is_committed
    assert (Project.name == 'TEST').one() == project and project.maximum_privileges == 3


@pytest.mark.parametrize('level', [0, 6, True, '2', 2.5])
def test_levels_are_one_to_five(project, level):
    for use in (context.set_privileges, lambda level: context.set_project('TEST', level),
                lambda level: context.create_project('OTHER', maximum_privileges=level)):
        with pytest.raises(ParameterError, match=r'one of 1 \(MyDB\), 2 \(Project\), 3 \(Astro-WISE\), 4 \(World\), 5 \(VO\)'):
            use(level)
    assert context.privileges == 2 and context.project == project and not (Project.name == 'OTHER').exists()


def test_refusals_to_set_a_project(home, monkeypatch):
    context.create_project('ADAS')
    context.set_project('ADAS')
    between('bob', monkeypatch)
    with pytest.raises(NotAllowed, match='you are not a member of project ADAS: ask its owner, ada, to add you'):
        context.set_project('ADAS')
    with pytest.raises(NotFound, match=r"no project 'X': there are ADAS; context.create_project\('X'\) makes a new one"):
        context.set_project('X')
    with pytest.raises(ParameterError, match="there is a project 'ADAS' already"):
        context.create_project('ADAS')
    with pytest.raises(NotFound, match='no project is set'):
        _ = context.project


def test_members(home, monkeypatch):
    project = context.create_project('TEST')
    context.set_project('TEST')
    context.add_member('bob')
    context.add_member('bob', project)
    between('bob', monkeypatch, 'TEST')
    assert context.project == project and context.projects() == [project]
    with pytest.raises(NotAllowed, match='only ada, the owner of TEST, can add members to it'):
        context.add_member('carl')


def test_no_project_goes_above_its_maximum(home):
    context.create_project('SMALL', maximum_privileges=1)
    context.set_project('SMALL')
    assert context.privileges == 1, 'though 2 is what one gets otherwise'
    with pytest.raises(NotAllowed, match=r'project SMALL publishes at most at 1 \(MyDB\), not at 3 \(Astro-WISE\)'):
        context.set_privileges(3)
    raw = paper.insert(paper.raw())
    with pytest.raises(NotAllowed, match='cannot be published at 2'):
        context.publish(raw, 2)


def test_anonymous_makes_nothing(home, monkeypatch):
    context.create_project('TEST')
    context.set_project('TEST', 4)
    raw = paper.insert(paper.raw())
    become(monkeypatch, 'anonymous')
    assert list(RawScienceFrame.select_all()) == [raw]
    for do, what in ((lambda: context.create_project('X'), 'open a project'),
                     (lambda: context.stamp(paper.RawFits()), 'make anything'),
                     (lambda: RawScienceFrame.select_all().user_only(), 'own anything')):
        with pytest.raises(NotAllowed, match=f'you are anonymous and cannot {what}: '
                                             'set AWLIKE_USER to the name of your account'):
            do()
    for do in (lambda: context.update_is_valid(raw, 0), lambda: context.publish(raw, 5), lambda: context.set_project('TEST')):
        with pytest.raises(NotAllowed):
            do()
    assert raw.is_valid == 1 and raw.privileges == 4


def test_what_it_prints(home):
    context.create_project('TEST', 'for tests', maximum_privileges=4)
    context.set_project('TEST', 3)
    assert [line.strip() for line in str(context.get_current_project()).splitlines()] == [
        'Name: TEST', 'Description: for tests', 'Instrument: any', 'Owner: ada', 'Maximum Privileges: 4 (World)',
        'Current Privileges: 3 (Astro-WISE)']
    assert context.get_current_project().name == 'TEST'
    assert repr(context) == '<context: ada in TEST, privileges 3 (Astro-WISE)>'


def test_what_is_made_is_stamped(project):
    before = utcnow()
    context.set_privileges(1)
    raw = paper.insert(paper.raw())
    assert (raw.creator, raw.project, raw.privileges) == (context.user, project, 1)
    assert before <= raw.creation_date <= utcnow()


# --- what can change after commit ---


def test_validity_changes_and_each_change_is_kept(project):
    raw, before = paper.insert(paper.raw()), utcnow()
    assert context.history(raw) == []
    context.update_is_valid(raw, 0)
    context.update_is_valid(raw, 2)
    assert raw.is_valid == 2 and list(RawScienceFrame.is_valid == 2) == [raw]
    first, second = context.history(raw)
    assert first == Change('is_valid', '1', '0', 'ada', first.date) and (second.old, second.new) == ('0', '2')
    assert before <= first.date <= second.date <= utcnow()


def test_to_say_what_is_so_already_is_no_change(project):
    raw = paper.insert(paper.raw())
    context.update_is_valid(raw, 1)
    assert context.history(raw) == []


@pytest.mark.parametrize('value', [3, -1, None, True, '1'])
def test_validity_has_three_values(project, value):
    with pytest.raises(ParameterError, match=r'it is 0 \(invalid\), 1 \(valid\) or 2 \(proposed for promotion\)'):
        context.update_is_valid(paper.insert(paper.raw()), value)


def test_timestamps(project):
    bias = paper.bias(timestamp_start=paper.START, timestamp_end=paper.START + DAY)
    context.update_timestamps(bias, end=paper.START + 3 * DAY)
    assert (bias.timestamp_start, bias.timestamp_end) == (paper.START, paper.START + 3 * DAY)
    assert list(BiasFrame.timestamp_end > paper.START + 2 * DAY) == [bias]
    change, = context.history(bias)
    assert change.attribute == 'timestamp_end'
    assert (change.old, change.new) == ('2012-06-02 00:00:00.000000', '2012-06-04 00:00:00.000000')
    context.update_timestamps(bias, paper.START - DAY, paper.START)
    assert [one.attribute for one in context.history(bias)] == ['timestamp_end', 'timestamp_start', 'timestamp_end']
    with pytest.raises(ParameterError, match='the start must be before the end'):
        context.update_timestamps(bias, start=bias.timestamp_end)
    with pytest.raises(ParameterError, match='has no timestamps: calibrations have'):
        context.update_timestamps(paper.insert(paper.raw()), paper.START)


def test_uncommitted_objects_are_simply_set(project):
    bias = paper.product(BiasFrame, timestamp_start=paper.START, timestamp_end=paper.START + DAY)
    context.update_is_valid(bias, 0)
    context.update_timestamps(bias, paper.START - DAY)
    assert bias.is_valid == 0 and bias.timestamp_start == paper.START - DAY and context.history(bias) == []


def test_members_judge_what_the_project_has_and_nobody_else_does(home, monkeypatch):
    context.create_project('TEST')
    context.set_project('TEST')
    context.add_member('bob')
    shared = paper.insert(paper.raw())
    context.set_privileges(3)
    public = paper.insert(paper.raw())
    between('bob', monkeypatch, 'TEST')
    context.update_is_valid(shared, 0)
    context.update_is_valid(public, 0)
    assert context.history(shared)[0].user == 'bob'
    between('eve', monkeypatch)
    with pytest.raises(NotAllowed, match=f'is_valid of {public} can be changed by ada, who made it, and by the members of '
                                         'project TEST; you are neither'):
        context.update_is_valid(public, 1)


# --- publishing ---


def test_publishing_raises_the_whole_lineage_and_its_files(project):
    hot = paper.hot()
    raws = hot.bias.raw_bias_frames
    raised = context.publish(hot, 4)
    everything = {hot, *hot.ancestors(), raws[0].raw_fits}
    assert set(raised) == everything == set(DataObject.privileges == 4)
    assert all(obj.privileges == 4 for obj in everything)
    assert [(one.attribute, one.old, one.new) for one in context.history(raws[0])] == [('privileges', '2', '4')]


def test_publishing_raises_no_more_than_needed(project):
    bias = paper.bias()
    context.publish(bias, 4)
    hot, other = paper.hot(bias), paper.hot()
    assert context.publish(hot, 3) == [hot] and bias.privileges == 4 and other.privileges == 2
    assert set(context.publish(hot, 5)) == {hot} and hot.privileges == 5
    assert bias.privileges == 4, 'everybody sees that already'
    assert context.publish(hot, 5) == []


def test_a_raw_frame_is_published_with_its_file(project):
    raw = paper.insert(paper.raw())
    assert set(context.publish(raw, 3)) == {raw, raw.raw_fits}


def test_privileges_only_go_up(project):
    raw = paper.insert(paper.raw())
    context.publish(raw, 4)
    with pytest.raises(NotAllowed, match=r'is at 4 \(World\): privileges only go up'):
        context.publish(raw, 3)


def test_privileges_only_go_up_even_for_who_has_not_seen_them_rise(project):
    raw = paper.insert(paper.raw())
    with database().transaction() as connection:  # as another process would
        connection.execute(DataObject.__table__.update().values(privileges=4))
    assert raw.privileges == 2
    context.publish(raw, 3)
    assert raw.privileges == 4 and list(RawScienceFrame.privileges == 4) == [raw]
    assert '3' not in {change.new for change in context.history(raw)}


def test_publishing_refuses_and_lists_what_stands_in_the_way_and_whose_it_is(home, monkeypatch):
    context.create_project('TEST')
    context.set_project('TEST')
    context.add_member('bob')
    context.add_member('carl')
    between('bob', monkeypatch, 'TEST')
    bias = paper.bias()
    between('carl', monkeypatch, 'TEST')
    hot = paper.hot(BiasFrame.get(bias.object_id))
    with pytest.raises(NotAllowed, match=rf'{hot} cannot be published at 3 \(Astro-WISE\); in the way stand\n') as refusal:
        context.publish(hot, 3)
    assert f'  {bias} (2 (Project), bob, project TEST)' in str(refusal.value) and 'Ask their creators' in str(refusal.value)
    assert {obj.privileges for obj in DataObject.select_all()} == {2}, 'nothing is raised'
    between('ada', monkeypatch)
    context.publish(HotPixelMap.get(hot.object_id), 3)
    assert {obj.privileges for obj in DataObject.select_all()} == {3}, 'the owner of the project can'


def test_a_project_sees_no_product_of_what_another_project_keeps(home, monkeypatch):
    for name in ('ONE', 'TWO'):
        context.create_project(name)
    context.set_project('ONE')
    bias = paper.bias()
    context.set_project('TWO', 1)
    hot = paper.hot(bias)
    with pytest.raises(NotAllowed, match=f'{bias.filename} .2 .Project., ada, project ONE'):
        context.publish(hot, 2)
    assert hot.privileges == 1
    assert bias in context.publish(hot, 3) and bias.privileges == 3, 'where all see it, they see its inputs'


def test_what_is_not_committed_is_not_published(project):
    with pytest.raises(NotAllowed, match='is not committed: commit it, then publish it'):
        context.publish(paper.raw(), 3)


# --- committing ---


def test_no_product_is_committed_that_more_people_see_than_its_inputs(project):
    bias = paper.bias()
    context.set_privileges(3)
    with pytest.raises(NotAllowed, match=r'cannot be committed at 3 \(Astro-WISE\) in project TEST: who sees it could not see\n'
                                         rf'  {bias} \(2 \(Project\), ada, project TEST\)\n'
                                         r'Publish those first, by context.publish\(obj, level\), '
                                         r'or commit at lower privileges'):
        paper.hot(bias)
    context.publish(bias, 3)
    assert paper.hot(bias).privileges == 3


def test_no_product_is_committed_before_its_inputs(project):
    bias = paper.product(BiasFrame)
    with pytest.raises(NotAllowed, match=f'it is made from {bias}, which is not committed. Commit that first'):
        paper.insert(paper.product(HotPixelMap, bias=bias))


def test_the_refusal_lists_ten_at_most(project):
    raws = paper.raws(15, RawBiasFrame)
    context.set_privileges(4)
    with pytest.raises(NotAllowed, match=r'RawBiasFrame_\d+.fits .*\n  and 5 more'):
        paper.insert(paper.product(BiasFrame, raw_bias_frames=raws))


# --- deleting ---


def test_ones_own_product_that_nothing_was_made_from_is_deleted_without_trace(project):
    bias = paper.bias(filename=None)
    hot = paper.hot(bias, filename=None)
    context.update_is_valid(hot, 0)
    context.delete(hot)
    assert not HotPixelMap.select_all().exists() and not bias.descendants() and context.history(hot) == []
    context.delete(bias)
    assert not BiasFrame.select_all().exists() and len(RawBiasFrame.select_all()) == 3


def test_everything_else_is_invalidated_instead(home, monkeypatch):
    context.create_project('TEST')
    context.set_project('TEST')
    context.add_member('bob')
    hot = paper.hot()
    reasons = {hot.bias: '1 object was made from it', hot.bias.raw_bias_frames[0]: 'raw files and frames are never deleted',
               hot.bias.raw_bias_frames[0].raw_fits: 'raw files and frames are never deleted',
               paper.product(HotPixelMap, bias=hot.bias): 'it is not committed'}
    for obj, reason in reasons.items():
        with pytest.raises(NotAllowed, match=f'{obj} cannot be deleted: {reason}. '
                                             r'Mark it bad instead, by context.update_is_valid\(obj, 0\)'):
            context.delete(obj)
    between('bob', monkeypatch, 'TEST')
    with pytest.raises(NotAllowed, match="it is ada's"):
        context.delete(HotPixelMap.get(hot.object_id))
    between('ada', monkeypatch)
    hot = HotPixelMap.get(hot.object_id)
    context.publish(hot, 3)
    with pytest.raises(NotAllowed, match=r'it is at 3 \(Astro-WISE\), where others may rely on it'):
        context.delete(hot)
    assert len(DataObject.select_all()) == 7


# --- the world as of a date ---


def moment_between():
    """An instant after all that was done, and before all that will be."""
    moment = utcnow()
    while utcnow() == moment:
        pass
    return moment


def test_an_instant_is_written_in_three_ways(project):
    for date, moment in (('2012-06-01T08:51:44', datetime.datetime(2012, 6, 1, 8, 51, 44)),
                         ('2012-06-01T08:51:44+02:00', datetime.datetime(2012, 6, 1, 6, 51, 44)),
                         (datetime.datetime(2012, 6, 1, tzinfo=datetime.UTC), datetime.datetime(2012, 6, 1)),
                         ('2012-06-01', datetime.datetime(2012, 6, 1)), (None, None)):
        context.as_of(date)
        assert context.moment == moment


@pytest.mark.parametrize('date', ['yesterday', '1-6-2012', 20120601, datetime.date(2012, 6, 1)])
def test_what_is_no_instant_is_refused_and_changes_nothing(project, date):
    with pytest.raises(ParameterError, match='as_of.*"2012-06-01T08:51:44"'):
        context.as_of(date)
    assert context.moment is None


def test_in_the_past_nothing_is_made_and_it_says_how_to_return(project):
    context.as_of('2012-06-01T08:51:44')
    with pytest.raises(NotAllowed, match=r'you see the world as of 2012-06-01 08:51:44 and cannot open a project: '
                                         r'context.as_of\(None\) returns to now'):
        context.create_project('X')
    context.as_of(None)
    context.create_project('X')


def test_another_user_starts_in_the_present(project, monkeypatch):
    context.as_of('2012-06-01')
    become(monkeypatch, 'bob')
    assert context.moment is None


def test_the_lineage_of_what_one_holds_is_there_in_the_past_too(project):
    hot = paper.hot()
    moment = moment_between()
    paper.hot(hot.bias)
    context.as_of(moment)
    assert hot in HotPixelMap.select_all() and len(hot.bias.raw_bias_frames) == 3 and len(hot.ancestors()) == 5
    assert hot.bias.inverse_objects().count(HotPixelMap) == 1


def test_what_one_holds_can_be_deleted_after_a_look_at_the_past(project):
    hot = paper.hot()
    context.as_of('2012-06-01')
    with pytest.raises(NotAllowed, match='cannot delete anything'):
        context.delete(hot)
    context.as_of(None)
    context.delete(hot)
    assert not HotPixelMap.select_all().exists()


@pytest.mark.parametrize('name', ['', '  '])
def test_a_project_needs_a_name(home, name):
    with pytest.raises(ParameterError, match='needs a name'):
        context.create_project(name)


@pytest.mark.parametrize('change', [lambda q: context.update_is_valid(q, 0), lambda q: context.publish(q, 4), context.delete])
def test_a_query_is_not_mistaken_for_an_object(project, change):
    paper.bias()
    with pytest.raises(ParameterError, match=r'is no object: give one, as query\[0\]'):
        change(BiasFrame.select_all())
    assert BiasFrame.select_all().one().privileges == 2


def test_what_was_published_meanwhile_is_not_deleted(project):
    bias = paper.bias()
    with database().transaction() as connection:
        connection.execute(DataObject.__table__.update().values(privileges=4))
    with pytest.raises(NotAllowed, match='published meanwhile'):
        context.delete(bias)
    assert BiasFrame.select_all().exists()
