"""The best that is known of a science frame: which of the products that were made of it tells, and what."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from awlike.persist.lineage import valid_with_ancestors
from awlike.products.quality import is_bad
from awlike.terminal import Readable
from awlike.views.facts import Fact

if TYPE_CHECKING:
    from awlike.products.product import ProcessTarget

T = TypeVar('T', bound='ProcessTarget')


@dataclasses.dataclass(frozen=True, repr=False)
class KnownZeroPoint(Readable):
    """The zero point of a science frame; print it.

    Attributes
    ----------
    value : float
        The magnitude of a star of 1 ADU per second, through the air as it was.
    error : float
        Its error [mag].
    product : PhotometricParameters
        The product that tells it.
    """

    value: float
    error: float
    product: Any

    def __str__(self) -> str:
        return f'{self.value:.3f} +- {self.error:.3f} mag by {self.product}'


def best_of(cls: type[T], frame: Any, tells: Callable[[T], bool] = lambda product: True,
            is_better: Callable[[T], bool] = lambda product: False) -> T | None:
    """Return the product of class `cls` that tells most of the science frame `frame`; None where none tells.

    Neither the product nor an ancestor of it is invalid. One within its limits goes before one that misses a limit, then
    one that is better by `is_better`; of several the one that was made last counts.

    Parameters
    ----------
    cls : type
        A class with an input `frame`.
    frame : ScienceFrame
        The frame. Of one that is not committed, no product is known.
    tells : function
        Returns whether a product tells anything. Default: each does.
    is_better : function
        Returns whether a product goes before others. Default: none does.
    """
    if not frame.is_committed:
        return None
    made: Any = cls
    known = [product for product in (made.frame == frame) & valid_with_ancestors(cls) if tells(product)]
    if not known:
        return None
    return max(known, key=lambda one: (not is_bad(one), is_better(one), one.creation_date, str(one.object_id)))


def fact_by(name: str, text: str, product: Any, about: str) -> Fact:
    """Return the fact that `product` tells; where the product misses a limit, the fact says so."""
    missed = ', '.join(check.name for check in product.missed_limits())
    value = {'class': type(product).__name__, 'name': str(product), 'object_id': str(product.object_id)}
    return Fact(name, f'{text} by {product}' + (f', which misses {missed}' if missed else ''), '', value, about)
