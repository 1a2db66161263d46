"""Rules: queries as texts. A query writes its rule (`Selection.written`), and `read_rule` reads the rule back.

A rule is spelt as people type the query: ``(RawScienceFrame.EXPTIME > 60) & RawScienceFrame.within(315.0, -31.0, 2.5)``. It is
data: `read_rule` walks its syntax tree and knows comparisons, ``& | ~``, a few calls and plain values. Nothing is evaluated, so
that a rule that somebody else wrote can do no more than select.
"""

import ast
import uuid
from collections.abc import Callable, Iterator
from typing import Any, cast

from awlike.errors import AwlikeError, QueryError
from awlike.query.criteria import COMPARISONS
from awlike.query.path import Path, parse
from awlike.query.properties import classes
from awlike.query.query import Query
from awlike.spelling import near

MOST_CHARACTERS = 1_000_000
MOST_CONDITIONS = 400
_DEEPEST = 40  # parentheses in parentheses

_OPERATORS: dict[type[ast.cmpop], str] = {ast.Eq: '==', ast.NotEq: '!=', ast.Lt: '<', ast.LtE: '<=', ast.Gt: '>', ast.GtE: '>='}
_FUNCTIONS = {sign: function for function, sign in COMPARISONS.items()}
_OF_PATHS = ('like', 'in_', 'between')
_OF_CLASSES = ('select_all', 'select_valid', 'select', 'within', 'inside')
_OF_LINEAGE = ('made_from', 'descends_from', 'used_by')
_OF_QUERIES = ('order_by', 'limit')
_HOW = 'a rule is written as a query, as (RawScienceFrame.EXPTIME > 60) & (RawScienceFrame.filter.name == "r_SDSS")'

Resolve = Callable[[str], Query]


def read_rule(text: str, resolve: Resolve | None = None) -> Query:
    """Return the query that a rule describes.

    Parameters
    ----------
    text : str
        The rule.
    resolve : callable, optional
        Returns the query for ``selection('NAME')``. By default a rule that names a selection is refused.

    Raises
    ------
    QueryError
        When the text is no rule; names the part and the reason.
    """
    if len(text) > MOST_CHARACTERS:
        raise QueryError(f'the rule has {len(text):,} characters, and at most {MOST_CHARACTERS:,} are read: divide it')
    try:
        tree = ast.parse(text.strip(), mode='eval').body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise QueryError(f'the rule {_short(text)} cannot be read: {_reason(error)}; {_HOW}') from None
    number = _conditions(tree)
    if number > MOST_CONDITIONS:
        raise QueryError(f'the rule has {number} conditions, and at most {MOST_CONDITIONS} are read: use .in_([...])')
    return _Reader(text.strip(), resolve).query(tree, 0)


def names_in(text: str) -> list[str]:
    """Return the names of the selections that a rule refers to, each as often as it stands there."""
    try:
        tree = ast.parse(text.strip(), mode='eval')
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # `read_rule` says why
    named = [node.args[0] for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_reference(node)]
    return [one.value for one in named if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def number_of_conditions(text: str) -> int:
    """Return the number of conditions of a rule, of which a text that cannot be read has none."""
    try:
        return _conditions(ast.parse(text.strip(), mode='eval'))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0


def _conditions(tree: ast.AST) -> int:
    return sum(isinstance(node, ast.Compare | ast.Call) for node in ast.walk(tree))


def _is_reference(node: ast.Call) -> bool:
    return (isinstance(node.func, ast.Name) and node.func.id == 'selection' and len(node.args) == 1 and not node.keywords
            and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str))


