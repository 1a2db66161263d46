r"""Cameras that users describe, each in one small TOML file.

Put the file into the folder `instruments` in AWLIKE_HOME, under any name that ends in .toml. In full::

    name = "ASPEN"                      # the name of the instrument from now on
    telescope = "Feder 16-inch"
    latitude = 46.8668                  # deg, north positive
    longitude = -96.4533                # deg, east positive
    elevation = 311.8                   # m
    timezone = "America/Chicago"        # IANA name, or hours east of Greenwich: -6
    chips = ["KAF16803"]                # optional; without it any name is accepted
    open_filters = true                 # false: only the filters described below (default: true)
    temperature_tolerance = 2.0         # deg C, by which darks may differ from the frames that they serve (default: 2)

    [recognised_by]                     # each keyword must fit one of its names, with * and ? as in all patterns
    INSTRUME = ["AspenCG16", "Apogee Aspen*"]

    [frame_types]                       # value of frame_type -> bias, dark, domeflat, twilightflat, science
    "BIAS*" = "bias"
    "DARK*" = "dark"
    "FLAT*" = "twilightflat"
    "LIGHT*" = "science"

    [keywords]                          # optional: attribute -> keyword, or several: the first that has a value counts
    EXPTIME = ["EXPTIME", "EXPOSURE"]
    TIME_OBS = "TIME-OBS"               # when DATE-OBS has no time of day
    overscan_x = "BIASSEC"              # a keyword that holds a section

    [constants]                         # optional: values that are not in every header
    chip = "KAF16803"
    trim = "[1:4096,1:4096]"            # a fixed section of the raw frame

    [setup]                             # optional: setting of the read-out -> keyword, or several
    READMODE = "READOUTM"
    BINNING = "CCDSUM"

    [values.filter]                     # optional: header values -> your words, for any attribute or setting
    "r*" = "r"

    [values.BINNING]
    "1 1" = "1x1"
    "2 2" = "2x2"

    [filters.r]                         # optional: the facts of a filter
    mag_id = "SloanR"
    central_wavelength = 623.0          # nm
    has_fringes = false
    band = "r"                          # of reference catalogues; default: as the filter

    [parameters]                        # optional: default process parameters with this camera
    CosmicMap.GAIN = 1.5
    SaturatedPixelMap.THRESHOLD_HIGH = 60000.0

    [overrides.r]                       # optional: parameters that differ for a filter or a chip
    FringeFrame.SIGMA_CLIP = 4.0

In patterns `*` and `?` are wild and case does not count; of several that fit the first counts. The attributes, with their
keywords unless `keywords` names others: DATE_OBS (DATE-OBS), TIME_OBS (TIME-OBS, UTC-OBS, UTCSTART), MJD_OBS (MJD-OBS),
EXPTIME, OBJECT, OBSERVER, AIRMASS, TEMPERATURE (CCD-TEMP), frame_type (IMAGETYP), filter (FILTER); exposure (by default its
start); and without default chip, trim, prescan_x, overscan_x, prescan_y, overscan_y, rotator (deg), template_start,
template_id, template_name, template_type, ob_id, ob_name, ob_start. Without trim the whole frame counts as exposed. The class
of a parameter may be "*", in quotes: every class that has the parameter. A camera without sections prescan_x and overscan_x
gets "*.OVERSCAN_CORRECTION" = 0, and the mean of its bias, in which the pedestal stays, has no limit. A camera whose
amplifiers have an extension each has these sections.

Frames calibrate one another only when all settings in `setup` agree: the read-out mode, the binning, the gain setting. You
choose the names of the settings. Name no keyword whose value differs between biases, flats and science frames that are read
in the same way, or from frame to frame: such frames would find no calibrations. A number counts alike however it is written,
2 or 2.0. The temperature of the detector in deg C is no setting, but the attribute TEMPERATURE.

Where a camera reads windows of its detector, awlike finds the setting WINDOW by itself: window_x and window_y (XORGSUBF,
YORGSUBF) say how many columns and rows lie before the first pixel, in pixels as they are in the frame. The constant detector,
as "[1:1024,1:1024]", has the light-sensitive pixels of a whole frame, so that a smaller frame in the corner is known as a
window, too. A calibration serves for all windows inside its own, and is cut to them. Of several amplifiers trim and detsec
tell the window, if both are keywords; detector is then the whole in the coordinates of detsec.

A number in another unit than awlike's, or a date in another form than ISO 8601, is described so::

    date_format = "%d-%b-%Y"            # of DATE_OBS, as Python's strptime: day, name of the month, year
    time_format = "%H:%M:%S:%f"         # of TIME_OBS; %f: digits of a fraction, as milliseconds
    months = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"]  # default: English

    [scales]                            # factor, or [factor, offset]
    EXPTIME = 0.001                     # the header has milliseconds
    TEMPERATURE = [1.0, -273.15]        # the header has kelvin

Reasons for grades that frames of this camera have beside those of all cameras; codes are of letters, digits, - and _::

    [grade_reasons]
    amp3 = "amplifier 3 oscillates"

A date_format with %H, %M and %S needs no TIME_OBS. What is in ISO form already stays as it is.

Where several amplifiers read a chip, each into a part of one image, describe each by the keywords of its cards, or by fixed
sections and numbers::

    [amplifiers.A]
    trim = "TRIMSECA"                   # its light-sensitive pixels in the raw frame
    detsec = "CCDSECA"                  # their place on the chip; backwards, as [2048:1025,1:4096], if turned round
    overscan_x = "BIASSECA"             # optional, as prescan_x, prescan_y, overscan_y
    readout = "AMPSECA"                 # optional, for crosstalk: backwards where pixels were read backwards
    gain = "GAINA"                      # optional, electron/adu; if all are known, pixels are brought to their mean
    read_noise = "RDNOISEA"             # optional, electron

    [amplifiers.B]
    trim = "[57:1080,51:4146]"
    detsec = "[1:1024,1:4096]"
    gain = 4.4

    [crosstalk.A]                       # optional: ghosts in A of others; for one chip "*".CROSSTALK.A in its overrides
    B = 0.0001

Where each amplifier has an extension of its own, the extensions with the same value of chip are one chip. One entry then
describes all. Sections refer to the extension; pixels before and after the light-sensitive ones are pre- and overscan::

    [amplifiers."*"]
    name = "EXTNAME"                    # optional: EXTNAME is the default
    trim = "DATASEC"
    detsec = "DETSEC"

    [broken]                            # optional: amplifiers of a chip whose places stay empty
    CCD3 = ["amp07"]

The files of an archive that hands out reduced frames become `ImportedScienceFrame` unasked::

    reduced = true                      # the files are science frames that were reduced elsewhere, and not raw
    checksums = false                   # optional: the archive left checksums of the files before its changes in them
    data_path = 'fpC-(?P<run>\d+)-(?P<filter>[ugriz])(?P<camcol>\d)-(?P<field>\d+)\.fit'  # optional, in single quotes

    [keywords]
    pedestal = "SOFTBIAS"               # optional, adu: what the archive added to the pixels; awlike subtracts it

    [data_id.run]                       # optional: a key by which the archive names its files
    text = "number of the imaging run"
    type = "int"                        # or "str", the default
    keyword = "RUN"                     # a keyword, or several; without it the path has the key

    [data_id.field]
    text = "number of the field in the run"
    type = "int"

data_path is a regular expression as of Python, which is searched in the path of a file. Its named groups are keys of data_id.
Each key stands in a keyword, in the path, or in both; where they differ, the file is refused. Queries find frames by the keys,
as ImportedScienceFrame.data_id.run == 4192. Gain (GAIN), read_noise (RDNOISE, READNOIS) and saturation (SATURATE) of such
frames come from keywords or constants, too; saturation counts the pedestal.
"""

