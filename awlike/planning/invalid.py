"""Invalid ancestry: the objects that are invalid or descend from an invalid one, as far as a plan asks about them."""

import uuid
from collections.abc import Iterable, Mapping

from awlike.current import current
from awlike.persist.lineage import invalid_among_ancestors, invalid_with_descendants

FEW = 20  # so many objects are followed up to their ancestors; for more it is quicker to follow all invalid objects down


class InvalidAncestry:
    """The objects that are invalid or descend from an invalid object, and the object that is to blame.

    A survey has thousands of bad frames: a question about one bias need not read them all.
    """

    def __init__(self) -> None:
        self._origins: dict[uuid.UUID, uuid.UUID] = {}
        self._known: set[uuid.UUID] = set()
        self._complete = False

    @property
    def complete(self) -> bool:
        """True once every object that is invalid, or descends from something invalid, is known."""
        return self._complete

    def note(self, origins: Mapping[uuid.UUID, uuid.UUID | None]) -> None:
        """Note for each of some objects the object that is to blame, or None, as a statement said it."""
        self._known |= origins.keys()
        self._origins |= {object_id: origin for object_id, origin in origins.items() if origin is not None}

    def look_at(self, ids: Iterable[uuid.UUID]) -> None:
        """Find out about the objects `ids` together, by one statement."""
        new = () if self._complete else set(ids) - self._known
        if new:
            self._complete = len(new) > FEW
            statement, values = (invalid_with_descendants(with_origin=True), {}) if self._complete else (
                invalid_among_ancestors(), {'ids': list(new)})
            self._origins |= current().session().execute(statement, values).all()
            self._known |= new

    def origin(self, object_id: uuid.UUID) -> uuid.UUID | None:
        """Return the id of an invalid object that `object_id` is or descends from; None where there is none."""
        self.look_at([object_id])
        return self._origins.get(object_id)

    def origins(self) -> set[uuid.UUID]:
        """Return the ids of all invalid objects that are known to be to blame."""
        return set(self._origins.values())
