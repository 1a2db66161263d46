"""Corrections by amplifier and across exposures, each on and off, on a simulated OTA of 64 cells whose truth is known."""

import json

import numpy as np
import pytest

from awlike.context import context
from awlike.errors import ProcessingError
from awlike.fits.detector_tables import write_crosstalk, write_ramp, write_tech_data
from awlike.frames.bias import BiasFrame
from awlike.frames.crosstalk import CrosstalkMatrix
from awlike.frames.gain import GainLinearity
from awlike.frames.persistency import PersistencyMap
from awlike.frames.raw import RawScienceFrame
from awlike.frames.tech_data import TechData
from awlike.ingest import ingest
from awlike.recipes.crosstalk import CrosstalkTask
from awlike.recipes.gain import GainTask
from awlike.recipes.persistency import PersistencyTask
from awlike.recipes.reduced import ReduceTask
from awlike.recipes.tech_data import TechDataTask
from awlike.simulate.odi.night import otas_of, simulate_odi

PLAIN = {'WeightFrame.COSMIC_RAYS': False, 'WeightFrame.SATELLITE_TRACKS': False}
LEFT_OUT = 'fringes', 'ghost', 'cosmics'


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """A night of one OTA with a ramp of flats."""
    folder = tmp_path_factory.mktemp('odi') / 'raw'
    simulate_odi(folder, shape=(32, 32), seed=5, ramp=True, without=LEFT_OUT)
    return folder


@pytest.fixture
def truth(project, folder):
    """The night, ingested; gives the simulated OTA."""
    ingest(folder, how='refer')
    return otas_of(folder)['OTA33']


def reduced(number=0, more=None, **pars):
    """Return the reduced frame of a science exposure, made with these parameters of the frame, and with more."""
    raw = sorted(RawScienceFrame.select_all(), key=lambda one: one.DATE_OBS)[number]
    task = ReduceTask('ODI', raw_filenames=raw.filename, commit=True,
                      pars=PLAIN | (more or {}) | {f'ReducedScienceFrame.{name}': value for name, value in pars.items()})
    task.execute()
    return task.products[0]


def run(task, **pars):
    made = task('ODI', commit=True, pars=pars or None)
    made.execute()
    return made.products[0]


def table_of(ota):
    """The crosstalk that is true, by name."""
    return {f'xy{victim}{y}': {f'xy{source}{y}': float(ota.crosstalk[y, source, victim]) for source in range(8)
                               if source != victim} for y in range(8) for victim in range(8)}


def cells(frame):
    """The median of each cell of a frame."""
    found = {}
    for one in frame.raw.geometry.amplifiers:
        part, good = frame.data[one.place.slices], frame.weight.data[one.place.slices] > 0
        found[one.name] = np.median(part[good])
    return np.array(list(found.values()))


