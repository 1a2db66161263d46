"""The explanation of a query: how many objects each criterion leaves, and what may be meant when none is left."""

from typing import TYPE_CHECKING

from typing_extensions import override

from awlike.query.criteria import And, Criterion, conjuncts
from awlike.query.hints import Counted, hints
from awlike.terminal import Readable

if TYPE_CHECKING:
    from awlike.query.query import Query


class QueryExplanation(Readable):
    """Rows of a criterion, the number of objects for which it holds, and the number that is left after it.

    Parameters
    ----------
    everything : Query
        The query of all visible objects of the class.
    criterion : Criterion or None
        The criterion of the query.

    Attributes
    ----------
    rows : list of tuple
        The rows.
    hints : list of str
        What may be meant, when no object is left: a name that is spelt alike, the nearest night with frames.
    """

    def __init__(self, everything: 'Query', criterion: Criterion | None) -> None:
        def count(one: Criterion) -> int:
            return len(type(everything)(everything.cls, one))
        number, so_far, counted = len(everything), None, []
        self.rows = [(f'{everything.cls.__name__}, visible to you', number, number)]
        for each in conjuncts(criterion):
            so_far = each if so_far is None else And(so_far, each)
            counted.append(Counted(each, count(each)))
            self.rows.append((str(each), counted[-1].alone, count(so_far)))
        self.hints = hints(everything, counted) if number and not self.rows[-1][-1] else []

    @override
    def __str__(self) -> str:
        width = max(len(text) for text, *_ in self.rows)
        lines = [f'{"criterion":{width}}  {"alone":>8}  {"leaves":>8}']
        lines += [f'{text:{width}}  {alone:8}  {left:8}' for text, alone, left in self.rows]
        return '\n'.join([*lines, *self.hints])
