"""The files of products: the header tells the whole making, and the file alone is good FITS."""

import datetime
import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from awlike.context import context
from awlike.errors import StoreError
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.products import image_cache
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask


@pytest.fixture
def bias(night):
    BiasTask('OMEGACAM', commit=True).execute()
    return BiasFrame.select_all().one()


@pytest.fixture
def reduced(night):
    ReduceTask('OMEGACAM', raw_filenames=RawScienceFrame.select_all()[0].filename, commit=True).execute()
    return ReducedScienceFrame.select_all().one()


def test_header_tells_the_lineage(reduced):
    header = fits.getheader(reduced.retrieve())
    roles = [role for role in type(reduced).inputs() if getattr(reduced, role)]
    assert {'raw', 'bias', 'flat', 'hot', 'cold', 'weight'} <= {*roles}
    for number, role in enumerate(roles, 1):
        one = getattr(reduced, role)
        told = [header[f'AWE IN{number} {word}'] for word in ('ROLE', 'ID', 'NAME', 'DIGEST')]
        assert told == [role, str(one.object_id), one.filename, one.digest]
    assert f'AWE IN{len(roles) + 1} ROLE' not in header


def test_header_tells_every_member_of_a_list_of_inputs(bias):
    header = fits.getheader(bias.retrieve())
    names = [header[f'AWE IN{number} NAME'] for number in range(1, 11)]
    assert names == [raw.filename for raw in bias.raw_bias_frames]
    assert header['AWE IN11 ROLE'] == 'read_noise' and header['AWE IN11 NAME'] == str(bias.read_noise)


def test_header_tells_what_it_is_and_the_parameters(reduced):
    header = fits.getheader(reduced.retrieve())
    assert header['CLASS'] == 'ReducedScienceFrame' and header['FILENAME'] == reduced.filename
    assert header['OBJECTID'] == str(reduced.object_id) and header['DIGEST'] == reduced.digest
    assert header['KEY'] == reduced.reuse_key and header['MAKEVERS'] == 1
    assert (header['CREATOR'], header['PROJECT']) == ('ada', 'TEST')
    assert (header['INSTRUME'], header['CHIP'], header['FILTER']) == ('OMEGACAM', 'ESO_CCD_#65', 'r_SDSS')
    assert datetime.datetime.fromisoformat(header['DATE-OBS']) == reduced.DATE_OBS
    for name, value in reduced.process_params.model_dump().items():
        written = header[f'AWE PAR {name}']
        assert (json.loads(written) if isinstance(value, dict) else written) == value


def test_header_has_exposure_and_astrometry(reduced):
    header = fits.getheader(reduced.retrieve())
    assert header['EXPTIME'] == 360.0 and header['OBJECT'] == reduced.OBJECT and header['AIRMASS'] == reduced.AIRMASS
    assert {name: header[name] for name in reduced.astrom} == reduced.astrom
    ra, dec = WCS(header, fix=False).pixel_to_world_values(64, 128)
    assert abs(ra - 315) < 1 and abs(dec + 31) < 1


def test_unit_is_that_of_the_image(reduced):
    units = {one: fits.getheader(one.retrieve()).get('BUNIT') for one in (reduced, reduced.bias, reduced.flat, reduced.hot)}
    assert list(units.values()) == ['adu', 'adu', '', '']


def test_file_alone_is_good_fits_with_right_checksums(reduced, recwarn):
    for product in (reduced, reduced.bias, reduced.flat, reduced.hot, reduced.weight):
        with fits.open(product.retrieve(), checksum=True) as hdus:
            hdus.verify('exception')
            assert {'CHECKSUM', 'DATASUM'} <= set(hdus[0].header)
            assert np.array_equal(hdus[0].data, product.data)
    assert not recwarn.list


def test_file_is_the_same_after_it_was_read_anew(bias):
    before = bias.data
    image_cache._cache.clear()
    assert bias.data is not before and np.array_equal(bias.data, before) and bias.data.dtype == np.float32


def test_images_read_last_are_kept_up_to_a_bound(night, monkeypatch):
    monkeypatch.setattr(image_cache, '_CACHE_BYTES', 2 * RawBiasFrame.select_all()[0].data.nbytes)
    for raw in RawBiasFrame.select_all():
        assert raw.data is raw.data
    assert len(image_cache._cache) == 2


def test_names_that_fits_cannot_hold_do_not_stop_a_commit(night):
    context.create_project('Große Übersicht')
    context.set_project('Große Übersicht')
    context.set_privileges(1)
    BiasTask('OMEGACAM', commit=True).execute()
    assert BiasFrame.select_all().one().header['PROJECT'] == 'Gro?e ?bersicht'


def test_uncommitted_product_has_pixels_and_no_file(night):
    task = BiasTask('OMEGACAM')
    task.execute()
    bias = task.products[0]
    assert bias.data.shape == (256, 128) and not bias.is_committed
    for ask in (bias.retrieve, lambda: bias.header):
        with pytest.raises(StoreError, match='there is no file of it'):
            ask()


def test_product_without_image_has_no_file(bias):
    assert bias.read_noise.data is None
    with pytest.raises(StoreError, match='there is no file of it'):
        bias.read_noise.retrieve()
