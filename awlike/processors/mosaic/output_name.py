"""The name of the output: words such as %OBJECT stand for what the exposure tells."""

import re
from collections.abc import Iterable
from pathlib import Path

from awlike.errors import ParameterError, StoreError
from awlike.processors.mosaic.exposure import Exposure
from awlike.spelling import near

WORDS = 'FILTER', 'OBJECT', 'OBSID', 'OBSSEQ', 'EXPTIME'
_DEFAULT = 'collectcells.fits'
_TAG = re.compile(r'%([A-Za-z]+)')
_NOT_IN_NAMES = re.compile(r'[\s,()/\\`"\'{}\[\]&*?\x00-\x1f]')
_FITS = re.compile(r'.*\.fits(\.fz|\.gz)?', re.IGNORECASE | re.DOTALL)


def output_path(template: str, of: Exposure, fpack: bool = False) -> Path:
    """Return the path of the output that `template` names.

    %FILTER, %OBJECT, %OBSID, %OBSSEQ (OBSID up to its dot) and %EXPTIME (with one decimal) stand for values of the exposure. A
    folder gets the file ``collectcells.fits``; a name without ``.fits`` gets it, and with `fpack` ``.fits.fz``.

    Raises
    ------
    ParameterError
        For an unknown word.
    """
    values = {'FILTER': _safe(of.facts.filter or 'none'), 'OBJECT': _safe(of.facts.OBJECT or 'none'), 'OBSID': _safe(of.obsid),
              'OBSSEQ': _safe(of.obsid.partition('.')[0]), 'EXPTIME': f'{of.facts.EXPTIME:.1f}'}
    name = _TAG.sub(lambda found: _value(found[1], values, template), template)
    path = Path(name).expanduser()
    if name.endswith('/') or path.is_dir():
        path = path / _DEFAULT
    if not _FITS.fullmatch(path.name):
        path = path.with_name(f'{path.name}.fits')
    return path.with_name(f'{path.name}.fz') if fpack and path.suffix.lower() != '.fz' else path


def _value(tag: str, values: dict[str, str], template: str) -> str:
    """Return the value of a word; letters may follow it, as in ``%OBJECTdeep``."""
    for word in sorted(WORDS, key=len, reverse=True):
        if tag.startswith(word):
            return values[word] + tag[len(word):]
    raise ParameterError(f'{template}: %{tag} stands for nothing{near(tag.upper(), WORDS)}; there are '
                         f'{", ".join("%" + word for word in WORDS)}')


def _safe(text: str) -> str:
    """Return text of a header as part of a file name: no blank, no bracket, no folder."""
    found = _NOT_IN_NAMES.sub('_', text.strip())
    return found if found.strip('.') else found.replace('.', '_') or '_'


def check_output(path: Path, read: Iterable[Path]) -> None:
    """Refuse an output that is a folder or one of the files that are read; make the folder in which it goes.

    Raises
    ------
    ParameterError, StoreError
        When the output would overwrite an input, or its folder cannot be made.
    """
    if path.is_dir():
        raise StoreError(f'{path} is a folder: give the output another name')
    check_not_read(path, read)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f'{path.parent} cannot be made ({error.strerror}): give the output another name') from None


def check_not_read(path: Path, read: Iterable[Path]) -> None:
    """Refuse an output that is one of the files that are read. Raises ParameterError."""
    if any(path.resolve() == one.resolve() for one in read):
        raise ParameterError(f'{path} is read, and would be overwritten: give the output another name')
