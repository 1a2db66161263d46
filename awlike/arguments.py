"""Calls that people type: a wrong or missing argument is told in a line, with the near names."""

import functools
import inspect

from awlike.errors import ParameterError
from awlike.spelling import near


def typed(function):
    """Decorator of a function, or an ``__init__``, that people call at the prompt.

    Its signature and help stay as they are; a call that does not fit them raises ParameterError rather than TypeError.
    """
    signature = inspect.signature(function)
    name = function.__qualname__.removesuffix('.__init__')
    names = [one for one in signature.parameters if one not in ('self', 'cls')]

    @functools.wraps(function)
    def call(*arguments, **named):
        try:
            signature.bind(*arguments, **named)
        except TypeError as error:
            own = type(arguments[0]).__name__ if function.__name__ == '__init__' else name
            for one in named:
                if one not in names:
                    raise ParameterError(f'{own} has no argument {one!r}{near(one, names)}: it has {", ".join(names)}') from None
            raise ParameterError(f'{own}: {error}; it has {", ".join(names)}') from None
        return function(*arguments, **named)

    return call
