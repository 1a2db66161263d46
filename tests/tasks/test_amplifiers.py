"""From raw files of a detector with four amplifiers to its reduced frames: ingest, calibrations, crosstalk, lineage."""

import json

import numpy as np
import pytest
from astropy.io import fits

from awlike.errors import ParameterError, ProcessingError
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.ingest import ingest
from awlike.pixels.overscan import subtract_overscan
from awlike.recipes.reduced import ReduceTask
from awlike.tasks.pars import Pars
from tests.amplifiers import (
    COEFFICIENT,
    CROSSTALK,
    FULL_WELL,
    GAINS,
    NAMES,
    READ_NOISE,
    FourAmplifiers,
)

CAMERA = '''
name = "FOUR"
telescope = "T"
latitude = -30.2
longitude = -70.7
elevation = 2663
timezone = 0
[recognised_by]
INSTRUME = "FOUR"
[frame_types]
BIAS = "bias"
FLAT = "domeflat"
OBJECT = "science"
[keywords]
chip = "DETECTOR"
[amplifiers."*"]
trim = "DATASEC"
detsec = "DETSEC"
gain = "GAIN"
[parameters]
CosmicMap.GAIN = 2.25
SaturatedPixelMap.THRESHOLD_HIGH = 48000.0
'''
TABLE = '\n'.join(f'[crosstalk.{victim}]\n' + '\n'.join(f'{source} = {value}' for source, value in sources.items())
                  for victim, sources in CROSSTALK.items())
DETECTOR = FourAmplifiers()
SKY = 5000.0  # e-
STAR = slice(30, 34), slice(20, 24)
GHOST = slice(30, 34), slice(96 - 24, 96 - 20)  # in the part beside


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """A night of 5 biases, 5 flats and a science exposure; gives the folder."""
    folder, rng = tmp_path_factory.mktemp('four'), np.random.default_rng(7)
    star = DETECTOR.light(SKY)
    star[STAR] = 1e6
    exposures = [('BIAS', DETECTOR.light(0))] * 5 + [('FLAT', DETECTOR.light(40000))] * 5 + [('OBJECT', star)]
    for number, (kind, light) in enumerate(exposures):
        DETECTOR.write(folder / f'{number}.fits', DETECTOR.read_out(light, rng), INSTRUME='FOUR', DETECTOR='ONE',
                       EXPTIME=10.0, DATE_OBS=f'2024-03-01T02:{number:02}:00', IMAGETYP=kind, FILTER='r', OBJECT='a field')
    return folder


@pytest.fixture
def camera(project, home):
    """Describe the camera, perhaps with more entries."""
    (home / 'instruments').mkdir()
    return lambda more='': (home / 'instruments/four.toml').write_text(CAMERA + more)


def reduce(**options):
    """Reduce the night; gives the reduced frame."""
    task = ReduceTask('FOUR', commit=True, **options)
    task.execute()
    return task.products[0]


def test_a_night_of_four_amplifiers_is_reduced_with_its_lineage(camera, files):
    camera(TABLE)
    report = ingest(files, 'refer')
    assert not report.refused and report.frames == {'RawBiasFrame': 5, 'RawDomeFlatFrame': 5, 'RawScienceFrame': 1}
    raw = RawScienceFrame.select_all().one()
    assert [one['name'] for one in raw.amplifiers] == list(NAMES) and raw.extension == 1
    assert np.array_equal(raw.data, np.block([[fits.getdata(files / '10.fits', name) for name in pair]
                                              for pair in (NAMES[:2], NAMES[2:])]))
    reduced = reduce()
    assert {raw, *RawBiasFrame.select_all()} <= set(reduced.ancestors()) and reduced.raw == raw
    assert '4 amplifiers' in str(raw.facts()) and {frame.readout for frame in RawBiasFrame.select_all()} == {raw.readout}
    assert len(reduced.bias.raw_bias_frames) == 5 and reduced.bias.data.shape == (128, 96)
    assert reduced.bias.process_params.CROSSTALK == CROSSTALK and reduced.reproduce()

    image, good = reduced.data, reduced.weight.data > 0
    expected = np.sqrt(SKY + READ_NOISE ** 2) / np.mean(GAINS)
    for number in range(4):
        part = image[DETECTOR.part(number)][good[DETECTOR.part(number)]]
        assert np.median(part) == pytest.approx(SKY / np.mean(GAINS), rel=0.01)
        assert part.std() == pytest.approx(expected, rel=0.1)
    assert not good[STAR].any() and good[GHOST].all()
    assert abs(image[GHOST].mean() - SKY / np.mean(GAINS)) < expected


