"""The amplifiers of a detector from its headers: several in one HDU, or an HDU for each."""

import itertools
from collections.abc import Mapping
from typing import Any

from awlike.cameras.header_values import Cards, first, number, section
from awlike.errors import HeaderError
from awlike.pixels.geometry import REGIONS, Section

OWN_HDU = '*'  # in place of a name: each amplifier has an HDU of its own
_NO_PIXELS = '[0:0,0:0]'  # as some cameras write it for an amplifier that a window leaves out
ENTRIES = ('name', *REGIONS, 'detsec', 'readout', 'gain', 'read_noise')

AmplifierFacts = dict[str, Any]  # as in `RawFacts.amplifiers`
Entries = Mapping[str, object]  # entries of a description: keyword or keywords, section or number, by ENTRIES
Shape = tuple[int, int]  # rows, columns


def in_shared_hdu(amplifiers: Mapping[str, Entries], header: Cards, shape: Shape, some: bool = False) -> list[AmplifierFacts]:
    """Return the amplifiers whose pixels lie in one image of `shape`.

    `some` says that those whose cards name no pixels are left out, as of a window that others read. Raises HeaderError for
    sections that are missing, senseless, or do not fit together.
    """
    reading = {name: entries for name, entries in amplifiers.items() if not some or _reads(entries, header)}
    found = [_amplifier(name, entries, header, shape) for name, entries in (reading or amplifiers).items()]
    _refuse_overlaps(found)
    return found


def in_own_hdus(described: Mapping[int, Entries],
                hdus: Mapping[int, tuple[Cards, Shape]]) -> tuple[list[AmplifierFacts], Shape]:
    """Return the amplifiers that have an HDU each, {number: (header, shape)}, and the shape of the raw frame of all.

    `described` has the entries of each, by the number of its HDU. The images lie in the raw frame as they were read, each as
    far to the right and up as its amplifier is on the detector. Where no pre- and overscan are described, the pixels before
    the light-sensitive ones are the prescan, and the pixels after them the overscan.
    """
    found = []
    for extension, (header, shape) in hdus.items():
        entries = described[extension]
        keyword = entries.get('name', 'EXTNAME')
        name = first(header, (str(keyword),))[1] or f'HDU {extension}'
        amplifier = _amplifier(str(name), entries, header, shape)
        beside = _scans_beside(Section.from_fits(amplifier['trim']), shape, entries)
        found.append({'extension': extension, **beside, **amplifier})
    _refuse_overlaps(found)
    corners, frame = _tiled([_place(amplifier) for amplifier in found], [shape for _, shape in hdus.values()])
    moved = [_moved(amplifier, *corner, shape)
             for amplifier, corner, (_, shape) in zip(found, corners, hdus.values(), strict=True)]
    return moved, frame


def _amplifier(name: str, entries: Entries, header: Cards, shape: Shape) -> AmplifierFacts:
    """Return the entries of one amplifier that have a value, after a check of its sections."""
    found: AmplifierFacts = {'name': name}
    for entry in REGIONS:
        keyword, value = _value(entries, entry, header, required=entry == 'trim')
        if keyword is not None:
            found[entry] = section(keyword, value, shape)
    for entry in ('detsec', 'readout'):
        keyword, value = _value(entries, entry, header, required=entry == 'detsec')
        if keyword is not None:
            found[entry] = _directed(keyword, value)
    for entry in ('gain', 'read_noise'):
        keyword, value = _value(entries, entry, header)
        if keyword is not None and number(keyword, value) > 0:  # cameras write 0 for a value that they do not know
            found[entry] = number(keyword, value)
    if Section.from_fits(found['trim']).shape != _place(found).shape:
        raise HeaderError(f'amplifier {name}: its light-sensitive section {found["trim"]} and its place on the detector '
                          f'{found["detsec"]} are of different size; correct the cards, or the description of the camera')
    return found


def is_fixed(value: object) -> bool:
    """Return whether the value of an entry is a number or a section itself, and names no keyword."""
    return isinstance(value, (int, float)) or str(value).lstrip().startswith('[')


