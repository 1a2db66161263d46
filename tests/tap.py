"""A TAP service that answers tests as the Gaia archive does."""

import http.server
import io
import threading
import urllib.parse

import numpy as np
import pytest
from astropy.io.votable import from_table
from astropy.io.votable.tree import Info
from astropy.table import MaskedColumn, Table


def stars(number=50):
    rng = np.random.default_rng(1)
    table = Table({'ra': 315 + rng.uniform(-.1, .1, number), 'dec': -31 + rng.uniform(-.1, .1, number),
                   'ra_error': np.full(number, .02), 'dec_error': np.full(number, .03),
                   'ref_epoch': np.full(number, 2016.0)})
    for name in ('pmra', 'pmdec'):
        table[name] = MaskedColumn(rng.normal(0, 10, number), mask=np.arange(number) == 3)
    for band in ('g', 'bp', 'rp'):
        table[f'phot_{band}_mean_mag'] = MaskedColumn(rng.uniform(10, 20, number).astype('f4'),
                                                      mask=(np.arange(number) == 3) & (band != 'g'))
        table[f'phot_{band}_mean_flux_over_error'] = MaskedColumn(np.full(number, 100, 'f4'),
                                                                  mask=(np.arange(number) == 3) & (band != 'g'))
    return table


class Archive:
    """A TAP service: what it was asked, and how it answers."""

    def __init__(self):
        self.asked, self.stars, self.counts, self.status, self.answer = [], stars(), None, 200, None

    def reply(self, query):
        self.asked.append(query)
        if self.answer is not None:
            return self.answer
        number = Table({'stars_found': [len(self.stars) if self.counts is None else self.counts]})
        votable, content = from_table(number if 'COUNT' in query else self.stars), io.BytesIO()
        votable.resources[0].type = 'results'
        votable.resources[0].infos.append(Info(name='QUERY_STATUS', value='OK'))
        votable.to_xml(content)
        return content.getvalue()


@pytest.fixture
def archive():
    found = Archive()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers['Content-Length'])).decode()
            assert self.path == '/tap/sync'
            content = found.reply(urllib.parse.parse_qs(body)['QUERY'][0])
            self.send_response(found.status)
            self.send_header('Content-Type', 'application/x-votable+xml')
            self.send_header('Content-Length', str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *rest):
            pass

    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f'http://127.0.0.1:{server.server_port}/tap'
    yield found
    server.shutdown()
    server.server_close()
