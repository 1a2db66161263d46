"""``awe refcat``: add, list, remove."""

import json

import numpy as np
from astropy.table import Table


def test_catalogues_are_added_listed_and_removed(awe, home, tmp_path):
    path = tmp_path / 'stars.ecsv'
    Table({'ra': [-1., 10, 20], 'dec': [0., 90, -90], 'g': [15., 16, np.nan], 'g_err': [.1] * 3}).write(path)
    add = 'refcat', 'add', 'MINE', str(path), '--ra', 'ra', '--dec', 'dec', '--band', 'g=g,g_err'
    assert awe(*add)[:2] == (0, 'MINE: version 1, 3 stars\n')
    listed = json.loads(awe('refcat', 'list', '--json')[1])
    assert [(one['name'], one['number'], one['bands']) for one in listed] == [('MINE', 3, ['g'])]
    assert 'MINE' in awe('refcat', 'list')[1]
    assert awe('refcat', 'remove', 'MINE')[1] == 'MINE is removed\n'
    assert 'no reference catalogues' in awe('refcat', 'list')[1]


def test_a_catalogue_is_judged_and_looked_at_by_its_name(awe, home, tmp_path):
    for number in (3, 2):
        path = tmp_path / f'stars{number}.ecsv'
        Table({'ra': np.arange(number) + 1., 'dec': np.zeros(number)}).write(path)
        assert awe('refcat', 'add', 'MINE', str(path), '--ra', 'ra', '--dec', 'dec')[0] == 0
    assert awe('invalidate', 'MINE@2', '--reason', 'moved')[:2] == (0, 'MINE@2 is invalid now\n')
    assert [line.endswith('invalid') for line in awe('refcat', 'list')[1].splitlines()] == [False, True]
    assert awe('validate', 'MINE@2')[:2] == (0, 'MINE@2 is valid now\n')
    assert 'filename' in awe('info', 'MINE')[1] and awe('lineage', 'MINE')[1] == 'ReferenceCatalogue MINE\n'
    status, _, said = awe('invalidate', 'YOURS', '--reason', 'moved')
    assert status == 2 and 'awe refcat list' in said


def test_wrong_use_is_told_in_a_line(awe, home, tmp_path):
    for words in (['add', 'X', 'nowhere.fits', '--ra', 'a', '--dec', 'b'], ['remove', 'X'],
                  ['add', 'X', str(tmp_path), '--ra', 'a', '--dec', 'b', '--band', 'r'],
                  ['add', 'X', str(tmp_path), '--ra', 'a', '--dec', 'b', '--band', 'r=r', '--band', 'r=s']):
        status, _, said = awe('refcat', *words)
        assert status == 2 and said.startswith('awe: ') and 'Traceback' not in said
