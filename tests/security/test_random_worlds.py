"""Random people, projects, levels and lineages, beside a model of the rules in plain Python."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from awlike import config
from awlike.context import context
from tests.security.model import Arena, Model
from tests.security.rules import may_delete, may_make
from tests.security.world import ACCOUNTS


@pytest.fixture(scope='module')
def arena(on, tmp_path_factory):
    folder = tmp_path_factory.mktemp('arena')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('AWLIKE_HOME', str(folder))
        patch.setenv('AWLIKE_DATABASE', url := on.new(folder))
        config.settings.cache_clear()
        arena = Arena(url, patch)
        yield arena
        arena.close()
    config.settings.cache_clear()
    context.reset()


ACTS = ['join'] * 2 + ['leave'] + ['observe'] * 2 + ['make'] * 6 + ['publish'] * 5 + ['judge'] * 2 + ['delete'] * 3
LEVELS = 1, 1, 2, 2, 2, 3, 3, 4, 5


class Choice:
    """Draws what happens next, mostly by somebody who might be allowed to."""

    def __init__(self, model, data):
        self._model, self._data = model, data

    def of(self, *values):
        return self._data.draw(st.sampled_from(values))

    def happening(self) -> tuple:
        act, plain, level = self.of(*ACTS), self.of(True, True, True, False), self.of(*LEVELS)
        project = self.of(*self._model.projects)
        worker = self.of(*sorted(project.members) * 3, *ACCOUNTS)
        late = self._model.things[-12:]
        if act == 'delete':
            late += 3 * [thing for thing in late if may_delete(thing.creator, thing, self._model.things)]
        if act == 'make':
            late += 3 * [thing for thing in late if may_make(worker, project, level, [thing])]
        things = [self.of(*late) for _ in range(self.of(1, 1, 2, 3))]
        concerned = self.of(*[things[0].creator] * 3, things[0].project.owner, *sorted(things[0].project.members), *ACCOUNTS)
        return act, plain, *{
            'join': lambda: (self.of(project.owner, project.owner, worker), self.of(*ACCOUNTS), project),
            'leave': lambda: (self.of(project.owner, worker, concerned), self.of(*sorted(project.members), worker), project),
            'observe': lambda: (worker, project, level),
            'make': lambda: (worker, project, level, list(dict.fromkeys(things))),
            'publish': lambda: (concerned, self.of(level, min(things[0].level + 1, 5)), list(dict.fromkeys(things))),
            'judge': lambda: (concerned, self.of(0, 1, 2), things[0]),
            'delete': lambda: (self.of(things[0].creator, concerned), things[0])}[act]()


def play(arena, data, steps):
    model = Model(arena)
    one, other = model.projects
    for happening in (('join', True, 'bob', 'ada', other), ('join', True, 'ada', 'carl', one), ('observe', True, 'ada', one, 2),
                      ('observe', True, 'bob', other, 3), ('observe', True, 'carl', one, 1)):
        getattr(model, happening[0])(*happening[1:])
    choice = Choice(model, data)
    for _ in range(steps):
        act, *rest = choice.happening()
        getattr(model, act)(*rest)
        model.holds()


FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=20, suppress_health_check=FIXTURES, phases=[Phase.generate])
@given(st.data())
def test_whatever_happens_each_sees_and_changes_what_the_rules_say(arena, data):
    play(arena, data, 16)


@pytest.mark.slow
@settings(max_examples=100, suppress_health_check=FIXTURES)
@given(st.data())
def test_whatever_happens_for_long(arena, data):
    play(arena, data, 60)
