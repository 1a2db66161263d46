"""How commands are grouped in the help, and how what goes wrong in them is told."""

import logging
import os
import sys

from typer.core import TyperGroup

from awlike.errors import AwlikeError, ProcessingError
from awlike.progress import StandardError


class Commands(TyperGroup):
    """The commands of ``awe``, in groups; an error in one of them is a few lines and an exit status."""

    def format_commands(self, ctx, formatter):
        """List the commands under the heading of their group (`rich_help_panel`)."""
        groups = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            groups.setdefault(command.rich_help_panel or 'Commands', []).append((name, command))
        width = max(map(len, self.commands))
        for heading, commands in groups.items():
            with formatter.section(heading):
                formatter.write_dl([(f'{name:{width}}', one.get_short_help_str(formatter.width - width - 6))
                                    for name, one in commands])

    def invoke(self, ctx):
        """Run the command."""
        logging.basicConfig(level=logging.WARNING, format='%(message)s', handlers=[StandardError()])
        logging.getLogger('awlike').setLevel(logging.INFO)
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError:  # who reads has seen enough, as `head` has
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            sys.exit(141)
        except KeyboardInterrupt:
            _end('interrupted', 130)
        except ProcessingError as error:
            _end(error, 1)
        except (AwlikeError, OSError) as error:
            _end(error, 2)


def _end(error, status):
    print(f'awe: {error}', file=sys.stderr)
    sys.exit(status)
