"""Tables of values of amplifiers: what awlike writes, and what pODI's pipeline writes."""

import datetime

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from awlike.errors import HeaderError
from awlike.fits.detector_tables import (
    ALL,
    date_of,
    read_crosstalk,
    read_ramp,
    read_tech_data,
    write_crosstalk,
    write_ramp,
    write_tech_data,
)

DATE = datetime.datetime(2013, 1, 1, 12)


def test_what_is_written_comes_back(tmp_path):
    table = {'OTA33': {'xy00': {'xy10': 1e-4}, 'xy10': {'xy00': -2e-5}}}
    assert read_crosstalk(write_crosstalk(tmp_path / 'x.fits', table, DATE)) == table
    tech = {'OTA33': {'xy00': (1.3, 8.0)}, 'OTA44': {'xy77': (1.2, 7.0)}}
    path = write_tech_data(tmp_path / 't.fits', tech, DATE)
    assert read_tech_data(path)['OTA44'] == {'xy77': {'GAIN': 1.2, 'READ_NOISE': 7.0}} and date_of(path) == DATE
    ramp = {'OTA33': {'xy00': {'coefficients': [1e-7, 2e-12], 'relative_gain': 1.1, 'saturation': None, 'gain': 1.3},
                      'xy01': {'coefficients': [], 'relative_gain': 0.9, 'saturation': 6e4, 'gain': None}}}
    found = read_ramp(write_ramp(tmp_path / 'r.fits', ramp, DATE))['OTA33']
    assert found['xy00']['coefficients'] == [1e-7, 2e-12] and found['xy01']['coefficients'] == []
    assert found['xy01']['SATLEVEL'] == 6e4 and np.isnan(found['xy00']['SATLEVEL'])


def test_tables_of_cells_are_read_by_their_numbers(tmp_path):
    columns = {'OTA': [33, 0], 'CELLX': [1, 7], 'CELLY': [2, 0], 'COEFF_X**2': [1e-7, 2e-7], 'COEFF_X**3': [1e-12, 2e-12],
               'UNCERT_COEFF_X**2': [0.0, 0.0], 'RELATIVE_GAIN': [1.0, 1.2], 'SATLEVEL': [6e4, 5e4]}
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU(Table(columns), name='NONLINCORR')]).writeto(tmp_path / 'n.fits')
    found = read_ramp(tmp_path / 'n.fits')
    assert set(found) == {'OTA33', 'OTA00'} and found['OTA00']['xy70']['coefficients'] == [2e-7, 2e-12]
    assert found['OTA33']['xy12']['RELATIVE_GAIN'] == 1.0 and date_of(tmp_path / 'n.fits') is None


def test_inverse_matrices_of_the_rows_of_cells_are_read(tmp_path):
    matrices = np.where(np.eye(8, dtype=bool), 1.0, np.random.default_rng(1).uniform(0, 1e-3, (8, 8, 8)))
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.linalg.inv(matrices), name='XTALK.INV')]).writeto(tmp_path / 'x.fits')
    found = read_crosstalk(tmp_path / 'x.fits')[ALL]
    assert len(found) == 64 and found['xy53']['xy23'] == pytest.approx(matrices[3, 2, 5])
    assert 'xy53' not in found['xy53']


def test_other_files_are_refused(tmp_path):
    fits.PrimaryHDU().writeto(tmp_path / 'e.fits')
    for read, said in ((read_crosstalk, 'no extension CROSSTALK'), (read_ramp, 'no table NONLINCORR'),
                       (read_tech_data, 'no table TECHDATA with the column GAIN')):
        with pytest.raises(HeaderError, match=said):
            read(tmp_path / 'e.fits')