def test_crosstalk_is_a_parameter_that_a_user_can_change_and_part_of_the_identity(camera, files):
    camera()
    ingest(files, 'refer')
    ghosted = reduce()
    ghost = COEFFICIENT * FULL_WELL * GAINS[1] / np.mean(GAINS)
    assert ghosted.data[GHOST].mean() - SKY / np.mean(GAINS) == pytest.approx(ghost, rel=0.3)
    pars = Pars('Reduce', instrument='FOUR')
    pars.ReducedScienceFrame.process_params.CROSSTALK = CROSSTALK
    line, = [line for line in str(pars).splitlines() if line.startswith(' * ')]
    assert line.startswith(" * CROSSTALK") and "= {'C00': {'C01': 0.001" in line
    clean = reduce(pars=pars.get())
    assert clean.reuse_key != ghosted.reuse_key and clean.bias == ghosted.bias
    assert abs(clean.data[GHOST].mean() - SKY / np.mean(GAINS)) < ghost / 3
    assert reduce(pars=pars.get()) == clean
    assert json.loads(clean.header['AWE PAR CROSSTALK']) == CROSSTALK
    assert clean.process_params == type(clean).Parameters(CROSSTALK=CROSSTALK)
    assert hash(clean.process_params) == hash(type(clean).Parameters(CROSSTALK=dict(reversed(CROSSTALK.items()))))
    assert ReducedScienceFrame.process_params.CROSSTALK.like('*"C01"*').one() == clean


def test_misspelt_amplifiers_are_refused_when_they_are_used(camera, files):
    camera()
    ingest(files, 'refer')
    pars = Pars('Reduce', instrument='FOUR')
    with pytest.raises(ParameterError, match='CROSSTALK.C00.C01'):
        pars.BiasFrame.process_params.CROSSTALK = {'C00': {'C01': 'much'}}
    pars.ReadNoise.process_params.CROSSTALK = {'C0': {'C01': 1e-3}}
    with pytest.raises(ProcessingError, match="names the amplifier 'C0', but this frame has C00, C01"):
        reduce(pars=pars.get())


def test_raw_frames_are_streamed_statistics_are_of_the_light_and_one_detector_can_be_retrieved(camera, files):
    camera()
    ingest(files, 'refer')
    raw = RawBiasFrame.select_all()[0]
    assert raw.trim is None and raw.imstat.npix == 128 * 96
    lit = subtract_overscan(raw.data, raw.geometry, 0)
    assert raw.imstat.min < 720 and raw.imstat.max > 2080 and lit.shape == (128, 96)
    assert np.array_equal(raw.pixels[70:90], raw.data[70:90])
    header = fits.getheader(raw.retrieve())
    assert header['DETECTOR'] == 'ONE' and header['NAXIS1'] == raw.data.shape[1]
    assert not {'EXTNAME', 'DATASEC', 'DETSEC', 'GAIN'} & set(header), 'these are of one amplifier'
    assert (header['AWE AMP2 NAME'], header['AWE AMP2 DETSEC'], header['AWE AMP2 GAIN']) == ('C01', '[96:49,1:64]', 2.0)


def test_the_same_frame_packed_otherwise_is_known(camera, files, tmp_path):
    camera()
    ingest(files / '0.fits', 'refer')
    with fits.open(files / '0.fits') as hdus:
        packed = [hdus[0], *(fits.CompImageHDU(hdu.data, hdu.header) for hdu in hdus[1:])]
        fits.HDUList([*packed[:1], fits.BinTableHDU(), *packed[1:]]).writeto(tmp_path / 'packed.fits.fz')
    assert len(ingest(tmp_path / 'packed.fits.fz').known) == 1
    assert BiasFrame.select_all().first() is None


SHARED = CAMERA[:CAMERA.index('[amplifiers."*"]')] + '\n'.join(
    f'[amplifiers.{name}]\n' + '\n'.join(f'{entry} = "{entry[:6].upper()}{number}"' for entry in (
        'trim', 'detsec', 'overscan_x', 'readout', 'gain')) for number, name in enumerate(NAMES))


def test_one_image_of_all_amplifiers_comes_out_as_an_hdu_for_each(project, home, tmp_path):
    (home / 'instruments').mkdir()
    (home / 'instruments/shared.toml').write_text(SHARED)
    light = DETECTOR.light(SKY)
    light[STAR] = 1e6
    images = DETECTOR.read_out(light, np.random.default_rng(8))
    raw, geometry = DETECTOR.one_image(images)
    header = fits.Header({'INSTRUME': 'FOUR', 'DETECTOR': 'ONE', 'EXPTIME': 10.0, 'DATE-OBS': '2024-03-01T02:00:00',
                          'IMAGETYP': 'OBJECT', 'FILTER': 'r', 'OBJECT': 'a field'})
    for number, one in enumerate(geometry.amplifiers):
        rows, columns = DETECTOR.part(number)
        header.update({f'TRIM{number}': one.trim.to_fits(), f'OVERSC{number}': one.overscan_x.to_fits(),
                       f'DETSEC{number}': f'[{columns.start + 1}:{columns.stop},{rows.start + 1}:{rows.stop}]',
                       f'READOU{number}': DETECTOR.detsec(number), f'GAIN{number}': GAINS[number]})
    fits.PrimaryHDU(raw, header).writeto(tmp_path / 'one.fits')
    assert not ingest(tmp_path / 'one.fits').refused
    frame = RawScienceFrame.select_all().one()
    assert [one['name'] for one in frame.amplifiers] == list(NAMES) and frame.imstat.npix == 128 * 96
    apart = subtract_overscan(*DETECTOR.mosaic(images), 6, CROSSTALK)
    assert np.array_equal(subtract_overscan(frame.pixels, frame.geometry, 6, CROSSTALK), apart)
