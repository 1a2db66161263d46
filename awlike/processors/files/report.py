"""What a run tells: files that failed or were skipped, with the reason; the numbers; and, with ``--report``, classes."""

import collections
import dataclasses
import os
import sys
import textwrap
from typing import Any

from awlike.characters import printable
from awlike.processors.files.processor import Shown
from awlike.processors.files.running import Outcome
from awlike.terminal import columns, say, tell


@dataclasses.dataclass
class Totals:
    """The numbers of files that were processed (with those that failed), that failed, were skipped, or would change."""

    processed: int = 0
    failed: int = 0
    skipped: int = 0
    differing: int = 0

    @property
    def status(self) -> int:
        """The exit status that they mean: 1 where a file failed, or, with ``--diff``, would change."""
        return int(bool(self.failed or self.differing))

    def count(self, outcome: Outcome) -> None:
        """Count one file; tell why it failed or was skipped, on standard error, or what would change in it."""
        if isinstance(outcome.value, Shown):
            self.differing += 1
            tell(outcome.value)
        self.processed += outcome.state != 'skipped'
        self.failed += outcome.state == 'failed'
        self.skipped += outcome.state == 'skipped'
        if outcome.state != 'done' and (outcome.reason or outcome.state == 'failed'):
            say(f'{printable(str(outcome.identifier))} {outcome.state}: {outcome.reason}', file=sys.stderr)

    def __str__(self) -> str:
        more = ''.join(f', {number} {what}' for number, what in ((self.skipped, 'skipped'), (self.differing, 'would change'))
                       if number)
        return f'{self.processed} files processed, {self.failed} files with errors{more}'


class Classes:
    """The files of each class, for ``--report``."""

    def __init__(self) -> None:
        self.files: dict[str, list[Any]] = collections.defaultdict(list)

    def add(self, outcome: Outcome) -> None:
        """Count a file that has a class."""
        if outcome.state == 'done':
            self.files[outcome.label].append(outcome.identifier)

    def tell(self, totals: Totals, in_table: int | None, verbose: bool) -> None:
        """Print the number of files in each class, the largest last, and with `verbose` their names."""
        ordered = sorted(self.files.items(), key=lambda item: (len(item[1]), item[0]))
        width = max((len(str(len(files))) for _, files in ordered), default=0)
        for label, files in ordered:
            say(f'{len(files):>{width}}  {label}')
            if verbose:
                names = ' '.join(sorted(printable(os.path.basename(str(one))) for one in files))
                say(textwrap.fill(names, columns(), initial_indent='    ', subsequent_indent='    ', break_long_words=False,
                                  break_on_hyphens=False))
        if totals.failed:
            say(f'Warning: There were {totals.failed} errors during classification')
        if in_table is not None:
            say(f'Items currently in assumed database table: {in_table}')
