"""A TCP proxy in front of a PostgreSQL server that can cut all connections, at a chosen moment, and refuse new ones."""

import contextlib
import socket
import threading
import time

from sqlalchemy import make_url


class Outage:
    """Forwards to the server of `url`; `self.url` is the way through it."""

    def __init__(self, url):
        url = make_url(url)
        folder = url.query.get('host') or url.host
        self._server = f'{folder}/.s.PGSQL.{url.query.get("port", url.port or 5432)}' if folder.startswith('/') else (
            url.host, url.port or 5432)
        self._listening = socket.create_server(('127.0.0.1', 0))
        through = url.set(host='127.0.0.1', port=self._listening.getsockname()[1], query={})
        self.url = through.render_as_string(hide_password=False)
        self._pairs, self._refuse_until, self._plan, self.cuts = [], 0.0, None, 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, seconds: float, last=None, arriving=b'') -> None:
        """Cut all connections, and refuse new ones for so long.

        The client `last` is cut after all others, so that it finds none of these alive; what it sent, `arriving`, goes to the
        server then, and no answer comes back.
        """
        self._refuse_until, self.cuts = time.monotonic() + seconds, self.cuts + 1
        pairs, self._pairs = self._pairs, []
        for client, server in sorted(pairs, key=lambda pair: pair[0] is last):
            self._hang_up(client)
            if client is last:
                server.sendall(arriving)
            self._hang_up(server)

    @staticmethod
    def _hang_up(one):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()

    def cut_at_commit(self, after: bytes, seconds: float, arrives: bool) -> None:
        """Cut at the first COMMIT after a statement with the text `after`; the server gets it or not."""
        self._plan = after, seconds, arrives

    def close(self) -> None:
        self._listening.close()
        self.cut(0)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if time.monotonic() < self._refuse_until:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX if isinstance(self._server, str) else socket.AF_INET)
                server.connect(self._server)
                self._pairs.append((client, server))
                for pair in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def _forward(self, source, target, to_server):
        armed = False
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if to_server and self._plan is not None:
                    after, seconds, arrives = self._plan
                    armed = armed or after in data
                    if armed and b'COMMIT' in data:
                        self._plan = None
                        self.cut(seconds, source, data if arrives else b'')
                        return
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
