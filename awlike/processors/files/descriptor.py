"""Resource descriptors: what a file ``q.toml`` says about a collection of files, for the processors that work on them.

::

    [data.import]                             # a data descriptor; its id is "import"
    sources = "data/*.fits"                   # a pattern, a folder or a list of them, relative to the folder of q.toml
    ignore = ["data/test*.fits"]              # optional
    previewDir = "previews"                   # where PreviewMakers write
    previews = "splitPreviewPath{.jpeg}"      # names of previews; or "standardPreviewPath", the default
    previewSize = 200                         # pixels, at most
    table = "plates.data"                     # a table of the database that a script asks

    [services.dl]
    url = "https://example.org/plates/q/dl"   # dd.rd.getById("dl").getURL("static") is this URL with /static
"""

import dataclasses
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from awlike.config import settings
from awlike.errors import ConfigError, NotFound, ParameterError
from awlike.processors.files.sources import files_of, is_pattern
from awlike.spelling import near

SUFFIX = '.toml'
_DATA = {'sources': (str, list), 'ignore': (str, list), 'previewDir': str, 'previews': str, 'previewSize': int, 'table': str,
         'spectral': str, 'flux': str}
_SERVICE = {'url': str}
_PARTS = {'data': _DATA, 'services': _SERVICE}


@dataclasses.dataclass(frozen=True)
class Service:
    """A service of a collection, of which scripts write addresses into headers."""

    id: str
    url: str

    def getURL(self, renderer: str = '', absolute: bool = True) -> str:
        """Return the address of the service for a renderer, as ``'static'``."""
        return f'{self.url.rstrip("/")}/{renderer}' if renderer else self.url


@dataclasses.dataclass(frozen=True)
class ResourceDescriptor:
    """A collection of files. Without a file ``q.toml`` it is the working directory.

    Attributes
    ----------
    path : Path or None
        The file that describes the collection.
    resdir : str
        The absolute path of its folder.
    services : dict
        Its services by their id.
    data : dict
        What it says of each data descriptor, by its id.
    """

    path: Path | None
    resdir: str
    services: dict[str, Service] = dataclasses.field(default_factory=dict)
    data: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)

    def getById(self, id: str) -> 'DataDescriptor | Service':
        """Return the data descriptor or the service with an id.

        Raises
        ------
        NotFound
            When there is none.
        """
        if id in self.services:
            return self.services[id]
        if id in self.data:
            return DataDescriptor(id, self, self.data[id])
        known = [*self.data, *self.services]
        raise NotFound(f'{self.path or self.resdir} has no [data.{id}] or [services.{id}]{near(id, known)}: '
                       f'it has {", ".join(known) or "none"}')


@dataclasses.dataclass(frozen=True)
class DataDescriptor:
    """A part of a collection: which files it has, and where their previews lie. `rd` is the collection."""

    id: str
    rd: ResourceDescriptor
    properties: dict[str, Any]

    def getProperty(self, name: str, default: Any = None) -> Any:
        """Return what ``q.toml`` says under a name; `default` where it says nothing."""
        return self.properties.get(name, default)

    def iterSources(self) -> Iterator[str]:
        """Yield the absolute paths of the files, in order."""
        folder = Path(self.rd.resdir)
        ignored = set(files_of(_listed(self.properties.get('ignore', [])), folder))
        yield from (str(path) for path in files_of(_listed(self.properties['sources']), folder) if path not in ignored)

    @property
    def makes(self) -> list[Any]:
        """The tables of the database that belong to the data: ``dd.makes[0].table.getQName()``."""
        name = self.properties.get('table')
        return [SimpleNamespace(table=SimpleNamespace(getQName=lambda: name))] if name else []


def inputs_dir() -> Path:
    """Return the folder below which descriptors are found: the setting ``inputs_dir``, else the working directory."""
    return settings().inputs_dir or Path.cwd()


