"""Options that two commands share, declared once as the fields of a dataclass."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints


def with_options(options: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a command: each field of the dataclass `options` is an option of it, behind its own parameters.

    The command gets them together, as its argument ``options``.
    """
    hints, names = get_type_hints(options, include_extras=True), [one.name for one in dataclasses.fields(options)]
    shared = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[parameter.name])
              for parameter in inspect.signature(options).parameters.values()]

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        own = [parameter for parameter in inspect.signature(function).parameters.values() if parameter.name != 'options']

        @functools.wraps(function)
        def call(**given: Any) -> Any:
            return function(**{name: value for name, value in given.items() if name not in names},
                            options=options(**{name: given[name] for name in names}))

        del call.__wrapped__  # else Typer reads the parameters of `function`
        call.__signature__ = inspect.Signature([*own, *shared])  # pyrefly: ignore[missing-attribute]
        call.__annotations__ = {one.name: one.annotation for one in (*own, *shared)}
        return call

    return decorate
