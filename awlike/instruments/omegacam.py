"""OmegaCAM at the VLT Survey Telescope, Paranal: 32 CCDs, one multi-extension file an exposure."""

from typing import Any

from awlike.declare import Camera, Cards, FilterFacts, HeaderError, Section, Shape, first, number

CHIPS = tuple(f'ESO_CCD_#{number}' for number in range(65, 97))
# These chips are mounted upside down: their overscan, the rows that are read last, comes first in the file.
OVERSCAN_BELOW = frozenset(CHIPS[8:16] + CHIPS[24:32])
FILTERS = (
    FilterFacts('u_SDSS', 'SloanU', 355.0, band='u'),
    FilterFacts('g_SDSS', 'SloanG', 475.0, band='g'),
    FilterFacts('r_SDSS', 'SloanR', 625.0, band='r'),
    FilterFacts('i_SDSS', 'SloanI', 770.0, has_fringes=True, band='i'),
    FilterFacts('z_SDSS', 'SloanZ', 890.0, has_fringes=True, band='z'),
    FilterFacts('B_JOHN', 'JohnsonB', 440.0, band='B'),
    FilterFacts('V_JOHN', 'JohnsonV', 550.0, band='V'),
    FilterFacts('v_STRM', 'StromgrenV', 411.0),
    FilterFacts('NB_659', 'NB659', 659.0),
    FilterFacts('u_g_r_i_SDSS'),  # the composite of four quadrants, for the nightly monitoring of the sky
)
_Range = tuple[int, int]  # the first pixel along an axis, and the one after the last
_SIZES = ('PRSCX', 'NX', 'OVSCX', 'PRSCY', 'NY', 'OVSCY')


class OmegaCam(Camera):
    """A camera with its frame type in two cards and its geometry in sizes, as ESO writes them."""

    def accepts(self, header: Cards) -> bool:
        """Return whether an extension is a chip of the mosaic, named ESO_CCD_#nn, and no guide or focus chip."""
        return str(first(header, ('EXTNAME', 'ESO DET CHIP1 ID'))[1]).startswith('ESO_CCD')

    def lookup(self, header: Cards, attribute: str) -> tuple[str, Any] | tuple[None, None]:
        """Return category and type together as the frame type, so that standard fields and science fields differ."""
        if attribute != 'frame_type':
            return super().lookup(header, attribute)
        words = [first(header, (f'ESO DPR {card}',))[1] for card in ('CATG', 'TYPE')]
        return (None, None) if None in words else ('ESO DPR CATG and TYPE', ' '.join(map(str, words)))

    def geometry(self, header: Cards, shape: Shape) -> dict[str, str | None]:
        """Return the sections, from the sizes of prescan, light-sensitive area and overscan, in x and y."""
        sizes = {name: _size(header, name) for name in _SIZES}
        ny, nx = shape
        for axis, length in (('X', nx), ('Y', ny)):
            parts = [f'PRSC{axis}', f'N{axis}', f'OVSC{axis}']
            total = sum(sizes[part] for part in parts)
            if total != length or not sizes[f'N{axis}']:
                raise HeaderError(f'ESO DET OUT1 {" + ".join(parts)} = {total}, but the image has {length} pixels '
                                  f'along {axis} (NAXIS{1 + (axis == "Y")}); read the frame as it was written')
        x = _cuts(sizes['PRSCX'], sizes['NX'], sizes['OVSCX'])
        y = _cuts(sizes['PRSCY'], sizes['NY'], sizes['OVSCY'])
        if self.chip(header) in OVERSCAN_BELOW and not sizes['PRSCY']:
            below, lit, above = ((ny - end, ny - begin) for begin, end in y)
        else:
            below, lit, above = y
        before, light, after = x
        return {'trim': _fits(light, lit), 'prescan_x': _fits(before, lit), 'overscan_x': _fits(after, lit),
                'prescan_y': _fits(light, below), 'overscan_y': _fits(light, above)}


def _size(header: Cards, name: str) -> int:
    """Return one of the sizes of the geometry, a whole number of pixels."""
    keyword = f'ESO DET OUT1 {name}'
    found, value = first(header, (keyword,))
    size = -1 if found is None else number(keyword, value)
    if size < 0 or size != int(size):
        fault = f' = {value!r} is not a number of pixels' if found else ' is missing'
        raise HeaderError(f'{keyword}{fault}; without it the geometry of the chip is unknown: take the file from the '
                          'archive again')
    return int(size)


def _cuts(before: int, light: int, after: int) -> tuple[_Range, _Range, _Range]:
    """Return three neighbouring ranges of pixels along one axis."""
    return (0, before), (before, before + light), (before + light, before + light + after)


def _fits(x: _Range, y: _Range) -> str | None:
    """Return a FITS section, or None if it is empty."""
    return Section(*x, *y).to_fits() if x[0] < x[1] and y[0] < y[1] else None


CAMERA = OmegaCam(
    name='OMEGACAM',
    telescope='VST',
    latitude=-24.6272,
    longitude=-70.4040,
    elevation=2635.0,
    timezone='America/Santiago',  # the clock on Paranal's walls, by which its nights are counted
    recognised_by={'INSTRUME': 'OMEGACAM'},
    keywords={
        'AIRMASS': ('ESO TEL AIRM START', 'AIRMASS'),
        'filter': 'ESO INS FILT1 NAME',
        'run': 'ESO OBS PROG ID',
        'chip': ('EXTNAME', 'ESO DET CHIP1 ID'),
        'template_start': 'ESO TPL START', 'template_id': 'ESO TPL ID', 'template_name': 'ESO TPL NAME',
        'template_type': 'ESO DPR TYPE',  # a template has no type of its own; this card has its purpose
        'ob_id': 'ESO OBS ID', 'ob_name': 'ESO OBS NAME', 'ob_start': 'ESO OBS START',
    },
    setup={'READMODE': 'ESO DET READ CLOCK', 'BINX': 'ESO DET WIN1 BINX', 'BINY': 'ESO DET WIN1 BINY'},
    frame_types={
        'CALIB BIAS': 'bias', 'CALIB DARK': 'dark', 'CALIB FLAT,DOME': 'domeflat',
        'CALIB FLAT,TWILIGHT': 'twilightflat', 'CALIB FLAT,SKY': 'twilightflat',
        'CALIB STD*': 'science', 'SCIENCE *': 'science',
    },
    chips=CHIPS,
    filters={known.name: known for known in FILTERS},
    open_filters=False,
    parameters={
        'BiasFrame.OVERSCAN_CORRECTION': 6,
        'BiasFrame.SIGMA_CLIP': 3.0,
        'BiasFrame.MAXIMUM_ABS_MEAN': 10.0,  # ADU, as all limits here
        'BiasFrame.MAXIMUM_STDEV': 10.0,
        'BiasFrame.MAXIMUM_STDEV_DIFFERENCE': 10.0,
        'BiasFrame.MAXIMUM_SUBWIN_FLATNESS': 100000.0,
        'BiasFrame.MAXIMUM_SUBWIN_STDEV': 100000.0,
        'ReadNoise.MAXIMUM_READ_NOISE': 10.0,
        'ReadNoise.MAXIMUM_READ_NOISE_DIFFERENCE': 2.0,
        'CosmicMap.GAIN': 2.5,  # e-/ADU
        'BackgroundModel.GAIN': 2.5,
        'CosmicMap.READ_NOISE': 5.0,  # e-
        'SaturatedPixelMap.THRESHOLD_HIGH': 60000.0,  # ADU, raw
    },
)
