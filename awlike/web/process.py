"""The target processor: choose a task and what it works on, see the plan and its reasons, change parameters, run it."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.datastructures import FormData, QueryParams

from awlike.dpu import dpu
from awlike.errors import AwlikeError, ParameterError
from awlike.persist.references import Chip, Filter, Instrument
from awlike.planning.nearest import LEVELS
from awlike.planning.parameters_in_force import makers
from awlike.planning.plan import Plan
from awlike.planning.resolve import REBUILD
from awlike.products.parameters import unit_of
from awlike.products.product import ProcessTarget
from awlike.tasks.chain import Chain, step_names
from awlike.tasks.known import task_class, tasks
from awlike.tasks.pars import Pars
from awlike.web.asked import Answer, Ask, get, post, to
from awlike.web.choices import names_of
from awlike.web.rendering import Page

PAR = 'par.'  # before the name of a parameter in a form, as par.BiasFrame.SIGMA_CLIP
_ONE = ('instrument', 'date', 'object', 'template', 'rebuild', 'calibration_level')
_MANY = ('chip', 'filter', 'raw_filenames', 'frames')
_SHOWN = 500  # steps of a plan that a page lists


@dataclasses.dataclass(frozen=True)
class Row:
    """A process parameter in the form: its class, name, value in force and default, unit, meaning; whether it was changed."""

    cls: str
    name: str
    value: str
    default: str
    unit: str
    about: str
    is_changed: bool

    @property
    def field(self) -> str:
        """The name of its field."""
        return f'{PAR}{self.cls}.{self.name}'


def show(ask: Ask) -> Page:
    """Show the form, and the plan where a task is chosen."""
    return _page(ask, ask.query)


def _page(ask: Ask, given: Mapping[str, Any], changed: bool = False) -> Page:
    """Return the page for the arguments in `given`; `changed` tells that the plan is not the one that was seen."""
    step, arguments = arguments_in(given)
    plans, error = [], ''
    if step:
        try:
            plans = Chain(step, **arguments, commit=bool(ask.here.project)).plan()
        except AwlikeError as problem:
            if ask.wants_json:
                raise
            error = str(problem)
    values: dict[str, Any] = {
        'step': step, 'arguments': arguments, 'tasks': sorted(tasks()), 'abouts': _abouts(), 'cameras': names_of(Instrument),
        'chips': names_of(Chip), 'filters': names_of(Filter), 'rebuilds': REBUILD, 'levels': LEVELS, 'plans': plans,
        'digest': digest_of(plans), 'error': error, 'changed': changed, 'shown': _SHOWN, 'groups': _parameters(step, arguments),
        'given': [(name, value) for name, value in _pairs(given) if value.strip()], 'listed': list(map(_listed, plans))}
    return Page('process', values, lambda: {'step': step, 'digest': values['digest'], 'plans': [p.to_dict() for p in plans]},
                409 if changed else 200)


def arguments_in(given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the step and the arguments of a task that a form or an address names; fields without a value are left out."""
    fields: dict[str, list[str]] = {}
    for name, value in _pairs(given):
        if value.strip():
            fields.setdefault(name, []).append(value.strip())
    arguments: dict[str, Any] = {name: fields[name][-1] for name in _ONE if name in fields}
    arguments |= {name: fields[name] for name in _MANY if name in fields}
    pars = {name.removeprefix(PAR): values[-1] for name, values in fields.items() if name.startswith(PAR)}
    return fields.get('task', [''])[-1], arguments | ({'pars': pars} if pars else {})


def _pairs(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs = given.multi_items() if isinstance(given, FormData | QueryParams) else list(given.items())
    return [(name, value) for name, value in pairs if isinstance(value, str)]


def run(ask: Ask) -> Answer:
    """Submit the plan as a job, if it is the plan that was seen."""
    step, arguments = arguments_in(ask.form)
    if not step:
        raise ParameterError('choose a task')
    if ask.form.get('commit') != 'true':
        raise ParameterError('a job of the web keeps what it makes: send commit=true')
    seen = str(ask.form.get('plan') or '')
    if seen and seen != digest_of(Chain(step, **arguments, commit=True).plan()):
        return _page(ask, ask.form, changed=True)
    return to(ask.url('jobs', dpu.run(step, **arguments, commit=True)))


def digest_of(plans: list[Plan]) -> str:
    """Return what is equal for plans that make and reuse the same for the same reasons."""
    told = [{name: value for name, value in plan.to_dict().items() if name not in ('seconds', 'compiles_kernels')}
            for plan in plans]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:32] if plans else ''


def _listed(plan: Plan) -> list[tuple[str, str, str, str]]:
    """Return the steps of a plan: what is done, to which class, of what, and why."""
    told = plan.to_dict()
    rows = [('make', one['class'], f'{one["of"]}, {one["date"][:16].replace("T", " ")}', _joined(one['reason'], one['detail']))
            for one in told['make']]
    rows += [('cannot', one['class'], one['of'], one['lacks']) for one in told['cannot']]
    return rows + [('reuse', one['class'], one['filename'] or one['object_id'], one['detail']) for one in told['reuse']]


def _joined(reason: str, detail: str) -> str:
    return f'{reason}: {detail}' if detail and not detail.startswith(reason) else detail or reason


def _abouts() -> dict[str, str]:
    """Return the first sentence about each task."""
    return {name: (task.__doc__ or '').strip().partition('\n')[0] for name, task in tasks().items()}


def _parameters(step: str, arguments: Mapping[str, Any]) -> list[tuple[str, list[Row]]]:
    """Return the process parameters of all that is made on the way, by class, the changed ones first; none without a camera."""
    if not (step and arguments.get('instrument')):
        return []
    try:
        target = task_class(step_names(step)[-1]).target
        pars = Pars(target, arguments['instrument'], *(_only(arguments, name) for name in ('chip', 'filter')))
    except AwlikeError:  # the plan says what is wrong
        return []
    changes = arguments.get('pars') or {}
    return [(maker.__name__, list(_rows(maker, pars, changes))) for maker in makers(target) if maker.Parameters.model_fields]


def _rows(maker: type[ProcessTarget], pars: Pars, changes: Mapping[str, str]) -> Iterator[Row]:
    """Yield the process parameters of the class `maker` that a field can hold."""
    values = getattr(pars, maker.__name__).process_params
    for name, field in maker.Parameters.model_fields.items():
        default = getattr(values, name)
        if not isinstance(default, dict | list):
            text = _text(default)
            value = changes.get(f'{maker.__name__}.{name}', text)
            yield Row(maker.__name__, name, value, text, unit_of(field), field.description or '', value != text)


def _only(arguments: Mapping[str, Any], name: str) -> str | None:
    """Return the one name of a chip or filter, for which the parameters have defaults of their own; None of several."""
    names = arguments.get(name) or []
    return names[0] if len(names) == 1 else None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


ROUTES = [*get('/process', show), *post('/process', run)]
