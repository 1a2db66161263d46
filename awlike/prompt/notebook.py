"""The notebook after ``%load_ext awlike``: the names of the prompt, its short errors and completion, and its log lines."""

import logging
import sys
from typing import TYPE_CHECKING

from awlike.names import at_the_prompt
from awlike.progress import SafeLines
from awlike.prompt.shell import load_ipython_extension

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def set_up(shell: 'InteractiveShell') -> None:
    """Set up the IPython `shell` of a notebook as the prompt is."""
    shell.push(at_the_prompt(), interactive=False)  # so that %who shows only the user's own names
    # Completion asks the objects themselves: only they know what follows RawScienceFrame.chip.
    shell.Completer.use_jedi, shell.Completer.evaluation = False, 'unsafe'
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(SafeLines('%(message)s'))
    logging.basicConfig(level=logging.WARNING, handlers=[lines])
    logging.getLogger('awlike').setLevel(logging.INFO)
    load_ipython_extension(shell)