import os
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from awlike.cameras.amplifiers import OWN_HDU
from awlike.cameras.camera import Camera
from awlike.cameras.data_ids import DataKey
from awlike.cameras.entries import (
    Amplifiers,
    AttributeEntry,
    DateFormat,
    KeyEntry,
    Months,
    Parameters,
    PathPattern,
    ReasonEntry,
    Scale,
    ScaledEntry,
    SettingEntry,
    Several,
    TimeFormat,
    Translations,
    ValueEntry,
    Words,
    Zone,
    refuse_unmatched,
)
from awlike.cameras.raw_facts import FilterFacts, Kind
from awlike.errors import ConfigError
from awlike.spelling import near

ROW_SCANS = ('overscan_x', 'prescan_x')
WITHOUT_OVERSCAN = {'*.OVERSCAN_CORRECTION': 0, 'BiasFrame.MAXIMUM_ABS_MEAN': 1e6}  # the pedestal stays in the bias


class _Strict(BaseModel):
    model_config = ConfigDict(extra='forbid')


class FilterEntry(_Strict):
    """A filter in a description."""

    mag_id: str | None = None
    central_wavelength: Annotated[float, Field(gt=0)] | None = None
    has_fringes: bool = False
    band: str = ''


class DataKeyEntry(_Strict):
    """A key of the data ids in a description."""

    text: Words
    type: Literal['int', 'str'] = 'str'
    keyword: Several = ()

    def key(self) -> DataKey:
        """Return the key as a `Camera` has it."""
        return DataKey(self.text, int if self.type == 'int' else str, self.keyword)


