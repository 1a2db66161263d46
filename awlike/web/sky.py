"""The sky: footprints of frames on a map that is drawn here."""

from typing import Any

import numpy as np
from markupsafe import Markup

from awlike.errors import ParameterError
from awlike.frames.raw import RawScienceFrame
from awlike.products.astrometry import corners
from awlike.products.frame import Frame
from awlike.views.sky_map import Footprint, SkyMap, centred
from awlike.web.asked import Ask, get
from awlike.web.choices import choices_for
from awlike.web.lists import class_called, selected
from awlike.web.rendering import Page

MOST = 400  # footprints of a map
_KINDS = ('RawScienceFrame', 'ReducedScienceFrame', 'ImportedScienceFrame', 'SourceList')
_WORDS = ('ra', 'dec', 'width', 'kind')


def show(ask: Ask) -> Page:
    """Show the latest frames that the address selects on a map."""
    cls = class_called(ask.query.get('kind') or RawScienceFrame.__name__)
    if not issubclass(cls, Frame):
        raise ParameterError(f'kind={cls.__name__}: a class of frames, as {", ".join(_KINDS)}')
    query = selected(cls, ask, leaving=_WORDS)
    frames = query.order_by('-DATE_OBS')[:MOST]
    found = [Footprint(field, f'{one}\n{one.DATE_OBS:%Y-%m-%d %H:%M}', ask.url(cls.__name__, one.object_id),
                       'invalid' if one.is_valid == 0 else 'footprint')
             for one in frames if (field := corners(one)) is not None and np.isfinite(field).all()]
    middle, width = _part(ask, found)
    values: dict[str, Any] = {
        'cls': cls, 'kinds': _KINDS, 'found': found, 'number': len(frames), 'most': MOST, 'middle': middle, 'width': width,
        'choices': choices_for(cls, ask), 'drawing': Markup(SkyMap(found, middle, width).svg) if found else '',
        'without': len(frames) - len(found)}
    return Page('sky', values, lambda: {'count': len(found), 'rows': [
        {'name': one.name.partition('\n')[0], 'corners': one.corners.tolist()} for one in found]})


def _part(ask: Ask, found: list[Footprint]) -> tuple[tuple[float, float], float]:
    """Return middle and width of the map, degrees: as the address says, else all that is found."""
    middle = centred(found) if found else (0.0, 0.0)
    given = [ask.number(name) for name in ('ra', 'dec', 'width')]
    ra, dec = (middle[number] if value is None else value for number, value in enumerate(given[:2]))
    width = given[2]
    if width is None:
        width = _extent(found, (ra, dec))
    if abs(dec) > 90 or not 0 < width <= 180:
        raise ParameterError('dec lies between -90 and 90 degrees, and width above 0 and up to 180')
    return (ra % 360, dec), width


def _extent(found: list[Footprint], middle: tuple[float, float]) -> float:
    """Return the degrees that a map needs to show all footprints."""
    if not found:
        return 10.0
    every = np.radians(np.concatenate([one.corners for one in found]))
    ra, dec = np.radians(middle)
    along = np.sin(dec) * np.sin(every[:, 1]) + np.cos(dec) * np.cos(every[:, 1]) * np.cos(every[:, 0] - ra)
    return float(min(max(2.3 * np.degrees(np.arccos(np.clip(along, -1, 1)).max()), 0.05), 180.0))


ROUTES = get('/sky', show)