class _Reader:
    """Reads one rule: from nodes of its syntax tree to queries, paths and values."""

    def __init__(self, text: str, resolve: Resolve | None) -> None:
        self._text, self._resolve = text, resolve

    def query(self, node: ast.expr, depth: int) -> Query:
        """Return the query that `node` describes."""
        if depth > _DEEPEST:
            raise QueryError(f'the rule {_short(self._text)} has more than {_DEEPEST} parentheses in each other: simplify it')
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
            return self._joined(node, depth)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
            return ~self.query(node.operand, depth + 1)
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPERATORS:
            operator = _FUNCTIONS[_OPERATORS[type(node.ops[0])]]
            return self._checked(node, lambda: operator(self._path(node.left), self._value(node.comparators[0])))
        if isinstance(node, ast.Call):
            return self._called(node, depth)
        raise self._refused(node)

    def _joined(self, node: ast.BinOp, depth: int) -> Query:
        """Return what a chain of ``&``, or of ``|``, joins; a chain is no deeper than its first link."""
        parts = list(_chain(node, type(node.op)))
        found = self.query(parts[0], depth + 1)
        for part in parts[1:]:
            other = self.query(part, depth + 1)
            found = found & other if isinstance(node.op, ast.BitAnd) else found | other
        return found

    def _called(self, node: ast.Call, depth: int) -> Query:
        if _is_reference(node) and self._resolve is not None:
            return self._resolve(self._value(node.args[0]))
        if not isinstance(node.func, ast.Attribute):
            raise self._refused(node)
        of, name = node.func.value, node.func.attr
        if name in _OF_QUERIES and not node.keywords:
            query, values = self.query(of, depth + 1), [self._value(one) for one in node.args]
            return self._checked(node, lambda: getattr(query, name)(*values))
        if name in _OF_PATHS and not node.keywords:
            path, values = self._path(of), [self._value(one) for one in node.args]
            return self._checked(node, lambda: getattr(path, name)(*values))
        if isinstance(of, ast.Name) and name in (*_OF_CLASSES, *_OF_LINEAGE):
            return self._of_class(node, of, name)
        raise self._refused(node)

    def _of_class(self, node: ast.Call, of: ast.Name, name: str) -> Query:
        cls = self._class(of)
        values: list[Any] = [self._value(one) for one in node.args]
        named = {one.arg: self._value(one.value) for one in node.keywords if one.arg is not None}
        if len(named) < len(node.keywords) or (named and name != 'select'):
            raise self._refused(node)
        if name in _OF_LINEAGE:
            if len(values) != 1 or not isinstance(values[0], uuid.UUID):
                raise self._refused(node)
            values = [classes['DataObject'].get(values[0])]
        return self._checked(node, lambda: getattr(cls, name)(*values, **named))

    def _checked(self, node: ast.expr, read: Callable[[], Any]) -> Query:
        """Return the query that `read` returns; what is wrong with it is told with the part of the rule."""
        try:
            found = read()
        except AwlikeError as error:
            raise QueryError(f'the rule has {self._part(node)}: {error}') from error
        except (TypeError, ValueError) as error:
            raise QueryError(f'the rule has {self._part(node)}: {error}; {_HOW}') from error
        if not isinstance(found, Query):
            raise self._refused(node)
        return found

    def _class(self, node: ast.Name) -> type[Any]:
        found = classes.get(node.id)
        if found is None:
            raise QueryError(f'the rule has {self._part(node)}, which is no class that is known here{near(node.id, classes)}: '
                             'import the module that declares it, or name another')
        return found

    def _path(self, node: ast.expr) -> Path[Any]:
        names, part = [], node
        if isinstance(part, ast.Call):
            names.append(f'card({self._keyword(part)!r})')
            part = cast(ast.Attribute, part.func).value
        while isinstance(part, ast.Attribute):
            names.append(part.attr)
            part = part.value
        if not names or not isinstance(part, ast.Name) or any(name.startswith('_') for name in names):
            raise self._refused(node)
        found = parse(self._class(part), '.'.join(reversed(names)))
        if not isinstance(found, Path):
            raise self._refused(node)
        return found

    def _keyword(self, node: ast.Call) -> str:
        """Return the keyword in ``PATH.card('KEYWORD')``."""
        named = isinstance(node.func, ast.Attribute) and node.func.attr == 'card'
        if not named or len(node.args) != 1 or node.keywords:
            raise self._refused(node)
        keyword = self._value(node.args[0])
        if not isinstance(keyword, str):
            raise self._refused(node)
        return keyword

    def _value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant) and (node.value is None or type(node.value) in (str, int, float, bool)):
            return node.value
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            number = self._value(node.operand)
            if type(number) in (int, float):
                return -number if isinstance(node.op, ast.USub) else number
        if isinstance(node, ast.List | ast.Tuple):
            return [self._value(one) for one in node.elts]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'object' and not node.keywords:
            values = [self._value(one) for one in node.args]
            try:
                return uuid.UUID(*values)
            except (TypeError, ValueError, AttributeError):
                raise self._refused(node) from None
        raise self._refused(node)

    def _part(self, node: ast.expr) -> str:
        return _short(ast.get_source_segment(self._text, node) or self._text)

    def _refused(self, node: ast.expr) -> QueryError:
        return QueryError(f'the rule has {self._part(node)}, which says no condition; {_HOW}')


def _chain(node: ast.expr, operator: type[ast.operator]) -> Iterator[ast.expr]:
    """Yield what a chain of one operator joins, from left to right."""
    right = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, operator):
        right.append(node.right)
        node = node.left
    yield node
    yield from reversed(right)


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else f'{text[:77]}...')


def _reason(error: BaseException) -> str:
    return str(getattr(error, 'msg', '') or error or 'it is nested too deeply')
