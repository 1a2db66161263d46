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
    return config


def start() -> None:
    """Start the prompt."""
    _tell_of_work(sys.stderr)
    start_ipython(argv=[], config=configuration(), user_ns=at_the_prompt())


def set_up_notebook(shell) -> None:
    """What ``%load_ext awlike`` does: the names of the prompt, its errors and completion, and a line of what was done."""
    shell.push(at_the_prompt(), interactive=False)  # %who shows what one made oneself
    _tell_of_work(sys.stdout)
    load_ipython_extension(shell)


def _tell_of_work(stream) -> None:
    """Show awlike's log, a line for each task that was done."""
    logging.basicConfig(level=logging.WARNING, format='%(message)s', stream=stream)
    logging.getLogger('awlike').setLevel(logging.INFO)


def load_ipython_extension(shell) -> None:
    """Let awlike's errors be told in a few lines; ``%tb`` still shows where they come from. And let Tab follow links."""
    def tell(self, kind, error, traceback, tb_offset=None):
        sys.last_type, sys.last_value, sys.last_traceback = kind, error, traceback
        self._showtraceback(kind, error, [f'{kind.__name__}: {error}'])  # where an error belongs, also in a notebook

    shell.set_custom_exc((AwlikeError,), tell)
    # Completion looks at the objects themselves: what follows RawScienceFrame.chip. is known to them alone.
    shell.Completer.use_jedi, shell.Completer.evaluation = False, 'unsafe'
