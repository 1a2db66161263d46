"""Two-image mode: sources are detected in one frame and measured in another."""

import numpy as np
import pytest

from awlike.errors import ProcessingError
from awlike.frames.source_list import SourceList
from awlike.recipes.source_list import SourceListTask
from tests import starfields
from tests.conftest import home_in
from tests.pixels.fields import GAIN, LEVEL, READ_NOISE, add, make_field, stamp

SHAPE, FAINTER = (420, 440), 0.2
NAMED = 'SourceList.process_params.DETECTION_FRAME'


def fainter(field):
    """The image of the same stars through a filter in which they are fainter."""
    rng, light = np.random.default_rng(9), np.zeros(SHAPE, np.float32)
    for x, y, flux in zip(field.x, field.y, field.flux, strict=True):
        values, x0, y0 = stamp(x, y, 25)
        add(light, FAINTER * flux * values, x0, y0)
    electrons = rng.poisson((light + LEVEL) * GAIN) + rng.normal(0, READ_NOISE, SHAPE)
    return (electrons / GAIN).astype(np.float32)


@pytest.fixture(scope='module')
def lists(tmp_path_factory, on):
    """The source lists of the deep frame, of the faint one by itself, and of the faint one by the deep one; a small frame."""
    folder, field = tmp_path_factory.mktemp('two'), make_field(seed=5, shape=SHAPE, stars=150, faintest=6.0, brightest=400)
    with home_in(folder / 'awlike', on):
        deep = starfields.science_frame(folder / 'deep.fits', field.image)
        faint = starfields.science_frame(folder / 'faint.fits', fainter(field))
        small = starfields.science_frame(folder / 'small.fits', field.image[:300])
        yield made(deep), made(faint), made(faint, **{NAMED: deep.filename}), small


def made(frame, **pars):
    task = SourceListTask(frames=[frame], pars=pars, commit=True)
    task.execute()
    return task.products[0]


def test_the_sources_are_those_of_the_detection_frame(lists):
    deep, alone, by_deep, _ = lists
    for name in ('X_IMAGE', 'Y_IMAGE', 'A_IMAGE', 'THETA_IMAGE', 'FLUX_RADIUS'):
        assert np.array_equal(by_deep.sources[name], deep.sources[name]), name
    assert len(deep.sources['SID']) == len(by_deep.sources['SID']) > 1.2 * len(alone.sources['SID'])


@pytest.mark.parametrize('kind', ['AUTO', 'PSF'])
def test_colours_are_right_also_of_what_is_too_faint_to_be_detected(lists, kind):
    deep, _, by_deep, _ = lists
    one, other = (made.sources for made in (by_deep, deep))
    ratio, known = one[f'FLUX_{kind}'] / other[f'FLUX_{kind}'], FAINTER
    error = np.hypot(one[f'FLUXERR_{kind}'], ratio * other[f'FLUXERR_{kind}']) / other[f'FLUX_{kind}']
    clean = other['FLAGS'] == 0
    # The total flux, to which each kind is corrected, is that of the PSF: its error is in all kinds.
    corrections = np.sqrt(sum(getattr(made.aperture_correction, f'error_{name}') ** 2 for made in (deep, by_deep)
                              for name in {'psf', kind.lower()}))
    mean = np.average(ratio[clean], weights=error[clean] ** -2.0)
    pulls = ((ratio - mean) / error)[clean]
    assert clean.sum() > 40 and abs(mean / known - 1) < 3 * corrections < 0.2
    assert 0.7 < np.diff(np.percentile(pulls, [15.87, 84.13]))[0] / 2 < 1.3


def test_lineage_and_plan_know_the_detection_frame(lists):
    deep, alone, by_deep, _ = lists
    assert by_deep.detection_frame == deep.frame and by_deep.detection_psf == deep.psf and alone.detection_frame is None
    assert {deep.frame, deep.background} <= set(by_deep.ancestors()) and deep.frame not in alone.ancestors()
    assert not SourceListTask(frames=[by_deep.frame], pars={NAMED: deep.frame.filename}, commit=True).plan().to_make
    assert len(SourceList.frame == by_deep.frame) == 2, 'one does not take the place of the other'


def test_the_detection_frame_by_itself_measures_as_without(lists):
    deep, *_ = lists
    again = made(deep.frame, **{NAMED: deep.frame.filename})
    off = again.sources['FLUX_AUTO'] - deep.sources['FLUX_AUTO']
    assert np.abs(off / deep.sources['FLUXERR_AUTO']).max() < 0.5, 'only the sky beside the sources is measured another time'


def test_a_detection_frame_of_other_pixels_is_refused(lists):
    deep, _, _, small = lists
    with pytest.raises(ProcessingError, match=r'has 440 x 300 pixels, and the frame 440 x 420: name a frame'):
        made(deep.frame, **{NAMED: small.filename})


def test_a_detection_frame_that_lies_elsewhere_on_the_sky_is_refused(lists, tmp_path):
    """Frames of one shape, as those of the filters of SDSS, need not have the same pixels."""
    deep, *_ = lists
    cards = starfields.header_cards(SHAPE)
    for shift, refused in ((0.3, False), (10.4, True)):
        other = starfields.science_frame(tmp_path / f'{shift}.fits', np.roll(deep.frame.data, 10, 0),
                                         cards | {'CRPIX2': cards['CRPIX2'] + shift})
        if refused:
            with pytest.raises(ProcessingError, match=r'up to 10\.4 pixels away from those of the frame: name'):
                made(deep.frame, **{NAMED: other.filename})
        else:
            assert made(deep.frame, **{NAMED: other.filename}).detection_frame == other


def test_a_name_that_is_no_frame_is_an_error_and_no_silent_choice(lists):
    deep, *_ = lists
    with pytest.raises(ProcessingError, match=r"DETECTION_FRAME = 'deep': no ScienceFrame that you may see is called so"):
        made(deep.frame, **{NAMED: 'deep'})
