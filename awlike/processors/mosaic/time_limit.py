"""Work in a process that is ended, with all that it started, when its time is up."""

import logging
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from awlike.errors import AwlikeError, ProcessingError, said
from awlike.progress import StandardError

log = logging.getLogger('awlike')

_TO_CLEAN_UP = 5.0  # seconds that the processes have between the request to end and their end
_WORK, _RESULT = 'work', 'result'
_CHILD = 'from awlike.processors.mosaic.time_limit import child; child()'


def within(seconds: float | None, work: Callable[..., Any], *arguments: Any) -> Any:
    """Return ``work(*arguments)``, done in a process of its own if there is a limit of time.

    That process and those that it starts have a folder of their own for temporary files, and are ended when the time is up, or
    when this process is interrupted; the folder goes, too.

    Parameters
    ----------
    seconds : float, optional
        The limit; without it `work` is done in this process.
    work : callable
        A function of a module; it, its arguments and its result can be pickled.

    Raises
    ------
    ProcessingError
        When the time is up, or the process ends by itself. Errors of `work` are raised here.
    """
    if seconds is None:
        return work(*arguments)
    with tempfile.TemporaryDirectory(prefix='awlike-') as folder:
        (Path(folder) / _WORK).write_bytes(pickle.dumps((log.getEffectiveLevel(), work, arguments)))
        process = subprocess.Popen([sys.executable, '-c', _CHILD, folder], start_new_session=True,
                                   env=os.environ | {'TMPDIR': folder, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))})
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise ProcessingError(f'the time is up: {seconds:g} seconds did not suffice; all processes are ended, and nothing '
                                  'is written; give more by -timeout=SECONDS') from None
        finally:
            _end_all(process)
        return _result(Path(folder) / _RESULT, process.returncode)


def _result(path: Path, status: int) -> Any:
    """Return what the process left, or raise it."""
    if not path.is_file():
        raise ProcessingError(f'the process of the work ended by itself, with the status {status}, for want of memory perhaps: '
                              'nothing is written; try again with fewer detectors')
    result, error = pickle.loads(path.read_bytes())
    if error is not None:
        raise error
    return result


def _end_all(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started: ask first, that they clean up, then kill."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
        except (ProcessLookupError, PermissionError):  # none is left
            break
        try:
            process.wait(_TO_CLEAN_UP)
        except subprocess.TimeoutExpired:
            continue
    process.wait()


def child() -> None:
    """Do the work that lies in the folder that the command line names, and leave its result there."""
    signal.signal(signal.SIGTERM, _leave)
    folder = Path(sys.argv[1])
    level, work, arguments = pickle.loads((folder / _WORK).read_bytes())
    logging.basicConfig(level=logging.WARNING, handlers=[StandardError()])
    logging.getLogger('awlike').setLevel(level)
    try:
        result: tuple[Any, Exception | None] = work(*arguments), None
    except Exception as error:
        result = None, error if isinstance(error, AwlikeError) else ProcessingError(said(error))
    (folder / f'.{_RESULT}').write_bytes(pickle.dumps(result))
    os.replace(folder / f'.{_RESULT}', folder / _RESULT)


def _leave(signum: int, frame: types.FrameType | None) -> NoReturn:
    """Leave by an exception, so that what is begun is cleaned up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(1)
