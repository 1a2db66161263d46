import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awlike.pixels.geometry import Geometry, Section, require_same_shape

ranges = st.tuples(st.integers(0, 9000), st.integers(1, 9000)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(ranges, ranges)
def test_a_section_survives_the_way_through_fits(x, y):
    section = Section(*x, *y)
    assert Section.from_fits(section.to_fits()) == section
    assert section.shape == (y[1] - y[0], x[1] - x[0])
    assert section.fits_in((y[1], x[1]))
    assert not section.fits_in((y[1] - 1, x[1])) and not section.fits_in((y[1], x[1] - 1))


def test_fits_counts_from_one_and_includes_the_end():
    section = Section.from_fits('[18:1382,1:1370]')
    assert section == Section(17, 1382, 0, 1370)
    image = np.arange(1370 * 1432).reshape(1370, 1432)
    assert image[section.slices].shape == section.shape == (1370, 1365)
    assert image[section.slices][0, 0] == 17


@pytest.mark.parametrize('text', ['', 'all', '[1:5]', '[5:1,1:5]', '[0:4,1:5]', '[1:5,1:5,1:5]', '[a:b,c:d]', None, 7])
def test_senseless_text_is_refused_with_the_form_to_write(text):
    with pytest.raises(ValueError, match=r'write \[x_first:x_last,y_first:y_last\], 1-based'):
        Section.from_fits(text)


@pytest.mark.parametrize(('text', 'backwards'), [('[1:512,1:2002]', (False, False)), ('[512:1,1:2002]', (True, False)),
                                                 ('[1:512,2002:1]', (False, True)), ('[512:1,2002:1]', (True, True))])
def test_a_section_can_run_backwards_where_that_means_a_flip(text, backwards):
    assert Section.from_directed(text) == (Section(0, 512, 0, 2002), *backwards)
    with pytest.raises(ValueError, match='first > last where pixels lie the other way round'):
        Section.from_directed(text.replace('1', '0', 1) if text.startswith('[1') else '[0:1]')


def test_an_empty_section_is_refused():
    with pytest.raises(ValueError, match='a region that does not exist is None'):
        Section(5, 5, 0, 10)


def test_regions_are_those_that_exist():
    trim, overscan = Section(0, 10, 0, 10), Section(10, 12, 0, 10)
    assert Geometry(trim, overscan_x=overscan).regions() == {'trim': trim, 'overscan_x': overscan}


def test_images_that_do_not_match_are_named():
    with pytest.raises(ValueError, match=r'flat has shape \(3, 2\) and bias \(2, 3\)'):
        require_same_shape(bias=np.zeros((2, 3)), dark=None, flat=np.zeros((3, 2)))
    with pytest.raises(ValueError, match='two axes'):
        require_same_shape(bias=np.zeros(3))
