"""What a science frame tells of itself: its best place on the sky, zero point and PSF, and which products tell them."""

import numpy as np
import pytest
from astropy.wcs import WCS

from awlike.context import context
from awlike.errors import UnknownAttribute
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.frames.photometric_parameters import PhotometricParameters
from awlike.frames.psf_model import PSFModel
from awlike.frames.raw import RawScienceFrame
from awlike.frames.source_list import SourceList
from awlike.products.astrometry import header_plate
from awlike.products.code_digest import sources
from awlike.products.inputs import InputView
from awlike.sky.headers import wcs_of_plate
from awlike.sky.plate import Plate
from awlike.sky.sip import sip_cards
from awlike.sky.tpv import tpv_cards
from tests.conftest import become, let_in
from tests.measured import SHAPE, distance, solve
from tests.starfields import OFF, SCALE, ZERO_POINT


def test_the_wcs_is_the_solution_and_names_it(measured):
    solution, = AstrometricParameters.select_all()
    assert isinstance(measured.wcs, WCS) and distance(measured.wcs) < 0.3
    assert distance(WCS(measured.header)) > np.hypot(*OFF) / 2, 'the header is off'
    assert measured.wcs.wcs.name == f'AstrometricParameters {solution.object_id}'


def test_the_zero_point_has_its_error_and_its_product_and_prints_well(measured):
    found, product = measured.zero_point, PhotometricParameters.select_all()[0]
    assert found.product == product and (found.value, found.error) == (product.zero_point, product.zero_point_error)
    assert abs(found.value - ZERO_POINT) < max(4 * found.error, 0.02)
    assert str(found) == repr(found) == f'{found.value:.3f} +- {found.error:.3f} mag by {product}'


def test_the_psf_is_its_model(measured):
    assert measured.psf == PSFModel.select_all()[0] and measured.psf.psf().at(10, 10).sum() == pytest.approx(1, abs=0.02)


def test_the_facts_say_who_tells(measured):
    told = str(measured.facts())
    for product in (*AstrometricParameters.select_all(), *PhotometricParameters.select_all(), *PSFModel.select_all()):
        assert f'by {product}' in ' '.join(told.split())
    assert measured.to_dict()['measured on it']['psf']['value']['class'] == 'PSFModel'


def test_the_newest_good_one_counts_and_a_bad_one_only_without_a_good_one(measured):
    first, = AstrometricParameters.select_all()
    solve(AstrometricParameters__DEGREE=1)
    second, = [one for one in AstrometricParameters.select_all() if one != first]
    assert str(second.object_id) in measured.wcs.wcs.name, 'the newest'
    with context.acting(as_of=first.creation_date):
        assert str(first.object_id) in measured.wcs.wcs.name, 'the newest of that date'
    solve(AstrometricParameters__DEGREE=2, AstrometricParameters__MAXIMUM_RMS=1e-9)
    bad, = [one for one in AstrometricParameters.select_all() if one not in (first, second)]
    assert bad.missed_limits() and str(second.object_id) in measured.wcs.wcs.name, 'a good one goes before a newer bad one'
    context.update_is_valid(second, 0)
    assert str(first.object_id) in measured.wcs.wcs.name
    context.update_is_valid(first, 0)
    assert str(bad.object_id) in measured.wcs.wcs.name and 'which misses MAXIMUM_RMS' in ' '.join(str(measured.facts()).split())
    context.update_is_valid(bad, 0)
    assert distance(measured.wcs, WCS(measured.header)) < 1e-6, 'that of the header'
    assert measured.zero_point is None, 'it was made with an invalid solution'


def test_a_product_without_a_solution_tells_nothing(measured):
    known = measured.wcs.wcs.name
    solve(AstrometricParameters__POINTING_OFFSET_RA=9000.0)
    empty, = [one for one in AstrometricParameters.select_all() if not one.solution]
    assert empty.reason and measured.wcs.wcs.name == known


def test_each_sees_what_is_theirs_to_see(measured, monkeypatch):
    name, known = measured.filename, measured.wcs.wcs.name
    let_in(monkeypatch, 'bob')
    context.set_privileges(1)
    solve(AstrometricParameters__DEGREE=1)
    assert measured.wcs.wcs.name != known
    become(monkeypatch, 'bob')
    context.set_project('TEST')
    theirs = (ImportedScienceFrame.filename == name).one()
    assert theirs.wcs.wcs.name == known, 'the solution of ada alone is not for bob'


def test_a_source_list_has_the_wcs_by_which_its_sources_are_placed(measured):
    sources, = SourceList.select_all()
    ra, dec = sources.wcs.all_pix2world(sources.sources['X_IMAGE'], sources.sources['Y_IMAGE'], 1)
    assert np.allclose(ra, sources.sources['RA'], atol=1e-9) and np.allclose(dec, sources.sources['DEC'], atol=1e-9)
    assert distance(sources.wcs) < 0.3


def test_no_product_uses_them(measured):
    view = InputView(measured, SourceList)
    for name in ('wcs', 'zero_point', 'psf'):
        with pytest.raises(UnknownAttribute, match='shows make'):
            getattr(view, name)
    reached = {name for name in sources(SourceList) if 'best_known' in name or 'ScienceFrame' in name}
    assert reached <= {'awlike.frames.science.ScienceFrame.middle'}


def test_a_frame_in_memory_has_what_its_header_tells(chain):
    assert chain.reduced.wcs.wcs.crval == pytest.approx([10, -30]) and chain.reduced.wcs.wcs.name == ''
    assert chain.reduced.zero_point is None and chain.reduced.psf is None
    assert 'measured on it' not in chain.reduced.facts().shown()


@pytest.mark.parametrize('cards', [tpv_cards, lambda plate: sip_cards(plate, SHAPE)], ids=['TPV', 'SIP'])
def test_distorted_astrometry_of_a_header_is_that_by_which_sources_are_placed(detector, cards):
    polynomials = np.zeros((2, 3, 3))
    polynomials[0, 1, 0] = polynomials[1, 0, 1] = 1
    polynomials[0, 2, 0], polynomials[1, 1, 1] = 3e-2, -2e-2
    plate = Plate((351.65, 0.1), (200.5, 240.5), SCALE / 3600 * np.diag([-1, 1]), polynomials)
    frame = ImportedScienceFrame(astrom=cards(plate), DATE_OBS=detector.raw(RawScienceFrame).DATE_OBS)
    assert distance(frame.wcs, wcs_of_plate(plate)) < 1e-3
    assert distance(frame.wcs, wcs_of_plate(header_plate(frame.astrom))) < 1e-3
