"""The order of a job: what a worker must know of the job besides its steps, and the check that this worker can do it."""

import dataclasses
import importlib.metadata
import uuid

from sqlalchemy import Row

from awlike.config import settings
from awlike.dpu.ledger import Ledger
from awlike.dpu.own_recipes import check_own_code
from awlike.errors import ConfigError
from awlike.masking import masked
from awlike.products.code_digest import libraries


@dataclasses.dataclass(frozen=True)
class JobOrder:
    """The order of a job: plain values, no passwords.

    Attributes
    ----------
    id, number : UUID, int
        The job; `number` is the name that its user knows.
    user, project, privileges : str, str, int
        The user for whom workers act, in which project and at which privileges; `project` is empty when nothing is
        committed.
    step, arguments : str, dict
        The steps, as ``'Bias>Flat>Reduce'``, and the arguments of their tasks.
    recipes : dict
        The digests of the user's own recipes, by the name of their file.
    versions : str
        The versions of awlike and of the libraries that make pixels, where the job was submitted.
    """

    id: uuid.UUID
    number: int
    user: str
    project: str
    privileges: int
    step: str
    arguments: dict
    recipes: dict[str, str]
    versions: str


def versions() -> str:
    """Return the versions of awlike and of the libraries that make pixels, as installed here."""
    return f'awlike {importlib.metadata.version("awlike")}, {libraries()}'


def check_here(job: JobOrder, ledger: Ledger, place: str) -> Row:
    """Check that this process can work for `job`; return the row of the job.

    Raises
    ------
    ConfigError
        When this process has other versions or another database than the process that submitted the job, or must not run
        the user's own recipes.
    """
    if versions() != job.versions:
        here, there = versions().split(', '), job.versions.split(', ')
        differ = [f'{a} rather than {b}' for a, b in zip(here, there, strict=False) if a != b]
        raise ConfigError(f'worker {place} has {", ".join(differ)}: install the same there as where the job was submitted')
    check_own_code(job.user, job.recipes, place)
    row = ledger.find()
    if row is None:
        raise ConfigError(f'worker {place} has another database, {masked(settings().database_url)}, which does not know the '
                          'job: set AWLIKE_DATABASE, or AWLIKE_HOME, to the same there as where the job was submitted')
    return row