@pytest.mark.slow
def test_gain_and_read_noise_of_each_cell_bring_frames_to_electrons(truth, folder):
    in_counts = reduced(LINEARITY_CORRECTION=False)
    with pytest.raises(ProcessingError, match='no TechData exists that serves'):
        reduced(GAIN_CORRECTION='techdata')
    bent = run(TechDataTask)
    run(GainTask)
    tech = run(TechDataTask)
    assert bent.ramp is None and tech.ramp is not None and bent.gain > 1.01 * tech.gain  # flats of 25000 counts are bent
    for name, gain in tech.gains.items():
        x, y = int(name[2]), int(name[3])
        assert gain == pytest.approx(truth.gains[x, y], rel=0.15)
        assert tech.read_noises[name] == pytest.approx(8.0, rel=0.2)
    assert tech.gain == pytest.approx(np.median(truth.gains), rel=0.03)
    red = reduced(GAIN_CORRECTION='techdata', LINEARITY_CORRECTION=False)
    assert red.GAIN == 1.0 and red.unit == 'electron' and red.techdata == tech and tech in red.flat.dome_flat.ancestors()
    assert in_counts.GAIN is None and in_counts.unit == 'adu' and in_counts.techdata is None
    assert red.bias == in_counts.bias and red.flat != in_counts.flat  # a bias in counts serves both
    sky = json.loads((folder / 'truth.json').read_text())['sky_electrons']['OTA33']
    by_header = reduced(GAIN_CORRECTION='header', LINEARITY_CORRECTION=False)
    assert np.nanmedian(by_header.data) == pytest.approx(sky, rel=0.02) and by_header.GAIN == 1.0
    assert np.nanmedian(red.data) == pytest.approx(sky, rel=0.03)
    assert cells(by_header).std() / cells(by_header).mean() < 0.03
    assert np.nanmedian(in_counts.data) == pytest.approx(sky / truth.gains.mean(), rel=0.03)
    assert red.reproduce().identical and red.to_ccddata().unit == 'electron'
    sky_pixels = np.isfinite(red.data) & (red.weight.data > 0)
    variance = red.to_ccddata().uncertainty.array[sky_pixels]
    assert np.median(variance) == pytest.approx(sky + 64, rel=0.1)
    of_one_second = reduced(GAIN_CORRECTION='header', LINEARITY_CORRECTION=False, EXPTIME_NORMALISATION=True)
    assert of_one_second.EXPTIME == 1.0 and of_one_second.GAIN == 120.0 and of_one_second.unit == 'electron/s'
    np.testing.assert_allclose(of_one_second.data[sky_pixels] * 120, by_header.data[sky_pixels], rtol=1e-5)


@pytest.mark.slow
def test_a_ramp_makes_each_cell_linear_and_tells_relative_gains(truth):
    ramp = run(GainTask)
    full = reduced()
    assert full.gain == ramp and set(ramp.amplifiers) == {f'xy{x}{y}' for x in range(8) for y in range(8)}
    for name, one in ramp.amplifiers.items():
        x, y = int(name[2]), int(name[3])
        counts, wanted = 40000.0, truth.nonlinearity[x, y]
        got = sum(number * counts**power for power, number in enumerate(one['coefficients'], 1))
        assert got == pytest.approx(wanted[0] * counts + wanted[1] * counts**2, abs=0.004)
    levels = [one['saturation'] for one in ramp.amplifiers.values() if one['saturation'] is not None]
    assert len(levels) > 50 and 50000 < min(levels) and max(levels) < 65000
    off = reduced(LINEARITY_CORRECTION=False)
    assert off.gain is None and np.nanmedian(full.data) > np.nanmedian(off.data)
    relative = reduced(GAIN_CORRECTION='relative')
    assert relative.relative == ramp and cells(relative).std() / cells(relative).mean() < 0.03


@pytest.mark.slow
def test_crosstalk_is_imported_measured_and_undone_where_it_is_there(truth, tmp_path):
    before = reduced()
    assert before.crosstalk_matrix is None and not CrosstalkMatrix.select_all().exists()
    raw = before.raw
    path = write_crosstalk(tmp_path / 'crosstalk.fits', {'OTA33': table_of(truth)}, raw.DATE_OBS)
    report = ingest(path, as_=CrosstalkMatrix, instrument='ODI')
    matrix, = report.ingested
    assert matrix.original_name == 'crosstalk.fits' and matrix.largest < 2e-4
    after = reduced()
    assert after.crosstalk_matrix == matrix and matrix in after.bias.ancestors() and after.reproduce().identical
    assert reduced(CROSSTALK_CORRECTION=False).digest == before.digest
    difference = after.data - before.data
    assert 1 < np.nanmax(np.abs(difference)) < 60  # ghosts of saturated stars
    context.update_is_valid(matrix, 0)
    pars = {'CrosstalkMatrix.BRIGHT': 20000.0, 'CrosstalkMatrix.MAXIMUM_ERROR': 1.0}
    measured = run(CrosstalkTask, **pars)
    assert all(set(its) == {f'xy{x}{name[3]}' for x in range(8)} - {name} for name, its in measured.coefficients.items())
    errors = [abs(measured.coefficients[victim][source] - table_of(truth)[victim][source]) / error
              for victim, its in measured.errors.items() for source, error in its.items()]
    assert len(errors) > 20 and np.median(errors) < 2
    assert reduced(more=pars).crosstalk_matrix == measured


