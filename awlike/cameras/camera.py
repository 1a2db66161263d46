"""`Camera`: the declaration of a camera and of its headers; a quirk of a camera overrides a method."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from awlike import nights
from awlike.cameras.amplifiers import OWN_HDU, AmplifierFacts, Shape, in_own_hdus, in_shared_hdu
from awlike.cameras.data_ids import DataKey, Keys, data_id
from awlike.cameras.dates import in_iso
from awlike.cameras.header_values import (
    Cards,
    astrometry,
    exposure_time,
    first,
    matches,
    modified_julian_date,
    moment,
    number,
    section,
    setting,
    temperature,
)
from awlike.cameras.imported_facts import ImportedFacts
from awlike.cameras.raw_facts import KINDS, SECTIONS, FilterFacts, RawFacts
from awlike.errors import ConfigError, HeaderError
from awlike.pixels.geometry import Section
from awlike.spelling import near

STANDARD_KEYWORDS: Mapping[str, str | tuple[str, ...]] = {
    'DATE_OBS': 'DATE-OBS',
    'TIME_OBS': ('TIME-OBS', 'UTC-OBS', 'UTCSTART'),  # used when DATE_OBS has no time of day
    'MJD_OBS': 'MJD-OBS',
    'EXPTIME': 'EXPTIME',
    'OBJECT': 'OBJECT',
    'OBSERVER': 'OBSERVER',
    'AIRMASS': 'AIRMASS',
    'TEMPERATURE': 'CCD-TEMP',
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
UNFILTERED = ('bias', 'dark')
FLATS = {'domeflat', 'twilightflat'}
WINDOW = 'WINDOW'  # the setting that says which part of the detector was read


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A camera at a telescope, and how to read the headers that it writes.

    Patterns (`*` and `?` are wild, case does not count) recognise headers and translate their values. An attribute is
    one of ATTRIBUTES. Its value is that of the first of its `keywords` that has one, else the one in `constants`; the
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
    # amplifier that has ghosts -> {amplifier that causes them: coefficient}: the parameter CROSSTALK
    crosstalk: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    # chip or filter name -> parameters that differ there
    overrides: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    reduced: bool = False  # its files are science frames that were reduced elsewhere, and not raw
    checksums: bool = True  # False: the archive changed its files, and left checksums in them that were those before
    data_id: Mapping[str, DataKey] = field(default_factory=dict)  # the keys by which its archive names files
    data_path: str = ''  # a regular expression that is searched in paths; its named groups are keys of data_id

    def __hash__(self) -> int:
        return hash(self.name)

    # --- process parameters, filters, nights ---------------------------------------------------------

    def parameters_for(self, chip: str | None = None, filter: str | None = None) -> dict[str, object]:
        """Return the default process parameters for a chip and a filter, flat; the chip goes before the filter."""
        return {**self.parameters, **self._overrides(filter), **self._overrides(chip)}

    def defaults_for(self, class_name: str, chip: str | None = None, filter: str | None = None) -> dict[str, object]:
        """Return the default parameters of one class, {'PARAMETER': value}; the class itself goes before `*`.

        The chip goes before the filter, and the filter before the camera as a whole.
        """
        found: dict[str, object] = {'CROSSTALK': self.crosstalk} if self.crosstalk else {}
        for level in (self.parameters, self._overrides(filter), self._overrides(chip)):
            for owner in ('*', class_name):
                found |= {key.removeprefix(f'{owner}.'): value for key, value in level.items()
                          if key.startswith(f'{owner}.')}
        return found

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

    # --- reading a header: override what is different about a camera ---------------------------------

    def recognises(self, header: Cards) -> bool:
        """Return whether this camera wrote a file with that header."""
        for keyword, patterns in self.recognised_by.items():
            value = header.get(keyword)
            patterns = (patterns,) if isinstance(patterns, str) else patterns
            if value is None or not any(matches(pattern, value) for pattern in patterns):
                return False
        return True

    def accepts(self, header: Cards) -> bool:
        """Return whether the image extension with that header belongs to a detector (and not, say, to a guider)."""
        return True

    def detectors(self, headers: Mapping[int, Cards]) -> list[list[int]]:
        """Return the numbers of the HDUs of each detector, from the headers of all HDUs by their number."""
        if OWN_HDU not in self.amplifiers:
            return [[extension] for extension in headers]
        found: dict[str, list[int]] = {}
        for extension, header in headers.items():
            found.setdefault(self.chip(header), []).append(extension)
        return list(found.values())

    def read(self, header: Cards, extension: int, shape: Shape,
             hdus: Mapping[int, tuple[Cards, Shape]] | None = None, master: str | None = None) -> RawFacts:
        """Return the `RawFacts` of one detector from its merged header.

        Where the detector lies in several HDUs, `hdus` has them all, {extension: (merged header, shape)}, and `header`,
        `extension` and `shape` are those of the first. A `master` is of that kind whatever the header says, and it is one
        image; where its image is trimmed already, all of it is exposed. Raises HeaderError for a value that is missing,
        senseless or unknown.
        """
        geometry = self._of_master(header, shape) if master else self._geometry(hdus or {extension: (header, shape)})
        kind = master or self.kind(header)
        DATE_OBS = self._moment(header, 'DATE_OBS')
        facts = RawFacts(
            extension=extension, kind=kind, chip=self.chip(header), filter=self.filter(header, kind),
            DATE_OBS=DATE_OBS, MJD_OBS=self._mjd(header, DATE_OBS), EXPTIME=self._exptime(header, kind),
            OBJECT=self._text(header, 'OBJECT'), OBSERVER=self._text(header, 'OBSERVER'),
            AIRMASS=self._airmass(header, kind), setup=self._setup(header, geometry), TEMPERATURE=self.temperature(header),
            template=self._linked(header, 'template', ('start', 'id', 'name', 'type'), needs='start'),
            observing_block=self._linked(header, 'ob', ('id', 'name', 'start'), needs='id'),
            **geometry, **_moved(self.astrometry(header, kind), geometry['amplifiers']))
        if master:
            self._check_master(header, kind)
        return facts

    def lookup(self, header: Cards, attribute: str) -> tuple[str, Any] | tuple[None, None]:
        """Return (source, value) of an attribute, translated by `values`; (None, None) if it has no value."""
        keywords = self.keywords.get(attribute, STANDARD_KEYWORDS.get(attribute, ()))
        keyword, value = first(header, (keywords,) if isinstance(keywords, str) else keywords)
        if keyword is None and attribute in self.constants:
            return f'constant {attribute}', self._translated(attribute, self.constants[attribute])
        if keyword is None:
            return None, None
        return keyword, self._scaled(attribute, self._translated(attribute, value))

    def _scaled(self, attribute: str, value: Any) -> Any:
        """Return a number of the header in awlike's unit; what is no number stays as it is."""
        if attribute not in self.scales:
            return value
        factor, offset = self.scales[attribute]
        try:
            return factor * float(value) + offset
        except (TypeError, ValueError):
            return value

    def _translated(self, name: str, value: Any) -> Any:
        """Return awlike's word for the value of an attribute or setting, else the value itself."""
        return next((word for pattern, word in self.values.get(name, {}).items() if matches(pattern, value)), value)

    def required(self, header: Cards, attribute: str) -> tuple[str, Any]:
        """Return (source, value) as `lookup` does. Raises HeaderError if the attribute has no value."""
        keyword, value = self.lookup(header, attribute)
        if keyword is None:
            names = self.keywords.get(attribute, STANDARD_KEYWORDS.get(attribute, 'any keyword'))
            names = names if isinstance(names, str) else ' or '.join(names)
            raise HeaderError(f'no value for {attribute}: {names} is missing or blank; add the card to the header, or '
                              'describe the camera with the keyword that has it')
        return keyword, value

    def kind(self, header: Cards) -> str:
        """Return the kind of the frame, one of KINDS."""
        keyword, value = self.required(header, 'frame_type')
        for pattern, kind in self.frame_types.items():
            if matches(pattern, value):
                return kind
        raise HeaderError(f'{keyword} = {value!r} is no frame type of {self.name}; it knows '
                          f'{", ".join(self.frame_types)} (as {", ".join(KINDS)}): leave the file out, or add it to '
                          'frame_types of the camera')

    def chip(self, header: Cards) -> str:
        """Return the name of the chip."""
        keyword, value = self.required(header, 'chip')
        if self.chips and value not in self.chips:
            raise HeaderError(f'{keyword} = {value!r} is no chip of {self.name}{near(value, self.chips)}; '
                              'correct the card, or add the chip to the camera')
        return str(value)

    def filter(self, header: Cards, kind: str) -> str | None:
        """Return the name of the filter; None for bias and dark, on which a filter has no influence."""
        if kind in UNFILTERED:
            return None
        keyword, value = self.required(header, 'filter')
        if not self.open_filters and value not in self.filters:
            raise HeaderError(f'{keyword} = {value!r} is no filter of {self.name}{near(value, self.filters)}; correct '
                              'the card, or add the filter to the camera')
        return str(value)

    def settings(self, header: Cards) -> dict[str, str] | None:
        """Return the settings of the read-out as text, by their names in `setup`; None if the header has none of them."""
        found: dict[str, str] = {}
        for name, keywords in self.setup.items():
            keyword, value = first(header, (keywords,) if isinstance(keywords, str) else keywords)
            if keyword is not None:
                found[name] = self._translated(name, setting(value))
        return found or None

    def _setup(self, header: Cards, geometry: Mapping[str, Any]) -> dict[str, str] | None:
        """Return the settings of the read-out, with WINDOW where less than the whole detector was read."""
        settings, window = self.settings(header), self.window(header, geometry)
        return settings if window is None else {**(settings or {}), WINDOW: window}

    def window(self, header: Cards, geometry: Mapping[str, Any]) -> str | None:
        """Return the part of the detector that was read, a FITS section of its light-sensitive pixels; None for all of it.

        The header says where the part begins. Where it says nothing of the detector, a part that begins at its corner counts
        as all.
        """
        if geometry['trim'] is None:
            return None
        height, width = Section.from_fits(geometry['trim']).shape
        x, y = (int(self._number(header, name) or 0) for name in ('window_x', 'window_y'))
        if x < 0 or y < 0:
            raise HeaderError(f'the window begins at column {x} and row {y} of the detector; correct the card')
        found = Section(x, x + width, y, y + height)
        keyword, value = self.lookup(header, 'detector')
        whole = found if keyword is None else Section.from_fits(value)
        return None if (x, y) == (0, 0) and found.shape == whole.shape else found.to_fits()

    def _number(self, header: Cards, attribute: str) -> float | None:
        keyword, value = self.lookup(header, attribute)
        return None if keyword is None else number(keyword, value)

    def temperature(self, header: Cards) -> float | None:
        """Return the temperature of the detector [deg C]; None if it is absent or senseless."""
        return temperature(self.lookup(header, 'TEMPERATURE')[1])

    def geometry(self, header: Cards, shape: Shape) -> dict[str, str | None]:
        """Return the sections of the raw frame as FITS strings, by name; None for a section that the camera does not have.

        Without a trim section the whole frame is exposed. Of a window, which begins within the detector, constant sections of
        whole frames do not hold.
        """
        whole = f'[1:{shape[1]},1:{shape[0]}]'
        found = {name: self.lookup(header, name) for name in SECTIONS}
        if any(self._number(header, name) for name in ('window_x', 'window_y')):
            found = {name: one for name, one in found.items() if not str(one[0]).startswith('constant ')}
        return dict.fromkeys(SECTIONS) | {'trim': whole} | {
            name: section(keyword, value, shape) for name, (keyword, value) in found.items() if keyword is not None}

    def _check_master(self, header: Cards, kind: str) -> None:
        """Refuse a master of `kind` that the header calls another kind; any flat may be called any flat."""
        try:
            found = self.kind(header)
        except HeaderError:  # a pipeline has words of its own
            return
        if found != kind and not {found, kind} <= FLATS:
            raise HeaderError(f'the header calls it a {found}, and you import it as a {kind}: import it as what it is, or '
                              'correct the card')

    def _of_master(self, header: Cards, shape: Shape) -> dict[str, Any]:
        """Return the geometry of a master, as `_geometry` does: a section that lies outside the image was cut out before."""
        try:
            trim = self.geometry(header, shape)['trim']
        except HeaderError:
            trim = f'[1:{shape[1]},1:{shape[0]}]'
        return {'shape': shape, 'amplifiers': None} | dict.fromkeys(SECTIONS) | {'trim': trim}

    def _geometry(self, hdus: Mapping[int, tuple[Cards, Shape]]) -> dict[str, Any]:
        """Return the shape of the raw frame, its sections and its amplifiers, as arguments of `RawFacts`."""
        header, shape = next(iter(hdus.values()))
        if not self.amplifiers:
            return {'shape': shape, 'amplifiers': None, **self.geometry(header, shape)}
        if OWN_HDU in self.amplifiers:
            amplifiers, shape = in_own_hdus(self.amplifiers[OWN_HDU], hdus)
        else:
            amplifiers = in_shared_hdu(self.amplifiers, header, shape)
        return {'shape': shape, 'amplifiers': amplifiers, **dict.fromkeys(SECTIONS)}

    def astrometry(self, header: Cards, kind: str) -> dict[str, Any]:
        """Return the linear astrometry of a science frame; all None for other kinds, whose cards are left from elsewhere."""
        return astrometry(header if kind == 'science' else {})

    def data_id_of(self, header: Cards, path: PurePath) -> Keys:
        """Return the keys by which the archive of this camera names the file, as far as header and path have them."""
        return data_id(self.data_id, self.data_path, header, path)

    def imported_facts(self, header: Cards, path: PurePath) -> ImportedFacts:
        """Return what header, archive and camera know of a science frame that was reduced elsewhere.

        Raises HeaderError for a value that cannot be right.
        """
        found = {name: self._number(header, name) for name in ('gain', 'read_noise', 'saturation', 'pedestal')}
        for name, value in found.items():
            if value is not None and (value < 0 or (value == 0 and name in ('gain', 'saturation'))):
                raise HeaderError(f'{self.lookup(header, name)[0]} = {value:g}: the {name.replace("_", " ")} of a frame is '
                                  'positive; correct the card')
        return ImportedFacts(gain=found['gain'], read_noise=found['read_noise'], saturation=found['saturation'],
                             pedestal=found['pedestal'] or 0.0)

    # --- the simple attributes -----------------------------------------------------------------------

    def _moment(self, header: Cards, attribute: str) -> datetime.datetime:
        keyword, value = self.required(header, attribute)
        time_keyword, time = self.lookup(header, 'TIME_OBS')
        if self.date_format:
            value = in_iso(keyword, value, self.date_format, self.months)
        if self.time_format and time_keyword is not None:
            time = in_iso(time_keyword, time, self.time_format, self.months)
        return moment(keyword, value, time_keyword, time)

    def _mjd(self, header: Cards, DATE_OBS: datetime.datetime) -> float:
        keyword, value = self.lookup(header, 'MJD_OBS')
        if keyword is None:
            return modified_julian_date(DATE_OBS)
        if abs(number(keyword, value) - modified_julian_date(DATE_OBS)) > 1:
            raise HeaderError(f'{keyword} = {value!r} and the date of observation {DATE_OBS.isoformat()} are more than '
                              'a day apart; correct the wrong one')
        return number(keyword, value)

    def _exptime(self, header: Cards, kind: str) -> float:
        keyword, value = self.lookup(header, 'EXPTIME')
        if keyword is None and kind == 'bias':
            return 0.0
        return exposure_time(*self.required(header, 'EXPTIME'))

    def _airmass(self, header: Cards, kind: str) -> float | None:
        """Return the airmass; None if it is absent, or below 1, as telescopes write it that do not know it."""
        keyword, value = self.lookup(header, 'AIRMASS')
        if keyword is None or kind != 'science':
            return None
        airmass = number(keyword, value)
        return airmass if airmass >= 1 else None

    def _text(self, header: Cards, attribute: str) -> str:
        keyword, value = self.lookup(header, attribute)
        return '' if keyword is None else str(value)

    def _linked(self, header: Cards, prefix: str, names: tuple[str, ...], needs: str) -> dict[str, Any] | None:
        """Return a template or observing block as a dict; None if the header lacks the attribute that it `needs`."""
        if self.lookup(header, f'{prefix}_{needs}')[0] is None:
            return None
        found: dict[str, Any] = {name: self._text(header, f'{prefix}_{name}') or None for name in names}
        if found['start'] is not None:
            found['start'] = self._moment(header, f'{prefix}_start')
        return found


def _moved(astrometry: dict[str, Any], amplifiers: list[AmplifierFacts] | None) -> dict[str, Any]:
    """Return the astrometry of the raw frame, from that of the first of its HDUs."""
    if not amplifiers or 'raw' not in amplifiers[0] or astrometry['CRPIX1'] is None:
        return astrometry
    tile = Section.from_fits(amplifiers[0]['raw'])
    return astrometry | {'CRPIX1': astrometry['CRPIX1'] + tile.x0, 'CRPIX2': astrometry['CRPIX2'] + tile.y0}
