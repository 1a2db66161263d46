"""A reference catalogue in files, as a command names it for a run, and the process parameters that name it."""

import dataclasses
import functools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from awlike.errors import ParameterError
from awlike.fits.finding import fits_files
from awlike.ingest.refcat import add_read
from awlike.ingest.stars_in_files import Mapped, Read, bands_of, read
from awlike.processors.inputs import name_of
from awlike.products.product import ProcessTarget

_REFERENCE = 'REFERENCE_CATALOGUE'
NAME = re.compile(r'\w[\w.-]*(@\d+)?', re.ASCII)
"""The form of the name of a known catalogue, as GAIA or GAIA@2."""


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """A reference catalogue in files, and the columns to read."""

    files: tuple[Path, ...]
    wanted: Mapped

    @classmethod
    def given(cls, files: Sequence[Path], ra: str | None, dec: str | None, band: list[str] | None, dash: str = '--',
              **columns: str | None) -> Self | None:
        """Return the catalogue that the options of a command name, None where they name none.

        Parameters
        ----------
        files : sequence of pathlib.Path
            What follows --refcat.
        ra, dec : str or None
            The columns of the positions.
        band : list of str or None
            Words FILTER=MAGNITUDE,ERROR.
        dash : str
            What options of the command begin with, for messages.
        **columns : str or None
            ra_error, dec_error, pm_ra, pm_dec, epoch.

        Raises
        ------
        ParameterError
            For columns that do not suffice, or without files.
        NotFound
            For a file that is not there.
        """
        if not files:
            if ra or dec or band or any(columns.values()):
                raise ParameterError(f'{dash}ra, {dash}dec, {dash}band and the like name the columns of a reference catalogue: '
                                     f'give {dash}refcat FILE, too')
            return None
        if not (ra and dec):
            raise ParameterError(f'{dash}refcat {files[0]}: name the columns of its positions by {dash}ra and {dash}dec')
        fits_files(files)  # refuse now what does not exist
        return cls(tuple(files), Mapped.declared(ra, dec, bands_of(band), **columns))

    @property
    def name(self) -> str:
        """The name of the first file, as a catalogue can be called."""
        return (re.sub(r'[^\w.-]+', '_', name_of(self.files[0]), flags=re.ASCII).lstrip('_.-') or 'REFERENCE')[:60]

    @functools.cached_property
    def stars(self) -> Read:
        """The stars in the files."""
        return read(self.name, self.files, self.wanted)

    def add(self, kinds: Iterable[type[ProcessTarget]]) -> dict[str, str]:
        """Add the catalogue to the home in which this process works; return the parameters of `kinds` that name it."""
        return added(self.name, self.stars, kinds)


def added(name: str, stars: Read, kinds: Iterable[type[ProcessTarget]]) -> dict[str, str]:
    """Add stars as the reference catalogue `name`; return the process parameters by which products of `kinds` use it."""
    made = str(add_read(name, stars))
    return {f'{cls.__name__}.process_params.{_REFERENCE}': made for cls in kinds if _REFERENCE in cls.Parameters.model_fields}
