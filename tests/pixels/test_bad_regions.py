"""Bad pixels from boxes of ds9."""

import numpy as np
import pytest

from awlike.errors import ParameterError
from awlike.pixels.bad_regions import good_outside, read_boxes

TEXT = '''# Region file format: DS9 version 4.1
global color=green dashlist=8 3
physical
box(5,3,4,2,0) # text={a trap}
image; box(10.5 8.5 1 3 90)
+box(1,1,1,1)
'''


def test_pixels_whose_centres_lie_in_a_box_are_bad():
    boxes = read_boxes(TEXT)
    assert boxes == [[5, 3, 4, 2], [10.5, 8.5, 3, 1], [1, 1, 1, 1]]
    good = good_outside((12, 14), boxes)
    bad = np.zeros((12, 14), bool)
    bad[1:3, 2:6] = True  # x 3 to 6, y 2 and 3, 1-based
    bad[7, 8:11] = True
    bad[0, 0] = True
    assert np.array_equal(good == 0, bad)
    assert good_outside((4, 4), [[100, 100, 3, 3], [0, 0, 3, 3]]).tolist()[0] == [0, 1, 1, 1]
    assert good_outside((4, 4), []).all() and read_boxes('') == []


@pytest.mark.parametrize(('line', 'said'), [
    ('circle(3,4,5)', 'is no box'), ('box(1,2,3)', 'is no box'), ('box(1,2,3,4,30)', 'is turned'), ('fk5', 'of the sky'),
    ('-box(1,2,3,4,0)', 'is no box'), ('box(1,2,0,4,0)', 'has no size'), ('box(1:2:3,2,3,4,0)', 'is no box')])
def test_what_is_no_box_of_pixels_is_refused_with_its_line(line, said):
    with pytest.raises(ParameterError, match=f'line 2.*{said}'):
        read_boxes(f'image\n{line}')
