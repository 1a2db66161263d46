"""The first page: the last night with raw frames, the last jobs, and how many objects of each class there are."""

from typing import Any

from awlike.dpu import status
from awlike.nights import night_of, zone
from awlike.persist.dataobject import DataObject
from awlike.products.product import ProcessTarget
from awlike.products.raw import RawFrame
from awlike.query.properties import classes
from awlike.web.asked import Ask, get
from awlike.web.rendering import Page

_JOBS, _PRODUCTS = 6, 8
_COUNTED = 10_000  # objects of a class: a page need not count a million


def show(ask: Ask) -> Page:
    """Show what happened last."""
    kinds = [(name, number, classes[name].FAMILY) for name in sorted(DataObject.class_names())
             if name in classes and (number := _number_of(classes[name]))]
    latest = [classes[name].select_all().max('DATE_OBS') for name, _, _ in kinds if issubclass(classes[name], RawFrame)]
    last = max(filter(None, latest), key=lambda raw: raw.DATE_OBS, default=None)
    products = ProcessTarget.select_all().order_by('-object_id')[:_PRODUCTS]
    jobs = list(status.all_jobs())[::-1][:_JOBS] if ask.here.as_of == '' else []
    values = {'kinds': kinds, 'families': list(dict.fromkeys(family for _, _, family in kinds)), 'night': _night(last),
              'products': products, 'jobs': jobs, 'counted': _COUNTED}
    return Page('home', values, lambda: {
        'classes': {name: number for name, number, _ in kinds}, 'jobs': [job.to_dict() for job in jobs]})


def _number_of(cls: Any) -> int:
    """Return the number of objects of class `cls`; 0 for a class with classes below it, which are counted themselves."""
    return cls.select_all().number_up_to(_COUNTED) if len(cls.class_names()) == 1 else 0


def _night(last: Any) -> dict[str, Any] | None:
    """Return the night of the raw frame `last`, and how many raw frames of each class it has."""
    if last is None or last.DATE_OBS is None or last.instrument is None:
        return None
    camera = last.instrument
    night = night_of(last.DATE_OBS, zone(camera.timezone, camera.longitude))
    numbers = RawFrame.select(instrument=camera.name, date=night).numbers_by('class_name')
    return {'date': night, 'instrument': camera.name, 'numbers': sorted(numbers.items())}


ROUTES = get('/', show)
