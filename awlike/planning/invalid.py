"""Taint: what is invalid, and what descends from that, as far as it is asked about."""

from awlike.current import current
from awlike.persist.lineage import invalid_among_ancestors, invalid_with_descendants

_FEW = 20  # objects of which the ancestors are looked at; for more of them it is quicker to follow all that is invalid down


class InvalidAncestry:
    """Which objects are invalid or descend from what is invalid, and which one is to blame.

    A survey has thousands of bad frames: who wants to know of one bias need not read them all.
    """

    def __init__(self):
        self._origins, self._known, self._complete = {}, set(), False

    def look_at(self, ids) -> None:
        """Find out about the objects `ids` together, by one statement."""
        new = () if self._complete else set(ids) - self._known
        if new:
            self._complete = len(new) > _FEW
            statement, values = (invalid_with_descendants(with_origin=True), {}) if self._complete else (
                invalid_among_ancestors(), {'ids': list(new)})
            self._origins |= current().session().execute(statement, values).all()
            self._known |= new

    def origin(self, object_id):
        """The id of an invalid object that `object_id` is or descends from; None where there is none."""
        self.look_at([object_id])
        return self._origins.get(object_id)

    def origins(self) -> set:
        """The ids of all that is known to be to blame."""
        return set(self._origins.values())
