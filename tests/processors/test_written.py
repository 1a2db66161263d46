"""The files of a run: whole or not there, and what they hold."""

import os

import numpy as np
import pytest
from astropy.io import fits

from awlike.frames.background_model import BackgroundModel
from awlike.frames.source_list import SourceList
from awlike.processors.single_frame import schemas
from awlike.processors.written import write_image, write_schema

PARS = {'CalibratedExposure.process_params.THRESHOLD': 3.0}


class Exported:
    """A frame that can be exported."""

    def export(self, path, calexp=False, pars=None):
        assert calexp and pars == PARS
        images = [fits.ImageHDU(np.full((3, 4), number, np.float32), name=name)
                  for number, name in enumerate(('MASK', 'VARIANCE'))]
        fits.HDUList([fits.PrimaryHDU(np.ones((3, 4), np.float32)), *images]).writeto(path, checksum=True)


class Broken:
    """A frame whose export fails half-way."""

    def export(self, path, calexp=False, pars=None):
        path.write_text('half')
        raise OSError('the disk is gone')


@pytest.mark.parametrize(('variance', 'names'), [(True, ['PRIMARY', 'MASK', 'VARIANCE']), (False, ['PRIMARY', 'MASK'])])
def test_an_image_has_its_variance_where_it_is_wanted(tmp_path, variance, names):
    path = write_image(Exported(), tmp_path / 'deep/a.fits', variance, PARS)
    with fits.open(path, checksum=True) as hdus:
        assert [hdu.name for hdu in hdus] == names and (hdus[0].data == 1).all()
    assert os.listdir(tmp_path / 'deep') == ['a.fits']


def test_an_image_that_cannot_be_written_leaves_the_former(tmp_path):
    path = write_image(Exported(), tmp_path / 'a.fits', True, PARS)
    before = path.read_bytes()
    with pytest.raises(OSError, match='gone'):
        write_image(Broken(), path, True, PARS)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ['a.fits']


def test_a_schema_has_the_columns_and_no_rows(tmp_path):
    assert set(schemas()) == {'src', 'icSrc'}
    assert write_schema(BackgroundModel, tmp_path / 'x.fits') is None, 'it has no table'
    with fits.open(write_schema(SourceList, tmp_path / 'src.fits')) as hdus:
        assert [hdu.name for hdu in hdus[1:]] == ['SOURCES', 'SKY'] and not len(hdus[1].data)
        header, columns = hdus[1].header, SourceList.sources.columns
        assert [header[f'TTYPE{number}'] for number in range(1, len(columns) + 1)] == list(columns)
        for number, one in enumerate(columns.values(), 1):
            assert (header.get(f'TUNIT{number}', ''), header.get(f'TUCD{number}', '')) == (one.unit, one.ucd)
            assert header[f'TCOMM{number}'] == one.text
