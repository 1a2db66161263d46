"""Job scripts: a run written out as a shell script, for sites with a queue of their own."""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from awlike.config import settings
from awlike.masking import masked
from awlike.nights import utcnow
from awlike.placing import place

_SECRETS = ('PASSWORD', 'SECRET', 'TOKEN', 'KEY')
_OPTION = '--script'


def write(path: Path, words: Sequence[str]) -> Path:
    """Write a script that runs awe with `words`, which are those typed, in this folder and with the settings of now.

    The environment variables of awlike are written out, but for those with a password: the script says which to set.

    Returns
    -------
    pathlib.Path
        The script, which can be executed and submitted, as by ``sbatch FILE``.
    """
    text = _text(_without_script(words))

    def written(temporary: Path) -> None:
        temporary.write_text(text, 'utf-8')
        temporary.chmod(0o700)

    return place(path, written)


def _text(words: Sequence[str]) -> str:
    exports, secret = _environment()
    lines = ['#!/bin/sh', f'# awe {shlex.join(words)}'.replace('\n', ' '),
             f'# Written by awe on {utcnow():%Y-%m-%d %H:%M} UTC. Run it, or submit it to a queue, as by sbatch or qsub.',
             'set -eu']
    lines += [f': "${{{name}:?set it: it has a password, which is not written here}}"' for name in secret]
    lines += [f'export {name}={shlex.quote(value)}' for name, value in exports.items()]
    lines += [f'cd {shlex.quote(str(Path.cwd()))}', f'exec {shlex.join([sys.executable, "-m", "awlike", *words])}']
    return '\n'.join(lines) + '\n'


def _environment() -> tuple[dict[str, str], list[str]]:
    """Return the variables to write out, and the names of those that hold a password."""
    found = {name: value for name, value in sorted(os.environ.items()) if name.startswith('AWLIKE_')}
    secret = [name for name, value in found.items() if masked(value) != value or any(word in name for word in _SECRETS)]
    told = {name: value for name, value in found.items() if name not in secret}
    return {'AWLIKE_HOME': str(settings().home)} | told, secret


def _without_script(words: Sequence[str]) -> list[str]:
    """Return `words` without the option that asks for the script."""
    kept: list[str] = []
    waiting = False
    for word in words:
        if waiting:
            waiting = False
        elif word == _OPTION:
            waiting = True
        elif not word.startswith(f'{_OPTION}='):
            kept.append(word)
    return kept
