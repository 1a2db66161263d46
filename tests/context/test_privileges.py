"""The rules of who sees what, case by case, and in random histories beside a model of them in plain Python."""

import dataclasses
import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awlike.context import context
from awlike.context.privileges import LEVELS, level_name
from awlike.errors import NotAllowed, NotFound
from awlike.frames.raw import RawBiasFrame
from awlike.persist.dataobject import DataObject
from awlike.persist.dbobject import Input
from awlike.products.calibration import CalibrationFrame
from awlike.products.frame import Frame
from awlike.products.raw import RawFits
from tests import paper
from tests.conftest import become, let_in
from tests.databases import open_account


class Mixture(CalibrationFrame):
    """For tests: made from anything."""

    parts = Input(Frame, 'what it was made from', many=True)


@pytest.mark.parametrize(('level', 'seen_by'), [
    (1, {'ada'}), (2, {'ada', 'bob'}), (3, {'ada', 'bob', 'eve'}), (4, {'ada', 'bob', 'eve', 'anonymous'}),
    (5, {'ada', 'bob', 'eve', 'anonymous'})])
def test_each_level_has_its_audience(home, monkeypatch, level, seen_by):
    context.create_project('TEST')
    context.set_project('TEST')
    let_in(monkeypatch, 'bob')
    context.set_privileges(level)
    raw = paper.insert(paper.raw())
    for user in ('ada', 'bob', 'eve', 'anonymous'):
        become(monkeypatch, user)
        assert (raw in Frame.select_all()) == (user in seen_by)
        assert len(RawFits.select_all()) == (user in seen_by), 'as is its file'


def test_all_the_projects_of_a_user_are_seen_whichever_is_set(home):
    for name in ('ONE', 'TWO'):
        context.create_project(name)
        context.set_project(name)
        paper.raws(1)
    assert len(Frame.select_all()) == 2 and len(Frame.select_all().project_only()) == 1


def test_a_new_member_sees_what_the_project_had(home, monkeypatch):
    context.create_project('TEST')
    context.set_project('TEST')
    raw = paper.insert(paper.raw())
    become(monkeypatch, 'bob')
    assert raw not in Frame.select_all()
    with pytest.raises(NotFound, match='that you may see'):
        Frame.get(raw.object_id)
    become(monkeypatch, 'ada')
    context.set_project('TEST')
    let_in(monkeypatch, 'bob')
    become(monkeypatch, 'bob')
    assert Frame.get(raw.object_id) == raw


def test_what_one_keeps_to_oneself_the_owner_of_the_project_does_not_see(home, monkeypatch):
    context.create_project('TEST')
    context.set_project('TEST')
    context.add_member('bob')
    become(monkeypatch, 'bob')
    context.set_project('TEST', 1)
    raw = paper.insert(paper.raw())
    become(monkeypatch, 'ada')
    assert raw not in Frame.select_all()


def test_levels_have_names():
    assert [level_name(level) for level in LEVELS] == ['1 (MyDB)', '2 (Project)', '3 (Astro-WISE)', '4 (World)', '5 (VO)']


# --- random histories ---


@dataclasses.dataclass(eq=False)
class Thing:
    """What the model knows of an object."""

    obj: DataObject
    creator: str
    project: str
    level: int
    parts: list
    file: 'Thing | None' = None

    def above(self) -> set:
        """All that it was made from."""
        return {one for part in self.parts for one in {part} | part.above()}


