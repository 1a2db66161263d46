"""NASA42, an e2v CCD231 at the Lowell 42-inch (Hall) telescope, read out with one amplifier.

The headers have no INSTRUME, no time of day in DATE-OBS, and a filter name on every bias. A later program added the
astrometry, with numbers in quotes.
"""

from awlike.declare import Camera, FilterFacts

CHIP = 'E2V_CCD231'

CAMERA = Camera(
    name='NASA42',
    telescope='Lowell 42-inch',
    latitude=35.09675,
    longitude=-111.5355,
    elevation=2206.0,
    timezone='America/Phoenix',
    recognised_by={'LCAMMOD': 'nasa42'},
    keywords={
        'TIME_OBS': ('UTC-OBS', 'UTCSTART'),
        'frame_type': ('IMAGETYP', 'OBSTYPE'),
        'filter': ('FILTNAME', 'FILTER'),
        'chip': 'DETECTOR',
        'trim': 'TRIMSEC',
        # No prescan: of the 17 columns that PRESCAN counts the last one is lit, and the first ones trail off.
        'overscan_x': 'BIASSEC',
        'TEMPERATURE': ('DETTEMP', 'SETTEMP'),
    },
    # Not the gain (AGAIN_01 and so on): the headers have those of all amplifiers, as somebody once measured them.
    setup={'BINNING': 'CCDSUM', 'AMPLIFIERS': 'NUMAMP', 'INT_TIM': 'INT_TIM'},
    temperature_tolerance=5.0,  # DETTEMP drifts by 2.5 in a night, at -102
    values={'chip': {'E2V CCD-231*': CHIP}, 'BINNING': {f'{number} {number}': f'{number}x{number}' for number in range(1, 5)}},
    frame_types={'BIAS': 'bias', 'DARK': 'dark', 'DOMEFLAT': 'domeflat', 'SKYFLAT': 'twilightflat',
                 'OBJECT': 'science'},
    chips=(CHIP,),
    filters={'VR': FilterFacts('VR', 'VR', 610.0), 'B': FilterFacts('B', 'JohnsonB', 440.0),
             'V': FilterFacts('V', 'JohnsonV', 550.0), 'R': FilterFacts('R', 'CousinsR', 640.0),
             'I': FilterFacts('I', 'CousinsI', 790.0, has_fringes=True)},
    parameters={
        'BiasFrame.OVERSCAN_CORRECTION': 6,
        'CosmicMap.GAIN': 3.65,  # e-/ADU, by photon transfer from pairs of twilight flats; the header's 4.95 is too high
        'BackgroundModel.GAIN': 3.65,
        'CosmicMap.READ_NOISE': 3.8,  # e-: 1.05 ADU between pairs of biases
        'SaturatedPixelMap.THRESHOLD_HIGH': 60000.0,  # ADU, raw; the converter ends at 65535
    },
)
