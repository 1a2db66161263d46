"""The options of `awe collectcells` and `awe makecalibrations`: one declaration for the command and for Python.

A field of a dataclass is an option. Its name, kind and help are here alone, without slow imports, as the completion of a shell
needs them.
"""

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Self

from awlike.errors import ParameterError
from awlike.spelling import near

log = logging.getLogger('awlike')

AUTO = 'auto'
"""The value that stands for the files that come with the instrument."""
DEFUNCT = {name: f'the {what} is in the headers of the files'
           for name, what in (('pointing', 'pointing'), ('dither', 'dither pattern'), ('target', 'target'))}
"""Options that the original once had, with what is so without them."""


def option(help: str, metavar: str = '', bare: str | None = None, repeated: bool = False) -> Any:
    """Declare a field as an option.

    Parameters
    ----------
    help : str
        What it does, as a sentence.
    metavar : str
        What stands for its value in help; an option without is a flag.
    bare : str, optional
        The value that it has where it is given without one; by default it needs a value.
    repeated : bool
        Whether it may come several times; all values count then.
    """
    meta = {'help': help, 'metavar': metavar, 'bare': bare, 'repeated': repeated}
    absent = () if repeated else None if metavar else False
    return dataclasses.field(default=absent, metadata=meta)


class _Given:
    """What both commands' options can do."""

    @classmethod
    def given(cls, options: Mapping[str, Any]) -> Self:
        """Return the options that a call of Python gives: True for a flag or a bare option, else the value, or its text.

        Raises
        ------
        ParameterError
            For an option that does not exist, or has a value of the wrong kind. A defunct one is told, and left out.
        """
        fields = {one.name: one for one in dataclasses.fields(cls)}  # pyrefly: ignore[bad-argument-type]
        for name in options:
            if name in DEFUNCT:
                log.warning('%s is defunct, and is left out: %s', name, DEFUNCT[name])
            elif name not in fields:
                raise ParameterError(f'there is no option {name}{near(name, fields)}; awe collectcells --help lists them')
        return cls(**{name: _value(fields[name], value) for name, value in options.items() if name in fields})


def _value(field: Any, value: Any) -> Any:
    """Return the value of an option as the command would read it."""
    meta = field.metadata
    if meta['repeated']:
        return [_text(one) for one in (value if isinstance(value, list) else [value])]
    if not meta['metavar']:
        if not isinstance(value, bool):
            raise ParameterError(f'{field.name}={value!r}: the option is a switch, give True or False')
        return value
    if value is None or value is False:
        return None
    if value is True and meta['bare'] is None:
        raise ParameterError(f'{field.name}=True: the option needs a value, {meta["metavar"]}')
    return meta['bare'] if value is True else _text(value)


def _text(value: Any) -> str:
    """Return a value as text; the parts of several with commas between."""
    return ','.join(map(str, value)) if isinstance(value, list | tuple) else str(value)


@dataclasses.dataclass(frozen=True)
class Corrections(_Given):
    """The options that both commands have: those that must be the same for calibrations and for what they serve."""

    gain: str | None = option(
        'Bring all cells to electrons: by the gains of the detector (techdata), of the file of -nonlinearity (relative), or of '
        'the header of each cell (header). Alone: relative with -nonlinearity, techdata with -techdata, else header. '
        'Make calibrations with the same.',
        '[techdata|relative|header]', bare='')
    nonlinearity: str | None = option(
        'Correct the nonlinearity of each cell by the coefficients in this file, or in the file for the date in a .history '
        'file. Alone, or auto: those of the instrument.', 'FILE', bare=AUTO)
    crosstalk: str | None = option(
        'Remove the crosstalk between the cells of a row, by the coefficients in this file, or in the file for the date in a '
        '.history file. Alone, or auto: those of the instrument.', 'FILE', bare=AUTO)
    techdata: str | None = option(
        'Gain and read noise of each cell from this file, or from techdata_FILTER_bin1.fits in this folder.', 'PATH', bare=AUTO)
    bpm: str | None = option(
        'Mask bad pixels by ds9 regions: folder of bpm_OTAnn.reg. auto: those that come with the instrument.', 'DIR', bare=AUTO)
    trimcell: str | None = option('Mask this many pixels at the edges of each cell.', 'PIXELS')
    bgmode: bool = option('Show no progress: for runs in the background.')
    ncpu: str | None = option('Use at most this many processors.', 'NUMBER')
    timeout: str | None = option(
        'End after this many seconds, with the exit status 1 and nothing half written. Alone: 900.', 'SECONDS', bare='900')


