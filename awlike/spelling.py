"""Words: the names that somebody may have meant who spelt a name wrongly, and counted things."""

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

from awlike.errors import UnknownAttribute

_MOST_ALIKE = 5  # things with one reason that are told one by one


def counted(number: int, one: str, many: str = '', zero: str = '0') -> str:
    """Return a number with the word for what is counted: ``'1 frame'``, ``'2,000 frames'``.

    Parameters
    ----------
    one, many : str
        The word for one, and for any other number. Default for `many`: `one` with an s.
    zero : str
        What stands for the number 0, as ``'no'``.
    """
    return f'{f"{number:,}" if number else zero} {one if number == 1 else many or one + "s"}'


def alike(name: str, names: Iterable[str]) -> list[str]:
    """Return those of `names` that are most like `name`, whatever the case of their letters: three at most, the best first."""
    likeness = {one: difflib.SequenceMatcher(None, name.casefold(), one.casefold()).ratio() for one in names}
    best = max(likeness.values(), default=0.0)
    close = [one for one in likeness if likeness[one] >= max(0.5, best - 0.05)]
    return sorted(close, key=lambda one: -likeness[one])[:3]


def near(name: object, names: Iterable[object]) -> str:
    """Return ' (did you mean X?)' with the names most like `name`, or an empty string."""
    close = difflib.get_close_matches(str(name), [str(n) for n in names], n=3, cutoff=0.5)
    return f' (did you mean {" or ".join(close)}?)' if close else ''


def unknown(what: str, name: str, known: Iterable[str], kind: str = 'attribute') -> UnknownAttribute:
    """Return the error for a name (of a `kind`) that `what` does not have, with the near names among `known`."""
    names = list(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    hint = f'did you mean {" or ".join(close)}?' if close else f'it has {", ".join(sorted(names))}'
    return UnknownAttribute(f'{what} has no {kind} {name!r}: {hint}', name=name)


def by_reason(refused: Iterable[tuple[Any, str]]) -> Iterator[tuple[str, str]]:
    """Yield what was refused and why, of (thing, reason), in order; many things with one reason are told together."""
    groups: dict[str, list[Any]] = {}
    for one, reason in refused:
        groups.setdefault(reason, []).append(one)
    for reason, ones in groups.items():
        if len(ones) > _MOST_ALIKE:
            yield f'{ones[0]} and {counted(len(ones) - 1, "other")}', reason
        else:
            yield from ((str(one), reason) for one in ones)
