"""Jobs that keep nothing: one worker does the whole plan, and its products travel to the prompt that asks for them."""

import uuid

from sqlalchemy.orm import Session

from awlike.current import current
from awlike.dpu.heartbeat import Heartbeat
from awlike.dpu.job_order import JobOrder
from awlike.dpu.jobs import DONE, RUNNING
from awlike.dpu.ledger import Ledger
from awlike.dpu.work import OfJob
from awlike.persist.dataobject import DataObject
from awlike.persist.links import fetch, listed
from awlike.planning.plan import Plan
from awlike.planning.resolve import Bad
from awlike.planning.step import Step
from awlike.products.product import ProcessTarget
from awlike.query.properties import classes
from awlike.tasks.chain import Chain
from awlike.tasks.execute import execute
from awlike.tasks.task import Task, missed_limits


def make_all(job: JobOrder, ledger: Ledger, heart: Heartbeat) -> tuple[list[dict], list[str]]:
    """Do `job` in this process; return its products as plain values and arrays, and the failures."""
    task, = Chain(job.step, **job.arguments).tasks
    plan = task.plan()
    ledger.begin_steps(())
    made = _executed(task, plan, ledger, heart)
    bad: Bad = {}
    while new := missed_limits(made):
        bad |= new
        ledger.forget_failed()
        again = task.plan_again(plan, bad)
        made = _executed(task, again, ledger, heart)
        plan = plan.followed_by(again)
    targets = set(map(id, plan.targets))
    products = [packed_product(step.product, id(step) in targets) for step in plan.steps if step.product is not None]
    found = [{'object_id': step.found.object_id} for step in plan.targets
             if step.product is None and step.reused and step.found]
    return products + found, [task.report(plan)] if plan.failed else []


def _executed(task: Task, plan: Plan, ledger: Ledger, heart: Heartbeat) -> list[Step]:
    """Do the steps of `plan`; return those that made something."""
    numbers = ledger.add_plan(plan)
    ledger.change(status=RUNNING)
    return execute(plan, False, recipe=task.recipe(), job=_InMemory(ledger, numbers, heart))


class _InMemory(OfJob):
    """A job that keeps nothing. It ends as soon as it is called off."""

    def __init__(self, ledger: Ledger, numbers: dict[int, int], heart: Heartbeat) -> None:
        super().__init__(ledger, numbers)
        self._heart = heart

    def begun(self, step: Step) -> None:
        self._heart.pause(0)
        super().begun(step)

    def ended(self, step: Step) -> None:
        super().ended(step)
        if step.product is not None and step.error is None:
            self._ledger.note(self._numbers[id(step)], status=DONE, reason=None)


def packed_product(product: ProcessTarget, is_target: bool) -> dict:
    """Return `product`, which is in memory alone, as plain values and its array."""
    columns = {column.key: value for column in type(product).__mapper__.column_attrs
               if (value := product.__dict__.get(column.key)) is not None}
    inputs = {role: [(type(one).__name__, one.object_id) for one in listed(getattr(product, role))]
              for role in type(product).inputs()}
    return {'class': type(product).__name__, 'columns': columns, 'inputs': inputs, 'data': product.data,
            'content': product.__dict__.get('_content'), 'is_target': is_target}


def unpacked_products(packed: list[dict]) -> list:
    """Return the targets of a job, in memory, with all products that were made on the way to them."""
    unpacked, session = {}, current().session()
    targets = []
    for values in packed:
        if 'class' not in values:
            targets.append(fetch(session, DataObject, [values['object_id']])[values['object_id']])
            continue
        product = _product(values, unpacked, session)
        unpacked[product.object_id] = product
        if values['is_target']:
            targets.append(product)
    return targets


def _product(values: dict, unpacked: dict[uuid.UUID, ProcessTarget], session: Session) -> ProcessTarget:
    cls, inputs = classes[values['class']], {}
    for role, link in cls.inputs().items():
        found = [unpacked.get(object_id) or fetch(session, classes[kind], [object_id])[object_id]
                 for kind, object_id in values['inputs'][role]]
        if found:
            inputs[role] = found if link.many else found[0]
    product = cls(**inputs)
    vars(product).update(values['columns'])
    if values['data'] is not None:
        values['data'].flags.writeable = False
        product._data = values['data']
    if values['content'] is not None:
        product._content = values['content']
    return product
