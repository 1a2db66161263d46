"""Measure the light at given places on science frames; what is missing on the way is made, too."""

from typing import Any

from awlike.declare import ParameterError, Task, places_text
from awlike.frames.forced_source_list import ForcedSourceList
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame
from awlike.frames.source_list import SourceList


class ForcedTask(Task):
    """Measure the light at given places on science frames; what is missing on the way is made, too.

    `positions` are the places: a source list, as an object or by name; or pairs of right ascension and declination [deg], a
    `SkyCoord`, or a table with columns RA and DEC. At the command line the process parameters `ForcedSourceList.POSITIONS` and
    `ForcedSourceList.PLACES` say them.
    """

    target = ForcedSourceList
    of = RawScienceFrame, ScienceFrame

    def __init__(self, *arguments: Any, positions: Any = None, **named: Any) -> None:
        if positions is not None:
            named = named | {'pars': (named.get('pars') or {}) | _parameter(positions)}
        super().__init__(*arguments, **named)
        params = self._parameters.get(ForcedSourceList, self.instrument)
        assert isinstance(params, ForcedSourceList.Parameters)
        if not (params.POSITIONS or params.PLACES):
            raise ParameterError('no places are given: name a source list by positions=... (--par '
                                 'ForcedSourceList.POSITIONS=NAME), or give right ascensions and declinations '
                                 '(--par ForcedSourceList.PLACES="150.1 2.2, 150.3 -2.1")')


def _parameter(positions: Any) -> dict[str, str]:
    """Return the process parameter that says where to measure."""
    if isinstance(positions, SourceList) and positions.filename is None:
        raise ParameterError(f'{positions} is not committed: the places are those of a committed source list')
    if isinstance(positions, str | SourceList):
        name = positions if isinstance(positions, str) else positions.filename
        return {'ForcedSourceList.POSITIONS': str(name)}
    return {'ForcedSourceList.PLACES': places_text(positions)}
