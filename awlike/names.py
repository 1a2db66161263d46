"""The names that users have, after `from awlike import *` and at the prompt."""

import datetime
from typing import Any

import awlike.frames  # noqa: F401 -- declares the persistent classes
from awlike import errors
from awlike.calibrations.check import check
from awlike.calibrations.overview import calibrations
from awlike.context import context
from awlike.dpu import dpu, lpu
from awlike.ingest import ingest
from awlike.processors.delivery import deliver
from awlike.processors.mosaic.collectcells import collectcells
from awlike.products.retrieve import retrieve
from awlike.query.properties import classes
from awlike.simulate import simulate
from awlike.tasks.chain import Chain
from awlike.tasks.known import standard_tasks, tasks
from awlike.tasks.own_code import USERS
from awlike.tasks.pars import Pars
from awlike.tracing.difference import diff
from awlike.tracing.impact import impact
from awlike.tracing.releases import compare


def standard() -> dict[str, Any]:
    """Return the persistent classes, the standard tasks, and the functions and objects that people type."""
    found: dict[str, Any] = {name: cls for name, cls in classes.items() if cls.__module__.startswith('awlike.')}
    found |= {task.__name__: task for task in standard_tasks().values()}
    return found | {'AwlikeError': errors.AwlikeError, 'Chain': Chain, 'Pars': Pars, 'calibrations': calibrations,
                    'check': check, 'collectcells': collectcells, 'compare': compare, 'context': context,
                    'deliver': deliver, 'diff': diff,
                    'dpu': dpu, 'impact': impact, 'ingest': ingest, 'lpu': lpu, 'retrieve': retrieve, 'simulate': simulate}


def at_the_prompt() -> dict[str, Any]:
    """Return the standard names, and the names of the user's own recipes: the tasks and persistent classes declared there.

    The package itself is among the names, for ``help(awlike.cameras.described)``, and so is the module `datetime`, for the
    dates in queries. ``from awlike import *`` has no `datetime`: it would hide ``from datetime import datetime`` of a script.
    """
    recipes = {task.__name__: task for task in tasks().values()}
    own = {name: cls for name, cls in classes.items() if cls.__module__.startswith(f'{USERS}.')}
    return {'awlike': awlike, 'datetime': datetime} | standard() | recipes | own
