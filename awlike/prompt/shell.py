"""The ``awe>`` prompt: IPython with awlike's names, a banner, and errors of a few lines."""

import logging
import os
import sys
import textwrap
from importlib.metadata import version
from types import TracebackType
from typing import Any

from IPython import start_ipython
from IPython.core.interactiveshell import InteractiveShell
from IPython.terminal.prompts import Prompts, Token
from IPython.utils.generics import complete_object
from traitlets.config import Config

from awlike.characters import readable
from awlike.config import settings
from awlike.context import context
from awlike.context.privileges import level_name
from awlike.database.sessions import database
from awlike.errors import AwlikeError
from awlike.masking import masked, without_secrets
from awlike.names import at_the_prompt
from awlike.persist.dbobject import DBObject
from awlike.progress import StandardError
from awlike.prompt import completion
from awlike.tasks.own_code import TYPED, place_in_own_code
from awlike.terminal import columns, fitted

_MACHINERY = {'metadata', 'mro', 'registry', 'session', 'tables'}


class AwePrompts(Prompts):
    """``awe>`` in front of the input, nothing in front of the output."""

    def in_prompt_tokens(self) -> list[tuple[Any, str]]:
        return [(Token.Prompt, 'awe> ')]

    def continuation_prompt_tokens(self, width: int | None = None, **_: Any) -> list[tuple[Any, str]]:
        return [(Token.Prompt, '...  ')]

    def out_prompt_tokens(self) -> list[tuple[Any, str]]:
        return []


def banner() -> str:
    """Return the banner: user, project and database."""
    try:
        project = f'{context.project.name}, privileges {level_name(context.privileges)}'
    except AwlikeError as error:
        project = str(error)
    facts = {'user': settings().user, 'project': project, 'database': masked(database().engine.url)}
    return (f'awlike {version("awlike")}\n'
            f'{"".join(_fact(name, value) for name, value in facts.items())}'
            'A query: RawScienceFrame.select_all(). A task: help(ReduceTask). Tab completes.\n')


def _fact(name: str, value: str) -> str:
    """Return a line of the banner; what does not fit goes on below where the value begins."""
    return textwrap.fill(value, columns(), initial_indent=f'  {name:8}  ', subsequent_indent=' ' * 12, break_long_words=False,
                         break_on_hyphens=False) + '\n'


def configuration() -> Config:
    """Return the configuration of IPython."""
    config = Config()
    config.TerminalInteractiveShell.prompts_class = AwePrompts
    config.TerminalInteractiveShell.banner1 = banner()
    config.TerminalInteractiveShell.banner2 = ''
    config.TerminalInteractiveShell.enable_tip = False
    config.TerminalInteractiveShell.term_title_format = 'awlike'
    config.TerminalInteractiveShell.separate_in = ''
    config.TerminalInteractiveShell.confirm_exit = False
    config.InteractiveShellApp.extensions = ['awlike.prompt.shell']
    # Completion asks the objects themselves: only they know what follows RawScienceFrame.chip.
    config.Completer.use_jedi = False
    config.Completer.evaluation = 'unsafe'
    return config


def start() -> None:
    """Start the prompt."""
    logging.basicConfig(level=logging.WARNING, handlers=[StandardError()])
    logging.getLogger('awlike').setLevel(logging.INFO)
    start_ipython(argv=[], config=configuration(), user_ns=at_the_prompt())


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Show awlike's errors, and an interruption, in a few lines; let Tab complete inside quotes.

    ``%debug`` opens a debugger where the error happened, ``%pdb`` does so at each error, ``%tb`` shows the traceback, and
    ``%xmode Verbose`` shows all tracebacks in full.
    """
    shell.set_custom_exc((AwlikeError, KeyboardInterrupt), _tell)
    completion.add_to(shell)


@complete_object.register(DBObject)
@complete_object.register(type(DBObject))
def _offered(obj: Any, words: list[str]) -> list[str]:
    """Return what Tab offers after a class or an object: no machinery of the database, and no id beside its link."""
    return [word for word in words if word not in _MACHINERY and not (word.endswith('_id') and word[:-3] in words)]


def _tell(shell: Any, kind: type[BaseException], error: BaseException, traceback: TracebackType | None,
          tb_offset: int | None = None) -> None:
    vars(sys).update(last_type=kind, last_value=error, last_traceback=traceback, last_exc=error)
    shell.InteractiveTB.tb = traceback  # for %debug, which would look into an earlier error otherwise
    if shell.InteractiveTB.mode == 'Verbose':
        lines = shell.InteractiveTB.structured_traceback(kind, error, traceback, tb_offset)
    else:
        place, told = place_in_own_code(error), readable(without_secrets(str(error)))
        told = f'{told} ({readable(place)})' if place and not place.startswith(TYPED) else told
        if sys.stdout.isatty():
            told = fitted(f'{kind.__name__}: {told}', columns()).removeprefix(f'{kind.__name__}: ')
        lines = [f'{_marked(shell, kind.__name__)}: {told}' if told else _marked(shell, kind.__name__)]
    shell._showtraceback(kind, error, lines)
    shell.debugger()  # if %pdb is on


def _marked(shell: Any, name: str) -> str:
    """Return the name of an error, in red where colours are shown."""
    plain = shell.colors.lower() == 'nocolor' or os.environ.get('NO_COLOR')
    shown = sys.stdout.isatty() or hasattr(shell, 'kernel')
    return name if plain or not shown else f'\x1b[1;31m{name}\x1b[0m'
