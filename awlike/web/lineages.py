"""What an object was made from and what was made from it; whether it holds; what depends on it."""

from collections.abc import Iterable
from typing import Any

from starlette.exceptions import HTTPException

from awlike.errors import AwlikeError, ParameterError
from awlike.persist.dataobject import DataObject
from awlike.persist.lineage_stacks import Around, Member, Stack
from awlike.persist.trees import span_in_words
from awlike.products.calibration import CalibrationFrame
from awlike.products.product import ProcessTarget
from awlike.products.reference_catalogue import ReferenceCatalogue
from awlike.query.properties import classes
from awlike.tracing.impact import impact as impact_of
from awlike.views.graph import Graph
from awlike.views.tree import Node
from awlike.web.asked import Ask, get
from awlike.web.objects import about, asked_object
from awlike.web.rendering import Page

MOST = 300       # stacks that are drawn
_LISTED = 1000   # members of a stack that a table lists
_FOUND = 200     # objects that a search lists
_NAME = 34       # characters of a name in a box


def lineage(ask: Ask) -> Page:
    """Show the lineage around an object: a step up and down first, equal inputs in stacks."""
    obj = _with_lineage(ask)
    up, down = _steps(ask, 'up'), _steps(ask, 'down') or 0
    around = Around(obj, up, down)
    text = ask.query.get('find', '').strip()
    found = [member for stack in around.stacks for member in stack.members if text and _answers(member, text)]
    opened = next((stack for stack in around.stacks if stack.key == ask.query.get('open')), None)
    shown = sorted(around.stacks, key=lambda stack: abs(stack.step))[:MOST]
    values = {
        'graph': _graph(ask, around, shown, text), 'around': around, 'stacks': shown, 'left': len(around.stacks) - len(shown),
        'up': up, 'down': down, 'find': text, 'found': found[:_FOUND], 'number_found': len(found), 'opened': opened,
        'listed': opened.members[:_LISTED] if opened else [], 'tainted': around.tainted(), 'most': MOST}
    return Page('lineage', about(ask, obj, 'lineage') | values, lambda: obj.lineage().to_dict())


def _with_lineage(ask: Ask) -> DataObject:
    obj = asked_object(ask)
    if not isinstance(obj, DataObject):
        raise HTTPException(404, f'{obj} has no lineage: it was not made')
    return obj


def _steps(ask: Ask, name: str) -> int | None:
    """Return the number of steps that a parameter asks for, None for all."""
    text = ask.query.get(name) or '1'
    if text == 'all' and name == 'up':
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= 100):
        raise ParameterError(f'{name}={text[:40]}: a number of steps' + (', or all' if name == 'up' else ''))
    return int(text)


def _answers(member: Member, text: str) -> bool:
    return text.lower() in member.name.lower() or text.lower() in member.kind.lower()


def _graph(ask: Ask, around: Around, shown: list[Stack], text: str) -> Graph:
    """Return the drawing of the stacks `shown`; each leads to its object, or to the table of its members."""
    tainted, kept = around.tainted(), set(shown)
    nodes = {id(stack): Node(' '.join(_box(stack, around)), key=stack.key, kind=_family(stack), box=_box(stack, around),
                             state=_state(stack), notes=_notes(stack), link=_link(ask, stack),
                             marks=tuple(_marks(stack, around, tainted, text))) for stack in shown}
    for stack in shown:
        for role, below in stack.inputs:
            if below in kept:
                node = nodes[id(below)]
                nodes[id(stack)].inputs.append(_in_role(node, role))
    sources = {id(below) for stack in shown for _, below in stack.inputs}
    return Graph([nodes[id(stack)] for stack in shown if id(stack) not in sources] or [nodes[id(around.middle)]],
                 f'lineage around {around.middle.members[0].name}', style=False)


def _in_role(node: Node, role: str) -> Node:
    """Return `node` as the input `role` of another: the same node, whose inputs may yet come."""
    return Node(node.name, role, node.state, node.notes, node.inputs, key=node.key, kind=node.kind, box=node.box,
                link=node.link, marks=node.marks)


def _box(stack: Stack, around: Around) -> tuple[str, ...]:
    """Return the lines of a box: class and number, then the date, or the dates; what is further is counted."""
    number = f' \N{MULTIPLICATION SIGN} {len(stack.members):,}' if len(stack.members) > 1 else ''
    lines = [', '.join(stack.kinds)[:_NAME] + number]
    if stack.dates is not None:
        lines.append(span_in_words(*stack.dates))
    if stack.hidden:
        lines.append(f'made from {stack.hidden:,} more')
    return tuple(lines)


def _state(stack: Stack) -> str:
    if not stack.invalid:
        return ''
    return '  [is_valid 0]' if len(stack.members) == 1 else f'  {stack.invalid} of them [is_valid 0]'


def _notes(stack: Stack) -> tuple[str, ...]:
    names = [member.name for member in stack.members]
    return tuple(names if len(names) < 6 else [*names[:2], f'... {len(names) - 3:,} more ...', names[-1]])


def _family(stack: Stack) -> str:
    cls = classes.get(stack.kinds[0])
    return getattr(cls, 'FAMILY', '')


def _link(ask: Ask, stack: Stack) -> str:
    if len(stack.members) == 1:
        one = stack.members[0]
        return ask.url(one.kind, one.object_id, 'lineage')
    return ask.again(open=stack.key) + '#members'


def _marks(stack: Stack, around: Around, tainted: set[Stack], text: str) -> Iterable[str]:
    if stack is around.middle:
        yield 'middle'
    if stack in tainted:
        yield 'tainted'
    if text and any(_answers(member, text) for member in stack.members):
        yield 'found'


def why(ask: Ask) -> Page:
    """Show whether a product still holds, and why it was made from these calibrations."""
    obj = asked_object(ask)
    if not isinstance(obj, ProcessTarget):
        raise HTTPException(404, f'{obj} is no product: it was not made, and nothing can change that')
    verdict = obj.why()
    chosen = list(_chosen(obj))
    return Page('why', about(ask, obj, 'why') | {'verdict': verdict, 'chosen': chosen}, lambda: {
        'holds': verdict.holds, 'reasons': verdict.reasons,
        'details': [{'reason': one.kind, 'detail': one.detail} for one in verdict.details], 'text': str(verdict),
        'chosen': dict(chosen)})


def _chosen(obj: Any) -> Iterable[tuple[str, str]]:
    """Yield role and explanation for each calibration and reference catalogue from which `obj` was made."""
    for role, link in type(obj).inputs().items():
        if not link.many and issubclass(link.target, CalibrationFrame | ReferenceCatalogue) and not obj.imported \
                and getattr(obj, role) is not None:
            try:
                yield role, str(obj.chosen_because(role))
            except AwlikeError as error:
                yield role, str(error)


def impact(ask: Ask) -> Page:
    """Show what would have to be made again without an object."""
    obj = _with_lineage(ask)
    found = impact_of(obj)
    return Page('impact', about(ask, obj, 'impact') | {'impact': found}, found.to_dict)


ROUTES = [*get('/{cls}/{id}/lineage', lineage), *get('/{cls}/{id}/why', why), *get('/{cls}/{id}/impact', impact)]
