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


def test_a_project_names_its_catalogue(awe, project, tmp_path):
    path = tmp_path / 'stars.ecsv'
    Table({'ra': [1.], 'dec': [0.]}).write(path)
    awe('refcat', 'add', 'MINE', str(path), '--ra', 'ra', '--dec', 'dec')
    ours = '--project', 'TEST'
    assert awe('project', 'refcat', *ours)[1] == 'the only one that covers a field is the reference catalogue of TEST\n'
    assert awe('project', 'refcat', 'MINE', *ours)[1] == 'MINE is the reference catalogue of TEST\n'
    assert json.loads(awe('project', 'refcat', *ours, '--json')[1]) == {'project': 'TEST', 'reference_catalogue': 'MINE'}
    status, _, said = awe('project', 'refcat', 'NIME', *ours)
    assert status and 'did you mean MINE?' in said
    assert awe('project', 'refcat', 'MINE', '--none', *ours)[0] and 'MINE' in awe('project', 'refcat', *ours)[1]
    assert 'the only one' in awe('project', 'refcat', '--none', *ours)[1]


def test_stars_are_fetched(awe, home, archive):
    field = '--ra', '315', '--dec', '-31', '--radius', '.2', '--url', archive.url
    assert awe('refcat', 'fetch', 'gaia', *field)[1] == 'GAIA: version 1, 50 stars\n'
    assert json.loads(awe('refcat', 'fetch', 'Gaia', *field, '--name', 'OTHER', '--json')[1])['bands'] == ['G', 'BP', 'RP']
    status, _, said = awe('refcat', 'fetch', 'panstarrs', *field)
    assert status == 2 and 'awlike fetches gaia' in said
    archive.status, archive.answer = 500, b'broken'
    status, _, said = awe('refcat', 'fetch', 'gaia', *field)
    assert status and said.startswith('awe: ') and '--url' in said and 'Traceback' not in said
