"""Members of projects: both sides agree, each side ends it, and then nothing is seen without what it was made from."""

import pytest

from awlike import config
from awlike.cli import main
from awlike.context import context
from awlike.errors import NotAllowed, NotFound
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame
from awlike.persist.dataobject import DataObject
from tests import paper
from tests.conftest import become, let_in


def go_on(monkeypatch, user, project=None):
    become(monkeypatch, user)
    if project:
        context.set_project(project)


def test_whoever_is_invited_becomes_a_member_by_setting_the_project(project, monkeypatch):
    context.add_member('bob')
    assert context.members() == {'ada': 'owner', 'bob': 'invited'}
    raw = paper.insert(paper.raw())
    become(monkeypatch, 'bob')
    assert context.projects() == [] and context.invitations() == [project]
    assert not DataObject.select_all().exists(), 'unasked, nothing of the project is seen'
    context.set_project('TEST')
    assert context.projects() == [project] and raw in DataObject.select_all() and context.invitations() == []
    assert context.members() == {'ada': 'owner', 'bob': 'member'}


def test_whoever_asks_becomes_a_member_when_the_owner_agrees(project, monkeypatch):
    become(monkeypatch, 'bob')
    assert context.join('TEST') is False
    with pytest.raises(NotAllowed, match="not a member of project TEST: ask its owner, ada, to add you, by context.join"):
        context.set_project('TEST')
    go_on(monkeypatch, 'ada', 'TEST')
    assert context.members() == {'ada': 'owner', 'bob': 'asks to be let in'}
    context.add_member('bob')
    context.add_member('bob')
    assert context.members() == {'ada': 'owner', 'bob': 'member'}
    become(monkeypatch, 'bob')
    assert context.projects() == [project] and context.join('TEST') is True


def test_nobody_has_a_project_put_upon_them(project, monkeypatch):
    """Whose frames serve follows from membership: so it is one's own choice."""
    monkeypatch.setenv('AWLIKE_SOURCES', 'named')
    config.settings.cache_clear()
    context.add_member('bob')
    become(monkeypatch, 'bob')
    assert context.trusted() == frozenset()
    context.leave('TEST')
    assert context.invitations() == []
    with pytest.raises(NotAllowed, match='not a member'):
        context.set_project('TEST')


def test_who_leaves_sees_what_the_project_shares_no_more_and_what_they_made_stays(project, monkeypatch):
    let_in(monkeypatch, 'bob')
    bias = paper.bias()
    go_on(monkeypatch, 'bob', 'TEST')
    shared = paper.hot(BiasFrame.get(bias.object_id))
    context.set_privileges(1)
    own = paper.hot(BiasFrame.get(bias.object_id))
    alone = paper.insert(paper.raw())
    assert {shared, own, alone} <= set(DataObject.select_all())
    context.leave('TEST')
    with pytest.raises(NotFound, match='no project is set'):
        _ = context.project
    assert {one.object_id for one in DataObject.select_all()} == {alone.object_id, alone.raw_fits.object_id}
    go_on(monkeypatch, 'ada', 'TEST')
    assert shared.object_id in {one.object_id for one in DataObject.select_all()}
    context.add_member('bob')
    go_on(monkeypatch, 'bob', 'TEST')
    assert {one.object_id for one in (shared, own, alone)} <= {one.object_id for one in DataObject.select_all()}
    assert context.history(own) == []


def test_the_owner_removes_a_member(project, monkeypatch):
    let_in(monkeypatch, 'bob')
    raw = paper.insert(paper.raw())
    context.remove_member('bob')
    assert context.members() == {'ada': 'owner'}
    become(monkeypatch, 'bob')
    assert raw not in DataObject.select_all()
    with pytest.raises(NotAllowed, match='not a member'):
        context.set_project('TEST')


def test_what_makes_no_sense_is_refused(project, monkeypatch):
    with pytest.raises(NotAllowed, match='you own project TEST'):
        context.leave('TEST')
    with pytest.raises(NotAllowed, match='ada owns project TEST'):
        context.remove_member('ada')
    with pytest.raises(NotFound, match='bob is no member of project TEST'):
        context.remove_member('bob')
    with pytest.raises(NotFound, match="no project 'TESTS'"):
        context.join('TESTS')
    become(monkeypatch, 'bob')
    with pytest.raises(NotAllowed, match='only ada, the owner of TEST, can remove members from it'):
        context.remove_member('ada', project)
    with pytest.raises(NotFound, match='you are no member of project TEST'):
        context.leave('TEST')


def test_who_was_removed_meanwhile_plans_nothing_for_the_project(project, monkeypatch):
    let_in(monkeypatch, 'bob')
    with context.acting(user='bob', project='TEST'):
        assert context.audience()
        with context.acting(user='ada', project='TEST'):
            context.remove_member('bob')
        with pytest.raises(NotAllowed, match='no member of project TEST any more'):
            context.audience()


def test_who_left_publishes_and_judges_nothing_of_the_project(project, monkeypatch):
    let_in(monkeypatch, 'bob')
    go_on(monkeypatch, 'bob', 'TEST')
    context.set_privileges(3)
    public = paper.insert(paper.raw(RawBiasFrame))
    context.set_privileges(1)
    own = paper.insert(paper.raw(RawBiasFrame))
    context.leave('TEST')
    with pytest.raises(NotAllowed, match='you are neither'):
        context.update_is_valid(RawBiasFrame.get(public.object_id), 0)
    with pytest.raises(NotAllowed, match='in the way stand'):
        context.publish(RawBiasFrame.get(own.object_id), 2)
    context.update_is_valid(RawBiasFrame.get(own.object_id), 0)


def test_the_commands(project, monkeypatch, capsys):
    def awe(user, *words):
        become(monkeypatch, user)
        monkeypatch.setattr('sys.argv', ['awe', 'project', *words])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        assert end.value.code in (0, None), captured
        return captured.out.strip()

    assert awe('ada', 'add-member', 'TEST', 'bob').startswith('bob is invited to TEST')
    assert awe('bob', 'join', 'TEST') == 'you are a member of TEST'
    assert awe('carl', 'join', 'TEST').startswith('you asked to be let into TEST')
    assert [line.split(maxsplit=1) for line in awe('ada', 'members', 'TEST').splitlines()] == [
        ['ada', 'owner'], ['bob', 'member'], ['carl', 'asks to be let in']]
    with monkeypatch.context() as patch:
        patch.setenv('AWLIKE_PROJECT', 'TEST')
        assert awe('ada', 'members') == awe('ada', 'members', 'TEST')
    assert awe('ada', 'add-member', 'TEST', 'carl') == 'carl is a member of TEST'
    assert awe('ada', 'remove-member', 'TEST', 'carl') == 'carl is no member of TEST any more'
    assert awe('bob', 'leave', 'TEST') == 'you are no member of TEST any more'
    assert awe('carl', 'create', 'CALIB').startswith('project CALIB is open')
    assert awe('ada', 'add-source', 'CALIB', '--project', 'TEST') == 'CALIB is a source of TEST'
    assert awe('ada', 'sources', '--project', 'TEST').startswith('CALIB for TEST, named by ada on ')
    assert awe('ada', 'sources', 'TEST') == awe('ada', 'sources', '--project', 'TEST')
    assert awe('ada', 'remove-source', 'CALIB', '--project', 'TEST') == 'CALIB is no source of TEST any more'
