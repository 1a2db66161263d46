"""Calls that people type: a wrong or missing argument is an error of one line, with the near names."""

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from awlike.errors import ParameterError
from awlike.spelling import near

P = ParamSpec('P')
T = TypeVar('T')


def check_shown(what: str, text: str) -> None:
    """Refuse a text that a person gives a thing if it has characters that no screen shows.

    Raises
    ------
    ParameterError
        When there is such a character: one that controls a terminal, or turns the direction of a text.
    """
    if not text.isprintable():
        raise ParameterError(f'{what} {text!r} has characters that control a terminal or turn the direction of a text: leave '
                             'them out')


def typed(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function, or an ``__init__``, that people call at the prompt.

    Its signature and help stay as they are; a call that does not fit them raises ParameterError rather than TypeError.
    """
    signature = inspect.signature(function)
    name = function.__qualname__.removesuffix('.__init__')
    names = [parameter for parameter in signature.parameters if parameter not in ('self', 'cls')]

    @functools.wraps(function)
    def call(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            signature.bind(*arguments, **named)
        except TypeError as error:
            if not arguments and 'self' in signature.parameters:
                raise ParameterError(f'{name}() is called of an object, as in {name.replace(".", "(...).")}()') from None
            own = type(arguments[0]).__name__ if function.__name__ == '__init__' else name
            there = f'it has {", ".join(names) or "none"}'
            for wrong in named:
                if wrong not in names:
                    of_object = type(arguments[0]) if 'self' in signature.parameters else None
                    raise ParameterError(f'{own} has no argument {wrong!r}{near(wrong, names)}: '
                                         f'{_of_its_object(wrong, of_object) or there}') from None
            raise ParameterError(f'{own}: {error}; {there}') from None
        return function(*arguments, **named)

    return call


def _of_its_object(argument: str, cls: type | None) -> str:
    """Return the way to give `argument` to the object of a method, where its class `cls` has it; else an empty text."""
    if cls is None or argument not in inspect.signature(cls).parameters:
        return ''
    return f'give it to {cls.__name__}, as in {cls.__name__}(..., {argument}=...)'
