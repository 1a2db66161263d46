"""Print how much of each room the tests ran: ``python -m tests.coverage_of_rooms coverage/coverage.json``."""

import json
import sys
from collections import Counter
from pathlib import Path, PurePath


def room(path: str) -> str:
    """Return the room of a file, as ``'awlike/pixels'``; a module beside the rooms is a room of its own."""
    return '/'.join(PurePath(path).parts[:2 if path.startswith('awlike/') else 1])


def rooms(files: dict) -> dict[str, tuple[int, int]]:
    """Return the number of statements of each room, and how many of them ran, for the files of a report of coverage."""
    statements, ran = Counter(), Counter()
    for path, of_file in files.items():
        statements[room(path)] += of_file['summary']['num_statements']
        ran[room(path)] += of_file['summary']['covered_lines']
    return {name: (number, ran[name]) for name, number in sorted(statements.items()) if number}


def main(path: str) -> None:
    """Print a row for each room, and one for all."""
    found = rooms(json.loads(Path(path).read_text())['files'])
    found['all'] = tuple(map(sum, zip(*found.values(), strict=True)))
    print(f'{"room":<24}{"statements":>12}{"ran":>10}{"percent":>10}')
    for name, (number, ran) in found.items():
        print(f'{name:<24}{number:>12}{ran:>10}{100 * ran / number:>10.1f}')


if __name__ == '__main__':
    main(sys.argv[1])
