"""The reference catalogue of an exposure: files with stars, or a catalogue that the home of the user knows."""

import contextlib
import dataclasses
import logging
from collections.abc import Iterable

from awlike.config import settings
from awlike.errors import NotFound
from awlike.ingest.stars_in_files import Mapped, Read
from awlike.processors.catalogue import Catalogue, added
from awlike.processors.mosaic.exposure import Exposure
from awlike.processors.mosaic.wanted import Wanted
from awlike.products.product import ProcessTarget
from awlike.products.reference_catalogue import ReferenceCatalogue
from awlike.spelling import near

log = logging.getLogger('awlike')

_AROUND = 1.5  # deg: of the pointing, that stars of a known catalogue are taken over


@dataclasses.dataclass(frozen=True)
class KnownStars:
    """The stars around an exposure of a catalogue that the home of the user has."""

    name: str
    stars: Read

    def add(self, kinds: Iterable[type[ProcessTarget]]) -> dict[str, str]:
        """Add the stars to the home in which this process works; return the parameters of `kinds` that name them."""
        return added(self.name, self.stars, kinds)


def known_stars(of: Exposure, wanted: Wanted) -> Catalogue | KnownStars | None:
    """Return the reference catalogue of an exposure; None where nothing names one, and the home of the user has none.

    From the home, the catalogue that ``-refcat`` names serves, else the only one that covers the pointing.

    Raises
    ------
    NotFound
        When the home has no catalogue of the name that is given.
    """
    if isinstance(wanted.catalogue, Catalogue) or (wanted.catalogue is None and not (wanted.fixwcs or wanted.photcalib)):
        return wanted.catalogue
    known = [_named(wanted.catalogue)] if wanted.catalogue is not None else _known()
    ra, dec = of.facts.CRVAL1, of.facts.CRVAL2
    if ra is None or dec is None:
        return None
    covering = [one for one in known if one.covers(ra, dec, _AROUND)]
    if len(covering) > 1:
        log.warning('%s cover the field: name one by -refcat', ', '.join(map(str, covering)))
    return _taken(covering[0], ra, dec) if len(covering) == 1 else None


def _named(name: str) -> ReferenceCatalogue:
    """Return the catalogue of the home of the user that has a name."""
    known = _known()
    if known:
        with contextlib.suppress(NotFound):
            return ReferenceCatalogue.named(name)
    raise NotFound(f'-refcat={name}: there is no such file, and no such reference catalogue{near(name, map(str, known))}: name '
                   'a file, and its columns by -ra and -dec, or add a catalogue by awe refcat add')


def _known() -> list[ReferenceCatalogue]:
    """Return the catalogues of the home of the user; none where there is no home, which is not made here."""
    file = settings().database_file
    if file is not None and not file.exists():
        return []
    first: dict[str, ReferenceCatalogue] = {}
    for one in ReferenceCatalogue.select_all().order_by('name', 'version'):
        first.setdefault(str(one.name), one)
    return list(first.values())


def _taken(catalogue: ReferenceCatalogue, ra: float, dec: float) -> KnownStars:
    """Return the stars of a catalogue around a place, as its own file would have them."""
    rows, columns = catalogue.around(ra, dec, _AROUND), catalogue.stars.columns
    bands = {band: (f'MAG_{band}', f'MAGERR_{band}') for band in catalogue.bands or ()}
    others = {option: name for option, name in (('ra_error', 'RA_ERROR'), ('dec_error', 'DEC_ERROR'), ('pm_ra', 'PM_RA'),
                                                ('pm_dec', 'PM_DEC')) if name in columns}
    mapped = Mapped.declared('RA', 'DEC', bands, 'EPOCH' if 'EPOCH' in columns else None, **others)
    return KnownStars(catalogue.name or 'REFERENCE', Read(mapped, rows, list(catalogue.files or [])))
