"""Where awlike keeps its things and who is asking: one Settings object, filled from the environment."""

import functools
import getpass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from awlike.errors import ConfigError

# Made absolute once, so that everything stays together when the working directory changes.
Folder = Annotated[Path, AfterValidator(lambda path: path.expanduser().resolve())]


def _account() -> str:
    """The account name of who is logged in."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container that runs under a number alone
        raise ConfigError('who you are cannot be found out: set AWLIKE_USER to your account name') from None


class Settings(BaseSettings):
    """Settings; each is also an environment variable with the prefix ``AWLIKE_``.

    By default everything is embedded: an SQLite database and a folder of files, both below `home`.
    """

    model_config = SettingsConfigDict(env_prefix='AWLIKE_', env_ignore_empty=True)

    home: Folder = Field(default_factory=lambda: Path.home() / '.awlike', description='folder of database and files')
    database: str = Field(default='', description='SQLAlchemy URL; default: SQLite in `home`')
    store: Folder | None = Field(default=None, description='folder of the data server; default: `home`/files')
    project: str = Field(default='', description='project that one works in to begin with')
    user: str = Field(default_factory=_account, description='account name of who is asking')

    @property
    def database_url(self) -> str:
        return self.database or f'sqlite:///{self.home / "awlike.db"}'

    @property
    def store_folder(self) -> Path:
        return self.store or self.home / 'files'

    @property
    def instrument_folder(self) -> Path:
        """Where a user describes cameras of their own, a TOML file each."""
        return self.home / 'instruments'

    @property
    def recipe_folder(self) -> Path:
        """Where a user's own recipes lie; they stand for the standard ones of the same name."""
        return self.home / 'recipes'


@functools.lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once.

    Raises
    ------
    ConfigError
        When an environment variable has no meaning as a setting.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = '; '.join(f'AWLIKE_{"_".join(map(str, e["loc"])).upper()}: {e["msg"]}' for e in error.errors())
        raise ConfigError(f'settings in the environment have no meaning: {wrong}') from None
