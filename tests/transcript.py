"""A page of the docs on which several people type at prompts of their own, each a process: played, compared, written anew.

A block that stands under the name of a person (``:caption: bob``) has what they type, behind ``awe>`` at the prompt and
behind ``$`` at the shell, and what comes out of it.
"""

import os
import re
import subprocess
import sys

PROMPT = 'awe> '
BLOCK = re.compile(r'^```\{code-block\} text\n:caption: (\w+)\n\n(.*?)^```$', re.MULTILINE | re.DOTALL)
CHANGING = (  # what is another each time: ends of ids, dates of making, durations
    (re.compile(r'(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])'), '<id>'),
    (re.compile(r'datetime\.datetime\([\d, ]+\)'), '<now>'),
    (re.compile(r'\b20[2-9]\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?'), '<now>'),
    (re.compile(r'\d+(\.\d+)? (ms|s)\b'), '<time>'),
)


class Person:
    """Somebody with a prompt and a shell in `folder`; `environment` says who."""

    def __init__(self, folder, environment):
        self._folder, self._environment = folder, os.environ | environment | {'NO_COLOR': '1', 'COLUMNS': '120'}
        self._prompt = None

    def type(self, line) -> str:
        """Type a line; gives what comes out."""
        if line.startswith('$ '):
            return self._at_the_shell(line.removeprefix('$ '))
        if self._prompt is None:
            self._prompt = subprocess.Popen(
                [sys.executable, '-c', 'from awlike.cli import main; main()'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, env=self._environment, cwd=self._folder, bufsize=0)
            self._until_prompt()  # the banner
        self._prompt.stdin.write(f'{line.removeprefix(PROMPT)}\n'.encode())
        return self._until_prompt()

    def _until_prompt(self) -> str:
        read = bytearray()
        while not read.endswith(PROMPT.encode()):
            piece = os.read(self._prompt.stdout.fileno(), 1 << 16)
            if not piece:
                raise AssertionError(f'the prompt ended: {read.decode()}')
            read += piece
        return read.decode().removesuffix(PROMPT)

    def _at_the_shell(self, command) -> str:
        path = f'{os.path.dirname(sys.executable)}:{self._environment["PATH"]}'
        return subprocess.run(command, shell=True, env=self._environment | {'PATH': path}, cwd=self._folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout

    def leave(self) -> None:
        """Close the prompt."""
        if self._prompt is not None:
            self._prompt.stdin.close()
            self._prompt.wait()
            self._prompt.stdout.close()


def play(page, people) -> str:
    """`page` with what comes out today; what differs only in ids, dates and durations stays as it is."""
    def played(block):
        name, lines = block[1], []
        for typed, shown in _examples(block[2]):
            got = people[name].type(typed).rstrip('\n')
            lines += [typed] + ([shown if alike(shown, got) else got] if got else [])
        return f'```{{code-block}} text\n:caption: {name}\n\n' + '\n'.join(lines) + '\n```'
    return BLOCK.sub(played, page)


def _examples(block):
    typed, shown = None, []
    for line in block.splitlines():
        if line.startswith((PROMPT, '$ ')):
            if typed is not None:
                yield typed, '\n'.join(shown)
            typed, shown = line, []
        else:
            shown.append(line)
    yield typed, '\n'.join(shown)


def alike(one, other) -> bool:
    """Whether two outputs are the same but for what is another each time."""
    return _lasting(one) == _lasting(other)


def _lasting(text):
    for pattern, name in CHANGING:
        text = pattern.sub(name, text)
    return [line.rstrip() for line in text.strip().splitlines()]
