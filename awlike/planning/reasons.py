"""Reasons: why a product that exists does not serve, in a word and in a sentence."""

from typing import NamedTuple

MISSING = 'missing'
INVALID = 'invalid ancestor'
BETTER = 'better input'
HEADER = 'header corrected'
PARAMETERS = 'parameters differ'
CODE = 'code differs'
LOST = 'file lost'
ASKED = 'asked for'


class Reason(NamedTuple):
    """Why a product is made or holds no longer.

    `kind` is one of the words above, `detail` says the particulars, and `path` leads to the input that is concerned.
    """

    kind: str
    detail: str = ''
    path: tuple[str, ...] = ()

    def of_input(self, role: str) -> 'Reason':
        """Return the reason for a product of which this product is the input `role`."""
        if self.kind in (INVALID, PARAMETERS, CODE, BETTER, HEADER):
            return self._replace(path=(role, *self.path))
        return Reason(BETTER, f'{self.kind}, {self.detail}'.strip(', '), (role, *self.path))

    def __str__(self) -> str:
        return ': '.join(part for part in (self.kind, '.'.join(self.path), self.detail) if part)
