"""The ``awe>`` prompt: IPython with awlike's names, a banner, and errors of a few lines."""

import logging
import sys

from IPython import start_ipython
from IPython.terminal.prompts import Prompts, Token
from traitlets.config import Config

from awlike import __version__
from awlike.config import settings
from awlike.context import context
from awlike.errors import AwlikeError
from awlike.names import at_the_prompt
from awlike.persist.database import database
from awlike.privileges import level_name


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
            f'  database  {database().engine.url.render_as_string()}\n'
            'Type a query, as RawScienceFrame.select_all(); help(ReduceTask) tells of a task; Tab completes.\n')


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
    logging.basicConfig(level=logging.WARNING, format='%(message)s')
    logging.getLogger('awlike').setLevel(logging.INFO)
    start_ipython(argv=[], config=configuration(), user_ns=at_the_prompt())


def load_ipython_extension(shell) -> None:
    """Let awlike's errors be told in a few lines; ``%tb`` still shows where they come from."""
    def tell(self, kind, error, traceback, tb_offset=None):
        sys.last_type, sys.last_value, sys.last_traceback = kind, error, traceback
        print(f'{kind.__name__}: {error}')

    shell.set_custom_exc((AwlikeError,), tell)