def data_descriptor(name: str, id: str | None = None) -> DataDescriptor:
    """Return the data that a name means.

    Parameters
    ----------
    name : str
        A descriptor, as ``'plates/q'`` for ``plates/q.toml``; or a file, a folder, or a pattern such as ``'data/*.fits'``.
        Names are relative to `inputs_dir`.
    id : str, optional
        The id of the data within a descriptor. Default: behind a ``#`` of the name, else the only one.

    Raises
    ------
    NotFound
        When there is no such thing.
    ConfigError
        When the file of the descriptor has no meaning.
    """
    path, _, within = name.partition('#')
    base = inputs_dir()
    for file in (base / path, base / f'{path}{SUFFIX}'):
        if file.suffix == SUFFIX and file.is_file():
            return _of_file(Path(os.path.abspath(file)), id or within or None)
    if is_pattern(str(base / name)) or (base / name).exists():
        return of_files([name])
    if (base / f'{path}.rd').is_file():
        raise NotFound(f'{base / path}.rd is a descriptor of GAVO DaCHS, which awlike does not read: write {path}{SUFFIX} with '
                       f'[data.{id or "import"}] and sources = "data/*.fits"')
    raise NotFound(f'{base / path}{SUFFIX}: no such descriptor, file or folder. Write the descriptor, or set '
                   'AWLIKE_INPUTS_DIR to the folder to which names are relative')


def of_files(patterns: list[str]) -> DataDescriptor:
    """Return the data that files, folders and patterns mean, relative to `inputs_dir`."""
    return DataDescriptor('', ResourceDescriptor(None, str(inputs_dir())), {'sources': patterns})


def _of_file(file: Path, id: str | None) -> DataDescriptor:
    rd = read(file)
    if id is None:
        if len(rd.data) != 1:
            raise ParameterError(f'{file} has {len(rd.data)} data descriptors: say which by {file.name}#ID, where ID is one of '
                                 f'{", ".join(rd.data)}')
        id = next(iter(rd.data))
    found = rd.getById(id)
    if not isinstance(found, DataDescriptor):
        raise NotFound(f'{file}: {id} is a service, and has no files: name one of {", ".join(rd.data)}')
    return found


def read(file: Path) -> ResourceDescriptor:
    """Read a file ``q.toml``; see the head of this module.

    Raises
    ------
    ConfigError
        When the file cannot be read, or an entry has no meaning.
    """
    try:
        entries = tomllib.loads(file.read_text('utf-8'))
    except (ValueError, OSError) as error:
        raise ConfigError(f'{file} cannot be read: {error}. Correct it') from None
    _check_known(file, '', entries, _PARTS)
    for part, keys in _PARTS.items():
        for id, found in _tables(file, part, entries.get(part, {})).items():
            _check_known(file, f'[{part}.{id}] ', found, keys)
            for key, value in found.items():
                if not isinstance(value, keys[key]) or (isinstance(value, list) and not all(isinstance(v, str) for v in value)):
                    raise ConfigError(f'{file}: [{part}.{id}] {key} = {value!r} has no meaning: it is {_type_of(keys[key])}')
            needed = 'sources' if part == 'data' else 'url'
            if needed not in found:
                raise ConfigError(f'{file}: [{part}.{id}] lacks {needed}: add it')
    services = {id: Service(id, found['url']) for id, found in entries.get('services', {}).items()}
    return ResourceDescriptor(file, str(file.parent), services, entries.get('data', {}))


def _tables(file: Path, part: str, found: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise ConfigError(f'{file}: write [{part}.ID] with an id of your own, as [data.import]')
    return found


def _check_known(file: Path, place: str, entries: dict[str, Any], known: dict[str, Any]) -> None:
    for key in entries:
        if key not in known:
            raise ConfigError(f'{file}: there is no entry {place}{key}{near(key, known)}: there are {", ".join(known)}')


def _type_of(types: Any) -> str:
    return {str: 'a text', int: 'a whole number'}.get(types, 'a text, or a list of texts')


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
