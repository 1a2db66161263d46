"""A real night, reduced by awlike and, after the same recipe, by ccdproc and astroscrappy: pixel by pixel the same.

Both subtract the mean of each row of the overscan, the clipped mean of the biases, and divide by the clipped mean of
the normalised flats. ccdproc is not told of the last column of the overscan, which is bad; awlike finds that out.
"""

import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData
from astropy.stats import mad_std

from awlike.frames.reduced import ReducedScienceFrame
from awlike.ingest import ingest
from awlike.recipes.reduced import ReduceTask
from tests.conftest import DATA, home_in

ccdproc = pytest.importorskip('ccdproc')
pytestmark = pytest.mark.slow

NIGHT = DATA / 'lowell-42in'
OVERSCAN = '[1388:1431,1:1370]'  # BIASSEC without its last column
SAME_OVERSCAN = {f'{name}.OVERSCAN_CORRECTION': 5 for name in (
    'ReadNoise', 'BiasFrame', 'TwilightFlatFrame', 'CosmicMap', 'SatelliteMap', 'ReducedScienceFrame')}
SAME_RECIPE = SAME_OVERSCAN | {'BiasFrame.SIGMA_CLIP': 5.0, 'TwilightFlatFrame.SIGMA_CLIP': 5.0}
GAIN, READ_NOISE = 3.65, 3.8  # electrons per ADU, electrons


class Peer:
    """The reduction as the guide of ccdproc has it (CCD Data Reduction Guide, 2 to 5)."""

    def __init__(self, biases, flats):
        frames = [self.counts(path) for path in biases]
        noise = mad_std(frames[1].data - frames[0].data) / np.sqrt(2)
        self.bias = self.combined(frames, lambda stack, axis: np.full(stack.shape[1:], noise))
        frames = [ccdproc.subtract_bias(self.counts(path), self.bias) for path in flats]
        self.flat = self.combined(frames, mad_std, scale=lambda image: 1 / np.median(image))

    @staticmethod
    def counts(path):
        """Overscan subtracted, trimmed."""
        ccd = CCDData.read(path, unit='adu')
        ccd = ccdproc.subtract_overscan(ccd, fits_section=OVERSCAN, overscan_axis=1, median=False)
        return ccdproc.trim_image(ccd, fits_section=ccd.header['TRIMSEC'])

    @staticmethod
    def combined(frames, deviation, **options):
        return ccdproc.combine(frames, method='average', sigma_clip=True, sigma_clip_low_thresh=5, sigma_clip_high_thresh=5,
                               sigma_clip_func=np.ma.median, sigma_clip_dev_func=deviation, **options)

    def reduced(self, path):
        """Bias subtracted, divided by the flat; the mask says where cosmic rays were found."""
        ccd = ccdproc.subtract_bias(self.counts(path), self.bias)
        mask = ccdproc.cosmicray_lacosmic(ccd, sigclip=5, gain=GAIN * u.electron / u.adu, readnoise=READ_NOISE * u.electron,
                                          gain_apply=False).mask
        ccd = ccdproc.flat_correct(ccd, self.flat, norm_value=np.median(self.flat.data))
        ccd.mask = mask
        return ccd


@pytest.fixture(scope='module')
def frames(tmp_path_factory, on):
    """The science frames, each as awlike and as the peer reduces it."""
    if not NIGHT.is_dir():
        pytest.skip('no ../shared/data/lowell-42in')
    biases, flats, science = (sorted((NIGHT / kind).glob('*.fits')) for kind in ('zero', 'flat', '5945'))
    with home_in(tmp_path_factory.mktemp('real') / 'awlike', on), warnings.catch_warnings():
        warnings.simplefilter('ignore')
        ingest([*biases, *flats, *science], how='refer')
        ReduceTask('NASA42', pars=SAME_RECIPE, commit=True).execute()
        peer = Peer(biases, [path for path in flats if fits.getval(path, 'FILTNAME') == 'VR'])
        yield [(one, peer.reduced(path)) for one, path in
               zip(ReducedScienceFrame.select_all().order_by('DATE_OBS'), science, strict=True)]


def test_pixels_agree_to_a_tenth_of_a_count(frames):
    assert len(frames) == 8
    for ours, theirs in frames:
        good = ours.weight.data > 0
        difference = np.abs(ours.data - theirs.data)[good]
        print(f'{ours}: median {np.median(difference):.3f} ADU, 99% {np.percentile(difference, 99):.3f} ADU, '
              f'of sky {ours.imstat.median:.0f} ADU')
        assert good.mean() > 0.99 and np.median(difference) < 0.1 and np.percentile(difference, 99) < 0.5


def test_cosmic_rays_are_found_by_both(frames):
    """The peer finds more in the frames of the best seeing: the cores of stars."""
    for ours, theirs in frames:
        mine = ours.weight.cosmic.data == 0
        print(f'{ours}: {mine.sum()} and {theirs.mask.sum()} pixels, {(mine & theirs.mask).sum()} in common')
        assert 300 < mine.sum() < 2000 and (mine & theirs.mask).sum() > 0.7 * mine.sum()
