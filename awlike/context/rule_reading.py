"""Reading of saved rules: from a rule and the selections that it refers to, to one query."""

from collections.abc import Callable

from awlike.context.saved_selections import SavedSelection
from awlike.errors import QueryError
from awlike.query.properties import classes
from awlike.query.query import Query
from awlike.query.rules import MOST_CONDITIONS, names_in, number_of_conditions, read_rule

_DEEPEST = 20  # selections that name selections


class RuleReading:
    """The reading of one rule, and of the selections that it refers to, each once.

    A rule that somebody wrote by plain SQL may refer to itself, or to others which double at each step. So the references in
    force are followed with care, and all conditions are counted before a query is made.

    Parameters
    ----------
    find : callable
        Returns the selection of a name.
    """

    def __init__(self, find: Callable[[str], SavedSelection]) -> None:
        self._find = find
        self._known: dict[str, SavedSelection] = {}
        self._queries: dict[str, Query] = {}
        self._sizes: dict[str, int] = {}

    def query(self, rule: str, class_name: str = '') -> Query:
        """Return the query that a rule describes, for objects of a class, by default of the class that the rule names.

        Raises
        ------
        QueryError
            When the rule cannot be read, selects another class, refers to itself, or has too many conditions.
        """
        self._size(rule, ())
        return self._read(rule, class_name)

    def _read(self, rule: str, class_name: str) -> Query:
        found = read_rule(rule, self._resolve)
        if not class_name:
            return found
        cls = classes.get(class_name)
        if cls is None or not (issubclass(cls, found.cls) or issubclass(found.cls, cls)):
            raise QueryError(f'the rule {rule[:80]!r} is said to select {class_name}, which it does not, or which is not known '
                             'here: import the module that declares the class, or save the selection anew')
        return Query(cls, found._criterion, found._order, found._limit) if issubclass(cls, found.cls) else found

    def _resolve(self, name: str) -> Query:
        if name not in self._queries:
            one = self._saved(name)
            query = self._read(one.rule, one.class_name)
            self._queries[name] = one.named(query)
        return self._queries[name]

    def _saved(self, name: str) -> SavedSelection:
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _size(self, rule: str, within: tuple[str, ...]) -> int:
        """Return the number of conditions of a rule and of all that it refers to."""
        size = number_of_conditions(rule)
        for name in names_in(rule):
            if name in within or len(within) > _DEEPEST:
                raise QueryError(f'the rules of {", ".join(within)} refer to each other in a circle: change one of them')
            if name not in self._sizes:
                self._sizes[name] = self._size(self._saved(name).rule, (*within, name))
            size += self._sizes[name]
        if size > MOST_CONDITIONS:
            raise QueryError(f'the rule {rule[:80]!r} and the selections in it have more than {MOST_CONDITIONS} conditions: '
                             'simplify them')
        return size