def _reads(entries: Entries, header: Cards) -> bool:
    """Return whether an amplifier has pixels in the image."""
    found = [_value(entries, entry, header)[1] for entry in ('trim', 'detsec')]
    return any(value is not None and str(value).replace(' ', '') != _NO_PIXELS for value in found)


def _value(entries: Entries, entry: str, header: Cards, required: bool = False) -> tuple[str | None, Any]:
    """Return (source, value) of an entry: a number or a section in brackets itself, else the value of the first keyword."""
    given: Any = entries.get(entry, ())
    if is_fixed(given):
        return entry, given
    keywords = (given,) if isinstance(given, str) else tuple(given)
    keyword, value = first(header, keywords)
    if required and keyword is None:
        raise HeaderError(f'no value for {entry} of an amplifier: {" or ".join(keywords)} is missing or blank; add the card '
                          'to the header, or describe the amplifier with the keyword that has it')
    return keyword, value


def _directed(keyword: str, value: str) -> str:
    try:
        Section.from_directed(value)
    except ValueError as error:
        raise HeaderError(f'{keyword} = {error}') from None
    return value.strip()


def _place(amplifier: AmplifierFacts) -> Section:
    return Section.from_directed(amplifier['detsec'])[0]


def _scans_beside(trim: Section, shape: Shape, entries: Entries) -> dict[str, str]:
    """Return the pixels before and after the light-sensitive ones, along each axis without a described scan."""
    height, width = shape
    rows, columns = (trim.y0, trim.y1), (trim.x0, trim.x1)
    beside = {'prescan_x': ((0, trim.x0), rows), 'overscan_x': ((trim.x1, width), rows),
              'prescan_y': (columns, (0, trim.y0)), 'overscan_y': (columns, (trim.y1, height))}
    described = {name[-1] for name in beside if name in entries}
    return {name: Section(*x, *y).to_fits() for name, (x, y) in beside.items()
            if name[-1] not in described and x[0] < x[1] and y[0] < y[1]}


def _tiled(places: list[Section], shapes: list[Shape]) -> tuple[list[tuple[int, int]], Shape]:
    """Return the corner (x, y) of each image, when all lie side by side as their places do, and the shape of the whole."""
    corners_x, width = _lined_up([place.x0 for place in places], [shape[1] for shape in shapes])
    corners_y, height = _lined_up([place.y0 for place in places], [shape[0] for shape in shapes])
    return list(zip(corners_x, corners_y, strict=True)), (height, width)


def _lined_up(starts: list[int], lengths: list[int]) -> tuple[list[int], int]:
    """Return where each image begins along one axis, and the length of all; images of equal `starts` begin together."""
    widest = {start: max(length for other, length in zip(starts, lengths, strict=True) if other == start)
              for start in sorted(set(starts))}
    corners = dict(zip(widest, itertools.accumulate(widest.values(), initial=0), strict=False))
    return [corners[start] for start in starts], sum(widest.values())


def _moved(amplifier: AmplifierFacts, x: int, y: int, shape: Shape) -> AmplifierFacts:
    """Return the amplifier with the sections of the raw frame, in which its image of `shape` lies at column x and row y."""
    sections = {name: Section.from_fits(amplifier[name]) for name in REGIONS if name in amplifier}
    sections['raw'] = Section(0, shape[1], 0, shape[0])
    return amplifier | {name: part.moved(x, y).to_fits() for name, part in sections.items()}


def _refuse_overlaps(found: list[AmplifierFacts]) -> None:
    """Refuse amplifiers that have the same name, or read the same part of the detector."""
    for (one, a), (other, b) in itertools.combinations([(one, _place(one)) for one in found], 2):
        if one['name'] == other['name']:
            raise HeaderError(f'amplifier {one["name"]} comes twice; correct its name (EXTNAME)')
        if a.x0 < b.x1 and b.x0 < a.x1 and a.y0 < b.y1 and b.y0 < a.y1:
            raise HeaderError(f'amplifiers {one["name"]} and {other["name"]} read {one["detsec"]} and {other["detsec"]} of '
                              'the detector, which overlap; correct the cards, or the description of the camera')
