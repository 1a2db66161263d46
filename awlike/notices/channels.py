"""The ways to a receiver: a command, a webhook, mail. Each raises an OSError, ValueError or HTTPException when it fails."""

import json
import os
import signal
import smtplib
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from typing_extensions import override

from awlike.config import Settings
from awlike.notices.outbox import Notice

SECONDS = 10.0  # that a receiver may take


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A webhook that sends elsewhere fails: the settings name who may know."""

    @override
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def by_command(notice: Notice, found: Settings) -> None:
    """Run the command, without a shell; it gets the notice as JSON on its standard input."""
    process = subprocess.Popen(found.notice_command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        process.communicate(json.dumps(notice.message()).encode(), timeout=SECONDS)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode:
        raise OSError(0, f'the command ended with status {process.returncode}')


def by_webhook(notice: Notice, found: Settings) -> None:
    """POST the notice as JSON; any status but 2xx is a failure. The answer is not read."""
    asked = urllib.request.Request(found.notice_webhook, json.dumps(notice.message()).encode(), method='POST', headers={
        'Content-Type': 'application/json', 'User-Agent': 'awlike', 'Idempotency-Key': notice.id})
    try:
        urllib.request.build_opener(_NoRedirect).open(asked, timeout=SECONDS).close()
    except urllib.error.HTTPError as error:
        raise OSError(0, f'the server answered {error.code}') from None
    except urllib.error.URLError as error:
        raise error.reason if isinstance(error.reason, OSError) else OSError(0, 'the URL cannot be opened') from None


def by_mail(notice: Notice, found: Settings) -> None:
    """Send the notice by the SMTP server of the settings; by TLS with smtps://, or by STARTTLS where the server offers it."""
    url = urlsplit(found.notice_smtp)
    mail = EmailMessage()
    mail['Subject'], mail['From'], mail['To'] = f'[awlike] {notice.subject}', found.notice_sender, ', '.join(found.notice_mail)
    mail['Message-ID'], mail['Auto-Submitted'] = f'<{notice.id}@awlike>', 'auto-generated'
    mail.set_content(f'{notice.text}\n\n{notice.date} UTC, user {notice.user}'
                     + (f', project {notice.project}' if notice.project else ''))
    host, trusted = url.hostname or 'localhost', ssl.create_default_context()
    server = smtplib.SMTP_SSL(host, url.port or 465, timeout=SECONDS, context=trusted) if url.scheme == 'smtps' else \
        smtplib.SMTP(host, url.port or 25, timeout=SECONDS)
    with server:
        server.ehlo()
        if url.scheme == 'smtp' and server.has_extn('starttls'):
            server.starttls(context=trusted)
        elif url.scheme == 'smtp' and url.password:
            raise OSError(0, 'the mail server offers no encryption, and the password is not sent without')
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ''))
        server.send_message(mail)


CHANNELS: dict[str, Callable[[Notice, Settings], None]] = {'command': by_command, 'webhook': by_webhook, 'mail': by_mail}
