"""Context: who asks. It bounds what is seen, stamps what is made, and changes the little that can change.

There is one, `context`; at the prompt it has this very name.
"""


from sqlalchemy import select

from awlike.context.changes import Changes, owners
from awlike.context.people import People
from awlike.context.privileges import level_name, projects_of, visible
from awlike.database.sessions import database
from awlike.errors import NotAllowed
from awlike.nights import instant, utcnow
from awlike.persist.dataobject import DataObject
from awlike.persist.relatives import direct_inputs


class Context(People, Changes):
    """User, project and privileges of this process, and the date as of which it sees the world."""

    def as_of(self, date) -> None:
        """See the world as of `date` from now on: what existed then, with the validity that it had.

        Queries, lineage downwards and the choice of calibrations follow. Nothing can be committed or changed meanwhile.
        Objects that you hold already stay as they are; ask for them anew.

        Parameters
        ----------
        date : datetime.datetime, str or None
            An instant (UTC), as ``'2012-06-01T08:51:44'``; None returns to now.
        """
        self.asker.moment = instant(date, 'as_of')
        database().session.expunge_all()

    def audience(self) -> tuple:
        """For whom things are made now: user, the user's projects, project and level, as `may_use` wants them."""
        user, level = self.account(), self.privileges if self.project else None
        own = database().session.scalars(projects_of(user.object_id)) if level == 1 else ()  # else they do not matter
        return user.object_id, frozenset(own), self.project.object_id, level

    def visible(self, table):
        """The SQL condition under which a row of the object table is seen."""
        return visible(table, self.user)

    def stamp(self, obj) -> None:
        """Write who makes `obj`, and in which project and privileges, into it."""
        obj.creator, obj.project = self.account('make anything'), self.project
        obj.privileges, obj.creation_date = self.privileges, utcnow()

    def check_inputs(self, obj) -> None:
        """Refuse `obj`, stamped, when those who would see it could not see what it was made from."""
        inputs = direct_inputs(obj)
        loose = [i for i in inputs if not i.is_committed]
        if loose:
            raise NotAllowed(f'{obj} cannot be committed: it is made from {loose[0]}, which is not committed. '
                             'Commit that first')
        hidden = self.hidden(inputs, obj, obj.privileges)
        if hidden:
            raise NotAllowed(f'{obj} cannot be committed at {level_name(obj.privileges)} in project {obj.project.name}: '
                             f'who sees it could not see\n{owners(hidden)}\n'
                             'Publish those first, by context.publish(obj, level), or commit at lower privileges')

    @staticmethod
    def hold_inputs(obj, connection) -> None:
        """Refuse `obj` when an input is gone. From its lineage on, which comes first, the database lets nobody delete one."""
        inputs, table = direct_inputs(obj), DataObject.__table__
        ids = select(table.c.object_id).where(table.c.object_id.in_({i.object_id for i in inputs}))
        there = set(connection.scalars(ids))
        gone = [i for i in inputs if i.object_id not in there]
        if gone:
            raise NotAllowed(f'{obj} cannot be committed: {gone[0]}, which it is made from, was deleted meanwhile. '
                             'Ask for it again, and another input is chosen or made')

    def __repr__(self):
        asker = self.asker
        name = asker.chosen_project.name if asker.chosen_project else 'no project'
        return f'<context: {asker.user_name} in {name}, privileges {level_name(self.privileges)}>'


context = Context()
