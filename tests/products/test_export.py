"""A reduced frame for other programs."""

from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData

from awlike.errors import ParameterError
from awlike.frames.raw import RawScienceFrame
from awlike.products import export
from awlike.products.export import MASK_BITS, mask_bits, variance
from awlike.tracing.explain import explain


def test_ccddata_has_pixels_mask_uncertainty_and_header(chain):
    ccd = chain.reduced.to_ccddata()
    assert np.array_equal(ccd.data, chain.reduced.data) and ccd.unit == 'adu'
    assert np.array_equal(ccd.mask, chain.weight.data == 0) and np.array_equal(ccd.flags > 0, ccd.mask)
    assert ccd.wcs.wcs.crval == pytest.approx([10, -30]) and ccd.wcs.wcs.crpix == pytest.approx([50 - 8, 40])
    assert ccd.uncertainty.uncertainty_type == 'var' and ccd.meta['CLASS'] == 'ReducedScienceFrame'


def test_each_bit_of_the_mask_names_the_map_that_it_is_from(chain):
    bits = mask_bits(chain.reduced)
    for role in ('hot', 'cold', 'saturated', 'cosmic'):
        assert np.array_equal(bits & MASK_BITS[role] > 0, getattr(chain.weight, role).data == 0)
    assert np.array_equal(bits == 0, chain.weight.data > 0)


def test_bits_are_all_different():
    assert sum(MASK_BITS.values()) == (1 << len(MASK_BITS)) - 1 < 256


def test_variance_is_that_of_photons_and_read_noise(chain):
    flat, gain, noise = chain.flat.data, chain.cosmic.process_params.GAIN, chain.noise.read_noise
    found, lit = variance(chain.reduced), flat > 0
    level = np.clip(chain.reduced.data * flat, 0, None)[lit]
    assert found[lit] == pytest.approx((level / gain + noise ** 2) / flat[lit] ** 2, rel=1e-5)
    assert np.isinf(found[~lit]).all() and found.dtype == np.float32


@pytest.mark.parametrize('role', ['illumination', 'photometric_flat'])
def test_variance_knows_all_that_light_was_divided_by(chain, monkeypatch, role):
    flat, gain, noise = chain.flat.data, chain.cosmic.process_params.GAIN, chain.noise.read_noise
    inputs, divided = export.as_made(chain.reduced), SimpleNamespace(data=np.full(flat.shape, 2, np.float32))

    class Divided:
        def __getattr__(self, name):
            return divided if name == role else getattr(inputs, name)

    monkeypatch.setattr(export, 'as_made', lambda _: Divided())
    found, lit = variance(chain.reduced), flat > 0
    level = np.clip(chain.reduced.data * 2 * flat, 0, None)[lit]
    assert found[lit] == pytest.approx((level / gain + noise ** 2) / (2 * flat[lit]) ** 2, rel=1e-5)


def test_exported_file_is_read_whole_by_astropy(chain, tmp_path):
    path = chain.reduced.export(tmp_path / 'red.fits')
    ccd = CCDData.read(path)
    assert np.array_equal(ccd.data, chain.reduced.data) and ccd.unit == 'adu'
    assert np.array_equal(ccd.mask, chain.weight.data == 0)
    assert np.array_equal(ccd.uncertainty.array, variance(chain.reduced))
    with fits.open(path, checksum=True) as hdus:
        assert [hdu.name for hdu in hdus] == ['PRIMARY', 'MASK', 'UNCERT', 'PROVENANCE', 'MAKING']
        names = {hdus['MASK'].header.comments[key]: value for key, value in hdus['MASK'].header.items() if key[:4] == 'MASK'}
        assert names == MASK_BITS and np.array_equal(hdus['MASK'].data, mask_bits(chain.reduced))


def test_export_replaces_a_file_and_leaves_nothing_half_done(chain, tmp_path):
    for _ in range(2):
        chain.reduced.export(tmp_path / 'red.fits')
    assert [path.name for path in tmp_path.iterdir()] == ['red.fits']


def test_every_frame_with_an_image_becomes_a_ccddata(chain):
    flat, cosmic = chain.dome.to_ccddata(), chain.cosmic.to_ccddata()
    assert flat.unit == '' and np.array_equal(flat.mask, chain.hot.data == 0) and flat.wcs is None
    assert cosmic.wcs.wcs.crpix == pytest.approx([50 - 8, 40]) and cosmic.meta['CLASS'] == 'CosmicMap'
    bias = chain.bias.to_ccddata()
    assert bias.unit == 'adu' and bias.mask is None and np.array_equal(bias.data, chain.bias.data)


def test_raw_frame_becomes_a_ccddata_with_the_header_of_its_file(night):
    raw = RawScienceFrame.select_all().first()
    ccd = raw.to_ccddata()
    assert ccd.unit == 'adu' and ccd.shape == raw.data.shape and ccd.meta['EXPTIME'] == raw.EXPTIME
    assert ccd.mask is None and ccd.wcs.wcs.crpix == pytest.approx([raw.astrom['CRPIX1'], raw.astrom['CRPIX2']])


def test_what_has_no_image_does_not_become_a_ccddata(chain):
    with pytest.raises(ParameterError, match=r'no image: info\(\) shows what it has'):
        chain.noise.to_ccddata()


def test_committed_frame_is_exported_with_the_header_of_its_file(chain, tmp_path):
    header = fits.getheader(chain.reduced.export(str(tmp_path / 'red.fits')))
    assert header['HIERARCH AWE IN1 ROLE'] == 'raw'


def test_exported_file_of_a_frame_that_was_never_committed_explains_itself(chain, tmp_path):
    explanation = explain(chain.reduced.export(tmp_path / 'red.fits'))
    assert explanation.intact and str(explanation.lineage()) == str(chain.reduced.lineage())
