"""Long options with one dash, ``-cals=/dir``, as the scripts of QuickReduce have them; with two dashes they are the same."""

import dataclasses
import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand

from awlike.errors import ParameterError
from awlike.processors.mosaic.options import DEFUNCT, CalibrationOptions, CollectOptions, Corrections
from awlike.spelling import alike

if TYPE_CHECKING:
    from typer._click.core import Context

log = logging.getLogger('awlike')

Options = TypeVar('Options', bound=Corrections)

_OPTION = re.compile(r'--?(?P<name>[A-Za-z][\w-]*)(?P<value>=.*)?', re.DOTALL)
_HELP = 'help'
_BARE: dict[str, str] = {one.name: one.metadata['bare'] for options in (CollectOptions, CalibrationOptions)
                         for one in dataclasses.fields(options) if one.metadata['bare'] is not None}
"""The values of options that are given without one."""


class OneDash(TyperCommand):
    """A command whose options may be written with one dash or two. An unknown option is refused, and the near ones named."""

    def parse_args(self, ctx: 'Context', args: list[str]) -> list[str]:
        """Read the words of the command."""
        if ctx.resilient_parsing:  # a shell asks for completion
            return super().parse_args(ctx, args)
        options = {one.opts[0].lstrip('-'): one for one in self.params if one.param_type_name == 'option'}
        flags = {name: getattr(one, 'is_flag', False) for name, one in options.items()}
        return super().parse_args(ctx, two_dashes(args, flags, _BARE))


def two_dashes(words: list[str], options: Mapping[str, bool], bare: Mapping[str, str]) -> list[str]:
    """Return `words` with two dashes before each option, and its bare value behind each option that may have none.

    Parameters
    ----------
    options : mapping
        The names of the options, and whether each is a flag.
    bare : mapping
        The values of those that may be given without one. Such an option takes a value only behind ``=``.

    Raises
    ------
    ParameterError
        For an unknown option, and a flag with a value. A defunct option is told, and left out.
    """
    found, rest = [], iter(words)
    for word in rest:
        read = _OPTION.fullmatch(word)
        if word == '--':
            return [*found, word, *rest]
        if read is None:
            found.append(word)
            continue
        name, value = read['name'], read['value']
        if name == _HELP or word == '-h':
            found.append(f'--{_HELP}')
            continue
        if name in DEFUNCT:
            log.warning('-%s is defunct, and is left out: %s', name, DEFUNCT[name])
            continue
        if name not in options:
            raise ParameterError(f'{word}: there is no option -{name}{_near(name, options)}; --help lists all')
        if options[name] and value is not None:
            raise ParameterError(f'{word}: -{name} is a switch, and has no value: leave {value} out')
        if value is None and not options[name]:
            value = f'={bare[name]}' if name in bare else f'={_next(rest, name)}'
        found.append(f'--{name}{value or ""}')
    return found


def _near(name: str, options: Mapping[str, bool]) -> str:
    """Return the near options as a question, each with its dash."""
    found = ' or '.join(f'-{one}' for one in alike(name, options))
    return f' (did you mean {found}?)' if found else ''


def _next(words: Any, name: str) -> str:
    """Return the value of an option, which is the next word. Raises ParameterError where there is none."""
    value = next(words, None)
    if value is None:
        raise ParameterError(f'-{name} has no value: write -{name}=VALUE')
    return value


def typed(options: type[Corrections]) -> type[Corrections]:
    """Return the dataclass `options`, whose fields are declared by `option`, with the types that Typer reads."""
    fields = []
    for one in dataclasses.fields(options):
        meta = one.metadata
        kind = list[str] if meta['repeated'] else (str | None) if meta['metavar'] else bool
        how = {'metavar': _metavar(meta)} if meta['metavar'] else {}
        annotated = Annotated[kind, typer.Option(f'--{one.name.replace("_", "-")}', help=meta['help'], **how)]
        fields.append((one.name, annotated, dataclasses.field(default=() if meta['repeated'] else one.default)))
    return dataclasses.make_dataclass(f'Typed{options.__name__}', fields, bases=(options,), frozen=True)


def plain(options: type[Options], given: Options) -> Options:
    """Return `given`, of a type that `typed` returns, as an object of the class `options`, which can be pickled."""
    return options(**{one.name: getattr(given, one.name) for one in dataclasses.fields(options)})


def _metavar(meta: Mapping[str, Any]) -> str:
    return f'[={meta["metavar"]}]' if meta['bare'] is not None else meta['metavar']
