"""Offers of membership, and what follows when a membership begins or ends. On PostgreSQL triggers do the latter."""

from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, select, union_all, update

from awlike.context.privileges import projects_of
from awlike.database.sessions import database
from awlike.persist.dataobject import DataObject
from awlike.persist.references import Project, User
from awlike.persist.tables import claim, lineage, member, offer


def is_offered(user: User, project: Project, by_owner: bool) -> bool:
    """Return whether the owner of `project` invited `user`; or, without `by_owner`, whether `user` asks to be let in."""
    wanted = select(offer.c.user_id).where(_row(offer, user, project), offer.c.by_owner == by_owner)
    return database().session.scalar(wanted) is not None


def make_offer(user: User, project: Project, by_owner: bool) -> None:
    """Note that the owner of `project` invites `user`; or, without `by_owner`, that `user` asks to be let in."""
    db = database()
    with db.transaction() as connection:
        db.insert_row_absent(connection, offer, {'project_id': project.object_id, 'user_id': user.object_id,
                                                 'by_owner': by_owner})


def end_offers(user: User, project: Project) -> bool:
    """End the offers between `project` and `user`; return whether there were any."""
    with database().transaction() as connection:
        return bool(connection.execute(delete(offer).where(_row(offer, user, project))).rowcount)


def let_in(user: User, project: Project) -> None:
    """Make `user` a member of `project`, to which both sides agreed."""
    db = database()
    with db.transaction() as connection:
        db.insert_row_absent(connection, member, {'project_id': project.object_id, 'user_id': user.object_id})
        if db.is_sqlite:
            connection.execute(delete(offer).where(_row(offer, user, project)))
            withhold(connection, user.object_id)


def let_go(user: User, project: Project) -> bool:
    """End the membership of `user` in `project`; return whether there was one.

    On PostgreSQL whoever is in the midst of a change has three seconds to come to an end; then the database ends that session.
    """
    db = database()
    with db.transaction() as connection:
        if not db.is_sqlite:
            return bool(connection.scalar(select(func.awlike.end_membership(project.object_id, user.object_id))))
        ended = bool(connection.execute(delete(member).where(_row(member, user, project))).rowcount)
        if ended:
            connection.execute(delete(offer).where(_row(offer, user, project)))
            connection.execute(delete(claim).where(_row(claim, user, project)))
            withhold(connection, user.object_id)
    return ended


def withhold(connection: Connection, user_id: UUID) -> None:
    """Hide the objects at level 1 of a user that descend from what the user does not see any more, and show others again.

    Hidden objects have the level 0, which nobody sees. So whoever sees an object still sees all from which it was made.
    """
    table = DataObject.__table__
    own = select(table.c.object_id, table.c.raw_fits_id).where(table.c.creator_id == user_id, table.c.privileges <= 1).cte()
    made = union_all(
        select(lineage.c.product, lineage.c.input).join(own, own.c.object_id == lineage.c.product),
        select(own.c.object_id, own.c.raw_fits_id).where(own.c.raw_fits_id.is_not(None))).cte()
    unseen = and_(table.c.privileges == 2, table.c.project_id.not_in(projects_of(user_id)))
    hidden = select(made.c.product).join(table, table.c.object_id == made.c.input).where(unseen).cte(recursive=True)
    hidden = hidden.union(select(made.c.product).join(hidden, hidden.c.product == made.c.input))
    ids = set(connection.scalars(select(hidden.c.product)))
    mine = connection.execute(select(table.c.object_id, table.c.privileges).where(
        table.c.creator_id == user_id, table.c.privileges <= 1)).all()
    for object_id, level in mine:
        if level != (object_id not in ids):
            connection.execute(update(table).where(table.c.object_id == object_id).values(privileges=1 - level))


def _row(table: Table, user: User, project: Project) -> ColumnElement[bool]:
    """Return the SQL condition for the rows of `table` of `user` in `project`."""
    return and_(table.c.user_id == user.object_id, table.c.project_id == project.object_id)
