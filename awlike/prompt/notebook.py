"""What ``%load_ext awlike`` gives a notebook: the names of the prompt, its errors and completion, and word of what was done."""

import logging
import sys

from awlike.names import at_the_prompt
from awlike.prompt.shell import load_ipython_extension


def set_up(shell) -> None:
    """Let the IPython `shell` be for awlike what the prompt is."""
    shell.push(at_the_prompt(), interactive=False)  # so that %who shows what one made oneself
    # Completion looks at the objects themselves: what follows RawScienceFrame.chip. is known to them alone.
    shell.Completer.use_jedi, shell.Completer.evaluation = False, 'unsafe'
    logging.basicConfig(level=logging.WARNING, format='%(message)s', stream=sys.stdout)
    logging.getLogger('awlike').setLevel(logging.INFO)
    load_ipython_extension(shell)
