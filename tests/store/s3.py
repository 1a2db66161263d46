"""S3 over real HTTP: moto's server, and in front of it one that breaks connections when it is told to."""

import contextlib
import http.client
import itertools
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from awlike.store.cache import Cache
from awlike.store.remote import RemoteServer

KEYS = {'key': 'test', 'secret': 'test'}
_numbers = itertools.count()


@contextlib.contextmanager
def moto():
    """The URL of an S3 server on a free port."""
    import logging

    from moto.server import ThreadedMotoServer
    logging.getLogger('werkzeug').setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f'http://{host}:{port}'
    server.stop()


def options(endpoint) -> dict:
    """The store_options of a server."""
    return KEYS | {'endpoint_url': endpoint}


def new_bucket(endpoint) -> str:
    """The URL of a store in a new bucket."""
    import s3fs
    name = f'bucket-{next(_numbers)}'
    s3fs.S3FileSystem(**options(endpoint)).mkdir(name)
    return f's3://{name}/awlike'


def s3_server(endpoint, folder, url=None, limit=1 << 30) -> RemoteServer:
    """A data server in a bucket, a new one unless the URL says which, with its cache in `folder`."""
    return RemoteServer(url or new_bucket(endpoint), options(endpoint), Cache(folder, limit))


class Line:
    """An HTTP line to a server, which can be made bad.

    Attributes
    ----------
    url : str
        What clients ask instead of the server.
    requests : list of tuple
        (method, path) of each request so far.
    cut : int or None
        The connection breaks after so many bytes of each body that comes back.
    breaks : int
        How many requests, from now on, find the connection broken before anything came back.
    answer : tuple or None
        (status, code): what is answered to everything, as S3 tells its errors.
    hold : threading.Event
        While it is cleared, bodies stop in the middle, in both directions.
    held : threading.Event
        Set when one has stopped.
    """

    def __init__(self, target):
        self.requests, self.cut, self.breaks, self.answer = [], None, 0, None
        self.hold, self.held, self.target = threading.Event(), threading.Event(), target.removeprefix('http://')
        self.hold.set()
        self._server = ThreadingHTTPServer(('127.0.0.1', 0), type('Handler', (_Handler,), {'line': self}))
        self._server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self._server.server_port}'
        threading.Thread(target=self._server.serve_forever, kwargs={'poll_interval': 0.01}, daemon=True).start()

    def close(self):
        """End it, and all that is stopped."""
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()

    def asked(self, method, part='') -> int:
        """How many requests of a method had `part` in their path."""
        return sum(one == method and bool(re.search(part, path)) for one, path in self.requests)


class _Handler(BaseHTTPRequestHandler):
    line: Line
    protocol_version = 'HTTP/1.1'

    def _pass_on(self):
        line = self.line
        line.requests.append((self.command, self.path))
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        if line.breaks:
            line.breaks -= 1
            return self._break()
        if self.command in ('PUT', 'POST') and body and not line.hold.is_set():
            body = self._stop(body)
        if line.answer:
            status, code = line.answer
            text = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{code} it is</Message></Error>'.encode()
            headers, content = {'Content-Type': 'application/xml', 'Content-Length': str(len(text))}, text
        else:
            connection = http.client.HTTPConnection(line.target)
            connection.request(self.command, self.path, body, dict(self.headers))
            response = connection.getresponse()
            status, headers, content = response.status, dict(response.getheaders()), response.read()
            connection.close()
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ('connection', 'transfer-encoding'):
                self.send_header(name, value)
        if 'content-length' not in map(str.lower, headers):
            self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        if self.command == 'HEAD':
            return None
        with contextlib.suppress(OSError):
            if self.command == 'GET' and line.cut is not None and len(content) > line.cut and b'<?xml' not in content[:10]:
                self.wfile.write(content[:line.cut])
                self.wfile.flush()
                return self._break()
            if self.command == 'GET' and not line.hold.is_set() and b'<?xml' not in content[:10]:
                self.wfile.write(content[:len(content) // 2])
                self.wfile.flush()
                self._stop(b'')
                content = content[len(content) // 2:]
            self.wfile.write(content)
        return None

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on

    def _stop(self, body):
        self.line.held.set()
        self.line.hold.wait(60)
        return body

    def _break(self):
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(2)

    def log_message(self, *_):
        """Nobody reads it."""