@dataclasses.dataclass(frozen=True)
class CollectOptions(Corrections):
    """The options of `awe collectcells`."""

    cals: str | None = option('Folder of calibrations: bias, dark, flat, techdata. Other options go before it.', 'DIR')
    bias: str | None = option('Master bias: a file, or a folder with bias_bin1.fits; of several, with commas, the first that '
                              'is there.', 'PATH')
    dark: str | None = option('Master dark: a file, or a folder with dark_yes_bin1.fits.', 'PATH')
    flat: str | None = option('Master flat: a file, or a folder with tflat_FILTER_bin1.fits, dflat_... or flat_....', 'PATH')
    photflat: str | None = option('Photometric flat: a file, or a folder with photflat_FILTER_bin1.fits.', 'PATH')
    autophotflat: bool = option('Measure a photometric flat from the stars of this exposure.')
    illumcorr: str | None = option('Illumination correction: a file, or a folder with illumcorr_FILTER_bin1.fits.', 'PATH',
                                   bare=AUTO)
    persistency: str | None = option(
        'Mask what saturated stars of earlier exposures left. The folder is read, and the saturated pixels of this exposure '
        'are written into it.', 'DIR')
    crj: str | None = option('Mask cosmic rays. The number of iterations is of no effect here.', 'NUMBER', bare='3')
    crjsigclip: str | None = option('Cosmic rays are above the noise by this factor.', 'NUMBER')
    crjsigfrac: str | None = option('Read as the original has it; of no effect here.', 'NUMBER')
    crjobjlim: str | None = option('Read as the original has it; of no effect here.', 'NUMBER')
    crjsaturation: str | None = option('Read as the original has it; of no effect here.', 'LEVEL')
    fringe: str | None = option('Subtract fringes: template, or folder with fringe__FILTER.fits.', 'PATH', bare=AUTO)
    fringevectors: str | None = option('Folder of ds9 vectors from dark to bright, fringevectors__FILTER__OTAnn.reg, by which '
                                       'fringes are scaled.', 'DIR', bare=AUTO)
    pupilghost: str | None = option('Subtract the pupil ghost: template, or folder with pupilghost_template___FILTER.fits.',
                                    'PATH', bare=AUTO)
    softbin: str | None = option('Sum 2x2, 4x4 or 8x8 pixels at the end.', '2|4|8')
    keepcells: str | None = option('Take only these cells, as 00,12; the others stay undefined.', 'XY,...')
    wcs: str | None = option('Canned distortion: a file, or the file for the date in a .history file. Alone, or auto: that of '
                             'the instrument.', 'FILE', bare=AUTO)
    fixwcs: str | None = option('Correct the pointing by stars: shift, rotation, otashift, otashear or distortion. Alone: '
                                'otashear.', 'MODE', bare='otashear')
    simplewcs: bool = option('Leave a plain TAN projection, without any distortion.')
    tanwcs: bool = option('Leave a plain TAN projection of the canned WCS.')
    wcsoffset: str | None = option('Add degrees to CRVAL1 and CRVAL2.', 'D_RA,D_DEC')
    nonsidereal: str | None = option('Follow an object: arcsec per hour, dRA*cos(dec) and dDec; reference: an MJD, or a FITS '
                                     'file with MJD-OBS.', 'A,B,REF')
    photcalib: bool = option('Calibrate photometrically, by stars of the reference catalogue.')
    fitradialZP: bool = option('Fit how the zero point changes with the distance from the axis; with -photcalib.')  # noqa: N815 -- as there
    refcat: str | None = option('Reference catalogue of -fixwcs and -photcalib: a table of stars, or several with commas, '
                                'whose columns the next options name; or the name of one that awe refcat list shows. '
                                'Without, the only one there that covers the field.', 'FILE|NAME')
    ra: str | None = option('Right ascension in the catalogue: degrees, unless the file says another unit.', 'COLUMN')
    dec: str | None = option('Declination, likewise.', 'COLUMN')
    band: Sequence[str] = option('Magnitude in a filter, and its error; may be repeated.', 'FILTER=COLUMN[,COLUMN]',
                                 repeated=True)
    ra_error: str | None = option('Error of the right ascension, along the circle: mas, unless the file says another unit.',
                                  'COLUMN')
    dec_error: str | None = option('Error of the declination, likewise.', 'COLUMN')
    pm_ra: str | None = option('Proper motion in right ascension, times cos(Dec): mas/yr, unless the file says another unit.',
                               'COLUMN')
    pm_dec: str | None = option('Proper motion in declination, likewise.', 'COLUMN')
    epoch: str | None = option('Julian year of the positions, as 2016.0, or the column that has it.', 'YEAR|COLUMN')
    prep4sex: bool = option('Set undefined pixels to -1e31, which SExtractor ignores, in place of NaN.')
    indefval: str | None = option('Set undefined pixels to this value, in place of NaN.', 'VALUE')
    singleota: str | None = option('Take this detector alone, as 42.', 'XX')
    selectota: str | None = option('Take these detectors alone, as 33,42.', 'XX,...')
    skipota: str | None = option('Leave these detectors out, as 33,42.', 'XX,...')
    centralonly: bool = option('Take the central 3x3 detectors alone.')
    noclobber: bool = option('Do nothing where the output exists.')
    fpack: bool = option('Compress the images of the output, without loss: OUTPUT.fits.fz.')
    addfitskey: Sequence[str] = option('Add an entry to the primary header; may be repeated. The key has 8 characters at most; '
                                   'the value is kept as text.', 'KEY,VALUE', repeated=True)
    noqaplots: bool = option('Draw no diagnostic plots.')
    nootalevelplots: bool = option('Draw diagnostic plots of the focal plane alone, not of each detector.')
    plotformat: str | None = option('Formats of the diagnostic plots, as png,pdf.', 'FORMAT,...')
    qasubdirs: bool = option('Put the plots into folders beside the output, QA/wcs1.png, QA/wcs1/OTA00.png.')
    qasubdirname: str | None = option('The name of that folder; implies -qasubdirs.', 'NAME')


@dataclasses.dataclass(frozen=True)
class CalibrationOptions(Corrections):
    """The options of `awe makecalibrations`."""

    only: str | None = option('Make this kind alone: bias, dark or flat; bias and dark that are needed come from the output.',
                              'bias|dark|flat')
