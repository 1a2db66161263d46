"""A model of who may do what, which tries everything on a database as it goes: by awlike and by plain SQL."""

import contextlib
import itertools

import psycopg
import pytest
from sqlalchemy import make_url

from awlike import config
from awlike.context import context
from awlike.database import sessions
from awlike.errors import NotAllowed, NotFound
from awlike.frames.raw import RawBiasFrame
from awlike.persist.dataobject import DataObject
from awlike.persist.ids import new_id
from awlike.persist.references import Project as StoredProject
from tests import paper
from tests.databases import PASSWORD
from tests.security.rules import (
    Project,
    Thing,
    audience_sees,
    may_delete,
    may_judge,
    may_make,
    may_publish,
    sees,
)
from tests.security.world import (
    EVERYBODY,
    NOW,
    Blend,
    edge,
    new,
    project_id,
    row,
    user_id,
)

SEEN = """
    SELECT 'object', object_id::text, privileges::text, is_valid::text, raw_fits_id::text
    FROM dbobject WHERE project_id = ANY(%(projects)s)
    UNION ALL SELECT 'edge', product::text, input::text, '', ''
    FROM lineage WHERE product = ANY(%(ids)s) OR input = ANY(%(ids)s)
    UNION ALL SELECT 'change', object_id::text, attribute, concat(old, ' to ', new), user_id::text
    FROM history WHERE object_id = ANY(%(ids)s)
    UNION ALL SELECT 'row', object_id::text, '', '', '' FROM blend WHERE object_id = ANY(%(ids)s)
    UNION ALL SELECT 'file', object_id::text, '', '', '' FROM raw_fits WHERE object_id = ANY(%(ids)s)
    UNION ALL SELECT 'member', project_id::text, user_id::text, '', '' FROM project_member
    WHERE project_id = ANY(%(projects)s)"""


class Arena:
    """One database, with a session of awlike and one of plain SQL for everybody."""

    def __init__(self, url, patch):
        self.patch, url = patch, make_url(url)
        sessions.use(None)
        self.awlike = {user: sessions.Database(url.set(username=user, password=PASSWORD).render_as_string(hide_password=False))
                       for user in EVERYBODY}
        self.sql = {user: psycopg.connect(url.set(drivername='postgresql', username=user, password=PASSWORD).render_as_string(
            hide_password=False), autocommit=True) for user in EVERYBODY}
        administrator = sessions.Database(url.render_as_string(hide_password=False))
        assert administrator.session, 'which makes the tables of classes that are new'
        administrator.close()

    def become(self, user):
        """Let awlike go on as `user`, who knows nothing yet."""
        self.patch.setenv('AWLIKE_USER', user)
        config.settings.cache_clear()
        context.reset()
        sessions._current = self.awlike[user]
        sessions.database().session.expunge_all()

    def close(self):
        sessions._current = None
        for one in (*self.awlike.values(), *self.sql.values()):
            one.close()


