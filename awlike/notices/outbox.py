"""The outbox: a file for each notice, below `home`, because the database may be what cannot be reached.

A notice is written at once and sent by another process, so that the work never waits for a receiver. Its file says which
receivers still wait for it.
"""

import contextlib
import dataclasses
import datetime
import hashlib
import json
import logging
import os
import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from awlike.characters import readable
from awlike.config import Settings, settings
from awlike.errors import AwlikeError
from awlike.masking import without_secrets
from awlike.nights import utcnow
from awlike.placing import place

log = logging.getLogger('awlike')
FAILED, UNREACHABLE, NIGHT, TEST = 'failed', 'unreachable', 'night', 'test'  # kinds of notices
_LONGEST = 4000  # characters of a text; receivers refuse long messages
_senders: list[subprocess.Popen[bytes]] = []  # so that those that ended do not stay as zombies
_KEPT = datetime.timedelta(days=90)


@dataclasses.dataclass
class Notice:
    """Something that somebody must know.

    Attributes
    ----------
    id : str
        Names the notice; a receiver that gets the same id twice may drop the second.
    kind : {'failed', 'unreachable', 'night', 'test'}
        A job, run or chain that failed; a server that cannot be reached; a night without calibrations; a trial.
    subject, text : str
        One line, and all of it; without passwords and keys.
    date : str
        When it was told (UTC, ISO 8601).
    user, project : str
        Who worked, and in which project; empty where unknown.
    waiting : list of str
        The receivers that do not have it yet: ``'command'``, ``'webhook'``, ``'mail'``.
    error : str
        Why the last delivery failed; empty where none failed.
    """

    id: str
    kind: str
    subject: str
    text: str
    date: str
    user: str
    project: str
    waiting: list[str]
    error: str = ''

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return dataclasses.asdict(self)

    def message(self) -> dict[str, Any]:
        """Return what receivers get, as JSON values."""
        return {name: value for name, value in self.to_dict().items() if name not in ('waiting', 'error')}

    def __str__(self) -> str:
        state = f'waits for {", ".join(self.waiting)}' + (f' ({self.error})' if self.error else '') if self.waiting else 'sent'
        return f'{self.date[:16]} {self.kind}: {self.subject}: {state}'


def receivers(found: Settings) -> list[str]:
    """Return which receivers the settings name."""
    named = {'command': found.notice_command, 'webhook': found.notice_webhook, 'mail': found.notice_mail}
    return [name for name, value in named.items() if value]


def tell_of(kind: str, subject: str, text: str, once: str = '', project: str = '', aside: bool = True) -> None:
    """Keep a notice for the receivers that the settings name, and have it sent. Whatever goes wrong, the caller goes on.

    Parameters
    ----------
    kind : str
        As of `Notice`.
    subject, text : str
        One line; and what happened, why, and what to do.
    once : str
        A notice of the same `kind` and `once` is not told again. Default: tell it always.
    project : str
        The name of the project. Default: none.
    aside : bool
        Whether another process sends the notice. Default: True.
    """
    try:
        found = settings()
        if not receivers(found):
            return
        name = hashlib.sha256(f'{kind}\n{once or uuid.uuid4()}'.encode(errors='surrogateescape')).hexdigest()[:32]
        if _add(folder(found) / f'{name}.json', _notice(name, kind, subject, text, project, found)) and aside:
            send_aside()
    except (OSError, ValueError, AwlikeError) as error:
        log.warning('no notice of "%s" could be kept: %s', without_secrets(subject), without_secrets(str(error)))


def _notice(name: str, kind: str, subject: str, text: str, project: str, found: Settings) -> Notice:
    subject, text = (readable(without_secrets(one)).encode(errors='replace').decode() for one in (subject, text))
    line = ' '.join(subject.split())
    return Notice(name, kind, line if len(line) <= 200 else line[:199] + '…',
                  text if len(text) <= _LONGEST else text[:_LONGEST - 1] + '…', utcnow().isoformat(timespec='seconds'),
                  found.user, project, receivers(found))


def _add(path: Path, notice: Notice) -> bool:
    """Write a new file; return False where there is one already, whoever wrote it at the same moment."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f'.{uuid.uuid4().hex}.part')
    try:
        temporary.write_text(json.dumps(notice.to_dict()), 'utf-8')
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def folder(found: Settings) -> Path:
    """Return the folder of the notices."""
    return found.home / 'notices'


def send_aside() -> None:
    """Start a process that sends what waits; nobody waits for that process."""
    _senders[:] = [sender for sender in _senders if sender.poll() is None]
    nowhere = subprocess.DEVNULL
    _senders.append(subprocess.Popen([sys.executable, '-m', 'awlike.notices'], stdin=nowhere, stdout=nowhere, stderr=nowhere,
                                     start_new_session=True))


def notices() -> list[Notice]:
    """Return the notices of the last three months, in order of time."""
    return sorted((notice for _, notice in kept(folder(settings()))), key=lambda notice: notice.date)


def kept(place_of: Path) -> list[tuple[Path, Notice]]:
    """Return the files of a folder with their notices, the oldest first. A file that is no notice is left out."""
    found = []
    for path in place_of.glob('[!.]*.json'):
        with contextlib.suppress(OSError, ValueError, TypeError):
            found.append((path, Notice(**json.loads(path.read_text('utf-8')))))
    return sorted(found, key=lambda pair: pair[1].date)


def note(path: Path, notice: Notice, waiting: Sequence[str], error: str) -> None:
    """Write who still waits for a notice."""
    notice.waiting, notice.error = list(waiting), error
    place(path, lambda part: part.write_text(json.dumps(notice.to_dict()), 'utf-8'))


def forget_old(place_of: Path) -> None:
    """Remove notices of more than three months ago that were sent."""
    before = (utcnow() - _KEPT).isoformat()
    for path, notice in kept(place_of):
        if not notice.waiting and notice.date < before:
            path.unlink(missing_ok=True)
