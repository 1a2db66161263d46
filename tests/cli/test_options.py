"""JSON as every program reads it."""

import datetime
import json
import os
import uuid

import numpy as np
import pytest

from awlike.cli.options import write_json
from tests.cli.conftest import process


@pytest.mark.parametrize(('value', 'written'), [
    (float('nan'), None), (float('-inf'), None), (1.5, 1.5), (True, True), (np.float32(0.5), 0.5), (np.int64(3), 3),
    (np.bool_(False), False), (np.array([1.0, np.nan]), [1.0, None]), ((1, 'a'), [1, 'a']),
    ({3: {'x': None}}, {'3': {'x': None}}), (datetime.datetime(2012, 5, 31, 20, 15), '2012-05-31T20:15:00'),
    (datetime.date(2012, 5, 31), '2012-05-31'),
    (uuid.UUID(int=1), '00000000-0000-0000-0000-000000000001'), ('Bj\xf6rk \udcff', 'Bj\xf6rk \udcff')])
def test_a_value_is_strict_json(capsys, value, written):
    write_json([value])
    out = capsys.readouterr().out
    found, = json.loads(out, parse_constant=lambda name: pytest.fail(f'{name} is no JSON'))
    assert found == written and type(found) is type(written) and out.isascii()


def test_what_a_terminal_cannot_show_is_no_failure(project):
    name = os.fsencode(project.name) + b'\xff.fits'
    with open(name, 'wb') as file:
        file.write(b'junk')
    done = process('ingest', '--project', 'TEST', name.decode(errors='surrogateescape'),
                   env=os.environ | {'PYTHONIOENCODING': 'ascii:strict'})
    assert done.returncode == 1 and 'TEST\\udcff.fits: refused: not a FITS file' in done.stderr and '1 refused' in done.stdout
    done = process('plan', 'Bias', '--instrument', 'OMEGACAM', env=os.environ | {'PYTHONIOENCODING': 'ascii:strict'})
    assert 'Traceback' not in done.stderr