@pytest.mark.slow
def test_tables_come_back_as_they_were_written_and_bad_ones_are_refused(truth, tmp_path):
    date = RawScienceFrame.select_all()[0].DATE_OBS
    gains = {f'xy{x}{y}': (float(truth.gains[x, y]), 8.0) for x in range(8) for y in range(8)}
    write_tech_data(tmp_path / 'tech.fits', {'OTA33': gains}, date)
    tech, = ingest(tmp_path / 'tech.fits', as_='TechData', instrument='ODI').ingested
    assert tech.gains == {name: gain for name, (gain, _) in gains.items()}
    ramp = {name: {'gain': None, 'coefficients': [1e-7], 'relative_gain': gain / 1.3, 'saturation': None}
            for name, (gain, _) in gains.items()}
    write_ramp(tmp_path / 'ramp.fits', {'OTA33': ramp}, date)
    known, = ingest(tmp_path / 'ramp.fits', as_=GainLinearity, instrument='ODI').ingested
    assert known.amplifiers['xy11']['coefficients'] == [1e-7] and known.gain is None and not known.quality_flags
    red = reduced(GAIN_CORRECTION='relative')
    assert red.relative == known and red.unit == 'adu' and cells(red).std() / cells(red).mean() < 0.03
    assert np.nanmedian(reduced(GAIN_CORRECTION='techdata').data) > 1.2 * np.nanmedian(red.data)
    assert ingest(tmp_path / 'ramp.fits', as_='TechData', instrument='ODI').refused
    assert ingest(tmp_path / 'ramp.fits', as_='GainLinearity').refused
    assert BiasFrame.select_all().exists() and len(list(TechData.select_all())) == 1


@pytest.mark.slow
def test_earlier_exposures_are_inputs_of_a_later_one(truth):
    plain = reduced(number=2)
    assert plain.weight.persistency is None and not PersistencyMap.select_all().exists()
    red = reduced(number=2, PERSISTENCY_TIME=600.0)
    found = red.weight.persistency
    raws = sorted(RawScienceFrame.select_all(), key=lambda one: one.DATE_OBS)
    assert [one.raw for one in found.saturated_before] == raws[:2] and found.saturated is None
    assert set(raws[:2]) <= set(red.ancestors()) and not set(raws[:2]) & set(plain.ancestors())
    lost = (red.weight.data == 0) & (plain.weight.data > 0)
    assert lost.sum() > 0 and found.persistency_count >= lost.sum() and found.trail_count == 0
    assert not (reduced(number=0, PERSISTENCY_TIME=600.0).weight.persistency.saturated_before)
    short = reduced(number=2, PERSISTENCY_TIME=30.0).weight.persistency
    assert [one.raw for one in short.saturated_before] == raws[1:2]
    trails = reduced(number=2, SATURATION_TRAILS=True).weight
    assert trails.persistency.trail_count > 0 and trails.persistency.saturated == trails.saturated
    context.update_is_valid(raws[0], 0)
    assert red.why({'ReducedScienceFrame.PERSISTENCY_TIME': 600.0}).reasons


def test_bad_pixels_are_boxes_and_the_maps(truth):
    plain = reduced()
    boxes = {'OTA33': [[20.0, 30.0, 4.0, 6.0]], 'OTA34': [[50.0, 60.0, 4.0, 6.0]]}
    red = reduced(BAD_PIXELS=boxes)
    assert not (red.weight.data[26:32, 17:21]).any() and red.weight.process_params.BAD_PIXELS == boxes
    assert (red.weight.data != plain.weight.data).sum() <= 24 and red.digest != ''


def test_a_plan_asks_no_more_for_more_exposures(truth):
    from tests.tasks.conftest import counted

    def statements(raws):
        with counted() as sent:
            PersistencyTask('ODI', raw_filenames=[one.filename for one in raws],
                            pars={'PersistencyMap.PERSISTENCY_TIME': 600.0}).plan()
        return len(sent)

    raws = list(RawScienceFrame.select_all())
    statements(raws[:1])
    assert statements(raws) <= statements(raws[-1:]) + 1
