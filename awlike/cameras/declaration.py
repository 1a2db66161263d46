"""`Declaration`: what an author says of a camera, and what follows from that alone: parameters, filters, nights."""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from awlike import nights
from awlike.cameras.data_ids import DataKey
from awlike.cameras.raw_facts import SECTIONS, FilterFacts
from awlike.errors import ConfigError

STANDARD_KEYWORDS: Mapping[str, str | tuple[str, ...]] = {
    'DATE_OBS': 'DATE-OBS',
    'TIME_OBS': ('TIME-OBS', 'UTC-OBS', 'UTCSTART'),  # used when DATE_OBS has no time of day
    'MJD_OBS': 'MJD-OBS',
    'EXPTIME': 'EXPTIME',
    'OBJECT': 'OBJECT',
    'OBSERVER': 'OBSERVER',
    'run': 'RUN',  # the observing run; nights are sorted by it
    'AIRMASS': 'AIRMASS',
    'TEMPERATURE': 'CCD-TEMP',
    'exposure': (),  # its name, the same in the files of all detectors; by default the start of the exposure
    'rotator': (),  # its angle [deg]
    'window_x': 'XORGSUBF',  # columns and rows of the detector before the first that was read
    'window_y': 'YORGSUBF',
    'frame_type': 'IMAGETYP',
    'filter': 'FILTER',
    'gain': 'GAIN',  # of science frames that were reduced elsewhere, as the next two
    'read_noise': ('RDNOISE', 'READNOIS'),
    'saturation': 'SATURATE',
}
TEMPLATE = {'template_start', 'template_id', 'template_name', 'template_type'}
OBSERVING_BLOCK = {'ob_id', 'ob_name', 'ob_start'}
ATTRIBUTES = {*STANDARD_KEYWORDS, *SECTIONS, *TEMPLATE, *OBSERVING_BLOCK, 'chip', 'detector', 'pedestal'}

GRADE_REASONS: Mapping[str, str] = {
    'seeing': 'poor seeing', 'focus': 'out of focus', 'elongated': 'elongated images', 'doubled': 'doubled images',
    'guiding': 'the telescope lost guiding', 'clouds': 'clouds', 'background': 'unusual background',
    'diffuse': 'diffuse stray light', 'ghosts': 'ghosts or reflections', 'psf': 'unusual pattern of the PSF',
    'counts': 'unexpected number of sources', 'astrometry': 'wrong astrometry', 'photometry': 'wrong photometry',
    'satellite': 'satellite or aircraft', 'saturation': 'too much is saturated', 'readout': 'fault of the read-out',
    'missing': 'a part is missing', 'flat': 'residuals of the flat field', 'fringes': 'residuals of fringes',
    'discuss': 'to be discussed'}
