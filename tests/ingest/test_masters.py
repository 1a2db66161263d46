"""Ready-made masters: imported as calibrations, refused as raw frames, and chosen as the rule says."""

import datetime
import re

import numpy as np
import pytest
from astropy.io import fits

from awlike.calibrations.check import check
from awlike.cameras.processed import refuse_processed
from awlike.context import context
from awlike.errors import HeaderError, ParameterError, StoreError
from awlike.frames.bias import BiasFrame
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.ingest import ingest
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import of_frame
from awlike.planning.resolve import Resolver
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask
from awlike.store import server
from awlike.tracing.fsck import fsck
from tests.cameras.test_described import PLAIN

KELT = 'feder-kelt16-mini/09c-Ccdproc/data'


@pytest.fixture
def kelt(project, home, data):
    """The folder of the masters and the science frame that astropy's workshop uses; their camera is described."""
    (home / 'instruments').mkdir()
    (home / 'instruments/aspen.toml').write_text(PLAIN)
    return data / KELT


def test_a_master_is_refused_as_a_raw_frame_with_the_remedy(kelt):
    report = ingest(kelt)
    assert len(report.refused) == 3 and report.frames == {'RawScienceFrame': 1}
    assert all('COMBINED = T: this is no raw frame; import a master by ingest(path, as_=BiasFrame)' in reason
               for _, reason in report.refused)


@pytest.mark.parametrize(['name', 'header', 'sign'], [
    ('combined_bias.fit.gz', {}, 'the file is called combined_bias.fit.gz'), ('MasterFlat_r.fits', {}, 'is called'),
    ('night-master-dark.fits', {}, 'is called'), ('a.fits', {'NCOMBINE': 9}, 'NCOMBINE = 9'),
    ('a.fits', {'IMAGETYP': 'Master Bias'}, "IMAGETYP = 'Master Bias'"), ('a.fits', {'PROCTYPE': 'InstCal'}, 'PROCTYPE')])
def test_each_sign_of_a_master_or_a_processed_image_is_told(name, header, sign):
    with pytest.raises(HeaderError, match=sign):
        refuse_processed(name, header)


@pytest.mark.parametrize(['name', 'header'], [
    ('mastercard_001.fits', {}), ('webmaster.fits', {}), ('bias.fits', {'NCOMBINE': 1}), ('a.fits', {'PROCTYPE': 'raw'}),
    ('a.fits', {'NCOMBINE': True}), ('uncombined_bias.fits', {}), ('a.fits', {'COMBINED': False, 'IMAGETYP': 'BIAS'})])
def test_a_raw_frame_is_no_master(name, header):
    refuse_processed(name, header)


def test_three_masters_alone_reduce_a_frame(kelt):
    for name, cls in (('combined_bias.fit.gz', 'BiasFrame'), ('combined_dark_90.000.fit.gz', 'DarkFrame'),
                      ('combined_flat_filter_r.fit.gz', FlatFrame)):
        report = ingest(kelt / name, as_=cls)
        assert len(report.ingested) == 1 and not report.refused, report
    ingest(kelt / 'kelt-16-b-S001-R001-C084-r.fit.gz')
    bias, dark, flat = (cls.select_all().one() for cls in (BiasFrame, DarkFrame, FlatFrame))
    masters = {name: fits.getdata(kelt / name) for name in ('combined_bias.fit.gz', 'combined_dark_90.000.fit.gz')}
    assert np.array_equal(bias.data, masters['combined_bias.fit.gz'])
    assert dark.data == pytest.approx(masters['combined_dark_90.000.fit.gz'] / 90, rel=1e-6), 'ADU/s'
    assert np.median(flat.data) == pytest.approx(1, abs=1e-6) and flat.filter.name == 'r'
    task = ReduceTask('ASPEN', commit=True)
    task.execute()
    red, = task.products
    assert (red.bias, red.dark, red.flat) == (bias, dark, flat)
    raw, good = red.raw.data.astype(float), red.weight.data > 0
    by_hand = (raw - bias.data - 90 * dark.data) / flat.data
    assert good.mean() > 0.9 and red.data[good] == pytest.approx(by_hand[good], abs=0.02)
    assert red.calibration_levels['flat']['nights'] == 0 and np.isfinite(red.to_ccddata().data).all()
    assert not ReduceTask('ASPEN', commit=True).plan().to_make
    assert red.why().holds and red.reproduce().identical and bias.panels()
    checked = check('2018-08-22')
    assert checked.ok, f'what was imported needs nothing: {checked}'


@pytest.mark.parametrize(('name', 'cls', 'called'), [
    ('combined_dark_90.000.fit.gz', 'BiasFrame', 'a dark'),
    ('combined_flat_filter_r.fit.gz', 'BiasFrame', 'a (dome|twilight)flat'),
    ('combined_flat_filter_r.fit.gz', 'DarkFrame', 'a (dome|twilight)flat')])
def test_a_master_is_imported_as_what_its_header_calls_it(kelt, name, cls, called):
    report = ingest(kelt / name, as_=cls)
    (_, reason), = report.refused
    assert not report.ingested and re.search(f'the header calls it {called}, and you import it as', reason)


