"""Making: from inputs and parameters to a product in memory."""

import datetime
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from awlike import compile_cost, nights
from awlike.digests import content_digest
from awlike.persist.dataobject import Imstat
from awlike.persist.links import listed
from awlike.products.code_digest import code_digest, libraries
from awlike.products.content import take_parts
from awlike.products.inputs import Inputs
from awlike.products.quality import judge
from awlike.products.raw import RawFrame

if TYPE_CHECKING:
    from awlike.products.calibration import CalibrationFrame
    from awlike.products.parameters import ProcessParameters
    from awlike.products.product import ProcessTarget

T = TypeVar('T', bound='ProcessTarget')


def produce(cls: type[T], inputs: dict[str, Any], params: 'ProcessParameters', previous: 'ProcessTarget | None' = None,
            lead: str | None = None, grid: str | None = None) -> T:
    """Make an object of the class `cls`, in memory.

    Parameters
    ----------
    cls : type
        The class of the product.
    inputs : dict
        Objects, or lists of objects, by role.
    params : Parameters
        The process parameters.
    previous : ProcessTarget, optional
        The earlier product with which quality compares this one. It is no part of the content.
    lead : str, optional
        The input from which place, date and setup come. Default: the principal one.
    grid : str, optional
        The pixel grid of a resampled product.
    """
    started, compiling = time.perf_counter(), compile_cost.seconds()
    product = cls(**{role: value for role, value in inputs.items() if value is not None and value != []})
    describe_origin(product, params, lead)
    made = cls.make(Inputs(cls, inputs, lead, grid), params)
    take(product, made if grid is None else made | {'grid': grid})
    judge(product, previous)
    product.reuse_key = cls.key_for(inputs, params, grid)
    product.make_version, product.code_digest, product.libraries = cls.MAKE_VERSION, code_digest(cls), libraries()
    product.seconds = time.perf_counter() - started - (compile_cost.seconds() - compiling)
    return product


def describe_origin(product: Any, params: 'ProcessParameters', lead: str | None = None) -> None:
    """Set place, setup, date, parameters and, for a calibration, validity of `product`.

    Place, setup and date come from the principal input or, where that is absent, from the first input that is there. A
    product of members has no chip; it has filter and setup where all members have the same.
    """
    cls = type(product)
    roles = [lead or cls.principal_role(), *cls.inputs()]
    origin = next(found for role in roles if (found := listed(getattr(product, role))))
    of_members = cls.is_of_members()
    product.instrument, product.chip = origin[0].instrument, None if of_members else origin[0].chip
    product.setup = common('setup', origin) if of_members else origin[0].setup
    if 'filter' in cls.__properties__:
        product.filter = common('filter', origin) if of_members else origin[0].filter
    product.DATE_OBS = mean_date(origin)
    product.process_params = params
    product.is_valid = 1
    if 'timestamp_start' in cls.__properties__:
        _set_validity(product, origin)


def common(name: str, frames: Sequence[Any]) -> Any:
    """Return the filter, or the setup, that all of `frames` have; None where they differ, or have none."""
    found = {one.object_id if (one := getattr(frame, name, None)) is not None else None for frame in frames}
    return getattr(frames[0], name, None) if len(found) == 1 else None


def _set_validity(calibration: 'CalibrationFrame', origin: Sequence[Any]) -> None:
    """Set the interval of `calibration` from `origin`: the interval of a calibration, or the nights of raw frames."""
    if not isinstance(origin[0], RawFrame):
        calibration.timestamp_start, calibration.timestamp_end = origin[0].timestamp_start, origin[0].timestamp_end
        return
    instrument = calibration.instrument
    assert instrument is not None
    zone = nights.zone(instrument.timezone, instrument.longitude)
    dates = sorted(nights.night_of(raw.DATE_OBS, zone) for raw in origin)
    calibration.timestamp_start, calibration.timestamp_end = nights.span(dates[0], dates[-1], zone)


def take(product: 'ProcessTarget', result: dict[str, Any]) -> None:
    """Put `result`, as `make` returns it, into `product`, with statistics and digest."""
    values = dict(result)
    parts = take_parts(product, values)
    data, good = values.pop('data', None), values.pop('good', None)
    for name, value in values.items():
        setattr(product, name, value)
    if data is not None:
        from awlike.pixels.statistics import image_statistics
        data.flags.writeable = False
        product._data = data
        statistics: dict[str, Any] = image_statistics(data, good)
        product.imstat = Imstat(**statistics)
    product.digest = content_digest(data, {name: value for name, value in values.items() if value is not None}, parts)


def mean_date(objects: Sequence[Any]) -> datetime.datetime:
    """Return the mean of the dates of observation of `objects`."""
    return mean_of([one.DATE_OBS for one in objects])


def mean_of(dates: Sequence[datetime.datetime]) -> datetime.datetime:
    """Return the mean of `dates`."""
    first = min(dates)
    return first + sum((date - first for date in dates), datetime.timedelta()) / len(dates)
