"""ODI, the One Degree Imager at WIYN as it began (pODI): 13 orthogonal-transfer arrays (OTAs) of 8 x 8 cells.

A folder has an exposure, a file an OTA, an HDU a cell. The cell xy00 lies at the upper left of its OTA. DATASEC of real files
is wrong: the sections follow from the size of the image of a cell, also of a simulated one.
"""

from collections.abc import Mapping

from awlike.declare import Camera, Cards, Entries, FilterFacts, HeaderError, RawFacts, Shape, first, number

CHIPS = tuple(f'OTA{place}' for place in ('33', '34', '32', '44', '43', '42', '24', '23', '22', '55', '61', '16', '00'))
CENTRAL = CHIPS[:9]
CELLS = tuple(f'xy{x}{y}' for x in range(8) for y in range(8))
CELL, GAP = (494, 480), (11, 28)  # rows and columns of a cell, and between cells
SECTIONS = {494: (480, 500, 550), 247: (240, 260, 277)}  # rows -> columns of light; first and last of overscan, by binning
BROKEN = {'OTA00': CELLS[56:], 'OTA23': ('xy66',), 'OTA34': ('xy17', 'xy31'), 'OTA61': ('xy13', 'xy31')}


def sections(shape: Shape) -> tuple[int, tuple[int, int]]:
    """Return how many columns of a cell's raw image are light-sensitive, and where its overscan begins and ends.

    Raw images of other sizes than the real ones are scaled from those, as the simulator makes them.
    """
    rows, columns = shape
    light, begin, end = SECTIONS.get(rows, (columns, 0, 0))
    if end and columns >= end:
        return light, (begin, end)
    return round(columns * 480 / 550), (round(columns * 500 / 550), columns)


def gaps(cell: Shape) -> Shape:
    """Return rows and columns between neighbouring cells, whose light-sensitive part has the shape `cell`."""
    return round(GAP[0] * cell[0] / CELL[0]), round(GAP[1] * cell[1] / CELL[1])


def corner(x: int, y: int, cell: Shape) -> tuple[int, int]:
    """Return the first column and row, from 0, in its OTA of the cell x, y, whose light-sensitive part has the shape `cell`."""
    between = gaps(cell)
    return x * (cell[1] + between[1]), (7 - y) * (cell[0] + between[0])


class Odi(Camera):
    """The camera, whose cells lie at regular places, and of whose cells some guide the telescope."""

    def read(self, header: Cards, extension: int, shape: Shape,
             hdus: Mapping[int, tuple[Cards, Shape]] | None = None, master: str | None = None) -> RawFacts:
        if master is None and len(hdus or ()) != len(CELLS):
            raise HeaderError(f'the file has {len(hdus or (1,))} images, but an OTA of {self.name} has {len(CELLS)} cells; '
                              'take it from the archive again')
        return super().read(header, extension, shape, hdus, master)

    def amplifier(self, header: Cards, shape: Shape) -> Entries:
        """Return the entries of a cell: its place follows from its number, its sections from the size of its image."""
        light, (begin, end) = sections(shape)
        cell = shape[0], light
        x0, y0 = corner(*_number(header), cell)
        return {**super().amplifier(header, shape), 'trim': f'[1:{light},1:{cell[0]}]',
                'overscan_x': f'[{begin + 1}:{end},1:{cell[0]}]', 'detsec': f'[{x0 + 1}:{x0 + light},{y0 + 1}:{y0 + cell[0]}]'}

    def unused(self, header: Cards, amplifier: str) -> str | None:
        """Return why a cell shows no sky: it is broken, or by CELLMODE, a letter a cell, it guided the telescope."""
        x, y = _number(header)
        mode = str(first(header, ('CELLMODE',))[1] or '')
        return super().unused(header, amplifier) or ('guiding' if mode[x + 8 * y:][:1] == 'V' else None)


def _number(header: Cards) -> tuple[int, int]:
    """Return the number of a cell along x and y."""
    found = []
    for keyword in ('WN_CELLX', 'WN_CELLY'):
        value = header.get(keyword)
        place = -1 if value is None else number(keyword, value)
        if place not in range(8):
            raise HeaderError(f'{keyword} = {value!r}: the cells of an OTA count from 0 to 7; take the file from the '
                              'archive again')
        found.append(int(place))
    return found[0], found[1]


CAMERA = Odi(
    name='ODI',
    telescope='WIYN',
    latitude=31.9575,
    longitude=-111.6008,
    elevation=2096.0,
    timezone='America/Phoenix',
    recognised_by={'INSTRUME': ('podi', 'odi'), 'FPPOS': 'xy??'},
    keywords={'frame_type': 'OBSTYPE', 'chip': 'FPPOS', 'EXPTIME': ('EXPMEAS', 'EXPTIME'), 'exposure': 'OBSID',
              'rotator': 'ROTSTART'},
    setup={'BINNING': 'CCDBIN1'},
    frame_types={'BIAS': 'bias', 'DARK': 'dark', 'DFLAT': 'domeflat', 'TFLAT': 'twilightflat', 'OBJECT': 'science',
                 'SKY': 'science'},
    values={'chip': {f'xy{name[3:]}': name for name in CHIPS}},
    chips=CHIPS,
    filters={known.name: known for known in (
        FilterFacts('odi_g', 'SloanG', band='g'), FilterFacts('odi_r', 'SloanR', band='r'),
        FilterFacts('odi_i', 'SloanI', band='i', has_fringes=True),
        FilterFacts('odi_z', 'SloanZ', band='z', has_fringes=True))},
    amplifiers={'*': {'name': 'EXTNAME', 'gain': 'GAIN', 'read_noise': 'RDNOISE'}},
    broken=BROKEN,
    electronics=tuple(tuple(f'xy{x}{y}' for x in range(8)) for y in range(8)),
    parameters={'*.OVERSCAN_CORRECTION': 2,  # one level a cell
                # Gaps and broken cells of a flat are not finite.
                **{f'{kind}.MAXIMUM_NUMBER_OF_OUTLIERS': 5_000_000 for kind in ('DomeFlatFrame', 'TwilightFlatFrame')},
                'SaturatedPixelMap.THRESHOLD_HIGH': 65000.0,  # ADU, raw
                'GainLinearity.BY_AMPLIFIER': True,
                'CosmicMap.GAIN': 1.3, 'CosmicMap.READ_NOISE': 8.0, 'BackgroundModel.GAIN': 1.3},  # typical
)
