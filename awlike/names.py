"""The names that users have: what `from awlike import *` gives, and the prompt."""

import awlike.frames  # noqa: F401 -- declares the persistent classes
from awlike import errors
from awlike.calibrations.overview import calibrations
from awlike.context import context
from awlike.dpu import dpu, lpu
from awlike.ingest import ingest
from awlike.products.retrieve import retrieve
from awlike.query.properties import classes
from awlike.simulate import simulate
from awlike.tasks.chain import Chain
from awlike.tasks.known import USERS, standard_tasks, tasks
from awlike.tasks.pars import Pars
from awlike.tracing.difference import diff
from awlike.tracing.impact import impact


def standard() -> dict:
    """Persistent classes, the standard tasks, and what else one types."""
    found = {name: cls for name, cls in classes.items() if cls.__module__.startswith('awlike.')}
    found |= {task.__name__: task for task in standard_tasks().values()}
    return found | {'AwlikeError': errors.AwlikeError, 'Chain': Chain, 'Pars': Pars,
                    'calibrations': calibrations, 'context': context, 'diff': diff, 'dpu': dpu, 'impact': impact,
                    'ingest': ingest, 'lpu': lpu, 'retrieve': retrieve, 'simulate': simulate}


def at_the_prompt() -> dict:
    """The standard names, and those of the user's own recipes: the tasks, and the persistent classes declared there.

    And the package itself, for ``help(awlike.cameras.described)``.
    """
    recipes = {task.__name__: task for task in tasks().values()}
    mine = {name: cls for name, cls in classes.items() if cls.__module__.startswith(f'{USERS}.')}
    return {'awlike': awlike} | standard() | recipes | mine
