"""CoaddTask counts each exposure once."""

import pytest

from awlike.errors import ParameterError
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.recipes.coadded import CoaddTask
from tests import paper

ASTROM = {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': 10.0, 'CRVAL2': -30.0, 'CRPIX1': 50.0, 'CRPIX2': 40.0,
          'CD1_1': -6e-5, 'CD1_2': 0.0, 'CD2_1': 0.0, 'CD2_2': 6e-5}


def test_two_reductions_of_one_raw_frame_are_refused_and_named(project):
    one, other = (paper.insert(paper.raw(RawScienceFrame, astrom=ASTROM, filter=paper.filter())) for _ in range(2))
    first, second, third = (paper.insert(paper.product(ReducedScienceFrame, raw=raw, astrom=ASTROM, EXPTIME=100.0,
                                                         filter=paper.filter()))
                            for raw in (one, one, other))
    for frames, told in (([first, second, third], (first, second)), ([third, one, second], (one, second))):
        with pytest.raises(ParameterError, match='a stack counts each exposure once') as refused:
            CoaddTask(frames=frames, grid=(10.0, -30.0)).plan()
        assert all(str(name) in str(refused.value) for name in (*told, one))
    with pytest.raises(Exception) as said:  # whatever is lacking on paper, each exposure is there once
        CoaddTask(frames=[first, third], grid=(10.0, -30.0)).execute()
    assert 'counts each exposure once' not in str(said.value)
