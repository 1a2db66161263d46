"""Pars: look at the process parameters of a task and of all it depends on, and change some."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from awlike.arguments import typed
from awlike.errors import ParameterError
from awlike.planning.parameters_in_force import checked, defaults, handed_down, makers
from awlike.spelling import unknown
from awlike.tasks.known import task_class
from awlike.terminal import say

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from awlike.products.parameters import ProcessParameters
    from awlike.products.product import ProcessTarget
    from awlike.tasks.task import Task

Place = tuple[str, str | None, str | None]
"""The names of instrument, chip and filter."""


class Pars:
    """Process parameters of `subject` and of all products that are made on the way to it.

    Parameters
    ----------
    subject : str, Task class or product class
        What to make: ``'Reduce'``, `ReduceTask` or `ReducedScienceFrame`.
    instrument : str
        The camera; chip and filter may have defaults of their own.
    chip, filter : str, optional
        For which the defaults are shown.

    Examples
    --------
    >>> p = Pars('Reduce', instrument='OMEGACAM')
    >>> p.BiasFrame.process_params.SIGMA_CLIP = 4.0
    >>> ReduceTask(instrument='OMEGACAM', date='2012-05-31', pars=p.get())
    """

    @typed
    def __init__(self, subject: 'str | type[Task] | type[ProcessTarget]', instrument: str, chip: str | None = None,
                 filter: str | None = None) -> None:
        cls = _product_class(subject)
        self._place = (instrument, chip, filter)
        self._classes = {maker.__name__: ClassPars(maker, self._place) for maker in makers(cls)
                         if maker.Parameters.model_fields}

    def __getattr__(self, name: str) -> 'ClassPars':
        if name.startswith('_'):
            raise AttributeError(name)
        try:
            return self._classes[name]
        except KeyError:
            raise unknown('this set of parameters', name, self._classes) from None

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith('_'):
            raise ParameterError(f'set one parameter, as in p.{name}.process_params.SIGMA_CLIP = 3.0')
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return [*self._classes, 'get', 'show']

    def get(self) -> dict[str, Any]:
        """Return the parameters that were changed, by full name, for a task as ``pars=``."""
        return {f'{name}.process_params.{parameter}': value for name, pars in self._classes.items()
                for parameter, value in pars.process_params._changed.items()}

    def show(self) -> None:
        """Print all parameters: value, unit, range and meaning.

        Changed ones are marked with ``*``, and with ``>`` those that a product hands down to what is made on the way to it.
        """
        say(self)

    def __str__(self) -> str:
        lines = [f'process parameters for {" ".join(part for part in self._place if part)}']
        in_force = handed_down({name: pars.process_params._changed for name, pars in self._classes.items()})
        for name, pars in self._classes.items():
            lines += ['', name, *pars.process_params._rows(in_force[name])]
        return '\n'.join(lines)

    __repr__ = __str__


class ClassPars:
    """The parameters of one class, as ``p.BiasFrame``."""

    def __init__(self, cls: 'type[ProcessTarget]', place: Place) -> None:
        self.process_params: Changeable
        object.__setattr__(self, 'process_params', Changeable(cls, place))

    def __setattr__(self, name: str, value: Any) -> None:
        raise ParameterError(f'set a parameter of process_params, as in p.{self.process_params._cls.__name__}'
                             f'.process_params.{name} = {value!r}')

    def __repr__(self) -> str:
        return repr(self.process_params)


class Changeable:
    """The process parameters of one class; setting one checks its name and range."""

    _cls: 'type[ProcessTarget]'
    _values: 'ProcessParameters'
    _changed: dict[str, Any]

    def __init__(self, cls: 'type[ProcessTarget]', place: Place) -> None:
        vars(self).update(_cls=cls, _values=checked(cls, defaults(cls, *place), ' '.join(filter(None, place))), _changed={})

    def __getattr__(self, name: str) -> Any:
        if name.startswith('_'):
            raise AttributeError(name)
        self._check(name)
        return self._changed.get(name, getattr(self._values, name))

    def __setattr__(self, name: str, value: Any) -> None:
        self._check(name)
        self._changed[name] = getattr(checked(self._cls, {name: value}, 'set by you'), name)

    def _check(self, name: str) -> None:
        if name not in self._cls.Parameters.model_fields:
            raise unknown(f'{self._cls.__name__}.process_params', name, self._cls.Parameters.model_fields)

    def __dir__(self) -> list[str]:
        return list(self._cls.Parameters.model_fields)

    def _rows(self, in_force: Mapping[str, Any]) -> Iterator[str]:
        """Yield a line for each parameter; `in_force` has those that were changed or handed down."""
        fields = self._cls.Parameters.model_fields
        width = max(map(len, fields))
        for name, field in fields.items():
            mark = '*' if name in self._changed else '>' if name in in_force else ' '
            value = in_force.get(name, getattr(self._values, name))
            extra = field.json_schema_extra
            unit = extra.get('unit', '') if isinstance(extra, dict) else ''
            yield f' {mark} {name:{width}} = {value!s:10} {unit:12} {field.description}{_range(field)}'

    def __repr__(self) -> str:
        return '\n'.join([self._cls.__name__, *self._rows(self._changed)])


def _range(field: 'FieldInfo') -> str:
    signs = {'ge': '>=', 'gt': '>', 'le': '<=', 'lt': '<'}
    limits = [f'{sign} {getattr(limit, name):g}' for limit in field.metadata for name, sign in signs.items()
              if hasattr(limit, name)]
    return f' ({", ".join(limits)})' if limits else ''


def _product_class(subject: Any) -> 'type[ProcessTarget]':
    if isinstance(subject, str):
        return task_class(subject).target
    target = getattr(subject, 'target', subject)
    if not hasattr(target, 'Parameters'):
        raise ParameterError(f'{subject!r} has no process parameters: name a task such as "Reduce", or a class of products '
                             'such as ReducedScienceFrame')
    return target
