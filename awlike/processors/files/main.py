"""`procmain`: the command line of a script that has a processor."""

import atexit
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from awlike.errors import AwlikeError
from awlike.processors.files.descriptor import DataDescriptor, data_descriptor
from awlike.processors.files.options import check, parser_for
from awlike.processors.files.processor import FileProcessor
from awlike.processors.files.report import Classes, Totals
from awlike.processors.files.running import outcomes
from awlike.terminal import say

P = TypeVar('P', bound=FileProcessor)

_status = 0
"""The exit status that a script has, which does not say so itself, because some of its files failed."""


def procmain(processorClass: type[P], rdId: str | os.PathLike[str], ddId: str | None = None,
             arguments: Sequence[str] | None = None) -> P:
    """Process files as the command line says, and return the processor, which may have gathered things.

    Parameters
    ----------
    processorClass : type
        A class derived from `FileProcessor`.
    rdId : str
        The descriptor of the files, as ``'plates/q'`` for ``plates/q.toml``; or a file, a folder or a pattern. See
        `awlike.processors.files.descriptor.data_descriptor`.
    ddId : str, optional
        The id of the data within the descriptor.
    arguments : sequence of str, optional
        The words of the command line. Default: those of this process.

    Notes
    -----
    A script that calls this function goes on afterwards. When it ends, its exit status is 1 if some files failed. The status
    is 2 after wrong use, and 130 after Ctrl-C; 1, at the first failure, with ``--bail``.
    """
    parser = parser_for(processorClass)
    opts, rest = parser.parse_args(None if arguments is None else list(arguments))
    if rest:
        parser.error(f'{" ".join(rest)}: a script takes options only, and its files are those of {rdId}')
    check(parser, opts)
    own = _is_script()
    try:
        processor, totals = run(processorClass, data_descriptor(os.fspath(rdId), ddId), opts)
    except AwlikeError as error:
        if not own:
            raise
        say(f'{Path(sys.argv[0]).name}: {error}', file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        _interrupted()
    if own and totals.status:
        _end_with(totals.status)
    return processor


def run(processor_class: type[P], dd: DataDescriptor, opts: Any) -> tuple[P, Totals]:
    """Process the files of a data descriptor as the options say, and tell what became of them.

    Returns
    -------
    (FileProcessor, Totals)
    """
    processor, totals, classes = processor_class(opts, dd), Totals(), Classes()
    identifiers = [one for one in processor.iterIdentifiers() if opts.filter is None or opts.filter in str(one)]
    for outcome in outcomes(processor, identifiers):
        if outcome.state == 'failed' and opts.bail:
            say(f'*** {outcome.identifier}', outcome.trace.rstrip(), sep='\n', file=sys.stderr)
            sys.exit(1)
        totals.count(outcome)
        classes.add(outcome)
    if opts.report:
        classes.tell(totals, _in_table(dd), opts.verbose)
    else:
        say(totals)
    return processor, totals


def _in_table(dd: DataDescriptor) -> int | None:
    """Return the number of rows in the table of the data; None where no table is named."""
    if not dd.makes:
        return None
    from awlike.processors.files.connection import getTableConn
    with getTableConn() as connection:
        return next(iter(next(connection.query(f'select count(*) from {dd.makes[0].table.getQName()}'))))


def _is_script() -> bool:
    """Return whether the caller of `procmain` is a script that Python runs, rather than a module or somebody at a prompt."""
    return sys._getframe(2).f_globals.get('__name__') == '__main__' and hasattr(sys.modules['__main__'], '__file__')


def _interrupted() -> NoReturn:
    say('interrupted: what is told as done is done, every file is whole', file=sys.stderr)
    sys.exit(130)


def _end_with(status: int) -> None:
    """Let this process end with an exit status when the script has run to its end."""
    global _status
    if not _status:
        atexit.register(_end)
    _status = status


def _end() -> NoReturn:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(_status)
