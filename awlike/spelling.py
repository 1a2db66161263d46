"""Near names: what somebody may have meant who spelt a name wrongly."""

import difflib

from awlike.errors import UnknownAttribute


def near(name, names):
    """' (did you mean X?)' for the names most like `name`, or an empty string."""
    close = difflib.get_close_matches(str(name), [str(n) for n in names], n=3, cutoff=0.5)
    return f' (did you mean {" or ".join(close)}?)' if close else ''


def unknown(what: str, name: str, known, kind='attribute') -> UnknownAttribute:
    """The error for a name (of a `kind`) that `what` does not have, with the near ones among `known`."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    hint = f'did you mean {" or ".join(near)}?' if near else f'it has {", ".join(sorted(known))}'
    return UnknownAttribute(f'{what} has no {kind} {name!r}: {hint}', name=name)