class Model:
    """Users, projects, objects, and the rules."""

    number = itertools.count()

    def __init__(self, monkeypatch):
        self.monkeypatch = monkeypatch
        tag = next(self.number)
        self.users = [f'{name}{tag}' for name in ('ada', 'bob', 'eve')]
        for user in self.users:
            open_account(user)
        self.members, self.maximum, self.owner, self.things = {}, {}, {}, []
        for owner, name, maximum in zip(self.users, ('P', 'Q'), (5, 3), strict=False):
            become(monkeypatch, owner)
            context.create_project(f'{name}{tag}', maximum_privileges=maximum)
            self.members[f'{name}{tag}'], self.maximum[f'{name}{tag}'], self.owner[f'{name}{tag}'] = {owner}, maximum, owner

    def sees(self, user, thing) -> bool:
        return thing.level >= 4 or user != 'anonymous' and (
            thing.level == 3 or thing.level == 2 and user in self.members[thing.project]
            or thing.level == 1 and user == thing.creator
            and all(self.sees(user, one) for one in (*thing.parts, thing.file) if one))

    def within(self, creator, project, level, other) -> bool:
        """Whether all who see what `creator` makes in `project` at `level` see `other`, whoever joins later."""
        if other.level >= 4 or level < 4 and other.level == 3:
            return True
        if level == 2:
            return other.level == 2 and other.project == project
        return level == 1 and self.sees(creator, other)

    # --- what can happen ---

    def join(self, user, project):
        become(self.monkeypatch, self.owner[project])
        context.set_project(project)
        if not context.add_member(user):
            become(self.monkeypatch, user)
            assert context.join(project)
        self.members[project].add(user)

    def leave(self, user, project):
        become(self.monkeypatch, user)
        if user in self.members[project] - {self.owner[project]}:
            context.leave(project)
            self.members[project].remove(user)
        else:
            with pytest.raises((NotAllowed, NotFound), match='no member|stays a member'):
                context.leave(project)

    def work(self, user, project, level) -> bool:
        """Let `user` work in `project`, if they may."""
        become(self.monkeypatch, user)
        if user not in self.members[project]:
            with pytest.raises(NotAllowed, match='not a member'):
                context.set_project(project)
            return False
        context.set_project(project, min(level, self.maximum[project]))
        return True

    def observe(self, user, project, level):
        if self.work(user, project, level):
            file = paper.file()
            common = user, project, context.privileges, []
            self.things.append(Thing(file, *common))
            self.things.append(Thing(paper.insert(paper.raw(RawBiasFrame, raw_fits=file)), *common, self.things[-1]))

    def make(self, user, project, level, picks):
        visible = [thing for thing in self.things if isinstance(thing.obj, Frame) and self.sees(user, thing)]
        if not visible or not self.work(user, project, level):
            return
        parts = list(dict.fromkeys(visible[-1 - pick % len(visible)] for pick in picks))
        product = paper.product(Mixture, parts=[DataObject.get(part.obj.object_id) for part in parts])  # as they are now
        if all(self.within(user, project, context.privileges, part) for part in parts):
            self.things.append(Thing(paper.insert(product), user, project, context.privileges, parts))
        else:
            with pytest.raises(NotAllowed, match='who sees it could not see'):
                paper.insert(product)

    def publish(self, user, level, pick):
        become(self.monkeypatch, user)
        visible = [thing for thing in self.things if self.sees(user, thing)]
        if not visible:
            return
        thing = visible[-1 - pick % len(visible)]  # the latest first
        obj = DataObject.get(thing.obj.object_id)
        every = {thing} | thing.above()
        every |= {one.file for one in every if one.file}
        hidden = {one for one in every if not self.within(thing.creator, thing.project, level, one)}
        raised = hidden | {one for one in (thing, thing.file) if one and one.level < level}
        allowed = level >= thing.level and all(
            (user == self.owner[one.project] or user == one.creator and user in self.members[one.project])
            and level <= self.maximum[one.project]
            and (level > 2 or one.project == thing.project) for one in raised)
        if allowed:
            assert {o.object_id for o in context.publish(obj, level)} == {one.obj.object_id for one in raised}
            for one in raised:
                one.level = level
        else:
            with pytest.raises(NotAllowed, match='privileges only go up|in the way stand'):
                context.publish(obj, level)

    def check(self):
        """What each user sees is what the rules say, and with every object all that it was made from, files too."""
        mine = {thing.obj.object_id: thing for thing in self.things}
        for user in [*self.users, 'anonymous']:
            become(self.monkeypatch, user)
            seen = {object_id for object_id in DataObject.select_all().table('object_id')['object_id']}
            seen = {object_id for object_id in mine if str(object_id) in seen}
            assert seen == {object_id for object_id, thing in mine.items() if self.sees(user, thing)}
            for object_id in seen:
                above = {one.object_id for one in mine[object_id].obj.ancestors()}
                assert above == {thing.obj.object_id for thing in mine[object_id].above()} and above <= seen
                assert mine[object_id].file is None or mine[object_id].file.obj.object_id in seen


USERS, PROJECTS, ANY = st.sampled_from([0, 0, 0, 1, 1, 2]), st.integers(0, 1), st.integers(0, 4)
LEVEL = st.sampled_from([1, 1, 2, 2, 2, 3, 4, 5])
HAPPENINGS = st.one_of(
    st.tuples(st.just('join'), USERS, PROJECTS), st.tuples(st.just('leave'), USERS, PROJECTS),
    st.tuples(st.just('observe'), USERS, PROJECTS, LEVEL),
    *2 * [st.tuples(st.just('make'), USERS, PROJECTS, LEVEL, st.lists(ANY, min_size=1, max_size=3))],
    *2 * [st.tuples(st.just('publish'), USERS, LEVEL, ANY)])


@pytest.mark.slow
@pytest.mark.sqlite  # tests/security/test_random_worlds.py holds the same of PostgreSQL, and more
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(HAPPENINGS, min_size=5, max_size=30))
def test_who_sees_an_object_sees_all_its_ancestors_whatever_happens(home, monkeypatch, history):
    model = Model(monkeypatch)
    projects = list(model.members)
    model.join(model.users[0], projects[1])
    for happening, user, *rest in history:
        if happening != 'publish':
            rest[0] = projects[rest[0]]
        getattr(model, happening)(model.users[user], *rest)
    model.check()
