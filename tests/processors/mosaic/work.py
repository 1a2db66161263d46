"""Work for processes of their own."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from awlike.errors import NotFound


def double(number):
    return 2 * number


def fail(text):
    raise NotFound(text)


def end():
    os._exit(7)


def start_and_wait(note):
    """Start another process, note the ids of both and the folder for temporary files, and wait for long."""
    other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(100)'])
    Path(f'{note}.part').write_text(f'{os.getpid()} {other.pid} {tempfile.mkdtemp()}')
    os.replace(f'{note}.part', note)
    time.sleep(100)
