"""The settings: where awlike keeps its things and who is asking, from the environment, a file, and defaults.

The environment (``AWLIKE_PROJECT``) goes before the file ``awlike.toml`` in `home` (``project = ...``), and the file
goes before the default.
"""

import functools
import getpass
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from typing_extensions import override

from awlike.errors import ConfigError
from awlike.masking import masked
from awlike.spelling import near

PREFIX, FILE = 'AWLIKE_', 'awlike.toml'
_IN_JSON = {'store_options': 'a table in JSON, as {"endpoint_url": "https://..."}',
            'notice_command': 'a list in JSON, as ["/usr/local/bin/page-me"]',
            'notice_mail': 'a list in JSON, as ["ada@example.org"]'}
_SECRET = {'store_options', 'notice_webhook', 'notice_smtp', 'notice_command'}
_NO_SECRET = {'endpoint_url', 'region_name', 'host', 'username', 'profile'}  # among store_options

# Absolute from the start, so that everything stays together when the working directory changes.
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]


def _place(value: Path | str) -> Path | str:
    """Return the URL of a file system as it is, without a slash at its end; a folder or a ``file://`` URL as a path."""
    if isinstance(value, str) and '://' in value and not value.startswith('file://'):
        return value.rstrip('/')
    return Path(str(value).removeprefix('file://')).expanduser().resolve()


def _account(values: Mapping[str, Any]) -> str:
    """Return the account in the URL of a PostgreSQL database; else the account of the login."""
    url = urlsplit(values.get('database', ''))
    if url.scheme.startswith('postgresql') and url.username:
        return unquote(url.username)
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container that runs under a number alone
        raise ConfigError('the login has no account name: set AWLIKE_USER to your account name') from None


def _webhook(url: str) -> str:
    if url and (urlsplit(url).scheme not in ('http', 'https') or not urlsplit(url).hostname):
        raise ValueError('it begins with https:// or http:// and a host')
    return url


def _smtp(url: str) -> str:
    if urlsplit(url).scheme not in ('smtp', 'smtps') or not urlsplit(url).hostname:
        raise ValueError('it begins with smtp:// or smtps:// and a host')
    return url


