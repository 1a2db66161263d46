"""Pictures of frames: the image with zoom, stretch and mask, the value under the mouse, and the plots beside the image."""

import hashlib
import threading
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from awlike.errors import ParameterError
from awlike.products.frame import Frame
from awlike.products.inspect import view_of
from awlike.views.image.figures import drawn
from awlike.views.image.picture import LARGEST, Zone, picture
from awlike.views.image.stretch import STRETCHES
from awlike.views.image.view import View
from awlike.web.asked import Ask, get
from awlike.web.objects import about, asked_object, has_file
from awlike.web.rendering import Page, StrictJSON

SIZE = 768  # pixels of a picture
_drawing = threading.Lock()  # matplotlib draws one figure at a time


def preview(ask: Ask) -> Response:
    """Send the picture of a frame, or of a part of it."""
    frame = _frame(ask)
    tag = _tag(ask, frame)
    if ask.request.headers.get('if-none-match') == tag:
        return Response(status_code=304, headers={'etag': tag})
    view = _view(frame)
    zone = Zone.parsed(ask.query.get('zone', ''), view.pixels.shape)
    levels: dict[str, Any] = {name: value for name in ('vmin', 'vmax') if (value := ask.number(name)) is not None}
    if ask.query.get('stretch'):
        levels['stretch'] = ask.query['stretch']
    size = ask.number('size') or SIZE
    if not 16 <= size <= LARGEST:
        raise ParameterError(f'size={size:g}: from 16 to {LARGEST} pixels')
    content = picture(view, zone, int(size), bool(ask.query.get('mask')), **levels)
    return Response(content, media_type='image/png', headers={'etag': tag, 'cache-control': 'private, no-cache'})


def viewer(ask: Ask) -> Page:
    """Show the picture of a frame alone, as large as the window."""
    frame = _frame(ask)
    view = _view(frame)
    shape = view.pixels.shape
    zone = Zone.parsed(ask.query.get('zone', ''), shape)
    ways = {'in': (0.5, 0, 0), 'out': (2, 0, 0), 'left': (1, -0.5, 0), 'right': (1, 0.5, 0), 'up': (1, 0, 0.5),
            'down': (1, 0, -0.5)}
    steps = {name: str(zone.moved(*way, shape)) for name, way in ways.items()} | {'all': str(Zone.whole(shape))}
    values = {'zone': str(zone), 'shape': shape, 'steps': steps, 'unit': view.unit,
              'has_mask': view.good_pixels is not None,
              'stretch': ask.query.get('stretch') or view.levels.get('stretch', 'linear'),
              'mask': bool(ask.query.get('mask'))}
    return Page('image', about(ask, frame, '') | values | {'stretches': STRETCHES}, lambda: {
        'shape': list(shape), 'unit': view.unit, 'zone': str(zone)})


def at(ask: Ask) -> Response:
    """Send value and place on the sky of a pixel, as the image window tells them."""
    view = _view(_frame(ask))
    x, y = ask.number('x'), ask.number('y')
    if x is None or y is None:
        raise ParameterError('give x= and y=, in pixels')
    return StrictJSON({'x': x, 'y': y, 'text': view.at(x, y)})


def panels(ask: Ask) -> Response:
    """Send the plots that `inspect` draws beside the image, in two columns, or as many as the parameter `columns` says."""
    frame = asked_object(ask)
    if not isinstance(frame, Frame):
        raise HTTPException(404, f'{frame} has no plots')
    tag = _tag(ask, frame)
    if ask.request.headers.get('if-none-match') == tag:
        return Response(status_code=304, headers={'etag': tag})
    columns = ask.number('columns') or 2
    if columns not in range(1, 5):
        raise ParameterError(f'columns={columns:g}: from 1 to 4')
    draw = frame.panels()
    if not draw:
        raise HTTPException(404, f'{frame} has no plots')
    with _drawing:
        content = drawn(draw, int(columns))
    return Response(content, media_type='image/png', headers={'etag': tag, 'cache-control': 'private, no-cache'})


def _frame(ask: Ask) -> Frame:
    """Return the frame that the address names, whose image is there to be read; nothing is made for a picture."""
    frame = asked_object(ask)
    if not isinstance(frame, Frame) or frame.filename is None:
        raise HTTPException(404, f'{frame} has no image')
    if not has_file(frame):
        raise HTTPException(404, f'the file of {frame} is not on the data server: process it, and it is made again')
    return frame


def _view(frame: Frame) -> View:
    """Return image, place on the sky and map of good pixels of `frame`."""
    view = view_of(frame)
    if view.image is None:
        raise HTTPException(404, f'{frame} has no image')
    return view


def _tag(ask: Ask, frame: Frame) -> str:
    """Return what changes when the picture does: the content of the frame and of what bounds it, and the address."""
    words = f'{frame.digest} {frame.is_valid} {ask.request.url.path}?{ask.request.url.query}'
    return f'"{hashlib.sha256(words.encode()).hexdigest()[:32]}"'


ROUTES = [*get('/{cls}/{id}/preview.png', preview, json=False), *get('/{cls}/{id}/panels.png', panels, json=False),
          *get('/{cls}/{id}/at.json', at, json=False), *get('/{cls}/{id}/image', viewer)]