"""The reasons for a grade that frames of every camera have: codes, which last, and their texts."""


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """A camera at a telescope, as its author describes it.

    Patterns (`*` and `?` are wild, case does not count) recognise headers and translate their values. An attribute is
    one of ATTRIBUTES. Its value is the value of the first of its `keywords` that has one, else the one in `constants`; the
    first pattern in its `values` that fits translates the value.
    """

    name: str
    telescope: str
    latitude: float  # deg, north positive
    longitude: float  # deg, east positive
    elevation: float  # m
    timezone: str | float  # IANA name, or hours east of Greenwich
    recognised_by: Mapping[str, str | tuple[str, ...]]  # keyword -> pattern or patterns; every keyword must fit
    frame_types: Mapping[str, str]  # pattern of the frame type in the header -> one of KINDS; the first that fits
    # attribute -> keyword or keywords, over STANDARD_KEYWORDS
    keywords: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    # attribute -> value, where the header has none
    constants: Mapping[str, object] = field(default_factory=dict)
    # setting of the read-out -> keyword or keywords; frames of different settings do not calibrate one another
    setup: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    temperature_tolerance: float = 2.0  # deg C, by which a dark may differ from the frames that it serves
    # attribute or setting -> {pattern: awlike's word for it}
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # attribute -> (factor, offset), by which a number in the header becomes awlike's: EXPTIME in s, TEMPERATURE in deg C
    scales: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    date_format: str = ''  # of DATE_OBS, as of datetime.strptime; empty: ISO 8601
    time_format: str = ''  # of TIME_OBS
    months: tuple[str, ...] = ()  # twelve names of months in the language of the camera; empty: English
    chips: tuple[str, ...] = ()  # names; empty: any
    filters: Mapping[str, FilterFacts] = field(default_factory=dict)
    open_filters: bool = True  # False: a filter that is not in `filters` is refused
    # 'Class.PARAMETER', or '*.PARAMETER' for every class that has it -> default value with this camera
    parameters: Mapping[str, object] = field(default_factory=dict)
    # amplifier, where several read a chip -> {one of amplifiers.ENTRIES: keyword or keywords, section or number};
    # or '*' -> the same for all, where each has an HDU of its own
    amplifiers: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    # chip -> names of its amplifiers that do not work: their places on the detector stay empty
    broken: Mapping[str, Collection[str]] = field(default_factory=dict)
    # groups of amplifiers, by name, that share their electronics: each group is read at the same instants
    electronics: tuple[tuple[str, ...], ...] = ()
    # amplifier that has ghosts -> {amplifier that causes them: coefficient}: the parameter CROSSTALK
    crosstalk: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    # chip or filter name -> parameters that differ there
    overrides: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    reduced: bool = False  # its files are science frames that were reduced elsewhere, and not raw
    # code -> text of the reasons for a grade that only frames of this camera have, beside GRADE_REASONS
    grade_reasons: Mapping[str, str] = field(default_factory=dict)
    checksums: bool = True  # False: the archive changed its files, and left checksums in them that were those before
    data_id: Mapping[str, DataKey] = field(default_factory=dict)  # the keys by which its archive names files
    data_path: str = ''  # a regular expression that is searched in paths; its named groups are keys of data_id

    def __hash__(self) -> int:
        return hash(self.name)

    def parameters_for(self, chip: str | None = None, filter: str | None = None) -> dict[str, object]:
        """Return the default process parameters for a chip and a filter, flat; the chip goes before the filter."""
        return {**self.parameters, **self._overrides(filter), **self._overrides(chip)}

    def defaults_for(self, class_name: str, chip: str | None = None, filter: str | None = None) -> dict[str, object]:
        """Return the default parameters of one class, {'PARAMETER': value}; the class itself goes before `*`.

        The chip goes before the filter, and the filter before the camera as a whole.
        """
        found: dict[str, object] = {'CROSSTALK': self.crosstalk} if self.crosstalk else {}
        if self.electronics:
            found['ELECTRONICS'] = {str(number): list(names) for number, names in enumerate(self.electronics, 1)}
        if filter is not None:
            found['BAND'] = self.filter_facts(filter).band or filter
        for level in (self.parameters, self._overrides(filter), self._overrides(chip)):
            for owner in ('*', class_name):
                found |= {key.removeprefix(f'{owner}.'): value for key, value in level.items()
                          if key.startswith(f'{owner}.')}
        return found

    @property
    def reasons_for_grades(self) -> dict[str, str]:
        """The reasons for grades of frames of this camera: text by code."""
        return {**GRADE_REASONS, **self.grade_reasons}

    def _overrides(self, place: str | None) -> Mapping[str, object]:
        return {} if place is None else self.overrides.get(place, {})

    def filter_facts(self, name: str) -> FilterFacts:
        """Return the facts of the filter `name`; of a filter that is not in `filters`, the name alone."""
        return self.filters.get(name) or FilterFacts(name)

    @property
    def zone(self) -> datetime.tzinfo:
        """The time zone at the telescope."""
        try:
            return nights.zone(self.timezone, self.longitude)
        except ConfigError as error:
            raise ConfigError(f'camera {self.name}: {error}') from None

    def night(self, when: datetime.datetime) -> datetime.date:
        """Return the night of a moment (naive UTC, or aware): the date of the local noon at which the night began."""
        return nights.night_of(when, self.zone)