class Settings(BaseSettings):
    """The settings; each setting is also an environment variable with the prefix ``AWLIKE_``.

    By default no server is needed: an SQLite database and a folder of files lie below `home`.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True)

    home: Folder = Field(default_factory=lambda: Path.home() / '.awlike',
                         description='folder of database, files and settings; only the environment can set it')
    database: str = Field('', description='SQLAlchemy URL of the database; by default SQLite in home',
                          examples=['"postgresql+psycopg://host/awlike"'])
    store: Annotated[Path | str | None, AfterValidator(lambda value: None if value is None else _place(value))] = Field(
        None, description='the data server: a folder, absolute or relative to this file, or a URL that fsspec knows, such as '
        'that of a bucket; by default home/files', examples=['"/data/awlike"'])
    store_options: dict[str, Any] = Field(
        {}, description='options to open the URL of store; as JSON in the environment',
        examples=['{endpoint_url = "https://s3.example.org", key = "...", secret = "..."}'])
    cache: Folder | None = Field(None, description='folder on this machine for copies of the files of a store behind a URL; by '
                                 'default home/cache', examples=['"/scratch/awlike"'])
    cache_size: float = Field(50, gt=0, description='largest size of these copies in GB; the least recently used go first',
                              examples=['50'])
    largest_unpacked: float = Field(2, gt=0, description='largest size in GB to which a gzipped FITS file, or a tile-'
                                    'compressed image in one, may unfold', examples=['2'])
    project: str = Field('', description='project in which you work at the start', examples=['"NIGHT"'])
    privileges: int = Field(2, ge=1, le=5, description='privileges level of new products: '
                            '1 MyDB, 2 Project, 3 Astro-WISE, 4 World, 5 VO', examples=['2'])
    user: str = Field(default_factory=_account, description='account name of the user; by default that of '
                      'the login, or of the URL of a PostgreSQL database',
                      examples=['"ada"'])

    calibration_level: Literal['plan', 'acceptable', 'last resort'] = Field(
        'last resort', description='the worst level of a calibration that a task accepts, where it does not say so itself: '
        'plan, acceptable or last resort', examples=['"acceptable"'])

    sources: Literal['', 'all', 'named'] = Field(
        '', description='the projects whose frames serve for your products unasked: all, or named for the project itself, '
        'your other projects and the sources that its owner or an administrator names; by default all on SQLite, '
        'named on PostgreSQL', examples=['"named"'])

    inputs_dir: Folder | None = Field(
        None, description='the folder in which file processors find descriptors such as plates/q.toml, and to which product '
        'keys are relative; by default the working directory', examples=['"/data/inputs"'])
    grade_rule: Literal['latest', 'worst'] = Field(
        'latest', description='the grade of a frame that several people graded: the latest of their grades, or the worst',
        examples=['"worst"'])

    dpu: str = Field('', description='address of the Dask scheduler on which jobs run; by default a cluster on this machine, '
                     'started when a job needs it', examples=['"tcp://scheduler:8786"'])
    dpu_workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1,
                             description='largest number of workers of a cluster that awlike scales; by default the number of '
                             'cores of this machine', examples=['8'])

    notice_command: list[str] = Field(
        [], description='command that gets each notice as JSON on its standard input: program and arguments, a list; as JSON '
        'in the environment', examples=['["/usr/local/bin/page-me", "--now"]'])
    notice_webhook: Annotated[str, AfterValidator(_webhook)] = Field(
        '', description='URL to which each notice is sent as JSON (HTTP POST)', examples=['"https://chat.example.org/hook/..."'])
    notice_mail: list[str] = Field(
        [], description='mail addresses that get each notice, a list; as JSON in the environment',
        examples=['["ada@example.org"]'])
    notice_smtp: Annotated[str, AfterValidator(_smtp)] = Field(
        'smtp://localhost', description='URL of the server that sends the mail: smtp:// or smtps://, with account and password '
        'where it wants them', examples=['"smtps://ada:password@mail.example.org"'])
    notice_sender: str = Field('awlike@localhost', description='mail address from which the mail comes',
                               examples=['"awlike@example.org"'])

    @classmethod
    @override
    def settings_customise_sources(cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
                                   env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
                                   file_secret_settings: PydanticBaseSettingsSource,
                                   ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, InitSettingsSource(settings_cls, read_file())

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the database."""
        return self.database or f'sqlite:///{self.home / "awlike.db"}'

    @property
    def database_file(self) -> Path | None:
        """The file of an SQLite database; None for a database of a server."""
        return Path(self.database_url.removeprefix('sqlite:///')) if self.database_url.startswith('sqlite:///') else None

    @property
    def store_place(self) -> Path | str:
        """The folder of the data server, or its URL."""
        return self.store or self.home / 'files'

    @property
    def cache_folder(self) -> Path:
        """The folder for copies of the files of a store behind a URL."""
        return self.cache or self.home / 'cache'

    @property
    def cache_bytes(self) -> int:
        """The size of the copies that stay, in bytes."""
        return int(self.cache_size * 1e9)

    @property
    def unpacked_bytes(self) -> int:
        """The size to which a compressed file may unfold, in bytes."""
        return int(self.largest_unpacked * 1e9)

    @property
    def instrument_folder(self) -> Path:
        """The folder in which a user describes their own cameras, a TOML file each."""
        return self.home / 'instruments'

    @property
    def recipe_folder(self) -> Path:
        """The folder of a user's own recipes; they replace the standard recipes of the same name."""
        return self.home / 'recipes'


