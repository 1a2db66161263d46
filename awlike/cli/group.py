"""The group of commands: headings in its help, short messages and an exit status for errors."""

import logging
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from typer.core import TyperGroup

from awlike.errors import AwlikeError, ProcessingError
from awlike.masking import without_secrets
from awlike.progress import StandardError
from awlike.remedies import typed_in_shell
from awlike.terminal import columns, fitted, say

if TYPE_CHECKING:
    from typer._click.core import Command, Context
    from typer._click.formatting import HelpFormatter


class Commands(TyperGroup):
    """The commands of ``awe``, under headings. An error in a command becomes a few lines and an exit status."""

    def format_commands(self, ctx: 'Context', formatter: 'HelpFormatter') -> None:
        """List the commands under the heading of their group (`rich_help_panel`)."""
        groups: dict[str, list[tuple[str, Command]]] = {}
        for name, command in self.commands.items():
            groups.setdefault(getattr(command, 'rich_help_panel', None) or 'Commands', []).append((name, command))
        width = max(map(len, self.commands))
        for heading, commands in groups.items():
            with formatter.section(heading):
                formatter.write_dl([(f'{name:{width}}', command.get_short_help_str(formatter.width - width - 6))
                                    for name, command in commands])

    def invoke(self, ctx: 'Context') -> Any:
        """Run the command."""
        logging.basicConfig(level=logging.WARNING, handlers=[StandardError()])
        logging.getLogger('awlike').setLevel(logging.INFO)
        try:
            if ctx.obj is not None:
                ctx.obj()  # from here on an interruption arrives as KeyboardInterrupt
            with typed_in_shell():
                result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError:  # the reader of the output has ended, as `head` does
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            sys.exit(141)
        except KeyboardInterrupt:
            _end('interrupted', 130)
        except ProcessingError as error:
            _tell_of_server(error)
            _end(error, 1)
        except AwlikeError as error:
            _tell_of_server(error)
            from awlike.tasks.own_code import place_in_own_code
            place = place_in_own_code(error)
            _end(f'{error} ({place})' if place else error, 2)
        except OSError as error:
            _end(error, 2)


def _tell_of_server(error: Exception) -> None:
    """Tell of a server that cannot be reached to whom the settings name."""
    from awlike.notices import servers
    servers.tell_of_server(error)


def _end(error: object, status: int) -> NoReturn:
    text = without_secrets(f'awe: {error}')
    say(fitted(text, columns()) if sys.stderr.isatty() else text, file=sys.stderr)
    sys.exit(status)
