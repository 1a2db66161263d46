"""Raw frames: what they know of themselves, and their pixels."""

import numpy as np
import pytest
from astropy.io import fits

from awlike.cameras.raw_facts import KINDS
from awlike.errors import DefinitionError, HeaderError, Immutable, StoreError
from awlike.fits.images import read_pixels
from awlike.frames.raw import RAW_KINDS, RawBiasFrame, RawScienceFrame
from awlike.pixels.geometry import Section
from awlike.products.raw import RawFrame
from awlike.store import server


def test_there_is_a_class_for_each_kind_of_frame_that_cameras_know():
    assert set(RAW_KINDS) == set(KINDS) and all(issubclass(cls, RawFrame) for cls in RAW_KINDS.values())


def test_flats_and_science_have_a_filter_and_science_an_airmass():
    assert {kind for kind, cls in RAW_KINDS.items() if 'filter' in cls.__properties__} == {
        'domeflat', 'twilightflat', 'science'}
    assert [kind for kind, cls in RAW_KINDS.items() if 'AIRMASS' in cls.__properties__] == ['science']


def test_raw_frames_are_roots_of_lineage(night):
    raw = RawScienceFrame.select_all()[0]
    assert not raw.ancestors() and RawScienceFrame.inputs() == {}
    assert raw.filename in str(raw.lineage()) and "\n" not in str(raw.lineage())


def test_nothing_is_a_raw_frame_and_no_more():
    with pytest.raises(DefinitionError, match='make a RawScienceFrame'):
        RawFrame()


def test_geometry_has_the_regions_of_the_header():
    raw = RawBiasFrame(trim='[3:18,1:10]', overscan_x='[20:24,1:10]')
    assert raw.geometry.trim == Section(2, 18, 0, 10) and raw.geometry.overscan_x == Section(19, 24, 0, 10)
    assert raw.geometry.prescan_x is raw.geometry.overscan_y is None
    with pytest.raises(HeaderError, match='not a FITS section'):
        _ = RawBiasFrame(trim='everything').geometry


def test_pixels_are_those_of_the_file_and_cannot_be_changed(night):
    raw = RawBiasFrame.select_all()[0]
    assert np.array_equal(raw.data, read_pixels(night / raw.raw_fits.original_name, raw.extension))
    assert raw.data.dtype == np.uint16 and raw.data[raw.geometry.trim.slices].shape == (256, 128)
    with pytest.raises(ValueError, match='read-only'):
        raw.data[0, 0] = 1


def test_header_is_merged_from_file_and_detector(night):
    header = RawScienceFrame.select_all()[0].header
    assert header['INSTRUME'] == 'OMEGACAM' and header['EXTNAME'] == 'ESO_CCD_#65'


def test_retrieve_puts_one_detector_into_the_working_directory(night, home):
    raw = RawScienceFrame.select_all()[0]
    path = raw.retrieve()
    assert path.resolve() == home / raw.filename
    with fits.open(path) as hdus:
        assert [hdu.is_image for hdu in hdus] == [True, False, False] and np.array_equal(hdus[0].data, raw.data)


@pytest.mark.parametrize('name', ['../escaped.fits', '/tmp/escaped.fits', '.profile', ''])
def test_a_file_name_that_leads_elsewhere_is_not_written_to(night, home, name):
    """A database of many people may say anything."""
    raw = RawScienceFrame.select_all()[0]
    for obj in (raw, raw.raw_fits):
        obj.__dict__['filename'] = name
        before = set(home.parent.rglob('*'))
        for work in (obj.retrieve, lambda: server().retrieve(name, home)):
            with pytest.raises(StoreError, match='must be a plain file name'):
                work()
        assert set(home.parent.rglob('*')) == before


def test_the_whole_file_can_be_retrieved_as_it_came(night, home):
    file = RawScienceFrame.select_all()[0].raw_fits
    assert file.retrieve().read_bytes() == (night / file.original_name).read_bytes()


def test_committed_raw_frames_do_not_change(night):
    raw = RawBiasFrame.select_all()[0]
    with pytest.raises(Immutable, match='what is committed does not change'):
        raw.OBJECT = 'another'


def test_statistics_are_of_the_light_sensitive_part(night):
    raw = RawScienceFrame.select_all()[0]
    light = raw.data[raw.geometry.trim.slices]
    assert (raw.imstat.min, raw.imstat.max, raw.imstat.npix) == (light.min(), light.max(), light.size)
    assert raw.imstat.median == np.median(light)
