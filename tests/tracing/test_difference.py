"""Where the lineages of two products part."""

import pytest

from awlike import diff
from awlike.context import context
from awlike.database.sessions import database
from awlike.frames.bias import BiasFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask
from tests import paper
from tests.tasks.conftest import reduce_before_the_domes_came


@pytest.fixture
def frames(project):
    return paper.raws(4, RawBiasFrame)


def test_the_same_object_has_no_difference(project):
    hot = paper.hot()
    assert not diff(hot, hot) and diff(hot, hot).parts == []


def test_twins_have_no_difference(frames):
    a, b = (paper.bias(frames, digest='same') for _ in range(2))
    assert a != b and not diff(a, b) and len(diff(a, b)) == 0
    assert str(diff(a, b)) == f'{a} and {b} were made from the same, with the same parameters, by the same code'
    assert not diff(paper.hot(a), paper.hot(b))


def test_inputs_that_only_one_has_are_named(frames):
    a, b = paper.bias(frames), paper.bias(frames[1:])
    found = diff(a, b)
    assert found.parts == [f'raw_bias_frames: {frames[0]} only in a', f'read_noise.raw_bias_frames: {frames[0]} only in a']
    assert str(found).splitlines()[:2] == [f'a  {a}', f'b  {b}']
    context.update_is_valid(frames[0], 0)
    assert all(part.endswith('only in b, now invalid') for part in diff(b, a).parts)


def test_the_cause_is_told_and_not_only_its_consequence(frames):
    a, b = paper.hot(paper.bias(frames)), paper.hot(paper.bias(frames[1:]))
    assert diff(a, b).parts == [f'bias.raw_bias_frames: {frames[0]} only in a',
                                f'bias.read_noise.raw_bias_frames: {frames[0]} only in a']


def test_parameters(frames):
    a, b = (paper.bias(frames, process_params=BiasFrame.Parameters(SIGMA_CLIP=value)) for value in (3, 2.5))
    assert diff(a, b).parts == ['BiasFrame: SIGMA_CLIP 3.0 in a, 2.5 in b']
    assert diff(paper.hot(a), paper.hot(b)).parts == ['bias: SIGMA_CLIP 3.0 in a, 2.5 in b']


def test_a_parameter_that_only_one_had(frames):
    a, b = (paper.bias(frames, process_parameters=values) for values in ({'OLD': 1}, {'NEW': 2}))
    assert diff(a, b).parts == ['BiasFrame: OLD 1 in a, not there in b', 'BiasFrame: NEW not there in a, 2 in b']


def test_code(frames):
    a, b, c = (paper.bias(frames, make_version=version, code_digest=digest)
               for version, digest in ((1, 'x'), (1, 'y'), (2, 'z')))
    assert diff(a, b).parts == ['BiasFrame: code differs (the digest of the source)']
    assert diff(a, c).parts == ['BiasFrame: code differs, make_version 1 in a, 2 in b']
    assert diff(paper.hot(b), paper.hot(c)).parts == ['bias: code differs, make_version 1 in a, 2 in b']


def test_products_of_different_raw_frames(project):
    a, b = paper.raws(2)
    assert diff(a, b).parts == [f'content: {a} in a, {b} in b']


def test_different_kinds(project):
    bias = paper.bias()
    hot = paper.hot(bias)
    assert diff(bias, hot).parts == ['class: BiasFrame in a, HotPixelMap in b']


# --- of a real night ---

def by_raw():
    """Two reduced frames of the same raw frame."""
    first = RawScienceFrame.select_all()[0]
    return list((ReducedScienceFrame.raw == first).order_by('creation_date'))


def test_two_reductions_part_where_a_raw_bias_was_invalidated(reduced):
    bad = RawBiasFrame.select_all()[0]
    context.update_is_valid(bad, 0)
    ReduceTask('OMEGACAM', commit=True).execute()
    found = diff(*by_raw())
    assert f'bias.raw_bias_frames: {bad} only in a, now invalid' in found.parts
    assert all(str(bad) in part for part in found.parts), 'nothing else is a cause'


def test_two_reductions_part_in_a_parameter_of_the_flat(reduced):
    ReduceTask('OMEGACAM', commit=True, pars={'FlatFrame.MEDIAN_FILTER_SIZE': 16}).execute()
    assert diff(*by_raw()).parts == [f'flat: MEDIAN_FILTER_SIZE {FlatFrame.Parameters().MEDIAN_FILTER_SIZE} in a, 16.0 in b']


@pytest.mark.slow
def test_an_optional_input_that_only_one_has(night):
    reduce_before_the_domes_came()
    ReduceTask('OMEGACAM', commit=True).execute()
    dome = FlatFrame.select_all().max('creation_date').dome_flat
    assert diff(*by_raw()).parts == [f'flat.dome_flat: {dome} only in b']


def test_a_calibration_made_again_to_the_same_content_is_no_difference(reduced):
    BiasTask('OMEGACAM', commit=True, rebuild='all').execute()
    a, b = BiasFrame.select_all()
    assert a.digest == b.digest and not diff(a, b)


def test_what_is_not_committed_can_be_compared(reduced):
    task = ReduceTask('OMEGACAM', pars={'BiasFrame.SIGMA_CLIP': 2.5}, raw_filenames=RawScienceFrame.select_all()[0].filename)
    task.execute()
    old, = by_raw()
    assert 'bias: SIGMA_CLIP 3.0 in a, 2.5 in b' in diff(old, task.products[0]).parts


def test_the_number_of_statements_does_not_grow_with_the_inputs(project):
    def cost(number):
        frames = paper.raws(number, RawBiasFrame)
        a, b = paper.hot(paper.bias(frames)), paper.hot(paper.bias(frames[1:]))
        ids = a.object_id, b.object_id
        database().session.expunge_all()
        a, b = map(HotPixelMap.get, ids)
        with paper.statements() as sent:
            assert len(diff(a, b)) == 2
        return len(sent)

    assert cost(300) <= cost(3)
