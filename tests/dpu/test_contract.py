"""One contract for `lpu.run` and `dpu.run`: the same products, and the same messages."""

import datetime
import re

import pytest
from astropy.io import fits

from awlike.context import context
from awlike.dpu import dpu, lpu
from awlike.errors import ProcessingError
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.ingest import ingest
from awlike.store import server
from awlike.tracing.fsck import fsck
from tests.dpu.conftest import content, living_in, products

_came_out = {}


class Local:
    """`lpu.run`, which is the tasks themselves."""

    @staticmethod
    def run(step, **arguments):
        """Return the products that were asked for, and the message about failures."""
        try:
            return lpu.run(step, 'OMEGACAM', **arguments), ''
        except ProcessingError as error:
            return [], str(error)


class Cluster(Local):
    """`dpu.run`, on a local cluster."""

    @staticmethod
    def run(step, **arguments):
        number = dpu.run(step, 'OMEGACAM', **arguments)
        job = dpu.wait(number, timeout=120)
        assert job.is_over, f'{job}\n{dpu.get_logs(number)}'
        return dpu.get_result(number), job.reason


@pytest.fixture(scope='module', params=[Local, Cluster], ids=lambda kind: kind.__name__)
def kind(request, tmp_path_factory, small_home, on):
    """A way to run tasks, in a home of its own."""
    with living_in(tmp_path_factory.mktemp('contract') / 'awlike', small_home, on):
        yield request.param


@pytest.fixture
def same(kind, request):
    """Hold something to what came out of the others."""
    def same(value):
        assert value == _came_out.setdefault(request.node.originalname, value)
    return same


# The tests of a kind go on from each other, as a night's work does.


@pytest.mark.slow
def test_a_target_that_fails_is_told_and_its_siblings_go_on(kind, same):
    raw = RawScienceFrame.select_all()[1]
    path = server().path(raw.raw_fits.filename)
    link = path.readlink()
    path.unlink()
    _, reason = kind.run('Reduce', commit=True)
    path.symlink_to(link)
    assert reason.startswith('ReduceTask: 1 of 5 targets could not be made') and raw.filename in reason
    assert {red.raw for red in ReducedScienceFrame.select_all()} == set(RawScienceFrame.select_all()) - {raw}
    same(content(products()))


def test_run_again_makes_the_rest_and_nothing_twice(kind, same):
    made, reason = kind.run('Reduce', commit=True)
    assert not reason and set(made) == set(ReducedScienceFrame.select_all()) and len(products()) == 32
    assert not fsck()
    same(content(products()))


def test_without_commit_all_is_in_memory_and_nothing_is_kept(kind, same):
    before = products()
    made, reason = kind.run('Reduce', pars={'BiasFrame.SIGMA_CLIP': 4.0})
    assert not reason and len(made) == 5 and products() == before and not any(one.is_committed for one in made)
    assert made[0].bias.data.shape == (128, 64) and made[0].bias.digest != before[1].digest
    assert made[0].raw in made[0].ancestors()
    same(content(made))


def test_what_is_asked_for_again_is_made_again_once(kind, same):
    kind.run('Reduce', commit=True, rebuild='all')
    assert len(ReducedScienceFrame.select_all()) == 10 and len(products()) == 37
    same(content(products()))


def test_parameters_go_along(kind, same):
    made, reason = kind.run('Bias', commit=True, pars={'BiasFrame.process_params.SIGMA_CLIP': 4.5})
    assert not reason and [one.process_params.SIGMA_CLIP for one in made] == [4.5]
    same(content(made))


def test_a_calibration_that_misses_its_limits_serves_for_nothing(kind, same):
    made, reason = kind.run('HotPixels', commit=True, pars={'BiasFrame.MAXIMUM_STDEV': 0.001})
    assert not made and re.search(r'HotPixelMap needs (bias: )?BiasFrame.* missed its limits: MAXIMUM_STDEV', reason)
    same(content(BiasFrame.select_all()))


def test_a_chain_does_its_steps_in_order(kind, same):
    made, reason = kind.run('ReadNoise>Bias', commit=True, rebuild='all')
    assert not reason and [type(one) for one in made] == [BiasFrame]
    same(content(products()))


def a_day_later(raws, folder):
    """Write the raw files of `raws` as if they were of the next night; return the folder."""
    folder.mkdir()
    for raw in raws:
        with fits.open(server().path(raw.raw_fits.filename)) as hdus:
            for hdu in hdus:
                if 'DATE-OBS' in hdu.header:
                    date = datetime.datetime.fromisoformat(hdu.header['DATE-OBS']) + datetime.timedelta(days=1)
                    hdu.header['DATE-OBS'] = date.isoformat()
                if 'MJD-OBS' in hdu.header:
                    hdu.header['MJD-OBS'] += 1
                hdu.add_checksum()
            hdus.writeto(folder / raw.raw_fits.original_name)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize('commit', [False, True])
def test_the_next_set_serves_in_place_of_a_calibration_that_misses_its_limits(kind, same, tmp_path, commit):
    raws = list(RawBiasFrame.select_all().order_by('DATE_OBS'))
    if not commit:
        assert not ingest(a_day_later(raws, tmp_path / 'later')).refused
        for raw in raws[3:]:  # the noise of a mean falls with the number
            context.update_is_valid(raw, 0)
    made, reason = kind.run('HotPixels', commit=commit, date='2012-05-31', pars={'BiasFrame.MAXIMUM_STDEV': 1.0})
    assert not reason and [one.bias.DATE_OBS.day for one in made] == [1]
    same(content(made))
