"""`Camera`: which files a camera wrote, and the facts of the frames in them; a quirk of a camera overrides a method."""

from collections.abc import Mapping
from typing import Any

from awlike.cameras.amplifiers import OWN_HDU, AmplifierFacts, Entries, Shape, in_own_hdus, in_shared_hdu, is_fixed
from awlike.cameras.attributes import Attributes
from awlike.cameras.header_values import Cards, astrometry, first, matches, section, setting
from awlike.cameras.raw_facts import KINDS, SECTIONS, RawFacts
from awlike.cameras.windows import WINDOW, place_of, window_in
from awlike.errors import HeaderError
from awlike.pixels.geometry import Section
from awlike.spelling import near

UNFILTERED = ('bias', 'dark')
FLATS = {'domeflat', 'twilightflat'}


class Camera(Attributes):
    """A camera at a telescope, and how to read the headers that it writes. Override what is different about a camera."""

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
        `extension` and `shape` describe the first. A `master` is of that kind whatever the header says, and it is one
        image; where its image is trimmed already, all of it is exposed. Raises HeaderError for a value that is missing,
        senseless or unknown.
        """
        hdus = hdus or {extension: (header, shape)}
        geometry = self._of_master(header, shape) if master else self._geometry(hdus)
        kind = master or self.kind(header)
        DATE_OBS = self._moment(header, 'DATE_OBS')
        facts = RawFacts(
            extension=extension, kind=kind, chip=self.chip(header), filter=self.filter(header, kind),
            DATE_OBS=DATE_OBS, MJD_OBS=self._mjd(header, DATE_OBS), exposure=self._exposure(header, DATE_OBS),
            EXPTIME=self._exptime(header, kind), OBJECT=self._text(header, 'OBJECT'), OBSERVER=self._text(header, 'OBSERVER'),
            AIRMASS=self._airmass(header, kind), setup=self._setup(header, geometry), TEMPERATURE=self.temperature(header),
            rotator=self._rotator(header),
            template=self._linked(header, 'template', ('start', 'id', 'name', 'type'), needs='start'),
            observing_block=self._linked(header, 'ob', ('id', 'name', 'start'), needs='id'),
            **geometry, **self._astrometry(hdus, kind, geometry['amplifiers']))
        if master:
            self._check_master(header, kind)
        return facts

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

        The header says where the part begins, or which pixels each amplifier read. Where nothing is known of the detector,
        a part that begins at its corner counts as all, and so does what several amplifiers read.
        """
        keyword, value = self.lookup(header, 'detector')
        whole, corner = None if keyword is None else Section.from_fits(value), self._corner(header)
        if geometry['amplifiers']:
            self._refuse_fixed_places(corner)
            return None if whole is None else window_in(whole, place_of(geometry['amplifiers']))
        height, width = Section.from_fits(geometry['trim']).shape
        x, y = corner or (0, 0)
        if x < 0 or y < 0:
            raise HeaderError(f'the window begins at column {x} and row {y} of the detector; correct the card')
        if (x, y) == (0, 0) and (whole is None or whole.shape == (height, width)):
            return None
        if corner is None and self.amplifiers:
            raise HeaderError(f'the image has {width} x {height} pixels, less than the whole detector, and no card says where '
                              'it begins: add XORGSUBF and YORGSUBF, or describe window_x and window_y')
        return Section(x, x + width, y, y + height).to_fits()

    def _corner(self, header: Cards) -> tuple[int, int] | None:
        """Return how many columns and rows of the detector lie before the window; None where the header does not say it."""
        found = [self._number(header, name) for name in ('window_x', 'window_y')]
        return None if found == [None, None] else (int(found[0] or 0), int(found[1] or 0))

    def _refuse_fixed_places(self, corner: tuple[int, int] | None) -> None:
        """Refuse a window if the description fixes the place of an amplifier, which holds for the whole detector alone."""
        fixed = [name for name, entries in self.amplifiers.items() if is_fixed(entries.get('detsec'))]
        if corner is not None and any(corner) and fixed:
            raise HeaderError(f'the window begins at column {corner[0]} and row {corner[1]} of the detector, but the '
                              f'description of the camera fixes the place of amplifier {fixed[0]} (detsec): name the cards '
                              'that have trim and detsec of windows instead of fixed sections, or leave the file out')

    def amplifier(self, header: Cards, shape: Shape) -> Entries:
        """Return the entries of the amplifier that has an HDU of its own, with that header and an image of `shape`.

        The description names them. Override where sections follow from the size of the image, or where a card is wrong.
        """
        return self.amplifiers[OWN_HDU]

    def unused(self, header: Cards, amplifier: str) -> str | None:
        """Return why the pixels of an amplifier show no sky, in a word or two; None if they do.

        Those of `broken` are broken. Override for a camera that uses some amplifiers for guiding, and says so in the header.
        """
        return 'broken' if amplifier in self.broken.get(self.chip(header), ()) else None

    def geometry(self, header: Cards, shape: Shape) -> dict[str, str | None]:
        """Return the sections of the raw frame as FITS strings, by name; None for a section that the camera does not have.

        Without a trim section the whole frame is exposed. Of a window, which begins within the detector, constant sections of
        whole frames do not hold.
        """
        whole = f'[1:{shape[1]},1:{shape[0]}]'
        found = {name: self.lookup(header, name) for name in SECTIONS}
        if any(self._corner(header) or ()):
            found = {name: one for name, one in found.items() if not str(one[0]).startswith('constant ')}
        return dict.fromkeys(SECTIONS) | {'trim': whole} | {
            name: section(keyword, value, shape) for name, (keyword, value) in found.items() if keyword is not None}

    def _geometry(self, hdus: Mapping[int, tuple[Cards, Shape]]) -> dict[str, Any]:
        """Return the shape of the raw frame, its sections and its amplifiers, as arguments of `RawFacts`."""
        header, shape = next(iter(hdus.values()))
        if not self.amplifiers:
            return {'shape': shape, 'amplifiers': None, **self.geometry(header, shape)}
        if OWN_HDU in self.amplifiers:
            amplifiers, shape = in_own_hdus({number: self.amplifier(*hdu) for number, hdu in hdus.items()}, hdus)
        else:
            amplifiers = in_shared_hdu(self.amplifiers, header, shape, self.lookup(header, 'detector')[0] is not None)
        headers = [hdus[one['extension']][0] if 'extension' in one else header for one in amplifiers]
        amplifiers = [self._marked(one, own) for one, own in zip(amplifiers, headers, strict=True)]
        if all('unused' in one for one in amplifiers):
            reasons = ', '.join(sorted({one['unused'] for one in amplifiers}))
            raise HeaderError(f'no amplifier of the detector has pixels of the sky ({reasons}): leave the file out')
        return {'shape': shape, 'amplifiers': amplifiers, **dict.fromkeys(SECTIONS)}

    def _marked(self, amplifier: AmplifierFacts, header: Cards) -> AmplifierFacts:
        reason = self.unused(header, amplifier['name'])
        return amplifier if reason is None else amplifier | {'unused': reason}

    def _of_master(self, header: Cards, shape: Shape) -> dict[str, Any]:
        """Return the geometry of a master, as `_geometry` does: a section that lies outside the image was cut out before."""
        try:
            trim = self.geometry(header, shape)['trim']
        except HeaderError:
            trim = f'[1:{shape[1]},1:{shape[0]}]'
        return {'shape': shape, 'amplifiers': None} | dict.fromkeys(SECTIONS) | {'trim': trim}

    def _check_master(self, header: Cards, kind: str) -> None:
        """Refuse a master of `kind` that the header calls another kind; any flat may be called any flat."""
        try:
            found = self.kind(header)
        except HeaderError:  # a pipeline has words of its own
            return
        if found != kind and not {found, kind} <= FLATS:
            raise HeaderError(f'the header calls it a {found}, and you import it as a {kind}: import it as what it is, or '
                              'correct the card')

    def astrometry(self, header: Cards, kind: str) -> dict[str, Any]:
        """Return the linear astrometry of a science frame; all None for other kinds, whose cards are left from elsewhere."""
        return astrometry(header if kind == 'science' else {})

    def _astrometry(self, hdus: Mapping[int, tuple[Cards, Shape]], kind: str,
                    amplifiers: list[AmplifierFacts] | None) -> dict[str, Any]:
        """Return the astrometry of the first HDU of the raw frame whose pixels show the sky."""
        first = next((one for one in amplifiers or () if 'unused' not in one), {})
        found = self.astrometry(hdus[first.get('extension', next(iter(hdus)))][0], kind)
        if 'raw' not in first or found['CRPIX1'] is None:
            return found
        tile = Section.from_fits(first['raw'])
        return found | {'CRPIX1': found['CRPIX1'] + tile.x0, 'CRPIX2': found['CRPIX2'] + tile.y0}
