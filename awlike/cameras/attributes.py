"""`Attributes`: the attributes of a frame that are single values in its header, as the declaration of the camera says."""

import datetime
from pathlib import PurePath
from typing import Any

from awlike.cameras.data_ids import Keys, data_id
from awlike.cameras.dates import in_iso
from awlike.cameras.declaration import STANDARD_KEYWORDS, Declaration
from awlike.cameras.header_values import Cards, exposure_time, first, matches, modified_julian_date, moment, number, temperature
from awlike.cameras.imported_facts import ImportedFacts
from awlike.errors import HeaderError


class Attributes(Declaration):
    """A camera that reads single attributes from the headers that it writes."""

    def lookup(self, header: Cards, attribute: str) -> tuple[str, Any] | tuple[None, None]:
        """Return (source, value) of an attribute, translated by `values`; (None, None) if it has no value."""
        keywords = self.keywords.get(attribute, STANDARD_KEYWORDS.get(attribute, ()))
        keyword, value = first(header, (keywords,) if isinstance(keywords, str) else keywords)
        if keyword is None and attribute in self.constants:
            return f'constant {attribute}', self._translated(attribute, self.constants[attribute])
        if keyword is None:
            return None, None
        return keyword, self._scaled(attribute, self._translated(attribute, value))

    def required(self, header: Cards, attribute: str) -> tuple[str, Any]:
        """Return (source, value) as `lookup` does. Raises HeaderError if the attribute has no value."""
        keyword, value = self.lookup(header, attribute)
        if keyword is None:
            names = self.keywords.get(attribute, STANDARD_KEYWORDS.get(attribute, 'any keyword'))
            names = names if isinstance(names, str) else ' or '.join(names)
            raise HeaderError(f'no value for {attribute}: {names} is missing or blank; add the card to the header, or '
                              'describe the camera with the keyword that has it')
        return keyword, value

    def _translated(self, name: str, value: Any) -> Any:
        """Return awlike's word for the value of an attribute or setting, else the value itself."""
        return next((word for pattern, word in self.values.get(name, {}).items() if matches(pattern, value)), value)

    def _scaled(self, attribute: str, value: Any) -> Any:
        """Return a number of the header in awlike's unit; what is no number stays as it is."""
        if attribute not in self.scales:
            return value
        factor, offset = self.scales[attribute]
        try:
            return factor * float(value) + offset
        except (TypeError, ValueError):
            return value

    def _number(self, header: Cards, attribute: str) -> float | None:
        keyword, value = self.lookup(header, attribute)
        return None if keyword is None else number(keyword, value)

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

    def temperature(self, header: Cards) -> float | None:
        """Return the temperature of the detector [deg C]; None if it is absent or senseless."""
        return temperature(self.lookup(header, 'TEMPERATURE')[1])

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

    def _exposure(self, header: Cards, DATE_OBS: datetime.datetime) -> str:
        """Return the name of the exposure; where no card has it, the start of the exposure, which its detectors share."""
        return self._text(header, 'exposure') or DATE_OBS.isoformat()

    def _rotator(self, header: Cards) -> float | None:
        """Return the angle of the rotator [deg]; None if it is absent or no number, as where the telescope does not know it."""
        try:
            return self._number(header, 'rotator')
        except HeaderError:
            return None

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
