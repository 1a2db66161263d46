"""What travels with a job, besides its steps: whose it is, which versions it was submitted with, and own recipes."""

import dataclasses
import importlib.metadata
import uuid

from awlike.config import masked, settings
from awlike.dpu.own_recipes import check_own_code
from awlike.errors import ConfigError
from awlike.products.code_digest import libraries


@dataclasses.dataclass(frozen=True)
class JobOrder:
    """What a worker must know of a job: plain values, no passwords.

    Attributes
    ----------
    id, number : UUID, int
        Which job; `number` is what its user calls it.
    user, project, privileges : str, str, int
        As whom it is done; `project` is empty where nothing is committed.
    step, arguments : str, dict
        What is asked for: ``'Bias>Flat>Reduce'``, and the arguments of the tasks.
    recipes : dict
        The digests of users' own recipes by the name of their file.
    versions : str
        Of awlike and what makes pixels, where it was submitted.
    """

    id: uuid.UUID
    number: int
    user: str
    project: str
    privileges: int
    step: str
    arguments: dict
    recipes: dict
    versions: str


def versions() -> str:
    """The versions here of awlike and of what makes pixels."""
    return f'awlike {importlib.metadata.version("awlike")}, {libraries()}'


def check_here(job, ledger, place: str):
    """See that this process can work for `job`; gives the row of the job.

    Raises
    ------
    ConfigError
        When it has other versions, or another database, than where the job was submitted; or is not to run the user's own
        recipes.
    """
    if versions() != job.versions:
        mine, theirs = versions().split(', '), job.versions.split(', ')
        differ = [f'{a} rather than {b}' for a, b in zip(mine, theirs, strict=False) if a != b]
        raise ConfigError(f'worker {place} has {", ".join(differ)}: install the same there as where the job was submitted')
    check_own_code(job, place)
    row = ledger.read()
    if row is None:
        raise ConfigError(f'worker {place} has another database, {masked(settings().database_url)}, in which there is no such '
                          'job: let AWLIKE_DATABASE, or AWLIKE_HOME, say the same there as where the job was submitted')
    return row