class Description(_Strict):
    """The content of a TOML file that describes a camera. The text of this module explains every entry."""

    name: Annotated[str, Field(pattern=r'^[\w@+-]+$')]
    telescope: Words
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=360)]
    elevation: float
    timezone: Zone
    recognised_by: Annotated[dict[Words, Several], Field(min_length=1)]
    frame_types: Annotated[dict[Words, Kind], Field(min_length=1)]
    keywords: dict[AttributeEntry, Several] = {}
    constants: dict[AttributeEntry, ValueEntry] = {}
    setup: dict[SettingEntry, Several] = {}
    scales: dict[ScaledEntry, Scale] = {}
    date_format: DateFormat = ''
    time_format: TimeFormat = ''
    months: Months = []
    temperature_tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 2.0
    values: Translations = {}
    chips: list[Words] = []
    filters: dict[Words, FilterEntry] = {}
    open_filters: bool = True
    amplifiers: Amplifiers = {}
    broken: dict[Words, list[Words]] = {}
    crosstalk: dict[str, dict[str, float]] = {}
    parameters: Parameters = {}
    overrides: dict[Words, Parameters] = {}
    reduced: bool = False
    checksums: bool = True
    grade_reasons: dict[ReasonEntry, Words] = {}
    data_id: dict[KeyEntry, DataKeyEntry] = {}
    data_path: PathPattern = ''

    @model_validator(mode='after')
    def _every_key_stands_somewhere(self) -> Self:
        refuse_unmatched(self.data_path, [name for name, key in self.data_id.items() if key.keyword],
                         [name for name, key in self.data_id.items() if not key.keyword])
        return self


def load(path: str | os.PathLike[str]) -> Camera:
    """Return the `Camera` that the TOML file describes.

    Raises ConfigError, whose text names file, entry, rule and remedy.
    """
    try:
        with open(path, 'rb') as file:
            description = Description.model_validate(tomllib.load(file))
        camera = _camera(description)
        _ = camera.zone  # refuse an unknown timezone now, not with the first frame
    except OSError as error:
        raise ConfigError(f'{path}: cannot be read ({error.strerror}); check path and permissions') from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f'{path}: not TOML: {error}; names with other characters than letters, digits, - and _ need '
                          'quotes') from None
    except ValidationError as error:
        raise ConfigError('\n'.join(_sentence(path, fault) for fault in error.errors())) from None
    except ConfigError as error:
        raise ConfigError(f'{path}: entry timezone: {error}') from None
    return camera


def _camera(description: Description) -> Camera:
    """Return the camera, from entries under the names that `Camera` has for them."""
    entries: dict[str, Any] = dict(description)
    entries['chips'], entries['months'] = tuple(description.chips), tuple(description.months)
    entries['filters'] = {name: FilterFacts(name, **dict(entry)) for name, entry in description.filters.items()}
    entries['data_id'] = {name: entry.key() for name, entry in description.data_id.items()}
    amplifiers = [*description.amplifiers.values()] or [{**description.keywords, **description.constants}]
    have_overscan = all(any(scan in amplifier for scan in ROW_SCANS) for amplifier in amplifiers)
    if OWN_HDU not in description.amplifiers and not have_overscan:
        entries['parameters'] = WITHOUT_OVERSCAN | description.parameters
    return Camera(**entries)


def _sentence(path: str | os.PathLike[str], fault: Mapping[str, Any]) -> str:
    """Return one fault that pydantic found, as file, entry, rule and remedy."""
    entry = '.'.join(str(part) for part in fault['loc'] if part != '[key]')
    if fault['type'] == 'extra_forbidden':
        return f'{path}: entry {entry}: unknown{near(entry, Description.model_fields)}; remove or rename it'
    if fault['type'] == 'missing':
        return f'{path}: entry {entry} is missing; add it, help(awlike.cameras.described) shows an example'
    rule = fault['msg'].removeprefix('Value error, ')
    value = '' if fault['type'] == 'value_error' else f' (it is {fault["input"]!r})'
    where = f'entry {entry}: ' if entry else ''
    return f'{path}: {where}{rule}{value}; correct it, help(awlike.cameras.described) shows an example'
