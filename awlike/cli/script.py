"""Scripts: Python files that have the names of the prompt."""

import runpy
import sys
import traceback
from pathlib import Path

from awlike.errors import AwlikeError
from awlike.terminal import say


def run_script(arguments: list[str]) -> int:
    """Run ``SCRIPT.py ARGUMENT...``; return its exit status. An error of awlike's own becomes one line with its place."""
    path = Path(arguments[0])
    if not path.is_file():
        say(f'awe: there is no script {path}: check the path', file=sys.stderr)
        return 2
    sys.argv = arguments
    sys.path.insert(0, str(path.resolve().parent))
    try:
        from awlike.names import at_the_prompt
        runpy.run_path(str(path), init_globals=at_the_prompt(), run_name='__main__')
    except AwlikeError as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = f'{path}, line {lines[-1]}: {type(error).__name__}: ' if lines else ''
        say(f'awe: {where}{error}', file=sys.stderr)
        return 1 if lines else 2
    except KeyboardInterrupt:
        say(f'awe: {path} was interrupted', file=sys.stderr)
        return 130
    return 0
