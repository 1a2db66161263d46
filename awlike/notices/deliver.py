"""The delivery of what waits in the outbox."""

import contextlib
import fcntl
import http.client
import signal
import smtplib
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

from awlike.config import Settings, settings
from awlike.notices import channels
from awlike.notices.outbox import Notice, folder, forget_old, kept, note, receivers

_PAUSE = 60.0  # seconds without a new trial, after a receiver failed


def deliver(patient: bool = False) -> int:
    """Send each notice to the receivers that wait for it; return the number of deliveries. Runs in a main thread.

    A receiver that fails is left alone for this round, and for a minute of later rounds unless `patient`; its notices wait.
    One process at a time sends; another one returns at once, or waits where `patient`.
    """
    found, sent = settings(), 0
    place = folder(found)
    if not place.is_dir():
        return 0
    while True:
        with _alone(place, patient) as alone:
            if not alone:
                return sent
            number = _round(place, found, patient)
            forget_old(place)
        sent += number
        if not number:  # what came during a round that sent something has no other sender
            return sent


def _round(place: Path, found: Settings, patient: bool) -> int:
    down = {name for name in channels.CHANNELS if not patient and _failed_lately(place / f'.{name}')}
    sent = 0
    for path, notice in kept(place):
        waiting, error = list(notice.waiting), notice.error
        for name in [name for name in notice.waiting if name not in down]:
            failure = _try(name, notice, found)
            if failure:
                down.add(name)
                (place / f'.{name}').touch()
                error = f'{name}: {failure}'
            else:
                (place / f'.{name}').unlink(missing_ok=True)
                waiting.remove(name)
                error, sent = error if waiting else '', sent + 1
            note(path, notice, waiting, error)
    return sent


def _failed_lately(mark: Path) -> bool:
    with contextlib.suppress(OSError):
        return 0 <= time.time() - mark.stat().st_mtime < _PAUSE
    return False


def _try(name: str, notice: Notice, found: Settings) -> str:
    """Send a notice; return why that failed, in words without secrets, or an empty text."""
    if name not in receivers(found):
        return 'no setting names it any more'
    try:
        with _deadline():
            channels.CHANNELS[name](notice, found)
    except (TimeoutError, subprocess.TimeoutExpired):
        return f'no answer within {channels.SECONDS:g} s'
    except smtplib.SMTPServerDisconnected:
        return 'no answer of the mail server'
    except smtplib.SMTPResponseException as error:
        return f'the mail server answered {error.smtp_code}'
    except OSError as error:
        return error.strerror or type(error).__name__
    except (ValueError, http.client.HTTPException) as error:
        return type(error).__name__
    return ''


@contextlib.contextmanager
def _deadline() -> Generator[None]:
    """Raise TimeoutError when all of it takes too long, as with a server that answers a byte a second."""
    def late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, channels.SECONDS + 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _alone(place: Path, patient: bool) -> Generator[bool]:
    """Hold the lock of the outbox, which the system drops when the process dies."""
    with open(place / '.lock', 'w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if patient else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