def make_home() -> None:
    """Make the folder `home`, unless it exists.

    Raises
    ------
    ConfigError
        When the folder cannot be made.
    """
    home = settings_file().parent
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f'the folder {home} cannot be made ({error.strerror}): make it, or set AWLIKE_HOME to '
                          'another folder') from None


def settings_file() -> Path:
    """Return the path of the file of settings, whether the file exists or not."""
    home = os.environ.get(f'{PREFIX}HOME')
    return (Path(home).expanduser() if home else Path.home() / '.awlike').resolve() / FILE


def read_file() -> dict[str, Any]:
    """Return the entries of the file of settings; none where there is no file.

    Raises
    ------
    ConfigError
        When the file cannot be read, or has an entry that is no setting.
    """
    file, known = settings_file(), set(Settings.model_fields) - {'home'}
    try:
        entries = tomllib.loads(file.read_text('utf-8'))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, OSError) as error:
        raise ConfigError(f'{file} cannot be read: {error}. Correct it, or move it away; awe config --init writes '
                          'a new file with all settings explained') from None
    for key in entries:
        if key not in known:
            rule = 'only AWLIKE_HOME can set it' if key == 'home' else f'there are {", ".join(sorted(known))}'
            raise ConfigError(f'{file}: there is no setting {key!r}{near(key, known)}: {rule}')
    for key in ('store', 'cache'):
        if isinstance(entries.get(key), str) and '://' not in entries[key]:
            entries[key] = file.parent / Path(entries[key]).expanduser()
    return entries


def origin(name: str) -> str:
    """Return where the value of a setting comes from: ``'AWLIKE_PROJECT'``, the path of the file, or ``'default'``."""
    if os.environ.get(PREFIX + name.upper()):
        return PREFIX + name.upper()
    return str(settings_file()) if name in read_file() else 'default'


@functools.lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read once.

    Raises
    ------
    ConfigError
        When an environment variable, or an entry of the file, has no meaning as a setting.
    """
    try:
        return Settings()
    except SettingsError as error:
        name = next((name for name in _IN_JSON if f'"{name}"' in str(error)), 'store_options')
        raise ConfigError(f'{PREFIX}{name.upper()} has no meaning: it is {_IN_JSON[name]}. Correct it, or leave it out for the '
                          'default') from None
    except ValidationError as error:
        wrong = [_wrong(str(detail['loc'][0]), detail) for detail in error.errors()
                 if detail['type'] != 'default_factory_not_called']  # the account waits for the other settings
        raise ConfigError(f'{"; ".join(wrong)}. Correct it, or leave it out for the default') from None


def _wrong(name: str, error: Mapping[str, Any]) -> str:
    where = origin(name)
    given = '***' if name in _SECRET else masked(repr(error['input']))
    place = f'{where} = {given}' if where.startswith(PREFIX) else f'{where}: {name} = {given}'
    return f'{place} has no meaning ({error["msg"].lower()}): it is the {Settings.model_fields[name].description}'


def masked_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the `options` of a store without possible secrets: only texts that say where the store is are shown."""
    def shown(name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return masked_options(value)
        if isinstance(value, bool | int | float):
            return value
        return masked(value) if isinstance(value, str) and name in _NO_SECRET else '***'

    return {name: shown(name, value) for name, value in options.items()}


def masked_hook(url: str) -> str:
    """Return the URL of a webhook without its path, which is its secret."""
    return f'{urlsplit(url).scheme}://{urlsplit(url).hostname}/***' if url else ''


def template() -> str:
    """Return the text of a file of settings, with each setting explained and commented out."""
    lines = ['# Settings of awlike. To change a setting, remove the # before its line and write your value.',
             '# An environment variable, as AWLIKE_PROJECT, goes before the value here; awe config shows the values',
             '# in force.']
    for name, field in Settings.model_fields.items():
        if name != 'home' and field.description and field.examples:
            lines += ['', f'# {field.description[0].upper()}{field.description[1:]}.', f'#{name} = {field.examples[0]}']
    return '\n'.join(lines) + '\n'
