"""Where awlike keeps its things and who is asking: one Settings object, from the environment, a file, and defaults.

What the environment says (``AWLIKE_PROJECT``) goes before what the file ``awlike.toml`` in `home` says (``project = ...``),
and that before the default.
"""

import functools
import getpass
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from awlike.errors import ConfigError
from awlike.spelling import near

PREFIX, FILE = 'AWLIKE_', 'awlike.toml'
_NO_SECRET = {'endpoint_url', 'region_name', 'host', 'username', 'profile'}  # among store_options

# Made absolute once, so that everything stays together when the working directory changes.
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]


def _place(value):
    """A folder, or the URL of a file system as it is; that of a local one is the folder that it means."""
    if isinstance(value, str) and '://' in value and not value.startswith('file://'):
        return value.rstrip('/')
    return Path(str(value).removeprefix('file://')).expanduser().resolve()


def _account(values) -> str:
    """The account that the URL of a PostgreSQL database names; else that of who is logged in."""
    url = urlsplit(values.get('database', ''))
    if url.scheme.startswith('postgresql') and url.username:
        return unquote(url.username)
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container that runs under a number alone
        raise ConfigError('who you are cannot be found out: set AWLIKE_USER to your account name') from None


class Settings(BaseSettings):
    """Settings; each is also an environment variable with the prefix ``AWLIKE_``.

    By default everything is embedded: an SQLite database and a folder of files, both below `home`.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True)

    home: Folder = Field(default_factory=lambda: Path.home() / '.awlike',
                         description='folder of database, files and settings; the environment alone says where')
    database: str = Field('', description='SQLAlchemy URL of the database; by default SQLite in home',
                          examples=['"postgresql+psycopg://host/awlike"'])
    store: Annotated[Path | str | None, AfterValidator(lambda value: None if value is None else _place(value))] = Field(
        None, description='the data server: a folder, absolute or relative to this file, or a URL that fsspec knows, as of '
        'a bucket; by default home/files', examples=['"/data/awlike"'])
    store_options: dict[str, Any] = Field(
        {}, description='what is needed to open the URL of store; as JSON in the environment',
        examples=['{endpoint_url = "https://s3.example.org", key = "...", secret = "..."}'])
    cache: Folder | None = Field(None, description='folder where files of a store behind a URL are kept on this machine; by '
                                 'default home/cache', examples=['"/scratch/awlike"'])
    cache_size: float = Field(50, gt=0, description='GB of such files that are kept, those used last', examples=['50'])
    project: str = Field('', description='project that one works in to begin with', examples=['"NIGHT"'])
    privileges: int = Field(2, ge=1, le=5, description='level at which what is made is seen: '
                            '1 MyDB, 2 Project, 3 Astro-WISE, 4 World, 5 VO', examples=['2'])
    user: str = Field(default_factory=_account, description='account name of who asks; by default that of '
                      'the login, or of the URL of a PostgreSQL database',
                      examples=['"ada"'])

    dpu: str = Field('', description='address of the Dask scheduler on which jobs run; by default a cluster on this machine, '
                     'started when it is needed', examples=['"tcp://scheduler:8786"'])
    dpu_workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1,
                             description='how many workers a cluster that awlike scales has at most; by default as many as this '
                             'machine has cores', examples=['8'])

    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, env_settings, **_):
        return init_settings, env_settings, InitSettingsSource(settings_cls, read_file())

    @property
    def database_url(self) -> str:
        return self.database or f'sqlite:///{self.home / "awlike.db"}'

    @property
    def database_file(self) -> Path | None:
        """The file of an SQLite database; None for a server's."""
        return Path(self.database_url.removeprefix('sqlite:///')) if self.database_url.startswith('sqlite:///') else None

    @property
    def store_place(self) -> Path | str:
        """The folder of the data server, or its URL."""
        return self.store or self.home / 'files'

    @property
    def cache_folder(self) -> Path:
        return self.cache or self.home / 'cache'

    @property
    def cache_bytes(self) -> int:
        return int(self.cache_size * 1e9)

    @property
    def instrument_folder(self) -> Path:
        """Where a user describes cameras of their own, a TOML file each."""
        return self.home / 'instruments'

    @property
    def recipe_folder(self) -> Path:
        """Where a user's own recipes lie; they stand for the standard ones of the same name."""
        return self.home / 'recipes'