class Model:
    """What there is, by the rules; each method lets somebody try something and holds the outcome to them."""

    numbers = itertools.count()

    def __init__(self, arena):
        self.arena, self.things, tag = arena, [], next(self.numbers)
        self.projects = []
        for owner, name, maximum in (('ada', f'P{tag}', 5), ('bob', f'Q{tag}', 3)):
            arena.become(owner)
            context.create_project(name, maximum_privileges=maximum)
            self.projects.append(Project(name, owner, maximum, {owner}))

    def sql(self, user, *statements) -> bool:
        """Send statements in one transaction; gives whether it was committed."""
        client = self.arena.sql[user]
        try:
            with client.transaction():
                self.changed = [client.execute(statement).rowcount for statement in statements]
            return True
        except psycopg.Error as error:
            assert error.sqlstate in ('42501', '23503'), error
            return False

    @contextlib.contextmanager
    def expected(self, allowed):
        """Within, awlike does what is allowed, and refuses what is not."""
        if allowed:
            yield
        else:
            with pytest.raises((NotAllowed, NotFound)):
                yield

    def work(self, user, project, level):
        """Let awlike work as `user` in `project`, which those can who are members."""
        self.arena.become(user)
        with self.expected(user in project.members):
            context.set_project(project.name, level)
        return user in project.members

    # --- what can happen ---

    def join(self, plain, actor, user, project):
        allowed = actor == project.owner
        if plain:
            if user != project.owner:
                assert self.sql(user, f"INSERT INTO project_offer VALUES ('{project_id(project.name)}', '{user_id(user)}', "
                                'false) ON CONFLICT DO NOTHING')
            done = self.sql(actor, f"INSERT INTO project_member VALUES ('{project_id(project.name)}', '{user_id(user)}')"
                            ' ON CONFLICT DO NOTHING')
            assert done == allowed
        else:
            self.arena.become(actor)
            with self.expected(allowed):
                context.add_member(user, (StoredProject.name == project.name).one())
            if allowed:
                self.arena.become(user)
                assert context.join(project.name)
        if allowed:
            project.members.add(user)

    def leave(self, plain, actor, user, project):
        """A member leaves, or the owner removes a member."""
        allowed = actor in (user, project.owner) and user in project.members and user != project.owner
        if plain:
            assert self.sql(actor, f"DELETE FROM project_member WHERE project_id = '{project_id(project.name)}' "
                            f"AND user_id = '{user_id(user)}'") and self.changed == [allowed]
        else:
            self.arena.become(actor)
            self.sql(user, f"DELETE FROM project_offer WHERE project_id = '{project_id(project.name)}'")
            with self.expected(allowed):
                if actor == user:
                    context.leave(project.name)
                else:
                    context.remove_member(user, (StoredProject.name == project.name).one())
        if allowed:
            project.members.remove(user)

    def observe(self, plain, user, project, level):
        if plain:
            file = Thing(new_id(), user, project, level, kind='RawFits')
            raw = Thing(new_id(), user, project, level, file=file, kind='RawBiasFrame')
            done = self.sql(user, stated(file), f"INSERT INTO raw_fits (object_id) VALUES ('{file.object_id}')", stated(raw))
            assert done == may_make(user, project, level, [])
        elif done := self.work(user, project, level):
            stored = paper.file()
            file = Thing(stored.object_id, user, project, context.privileges, kind='RawFits')
            raw = paper.insert(paper.raw(RawBiasFrame, raw_fits=stored))
            raw = Thing(raw.object_id, user, project, context.privileges, file=file, kind='RawBiasFrame')
        self.things += [file, raw] if done else []

    def make(self, plain, user, project, level, parts):
        if plain:
            thing = Thing(new_id(), user, project, level, parts)
            done = self.sql(user, *(edge(thing.object_id, part.object_id, n) for n, part in enumerate(parts)), stated(thing),
                            row(thing.object_id))
            assert done == may_make(user, project, level, parts)
            self.things += [thing] if done else []
            return
        parts = [part for part in parts if sees(user, part) and part.kind != 'RawFits']
        if parts and self.work(user, project, level):
            thing = Thing(None, user, project, context.privileges, parts)
            product = paper.product(Blend, parts=[DataObject.get(part.object_id) for part in parts])
            with self.expected(may_make(user, project, thing.level, parts)):
                thing.object_id = paper.insert(product).object_id
                self.things.append(thing)

    def publish(self, plain, user, level, things):
        if plain:
            self.raise_by_sql(user, level, things)
            return
        thing = things[0]
        self.arena.become(user)
        every = {thing} | thing.ancestors()
        hidden = {one for one in every if not audience_sees(thing.creator, thing.project, level, one)}
        raised = hidden | {one for one in (thing, thing.file) if one and one.level < level}
        allowed = sees(user, thing) and level >= thing.level and all(
            may_publish(user, one) and level <= one.project.maximum
            and (level > 2 or one.project is thing.project) for one in raised)
        with self.expected(allowed):
            context.publish(DataObject.get(thing.object_id), level)
        for one in sorted(raised, key=lambda one: one.object_id) if allowed else ():
            self.change(one, 'privileges', level, user)

    def raise_by_sql(self, user, level, things):
        """One statement for several: those that one may not change at all are passed over, else all or nothing."""
        changeable = {thing: thing.level for thing in things if may_judge(user, thing)}
        done = self.sql(user, f"UPDATE dbobject SET privileges = {level} WHERE object_id IN ({listed(things)})")
        for thing in changeable:
            thing.level = level  # as all will be in the end, which is what counts
        allowed = all(level == old or level > old and level <= thing.project.maximum
                      and may_publish(user, thing)
                      and all(audience_sees(thing.creator, thing.project, level, one) for one in thing.needed)
                      for thing, old in changeable.items())
        for thing, old in changeable.items():
            thing.level = old
        assert done == allowed
        for thing in changeable if done else ():
            self.change(thing, 'privileges', level, user)

    def judge(self, plain, user, value, thing):
        if plain:
            assert self.sql(user, f"UPDATE dbobject SET is_valid = {value} WHERE object_id = '{thing.object_id}'")
            assert self.changed == [may_judge(user, thing) and value != thing.is_valid]
        else:
            self.arena.become(user)
            with self.expected(may_judge(user, thing)):
                context.update_is_valid(DataObject.get(thing.object_id), value)
        if may_judge(user, thing):
            self.change(thing, 'is_valid', value, user)

    def delete(self, plain, user, thing):
        allowed = may_delete(user, thing, self.things)
        if plain:
            done = self.sql(user, f"DELETE FROM dbobject WHERE object_id = '{thing.object_id}'") and self.changed == [1]
            assert done == allowed
        else:
            self.arena.become(user)
            with self.expected(allowed):
                context.delete(DataObject.get(thing.object_id))
        if allowed:
            self.things.remove(thing)

    # --- what then is ---

    @staticmethod
    def change(thing, attribute, value, user):
        name = 'level' if attribute == 'privileges' else attribute
        old = getattr(thing, name)
        if old != value:
            thing.changes.append((attribute, f'{old} to {value}', user))
            setattr(thing, name, value)

    def holds(self):
        """Everybody sees what the rules say, and with each object all its ancestors."""
        asked = {'projects': [project_id(project.name) for project in self.projects],
                 'ids': [thing.object_id for thing in self.things]}
        for user in EVERYBODY:
            found = self.arena.sql[user].execute(SEEN, asked).fetchall()
            assert sorted(found) == sorted(self.rows(user)), user
            objects = {one: (one, *rest) for kind, one, *rest in found if kind == 'object'}
            for kind, one, other, _, _ in found:
                assert kind != 'edge' or one in objects and other in objects
            assert all(file is None or file in objects for *_, file in objects.values())

    def rows(self, user):
        """What `SEEN` gives `user`, by the rules."""
        for thing in self.things:
            if sees(user, thing):
                object_id, file = str(thing.object_id), str(thing.file.object_id) if thing.file else None
                yield 'object', object_id, str(thing.level), str(thing.is_valid), file
                yield from (('edge', object_id, str(part.object_id), '', '') for part in thing.parts)
                yield from (('change', object_id, attribute, change, str(user_id(who)))
                            for attribute, change, who in thing.changes)
                if kind := {'Blend': 'row', 'RawFits': 'file'}.get(thing.kind):
                    yield kind, object_id, '', '', ''
        for project in self.projects:
            if user in project.members:
                yield from (('member', str(project_id(project.name)), str(user_id(who)), '', '') for who in project.members)


def listed(things):
    return ', '.join(f"'{thing.object_id}'" for thing in things)


def stated(thing):
    """The statement that puts `thing` into the database."""
    return new(thing.object_id, user_id(thing.creator), project_id(thing.project.name), thing.level, NOW, thing.kind,
               f'{thing.object_id}.fits', raw_fits=thing.file and thing.file.object_id)
