"""Members: who is let into a project, and who leaves it. Both sides agree to each membership; each side ends it."""

from sqlalchemy import select

from awlike.context.asker import account_of
from awlike.context.offers import end_offers, is_offered, let_go, let_in, make_offer
from awlike.context.people import People
from awlike.database.sessions import database
from awlike.errors import NotAllowed, NotFound
from awlike.persist.references import Project, User
from awlike.persist.tables import member, offer
from awlike.remedies import to_type
from awlike.spelling import near


class Members(People):
    """Members of projects: the part of the context that lets people in and out."""

    def add_member(self, name: str, project: Project | None = None) -> None:
        """Add user `name` to the members of `project`, which you own; default the current project.

        A user who asked for that, by `join`, is a member from now on. Others are invited. They become members when they agree,
        by their first ``context.set_project`` or by ``context.join``; `members` tells.

        Raises
        ------
        NotAllowed
            When you do not own the project.
        """
        project = self._owned_by_me(project, 'add members to it')
        user = account_of(name)
        if user.object_id in _members(project):
            return
        if is_offered(user, project, by_owner=False):
            let_in(user, project)
        else:
            make_offer(user, project, by_owner=True)

    def join(self, name: str) -> bool:
        """Become a member of project `name`, or ask its owner for that.

        Returns
        -------
        bool
            Whether you are a member now. If its owner has not invited you, you ask, and become a member when the owner agrees,
            by ``context.add_member``.
        """
        me, project = self.account('join a project'), project_called(name)
        if project in self.projects():
            return True
        invited = is_offered(me, project, by_owner=True)
        if invited:
            let_in(me, project)
        else:
            make_offer(me, project, by_owner=False)
        return invited

    def leave(self, name: str) -> None:
        """End your membership of project `name`, or decline its invitation.

        You see its objects at level 2 no more, nor your own objects at level 1 that were made from them. What you made at
        level 2 stays with the project.

        Raises
        ------
        NotAllowed
            When you own the project.
        NotFound
            When you are no member, and not invited.
        """
        me, project = self.account('leave a project'), project_called(name)
        if project.owner == me:
            raise NotAllowed(f'you own project {name}, and its owner stays a member')
        if not let_go(me, project) and not end_offers(me, project):
            raise NotFound(f'you are no member of project {name}')
        if self._asker.chosen_project == project:
            self._asker.chosen_project = None
        database().session.expunge_all()

    def remove_member(self, name: str, project: Project | None = None) -> None:
        """End the membership of user `name` in `project` (default the current project), which you own.

        The user sees its objects at level 2 no more. What the user made at level 2 stays with the project. An invitation, or
        what the user asked for, ends, too.

        Raises
        ------
        NotAllowed
            When you do not own the project, or name yourself.
        NotFound
            When the user is no member, not invited, and does not ask to be let in.
        """
        project = self._owned_by_me(project, 'remove members from it')
        user = account_of(name)
        if user == project.owner:
            raise NotAllowed(f'{name} owns project {project.name}, and its owner stays a member')
        if not let_go(user, project) and not end_offers(user, project):
            raise NotFound(f'{name} is no member of project {project.name}: '
                           f'{to_type("context.members()", f"awe project members {project.name}")} lists them')

    def members(self, project: Project | None = None) -> dict[str, str]:
        """Return the people of `project` (default the current project) by name, each with their part.

        Parts are ``'owner'``, ``'member'`` and, as far as you own the project, ``'invited'`` and ``'asks to be let in'``.
        """
        project, users = project if project is not None else self.project, User.__table__
        waiting = database().session.execute(select(users.c.name, offer.c.by_owner).join(
            offer, offer.c.user_id == users.c.object_id).where(offer.c.project_id == project.object_id))
        parts = {name: 'invited' if by_owner else 'asks to be let in' for name, by_owner in waiting}
        for one in User.object_id.in_(_members(project)):
            parts[one.name] = 'owner' if one == project.owner else 'member'
        return dict(sorted(parts.items()))

    def invitations(self) -> list[Project]:
        """Return the projects to which you are invited and of which you are no member yet."""
        me = self.account('be invited')
        ids = database().session.scalars(
            select(offer.c.project_id).where(offer.c.user_id == me.object_id, offer.c.by_owner)).all()
        return list(Project.object_id.in_(ids).order_by('name'))

    def _owned_by_me(self, project: Project | None, what: str) -> Project:
        """Return `project`, by default the current project, which must be one's own to do `what`."""
        project = project if project is not None else self.project
        if project.owner != self.account(what):
            raise NotAllowed(f'only {project.owner.name}, the owner of {project.name}, can {what}')
        return project


def project_called(name: str) -> Project:
    """Return the project `name`."""
    found = (Project.name == name).first()
    if found is None:
        known = sorted(project.name for project in Project.select_all())
        raise NotFound(f'there is no project {name!r}{near(name, known)}: there are {", ".join(known) or "none"}')
    return found


def _members(project: Project) -> set:
    """Return the ids of the members of `project`, as far as you may know them."""
    return set(database().session.scalars(select(member.c.user_id).where(member.c.project_id == project.object_id)))
