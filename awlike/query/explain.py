"""Why a query gives what it gives: how many objects each criterion leaves."""

from awlike.query.criteria import conjuncts
from awlike.terminal import Readable


class QueryExplanation(Readable):
    """Rows of (criterion, how many it alone leaves, how many it and those before it leave)."""

    def __init__(self, query):
        make = type(query)
        criteria = conjuncts(query._criterion)
        everything = len(make(query.cls))
        self.rows = [(f'{query.cls.__name__}, visible to you', everything, everything)]
        so_far = None
        for criterion in criteria:
            alone = make(query.cls, criterion)
            so_far = alone if so_far is None else so_far & alone
            self.rows.append((str(criterion), len(alone), len(so_far)))

    def __str__(self):
        width = max(len(text) for text, *_ in self.rows)
        lines = [f'{"criterion":{width}}  {"alone":>8}  {"leaves":>8}']
        lines += [f'{text:{width}}  {alone:8}  {left:8}' for text, alone, left in self.rows]
        return '\n'.join(lines)