def test_an_import_is_a_root_of_lineage_whose_file_is_never_dropped(kelt, tmp_path):
    ingest(kelt / 'combined_bias.fit.gz', as_='BiasFrame')
    bias = BiasFrame.select_all().one()
    assert not bias.ancestors() and 'combined_bias.fit.gz' in str(bias.facts()) and bias.why().holds
    assert bias.retrieve(tmp_path).exists() and not fsck()
    assert 'imported from combined_bias.fit.gz' in bias.why_keep_file()
    with pytest.raises(StoreError, match='imported from combined_bias.fit.gz, and awlike cannot make it again'):
        bias.reproduce()
    server().remove(bias.filename)
    finding, = fsck()
    assert finding.kind == 'lost file' and finding.mend is None and 'combined_bias' in finding.text
    assert ingest(kelt / 'combined_bias.fit.gz', as_='BiasFrame').known


def test_what_cannot_be_such_a_calibration_is_refused(kelt, tmp_path):
    def changed(name, **cards):
        with fits.open(kelt / name) as hdus:
            hdus[0].header.update(cards)
            hdus.writeto(tmp_path / 'changed.fits', overwrite=True)
        return tmp_path / 'changed.fits'

    def reason(path, cls):
        (_, text), = ingest(path, as_=cls).refused
        return text

    assert 'divide by the gain' in reason(changed('combined_bias.fit.gz', BUNIT='electron'), BiasFrame)
    assert 'exposure time of the dark is 0' in reason(changed('combined_dark_90.000.fit.gz', EXPTIME=0.0), DarkFrame)
    assert 'no value for filter' in reason(kelt / 'combined_bias.fit.gz', FlatFrame)
    with pytest.raises(ParameterError, match='ReducedScienceFrame cannot be imported: a ready-made frame is an Imported'):
        ingest(kelt, as_=ReducedScienceFrame)


def test_a_master_that_misses_its_limits_comes_in_and_serves_for_nothing(kelt, home):
    toml = PLAIN.replace('[parameters]', '[parameters]\nBiasFrame.MAXIMUM_STDEV = 1.0')
    (home / 'instruments/aspen.toml').write_text(toml)
    report = ingest(kelt / 'combined_bias.fit.gz', as_=BiasFrame)
    assert 'misses its limits: MAXIMUM_STDEV' in str(report)
    ingest(kelt / 'kelt-16-b-S001-R001-C084-r.fit.gz')
    step, = Resolver(ParametersInForce(), commit=False).resolve(
        BiasFrame, [of_frame(RawScienceFrame.select_all()[0]).for_class(BiasFrame)])
    assert step.error is not None


# --- among raw frames ---

def imported(days, master=None):
    """A master bias, imported from the night so many days after that of the raw frames."""
    made = master or BiasFrame.select_all()[0]
    date = RawBiasFrame.select_all()[0].DATE_OBS + datetime.timedelta(days=days)
    path = server().folder.parent / f'bias{days:+}.fits'
    header = made.raw_bias_frames[0].header.copy()
    for card in ('BZERO', 'BSCALE', 'CHECKSUM', 'DATASUM'):
        header.remove(card, ignore_missing=True)
    header['DATE-OBS'], header['MJD-OBS'] = date.isoformat(), made.raw_bias_frames[0].MJD_OBS + days
    fits.writeto(path, made.data + days / 100, header, overwrite=True)
    report = ingest(path, as_=BiasFrame)
    assert not report.refused, report
    return report.ingested[0]


def serves(frame):
    request = of_frame(frame).for_class(BiasFrame)
    step, = Resolver(ParametersInForce(), commit=False).resolve(BiasFrame, [request])
    return step


def test_the_nearest_serves_and_a_raw_set_goes_first_at_equal_distance(night):
    BiasTask('OMEGACAM', commit=True).execute()
    own, science = BiasFrame.select_all().one(), RawScienceFrame.select_all()[0]
    far, near = imported(-2, own), imported(+1, own)
    same_night = imported(0, own)
    assert serves(science).found.object_id == own.object_id
    for raw in own.raw_bias_frames:
        context.update_is_valid(raw, 0)
    assert serves(science).found.object_id == same_night.object_id
    context.update_is_valid(same_night, 0)
    assert serves(science).found.object_id == near.object_id
    assert str(serves(science)).startswith('reuse BiasFrame') and 'imported from' in str(serves(science))
    context.update_is_valid(near, 0)
    assert serves(science).found.object_id == far.object_id
    context.intervention('OMEGACAM', far.DATE_OBS + datetime.timedelta(days=1), kinds=[BiasFrame], reason='warmed')
    assert serves(science).error is not None, 'no calibration serves across an intervention'


def test_an_import_of_the_night_before_loses_against_raw_frames_of_the_night_after(night):
    BiasTask('OMEGACAM', commit=True).execute()
    own = BiasFrame.select_all().one()
    imported(-2, own)
    request = of_frame(RawScienceFrame.select_all()[0]).for_class(BiasFrame)
    before = request.at(request.date - datetime.timedelta(days=1), request.setup)
    step, = Resolver(ParametersInForce(), commit=False).resolve(BiasFrame, [before])
    assert step.found.object_id == own.object_id
