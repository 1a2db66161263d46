"""Scanned photographic plates: the cards of plate archives, in the names of the Wide-Field Plate Database (WFPDB).

A plate may have up to three exposures. Where a keyword ends in 1, 2 or 3, it is that of one exposure.
"""

from collections.abc import Iterator

from astropy.io import fits

from awlike.processors.templates.image import MINIMAL_IMAGE_TEMPLATE
from awlike.processors.templates.template import Item, Template, registerTemplate


def _title(text: str) -> fits.Card:
    return fits.Card('', text)


def _each(keyword: str, comment: str) -> list[tuple[str, str]]:
    return [(f'{keyword}{number}', f'{comment} {number}') for number in (1, 2, 3)]


def _polynomial(letter: str, axis: str, order: int, inverse: bool) -> Iterator[tuple[str, str]]:
    kind = 'inverse SIP' if inverse else 'SIP'
    yield f'{letter}_ORDER', f'order of the {kind} polynomial, axis {axis}'
    for x in range(order + 1):
        for y in range(order + 1 - x):
            yield f'{letter}_{x}_{y}', f'{kind} coefficient, axis {axis}'


_OBSERVATION: list[Item] = [
    _title('Original data of observation'),
    ('DATEORIG', 'date of observation as written down'),
    ('TMS-ORIG', 'start of exposure as written down'),
    ('TME-ORIG', 'end of exposure as written down'),
    ('TIMEFLAG', 'quality of the times'),
    ('RA-ORIG', 'right ascension as written down'),
    ('DEC-ORIG', 'declination as written down'),
    ('EQ-ORIG', 'equinox of the coordinates written down'),
    ('COORFLAG', 'quality of the coordinates'),
    ('OBJECT', 'object or field'),
    ('OBJTYPE', 'type of object'),
    ('EXPTIME', '[s] exposure time of the first exposure'),
    ('NUMEXP', 'number of exposures on the plate'),
    *_each('DATEOR', 'date written down, exposure'),
    *_each('TMS-OR', 'start written down, exposure'),
    *_each('TME-OR', 'end written down, exposure'),
    *_each('OBJECT', 'object of exposure'),
    *_each('OBJTYP', 'type of object, exposure'),
    *_each('EXPTIM', '[s] exposure time, exposure'),
    ('OBSERVAT', 'observatory'),
    ('SITENAME', 'site'),
    ('SITELONG', '[deg] east longitude of the site'),
    ('SITELAT', '[deg] latitude of the site'),
    ('SITEELEV', '[m] elevation of the site'),
    ('OTA-NAME', 'telescope'),
    ('OTA-DIAM', '[m] diameter of the telescope'),
    ('OTA-APER', '[m] clear aperture'),
    ('FOCLEN', '[m] focal length'),
    ('PLTSCALE', '[arcsec/mm] scale of the plate'),
    ('INSTRUME', 'instrument'),
    ('DETNAM', 'detector'),
    ('METHOD', 'method of observation'),
    ('FILTER', 'filter'),
    ('PRISM', 'objective prism'),
    ('PRISMANG', '[deg] angle of the prism'),
    ('DISPERS', '[Angstrom/mm] dispersion'),
    ('GRATING', 'grating'),
    ('FOCUS', 'focus as written down'),
    ('TEMPERAT', '[deg C] air temperature as written down'),
    ('CALMNESS', 'calmness of the air'),
    ('SHARPNES', 'sharpness'),
    ('TRANSPAR', 'transparency of the air'),
    ('SEEING', 'seeing as written down'),
    ('SKYCOND', 'sky conditions'),
    ('OBSERVER', 'observer'),
    ('OBSNOTES', "observer's notes"),
    ('NOTES', 'other notes'),
]
_PLATE: list[Item] = [
    _title('Photographic plate'),
    ('PLATENUM', 'number of the plate'),
    ('WFPDB-ID', 'identifier in the WFPDB'),
    ('SERIES', 'series of plates'),
    ('PLATESZ1', '[cm] size of the plate along axis 1'),
    ('PLATESZ2', '[cm] size of the plate along axis 2'),
    ('EMULSION', 'emulsion'),
    ('DEVELOP', 'development'),
    ('PQUALITY', 'quality of the plate'),
    ('PLATNOTE', 'notes on the plate'),
    ('PRE-PROC', 'treatment before the scan'),
]
_DERIVED: list[Item] = [
    _title('Derived observation data'),
    ('DATE-OBS', 'start of the first exposure (UT)'),
    *_each('DT-OBS', 'start (UT), exposure'),
    ('DATE-AVG', 'middle of the first exposure (UT)'),
    *_each('DT-AVG', 'middle (UT), exposure'),
    ('DATE-END', 'end of the first exposure (UT)'),
    *_each('DT-END', 'end (UT), exposure'),
    ('YEAR', '[yr] start of the first exposure'),
    *_each('YEAR', '[yr] start, exposure'),
    ('YEAR-AVG', '[yr] middle of the first exposure'),
    *_each('YR-AVG', '[yr] middle, exposure'),
    ('JD', '[d] Julian date, start of the first exposure'),
    *_each('JD', '[d] Julian date, start, exposure'),
    ('JD-AVG', '[d] Julian date, middle of first exposure'),
    *_each('JD-AVG', '[d] Julian date, middle, exposure'),
    ('RA', '[h:m:s] right ascension, J2000'),
    ('DEC', '[d:m:s] declination, J2000'),
    ('RA_DEG', '[deg] right ascension, J2000'),
    ('DEC_DEG', '[deg] declination, J2000'),
    *_each('RA_DEG', '[deg] right ascension, exposure'),
    *_each('DEC_DE', '[deg] declination, exposure'),
    ('AIRMASS', 'air mass at the middle'),
    ('HA', 'hour angle at the middle'),
    ('ZD', '[deg] zenith distance at the middle'),
]
_SCAN: list[Item] = [
    _title('Scan details'),
    ('SCANNER', 'scanner'),
    ('SCANRES1', '[1/in] resolution along axis 1'),
    ('SCANRES2', '[1/in] resolution along axis 2'),
    ('PIXSIZE1', '[um] size of a pixel along axis 1'),
    ('PIXSIZE2', '[um] size of a pixel along axis 2'),
    ('SCANSOFT', 'software of the scanner'),
    ('SCANGAM', 'gamma of the scan'),
    ('SCANFOC', 'focus of the scan'),
    ('WEDGE', 'step wedge'),
    ('DATESCAN', 'date of the scan (UT)'),
    ('SCANAUTH', 'who scanned'),
    ('SCANNOTE', 'notes on the scan'),
]
_FILES: list[Item] = [
    _title('Data files'),
    ('FILENAME', 'name of this file'),
    ('PID', 'persistent identifier'),
    *_each('FN-SCN', 'file of scan'),
    ('FN-WEDGE', 'file of the wedge'),
    ('FN-PRE', 'file of the preview'),
    ('FN-COVER', 'file of the cover'),
    ('FN-LOGB', 'file of the logbook'),
    ('ORIGIN', 'where this file was made'),
    ('DATE', 'when this file was last changed'),
    ('SVC-URI', 'address of the service'),
]
_WCS: list[Item] = [
    _title('Spatial WCS'),
    ('EQUINOX', '[yr] equinox'),
    ('RADESYS', 'reference system'),
    ('WCSAXES', 'number of axes'),
    ('CTYPE1', 'type of axis 1'),
    ('CTYPE2', 'type of axis 2'),
    ('LONPOLE', '[deg] native longitude of the pole'),
    ('LATPOLE', '[deg] native latitude of the pole'),
    ('CRVAL1', 'value at the reference pixel, axis 1'),
    ('CRVAL2', 'value at the reference pixel, axis 2'),
    ('CRPIX1', '[pix] reference pixel, axis 1'),
    ('CRPIX2', '[pix] reference pixel, axis 2'),
    ('CUNIT1', 'unit of axis 1'),
    ('CUNIT2', 'unit of axis 2'),
    *[(f'{matrix}{row}_{column}', f'{text}, {row}, {column}') for matrix, text in (('CD', 'pixel to sky'), ('PC', 'rotation'))
      for row in (1, 2) for column in (1, 2)],
    *_polynomial('A', '1', 3, False),
    *_polynomial('B', '2', 3, False),
    *_polynomial('AP', '1', 2, True),
    *_polynomial('BP', '2', 2, True),
]
_END: list[Item] = [
    _title('History/Legal'),
    ('LICENCE', 'licence of the data'),
    _title('Other header cards'),
]

_MISSPELT = {'EQUNIOX': 'EQUINOX'}  # in DaCHS, and so in scripts

WFPDB_TEMPLATE = registerTemplate('wfpdb', Template(
    [*MINIMAL_IMAGE_TEMPLATE, *_OBSERVATION, *_PLATE, *_DERIVED, *_SCAN, *_FILES, *_WCS, *_END], _MISSPELT))
"""The cards of a scanned plate, in the order of the standard of plate archives."""
