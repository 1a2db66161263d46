"""Processors as ``awe process`` runs them: a class of a script, on files that the command line names."""

import doctest
import optparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from awlike.errors import DefinitionError, NotFound, ParameterError
from awlike.processors.files.descriptor import SUFFIX, DataDescriptor, data_descriptor, of_files
from awlike.processors.files.main import run
from awlike.processors.files.options import check, parser_for
from awlike.processors.files.processor import FileProcessor
from awlike.processors.files.running import module_of
from awlike.processors.headers.immediate import ChangesHeaders
from awlike.spelling import near

_VERBS = ('only_compute', 'apply', 'undo', 'status', 'report')


def process(script: str, words: Sequence[str]) -> int:
    """Run a processor of a script, and return the exit status.

    Parameters
    ----------
    script : str
        The path of a script, with ``:CLASS`` at its end where it has several processors.
    words : sequence of str
        Options and targets: files, folders, patterns, or one descriptor (``plates/q.toml``, ``plates/q.toml#import``).

    Raises
    ------
    NotFound, DefinitionError, ParameterError
        When there is no such script, class or target.
    """
    path, _, name = script.partition(':')
    if '--test' in words:
        return _tested(_module(path))
    processor_class = class_in(path, name)
    parser = parser_for(processor_class, '%prog [options] TARGET ...')
    parser.prog = f'awe process {script}'
    _add_verbs(parser, processor_class)
    opts, targets = parser.parse_args(list(words))
    check(parser, opts)
    if not targets:
        parser.error(f'no target: name files, a folder, a pattern in quotes, or a descriptor such as plates/q{SUFFIX}')
    if issubclass(processor_class, ChangesHeaders):
        opts.report = opts.report or opts.status
        opts.diff = opts.diff or not any(getattr(opts, verb, False) for verb in _VERBS)
    return run(processor_class, _data(targets), opts)[1].status


def class_in(path: str, name: str = '') -> type[FileProcessor]:
    """Return the processor that a script has, or the one of that name.

    Raises
    ------
    DefinitionError
        When it has none, or several and no name is given.
    """
    module = _module(path)
    found = {key: one for key, one in vars(module).items()
             if isinstance(one, type) and issubclass(one, FileProcessor) and one.__module__ == module.__name__}
    if name in found:
        return found[name]
    if not found:
        raise DefinitionError(f'{path} has no processor: derive a class from api.FileProcessor or one of its kinds')
    if name or len(found) > 1:
        raise DefinitionError(f'{path} has {", ".join(found)}{near(name, found) if name else ""}: say which by {path}:CLASS')
    return next(iter(found.values()))


def _module(path: str) -> Any:
    if not os.path.isfile(path):
        raise NotFound(f'there is no script {path}: check the path')
    if not path.endswith('.py'):
        raise ParameterError(f'{path}: a script of processors is a file of Python, whose name ends in .py')
    return module_of(Path(path))


def _tested(module: Any) -> int:
    """Run the examples in the docstrings of a script; return 1 where one fails or there are none."""
    found = doctest.testmod(module)
    print(f'{found.attempted} examples, {found.failed} failed')
    return int(found.failed > 0 or not found.attempted)


def _add_verbs(parser: optparse.OptionParser, processor_class: type[FileProcessor]) -> None:
    parser.add_option('--test', action='store_true', help='Run the examples in the docstrings of the script, and nothing else.')
    if issubclass(processor_class, ChangesHeaders):
        parser.add_option('--compute', dest='only_compute', action='store_true', default=False,
                          help='Compute headers beside the files.')
        parser.add_option('--status', action='store_true', default=False, help='Count the files with and without new header.')
        if not parser.has_option('--apply'):
            parser.add_option('--apply', action='store_true', default=False, help='Change the headers of the files.')


def _data(targets: list[str]) -> DataDescriptor:
    described = [target for target in targets if target.partition('#')[0].endswith(SUFFIX)]
    if not described:
        return of_files(targets)
    if len(targets) > 1:
        raise ParameterError(f'{described[0]} is a descriptor, and is the only target then: leave the others out')
    return data_descriptor(described[0])
