"""One object: what is known of it, its picture, its file, and the tabs with all else."""

import dataclasses
import os
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from awlike.errors import NotStored
from awlike.frames.quality_report import QualityReport
from awlike.frames.science import ScienceFrame
from awlike.persist.dataobject import DataObject
from awlike.products.called import called
from awlike.products.frame import Frame
from awlike.products.product import ProcessTarget
from awlike.store import server
from awlike.views.facts import FOLDED, Fact
from awlike.views.image.stretch import STRETCHES
from awlike.web.asked import Ask, get, to
from awlike.web.grades import corrections_shown, grades_shown
from awlike.web.lists import class_called
from awlike.web.rendering import Page

_BLOCK = 1 << 20


@dataclasses.dataclass(frozen=True)
class Tab:
    """A page about an object beside its facts: a name, the end of its address, and whether an object has it."""

    name: str
    path: str
    has: Callable[[Any], bool]


TABS = (
    Tab('Facts', '', lambda obj: True),
    Tab('Lineage', 'lineage', lambda obj: isinstance(obj, DataObject)),
    Tab('Why', 'why', lambda obj: isinstance(obj, ProcessTarget)),
    Tab('Quality', 'quality', lambda obj: isinstance(obj, ScienceFrame | QualityReport)),
    Tab('Impact', 'impact', lambda obj: isinstance(obj, DataObject)),
)
"""The tabs of an object."""


def asked_object(ask: Ask) -> Any:
    """Return the object that the address names. Raises NotFound where the person who asks sees none."""
    return class_called(ask.path('cls')).get(ask.path('id'))


def about(ask: Ask, obj: Any, tab: str) -> dict[str, Any]:
    """Return what the head of each page about `obj` shows; `tab` is the end of the address of the page."""
    parts = type(obj).__name__, obj.object_id

    def own(*more: Any, **query: Any) -> str:
        return ask.url(*parts, *more, **query)
    return {'obj': obj, 'own': own, 'kind': type(obj).__name__, 'name': str(obj), 'parts': parts, 'tab': tab,
            'tabs': [one for one in TABS if one.has(obj)]}


def show(ask: Ask) -> Page:
    """Show what is known of an object."""
    obj = asked_object(ask)
    facts = obj.facts()
    groups = [(name, [(fact, links_of(fact)) for fact in rows]) for name, rows in facts.shown().items()]
    values = about(ask, obj, '') | grades_shown(ask, obj) | {
        'facts': facts, 'groups': groups, 'folded': FOLDED, 'has_image': has_file(obj) and isinstance(obj, Frame),
        'corrections': corrections_shown(obj), 'address': ask.url(type(obj).__name__, obj.object_id, 'grade'), 'onward': '',
        'has_file': has_file(obj), 'has_panels': has_panels(obj), 'is_lost': is_lost(obj), 'stretches': STRETCHES}
    return Page('object', values, facts.to_dict)


def links_of(fact: Fact) -> list[dict[str, Any]]:
    """Return the objects that a fact names, as class, name and id: all of a few, the first and the last of many."""
    members = fact.value if isinstance(fact.value, list) else [fact.value]
    found = [one for one in members if isinstance(one, dict) and {'class', 'name', 'object_id'} <= one.keys()]
    return found if len(found) == len(members) else []


def has_file(obj: Any) -> bool:
    """Return whether the file of `obj` is on the data server."""
    return bool(getattr(obj, 'filename', None)) and server().has(obj.filename)


def is_lost(obj: Any) -> bool:
    """Return whether `obj` has a file that is not on the data server."""
    return bool(getattr(obj, 'filename', None)) and not server().has(obj.filename)


def has_panels(obj: Any) -> bool:
    """Return whether plots stand beside `obj`: their drawing reads pixels, so that they come with a picture of their own."""
    own = type(obj).panels is not Frame.panels if isinstance(obj, Frame) else False
    return own or (isinstance(obj, Frame) and has_file(obj))


def file(ask: Ask) -> Response:
    """Send the file of an object, to be saved."""
    obj = asked_object(ask)
    if not getattr(obj, 'filename', None):
        raise HTTPException(404, f'{obj} has no file')
    if not server().has(obj.filename):
        raise NotStored(f'{obj.filename} is not on the data server: process it, and it is made again')
    path = obj._path()
    stream = open(path, 'rb')  # noqa: SIM115 -- the answer closes it
    headers = {'content-length': str(os.fstat(stream.fileno()).st_size), 'etag': f'"{obj.digest}"',
               'content-disposition': f"attachment; filename=\"{_ascii(obj.filename)}\""}
    return StreamingResponse(_parts(stream, path), media_type='application/fits', headers=headers)


def _parts(stream: BinaryIO, path: Any) -> Iterator[bytes]:
    """Yield the file; `path` stays referred to meanwhile, so that the file stays where it is."""
    with stream:
        while part := stream.read(_BLOCK):
            yield part
    del path


def _ascii(name: str) -> str:
    return ''.join(c if c.isascii() and c.isprintable() and c not in '"\\/' else '_' for c in name)


def find(ask: Ask) -> Response:
    """Lead to the object with the name, or the id, that was typed."""
    obj = called(ask.query.get('name', '').strip())
    return to(ask.url(type(obj).__name__, obj.object_id))


ROUTES = [*get('/find', find, json=False), *get('/{cls}/{id}/file', file, json=False), *get('/{cls}/{id}', show)]