def make_home() -> None:
    """Make the folder `home`, unless it is there.

    Raises
    ------
    ConfigError
        When it cannot be made.
    """
    home = settings_file().parent
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f'the folder {home} cannot be made ({error.strerror}): make it, or say by AWLIKE_HOME which other '
                          'folder is yours') from None


def settings_file() -> Path:
    """The file of settings, whether it exists or not."""
    home = os.environ.get(f'{PREFIX}HOME')
    return (Path(home).expanduser() if home else Path.home() / '.awlike').resolve() / FILE


def read_file() -> dict:
    """What the file of settings says; nothing where there is none.

    Raises
    ------
    ConfigError
        When it cannot be read, or has an entry that is no setting.
    """
    file, known = settings_file(), set(Settings.model_fields) - {'home'}
    try:
        said = tomllib.loads(file.read_text('utf-8'))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, OSError) as error:
        raise ConfigError(f'{file} cannot be read: {error}. Mend it, or move it away; awe config --init writes a new '
                          'one with all settings explained') from None
    for key in said:
        if key not in known:
            rule = 'AWLIKE_HOME alone says it' if key == 'home' else f'there are {", ".join(sorted(known))}'
            raise ConfigError(f'{file}: there is no setting {key!r}{near(key, known)}: {rule}')
    for key in ('store', 'cache'):
        if isinstance(said.get(key), str) and '://' not in said[key]:
            said[key] = file.parent / Path(said[key]).expanduser()
    return said


def origin(name: str) -> str:
    """Where the value of a setting comes from: ``'AWLIKE_PROJECT'``, the path of the file, or ``'default'``."""
    if os.environ.get(PREFIX + name.upper()):
        return PREFIX + name.upper()
    return str(settings_file()) if name in read_file() else 'default'


@functools.lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once.

    Raises
    ------
    ConfigError
        When an environment variable, or an entry of the file, has no meaning as a setting.
    """
    try:
        return Settings()
    except SettingsError:
        raise ConfigError(f'{PREFIX}STORE_OPTIONS has no meaning: it is a table in JSON, as '
                          '{"endpoint_url": "https://..."}. Mend it, or leave it away for the default') from None
    except ValidationError as error:
        wrong = [_wrong(str(one['loc'][0]), one) for one in error.errors()]
        raise ConfigError(f'{"; ".join(wrong)}. Mend it, or leave it away for the default') from None


def _wrong(name, error):
    where = origin(name)
    given = '***' if name == 'store_options' else repr(error['input'])
    place = f'{where} = {given}' if where.startswith(PREFIX) else f'{where}: {name} = {given}'
    return f'{place} has no meaning ({error["msg"].lower()}): it is the {Settings.model_fields[name].description}'


def masked(text) -> str:
    """`text` without the password of a URL in it, also of one that is written wrongly."""
    text = re.sub(r':(?!//)\S*@', ':***@', str(text))
    text = re.sub(r'([?&]\w*password=)[^&\s]*', r'\1***', text)
    return text.replace('%2F', '/')  # the folder of a socket, as people write it


def masked_options(options: dict) -> dict:
    """`options` of a store without what may be secret: of texts those alone are shown that say where it is."""
    def shown(name, value):
        if isinstance(value, dict):
            return masked_options(value)
        if isinstance(value, (bool, int, float)):
            return value
        return masked(value) if isinstance(value, str) and name in _NO_SECRET else '***'

    return {name: shown(name, value) for name, value in options.items()}


def template() -> str:
    """The file of settings, with each of them explained and commented out."""
    lines = ['# Settings of awlike. Remove the # before what you want to say yourself.',
             '# An environment variable, as AWLIKE_PROJECT, goes before what is said here; awe config shows what',
             '# is in force.']
    for name, field in Settings.model_fields.items():
        if name != 'home':
            lines += ['', f'# {field.description[0].upper()}{field.description[1:]}.', f'#{name} = {field.examples[0]}']
    return '\n'.join(lines) + '\n'
