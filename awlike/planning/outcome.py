"""Outcome: what becomes of a step of a plan."""

import dataclasses
from typing import TYPE_CHECKING

from awlike.planning.found import Found
from awlike.planning.reasons import Reason

if TYPE_CHECKING:
    from awlike.products.product import ProcessTarget


@dataclasses.dataclass(frozen=True, slots=True)
class Reuse:
    """An object that exists serves, by `rule`."""

    found: Found
    rule: str


@dataclasses.dataclass(frozen=True, slots=True)
class Make:
    """The product is to be made, for `reason`."""

    reason: Reason


@dataclasses.dataclass(frozen=True, slots=True)
class Restore:
    """An object that exists serves, by `rule`, but its file is lost and is to be made again."""

    found: Found
    rule: str
    reason: Reason


@dataclasses.dataclass(frozen=True, slots=True)
class Failed:
    """The product cannot be had, because of `error`; a `product` that was made is no good."""

    error: Exception
    product: 'ProcessTarget | None' = None


@dataclasses.dataclass(frozen=True, slots=True)
class Made:
    """The product was made, for `reason`."""

    product: 'ProcessTarget'
    reason: Reason


Outcome = Reuse | Make | Restore | Failed | Made
