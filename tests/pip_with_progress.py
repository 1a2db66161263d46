"""Install by pip, with one line that says how far it is: ``python tests/pip_with_progress.py -c constraints.txt -e .``.

The Makefile uses it for a new environment, so it needs nothing but Python's own library.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

_EVERY = 25  # packages between two lines where no terminal shows a line that changes
_PIP = [sys.executable, '-m', 'pip', 'install', '--disable-pip-version-check', '--progress-bar', 'off']


def main(arguments: list[str]) -> int:
    """Run pip with `arguments`; return its exit status. What pip said is shown when it fails."""
    constraints = arguments[arguments.index('-c') + 1] if '-c' in arguments else None
    total = len(Path(constraints).read_text().splitlines()) if constraints else 0
    process = subprocess.Popen([*_PIP, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None, 'the output of pip is read here'
    said: list[str] = []
    show(steps(kept(process.stdout, said), total), sys.stdout.isatty())
    if process.wait():
        print(''.join(said[-40:]))
    return process.returncode


def kept(lines: Iterable[str], said: list[str]) -> Iterator[str]:
    """Yield `lines`, and keep each in `said`."""
    for line in lines:
        said.append(line)
        yield line


def steps(lines: Iterable[str], total: int) -> Iterator[tuple[int, str]]:
    """Yield the number of packages until now and what pip does, for each of its lines that tells of a step."""
    number = 0
    for line in lines:
        if found := re.match(r'Collecting ([\w.-]+)', line):
            number += 1
            yield number, f'{number} of at most {total} packages: {found[1]}' if total else f'{number} packages: {found[1]}'
        elif line.startswith('Installing collected packages'):
            yield 0, f'install {line.count(",") + 1} packages, which takes a minute'


def show(steps: Iterable[tuple[int, str]], terminal: bool) -> None:
    """Show steps: at a terminal in one line that changes, else now and then in a line of its own."""
    for number, text in steps:
        if terminal:
            print(f'\r\x1b[K  {text}', end='', flush=True)
        elif number % _EVERY == 0:
            print(f'  {text}', flush=True)
    if terminal:
        print('\r\x1b[K', end='', flush=True)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
