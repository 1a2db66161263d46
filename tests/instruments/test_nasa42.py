from collections import Counter
from datetime import datetime

from awlike.cameras.known import camera
from awlike.cameras.reading import read_raw
from awlike.fits.finding import fits_files
from awlike.fits.images import read_pixels


def test_the_real_night(data):
    raws = [read_raw(path) for path in fits_files(data / 'lowell-42in')]
    frames = [raw.frames[0] for raw in raws]
    assert Counter((frame.kind, frame.filter) for frame in frames) == {
        ('bias', None): 10, ('twilightflat', 'VR'): 7, ('twilightflat', 'V'): 1, ('science', 'VR'): 8}
    science = sorted((frame for frame in frames if frame.kind == 'science'), key=lambda frame: frame.DATE_OBS)
    first = science[0]
    assert (first.kind, first.DATE_OBS, first.OBJECT) == (
        'science', datetime(2019, 3, 26, 3, 8, 43, 480000), '5945 Roachapproach')
    assert first.EXPTIME == 300.0 and first.CRVAL1 == 124.6186959523 and first.CD2_2 == 0.0003073754316427
    assert {(frame.trim, frame.overscan_x, frame.shape) for frame in frames} == {
        ('[18:1382,1:1370]', '[1388:1432,1:1370]', (1370, 1432))}
    assert {frame.chip for frame in frames} == {'E2V_CCD231'} and {raw.instrument for raw in raws} == {'NASA42'}
    assert {tuple((frame.setup or {}).items()) for frame in frames} == {
        (('BINNING', '3x3'), ('AMPLIFIERS', '1'), ('INT_TIM', '0.66'))}, 'biases, flats and science frames agree'
    assert {frame.TEMPERATURE for frame in frames if frame.kind == 'bias'} == {-102.125}
    assert max(abs(frame.TEMPERATURE + 102.125) for frame in frames) < camera('NASA42').temperature_tolerance
    assert all(frame.CTYPE1 is None for frame in frames if frame.kind != 'science')
    pixels = read_pixels(raws[0].path, 0)
    assert pixels.shape == (1370, 1432) and pixels.dtype == 'uint16'
