"""A loop over frames costs a number of statements that does not grow with the number of frames."""

import gc

import pytest

from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.persist.dataobject import DataObject
from awlike.products.raw import RawFrame
from tests import paper


def cost(loop) -> int:
    """The number of statements of `loop`, when nothing is known yet."""
    gc.collect()
    with paper.statements() as sent:
        loop()
    return len(sent)


@pytest.fixture
def archive(project):
    """100 science frames of 5 chips and 5 filters, 100 biases and as many hot pixel maps."""
    chips, filters = [paper.chip(f'CCD{n}') for n in range(5)], [paper.filter(f'F{n}') for n in range(5)]
    file = paper.file()
    frames = [paper.raw(raw_fits=file, chip=chips[n % 5], filter=filters[n // 5 % 5]) for n in range(100)]
    zeros = [paper.raw(RawBiasFrame, raw_fits=file) for n in range(100)]
    paper.insert(*frames)
    paper.insert(*zeros)
    noises = paper.insert(*[paper.product(paper.ReadNoise, raw_bias_frames=zeros[n:n + 3], read_noise=2.0) for n in range(100)])
    biases = paper.insert(*[paper.product(BiasFrame, raw_bias_frames=zeros[n:n + 3], read_noise=noises[n]) for n in range(100)])
    paper.insert(*[paper.product(HotPixelMap, bias=bias, count=3) for bias in biases])


LOOPS = {
    'references and statistics': lambda n: [
        (r.filter.name, r.chip.name, r.imstat.max, r.instrument.name, r.template) for r in RawScienceFrame.select_all()[:n]],
    'links of links': lambda n: [
        (r.chip.instrument.name, r.raw_fits.original_name, r.project.owner.name) for r in RawScienceFrame.select_all()[:n]],
    'list inputs': lambda n: [[raw.chip.name for raw in b.raw_bias_frames] for b in BiasFrame.select_all()[:n]],
    'inputs of inputs': lambda n: [
        (h.count, h.bias.read_noise.read_noise, len(h.bias.raw_bias_frames)) for h in HotPixelMap.select_all()[:n]],
    'a parent class': lambda n: [(r.chip.name, r.EXPTIME, r.imstat.max) for r in RawFrame.select_all()[:n]],
    'text': lambda n: [str(r) for r in DataObject.select_all()[:n]],
}


@pytest.mark.slow
@pytest.mark.parametrize('loop', LOOPS.values(), ids=LOOPS)
def test_ten_frames_cost_as_many_statements_as_a_hundred(archive, loop):
    ten, hundred = cost(lambda: loop(10)), cost(lambda: loop(100))
    assert ten == hundred <= 7


def test_frames_taken_one_by_one_are_read_one_by_one(archive):
    assert cost(lambda: [RawScienceFrame.select_all()[n].chip.name for n in range(3)]) == 6


def test_what_was_read_is_not_asked_for_again(archive):
    frames = list(RawScienceFrame.select_all())
    assert cost(lambda: [r.chip.name for r in frames]) == 1 and cost(lambda: [r.chip.name for r in frames]) == 0


def test_one_that_outlives_its_siblings_can_still_be_asked(archive):
    last = list(RawScienceFrame.select_all())[-1]
    gc.collect()
    assert last.chip.name == 'CCD4' and last.filter.name == 'F4'


def test_links_lead_to_one_object(archive):
    frames = list(RawScienceFrame.select_all())
    assert frames[0].chip is frames[5].chip and len({id(frame.chip) for frame in frames}) == 5
