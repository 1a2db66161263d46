"""The explanation of a query: how many objects each criterion leaves."""

from collections.abc import Callable

from typing_extensions import override

from awlike.query.criteria import And, Criterion, conjuncts
from awlike.terminal import Readable


class QueryExplanation(Readable):
    """Rows of a criterion, the number of objects for which it holds, and the number that is left after it.

    Parameters
    ----------
    cls : type
        The class of the objects.
    criterion : Criterion or None
        The criterion of the query.
    count : function
        Returns the number of visible objects for which a criterion holds; for None, of all visible objects.
    """

    def __init__(self, cls: type, criterion: Criterion | None, count: Callable[[Criterion | None], int]) -> None:
        everything = count(None)
        self.rows = [(f'{cls.__name__}, visible to you', everything, everything)]
        so_far = None
        for each in conjuncts(criterion):
            so_far = each if so_far is None else And(so_far, each)
            self.rows.append((str(each), count(each), count(so_far)))

    @override
    def __str__(self) -> str:
        width = max(len(text) for text, *_ in self.rows)
        lines = [f'{"criterion":{width}}  {"alone":>8}  {"leaves":>8}']
        lines += [f'{text:{width}}  {alone:8}  {left:8}' for text, alone, left in self.rows]
        return '\n'.join(lines)
