"""Windows: the part of its detector that a frame shows, where less than the whole was read."""

from collections.abc import Iterable, Mapping
from typing import Any

from awlike.errors import HeaderError
from awlike.pixels.geometry import Section

WINDOW = 'WINDOW'  # the setting that says which part of the detector was read


def place_of(amplifiers: Iterable[Mapping[str, Any]]) -> Section:
    """Return the smallest section of the detector that has the pixels of all `amplifiers`, in the coordinates of `detsec`."""
    places = [Section.from_directed(amplifier['detsec'])[0] for amplifier in amplifiers]
    return Section(min(place.x0 for place in places), max(place.x1 for place in places),
                   min(place.y0 for place in places), max(place.y1 for place in places))


def window_in(whole: Section, part: Section) -> str | None:
    """Return `part` as a FITS section that counts from the corner of the detector, `whole`; None where it is all of it.

    Raises
    ------
    HeaderError
        When `part` does not lie in the detector.
    """
    if part == whole:
        return None
    if not part.lies_in(whole):
        raise HeaderError(f'the pixels that were read, {part.to_fits()}, do not lie on the detector, {whole.to_fits()}; '
                          'correct detector in the description of the camera, or the cards')
    return part.moved(-whole.x0, -whole.y0).to_fits()
