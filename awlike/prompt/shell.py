"""The ``awe>`` prompt: IPython with awlike's names, a banner, and errors of a few lines."""

import logging
import os
import sys

from IPython import start_ipython
from IPython.terminal.prompts import Prompts, Token
from IPython.utils.generics import complete_object
from traitlets.config import Config

from awlike import __version__
from awlike.config import masked, settings
from awlike.context import context
from awlike.context.privileges import level_name
from awlike.database.sessions import database
from awlike.errors import AwlikeError
from awlike.names import at_the_prompt
from awlike.persist.dbobject import DBObject
from awlike.progress import StandardError

_MACHINERY = {'metadata', 'mro', 'registry', 'session', 'tables'}


class AwePrompts(Prompts):
    """``awe>`` in front of what is typed, nothing in front of what comes out."""

    def in_prompt_tokens(self):
        return [(Token.Prompt, 'awe> ')]

    def continuation_prompt_tokens(self, width=None, **_):
        return [(Token.Prompt, '...  ')]

    def out_prompt_tokens(self):
        return []


def banner() -> str:
    """Who asks, where, and of which database."""
    try:
        project = f'{context.project.name}, privileges {level_name(context.privileges)}'
    except AwlikeError as error:
        project = str(error)
    return (f'awlike {__version__}\n'
            f'  user      {settings().user}\n'
            f'  project   {project}\n'
            f'  database  {masked(database().engine.url)}\n'
            'A query: RawScienceFrame.select_all(). A task: help(ReduceTask). Tab completes.\n')


def configuration() -> Config:
    """How IPython is set up."""
    config = Config()
    config.TerminalInteractiveShell.prompts_class = AwePrompts
    config.TerminalInteractiveShell.banner1 = banner()
    config.TerminalInteractiveShell.banner2 = ''
    config.TerminalInteractiveShell.enable_tip = False
    config.TerminalInteractiveShell.term_title_format = 'awlike'
    config.TerminalInteractiveShell.separate_in = ''
    config.TerminalInteractiveShell.confirm_exit = False
    config.InteractiveShellApp.extensions = ['awlike.prompt.shell']
    # Completion looks at the objects themselves: what follows RawScienceFrame.chip. is known to them alone.
    config.Completer.use_jedi = False
    config.Completer.evaluation = 'unsafe'
    return config


def start() -> None:
    """Start the prompt."""
    logging.basicConfig(level=logging.WARNING, format='%(message)s', handlers=[StandardError()])
    logging.getLogger('awlike').setLevel(logging.INFO)
    start_ipython(argv=[], config=configuration(), user_ns=at_the_prompt())


def load_ipython_extension(shell) -> None:
    """Let awlike's errors, and an interruption, be told in a few lines.

    ``%debug`` looks around where it happened, ``%pdb`` does so each time, ``%tb`` shows the traceback, and
    ``%xmode Verbose`` all tracebacks in full.
    """
    shell.set_custom_exc((AwlikeError, KeyboardInterrupt), _tell)


@complete_object.register(DBObject)
@complete_object.register(type(DBObject))
def _offered(obj, words):
    """What Tab offers after a class or an object: not the machinery of the database, nor ids where the link is there."""
    return [word for word in words if word not in _MACHINERY and not (word.endswith('_id') and word[:-3] in words)]


def _tell(shell, kind, error, traceback, tb_offset=None):
    sys.last_type, sys.last_value, sys.last_traceback, sys.last_exc = kind, error, traceback, error
    shell.InteractiveTB.tb = traceback  # what %debug looks into, else it would be that of an earlier error
    if shell.InteractiveTB.mode == 'Verbose':
        lines = shell.InteractiveTB.structured_traceback(kind, error, traceback, tb_offset)
    else:
        lines = [f'{_marked(shell, kind.__name__)}: {error}' if str(error) else _marked(shell, kind.__name__)]
    shell._showtraceback(kind, error, lines)
    shell.debugger()  # if %pdb is on


def _marked(shell, name) -> str:
    """The name of an error, in red where colours are shown."""
    plain = shell.colors.lower() == 'nocolor' or os.environ.get('NO_COLOR')
    shown = sys.stdout.isatty() or hasattr(shell, 'kernel')
    return name if plain or not shown else f'\x1b[1;31m{name}\x1b[0m'
