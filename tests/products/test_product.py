"""What all products share: what make() sees, quality, validity in time, identity."""

import datetime
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awlike.errors import UnknownAttribute
from awlike.frames.bias import BiasFrame
from awlike.frames.dome_flat import DomeFlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame
from awlike.frames.read_noise import ReadNoise
from awlike.persist.references import Chip, Instrument, Setup
from awlike.products.headers import product_header
from awlike.products.making import describe_origin, mean_date
from awlike.products.parameters import FromRawFrames
from tests.frames.conftest import make

DAY = datetime.timedelta(days=1)
DIGESTS = st.sampled_from('abc')


def made_by(monkeypatch, cls, touch):
    """Let `cls` be made by what `touch` does with its inputs."""
    monkeypatch.setattr(cls, 'make', staticmethod(lambda inputs, params: {'data': np.ones((2, 2)), 'seen': touch(inputs)}))


# --- what make() sees ---

def test_make_sees_pixels_and_values_of_its_inputs(monkeypatch, chain):
    seen = []
    monkeypatch.setattr(BiasFrame, 'make',
                        staticmethod(lambda inputs, params: seen.append(inputs) or {'data': np.ones((2, 2))}))
    make(BiasFrame, raw_bias_frames=chain.bias.raw_bias_frames, read_noise=chain.noise)
    inputs, = seen
    raw = inputs.raw_bias_frames[0]
    assert inputs.read_noise.read_noise == chain.noise.read_noise
    assert raw.data is chain.bias.raw_bias_frames[0].data and raw.geometry.trim.shape == raw.data[:, 16:].shape
    assert raw.EXPTIME == 10.0 and raw.imstat.npix is None


@pytest.mark.parametrize('name', ['raw_bias_frames', 'read_noise', 'chip', 'instrument'])
def test_make_cannot_reach_what_lies_behind_an_input(monkeypatch, chain, name):
    made_by(monkeypatch, HotPixelMap, lambda inputs: getattr(inputs.bias, name))
    with pytest.raises(UnknownAttribute, match=rf'HotPixelMap reaches for {name} of its input BiasFrame.*declare it'):
        make(HotPixelMap, bias=chain.bias)


@pytest.mark.parametrize('name', ['ancestors', 'lineage', 'session', 'read', 'header', 'retrieve', 'filename',
                                  'object_id', 'creation_date', 'digest', 'is_valid'])
def test_make_can_reach_neither_database_nor_files_nor_names(monkeypatch, chain, name):
    made_by(monkeypatch, HotPixelMap, lambda inputs: getattr(inputs.bias, name))
    with pytest.raises(UnknownAttribute, match=f'reaches for {name} of its input BiasFrame'):
        make(HotPixelMap, bias=chain.bias)


def test_make_cannot_reach_an_input_that_is_not_declared(monkeypatch, chain):
    made_by(monkeypatch, HotPixelMap, lambda inputs: inputs.flat)
    with pytest.raises(UnknownAttribute, match='HotPixelMap reaches for flat, but its inputs are bias'):
        make(HotPixelMap, bias=chain.bias)


def test_input_that_is_absent_is_none(monkeypatch, chain):
    seen = []
    monkeypatch.setattr(DomeFlatFrame, 'make',
                        staticmethod(lambda inputs, params: seen.append(inputs) or {'data': np.ones((2, 2))}))
    make(DomeFlatFrame, raw_dome_flat_frames=chain.dome.raw_dome_flat_frames, bias=chain.bias)
    assert seen[0].hot is None


def test_a_result_that_is_not_declared_is_refused(monkeypatch, chain):
    made_by(monkeypatch, HotPixelMap, lambda inputs: 1)
    with pytest.raises(UnknownAttribute, match="HotPixelMap has no attribute 'seen'"):
        make(HotPixelMap, bias=chain.bias)


# --- what a product knows ---

def test_product_knows_what_it_was_made_from_and_with(chain):
    params = BiasFrame.Parameters(SIGMA_CLIP=2.5)
    bias = make(BiasFrame, params, raw_bias_frames=chain.bias.raw_bias_frames, read_noise=chain.noise)
    assert bias.raw_bias_frames == chain.bias.raw_bias_frames and bias.read_noise is chain.noise
    assert bias.process_params == params and bias.process_params.SIGMA_CLIP == 2.5
    assert (bias.instrument.name, bias.chip.name, bias.is_valid) == ('OMEGACAM', 'ESO_CCD_#65', 1)
    assert bias.make_version == BiasFrame.MAKE_VERSION and bias.seconds > 0
    assert mean_date(bias.raw_bias_frames) == bias.DATE_OBS
    assert chain.noise in chain.reduced.ancestors() and chain.raw in chain.reduced.ancestors()


def test_a_product_has_the_setup_of_its_origin_and_its_header_names_it(detector):
    setup = Setup(name='READMODE=fast', values={'READMODE': 'fast'}, instrument=detector.instrument)
    biases = [detector.raw(RawBiasFrame, setup=setup) for _ in range(3)]
    noise = make(ReadNoise, raw_bias_frames=biases)
    bias = make(BiasFrame, raw_bias_frames=biases, read_noise=noise)
    hot = make(HotPixelMap, bias=bias)
    assert noise.setup is bias.setup is hot.setup is setup
    assert product_header(hot)['SETUP'] == hot.to_dict()['what it is']['setup']['value']['name'] == 'READMODE=fast'
    assert 'SETUP' not in product_header(make(ReadNoise, raw_bias_frames=detector.biases(3)))


# --- validity in time ---

@pytest.mark.slow
@given(st.datetimes(datetime.datetime(1980, 1, 1), datetime.datetime(2050, 1, 1)), st.floats(-180, 180))
def test_the_interval_of_a_calibration_is_the_night_of_its_raw_frames_noon_to_noon(when, longitude):
    instrument = Instrument(name='CAMERA', longitude=longitude)
    raw = RawBiasFrame(DATE_OBS=when, instrument=instrument, chip=Chip(name='chip', instrument=instrument))
    product = BiasFrame(raw_bias_frames=[raw])
    describe_origin(product, BiasFrame.Parameters())
    start, end = product.timestamp_start, product.timestamp_end
    assert start <= when < end and end - start == DAY
    noon = datetime.datetime(2000, 1, 1, 12) - datetime.timedelta(hours=longitude / 15)
    assert (start - noon) % DAY < 1e-6 * DAY or (noon - start) % DAY < 1e-6 * DAY


def test_the_interval_of_a_calibration_of_several_nights_has_all_of_them(detector):
    nights = [datetime.datetime(2012, 6, day, 2) for day in (1, 3, 2)]
    noise = make(ReadNoise, raw_bias_frames=[detector.raw(RawBiasFrame, DATE_OBS=night) for night in nights])
    assert noise.timestamp_start < min(nights) - DAY / 4 and max(nights) + DAY / 2 < noise.timestamp_end
    assert noise.timestamp_end - noise.timestamp_start == 3 * DAY


def test_what_is_made_from_a_calibration_has_its_interval(chain):
    for product, origin in ((chain.hot, chain.bias), (chain.flat, chain.twilight), (chain.cold, chain.flat)):
        assert (product.timestamp_start, product.timestamp_end) == (origin.timestamp_start, origin.timestamp_end)


# --- identity ---

def key(raws='ab', noise='n', sigma=3.0, **other):
    inputs = {'raw_bias_frames': [SimpleNamespace(digest=d) for d in raws], 'read_noise': SimpleNamespace(digest=noise)}
    return BiasFrame.key_for(inputs, BiasFrame.Parameters(SIGMA_CLIP=sigma, **other))


IDENTITIES = st.tuples(st.lists(DIGESTS, max_size=3), DIGESTS, st.sampled_from([2.0, 3.0]), st.integers(0, 2))


@given(IDENTITIES, IDENTITIES)
def test_keys_are_equal_when_inputs_and_parameters_are_and_only_then(one, other):
    keys = [key(raws, noise, sigma, OVERSCAN_CORRECTION=mode) for raws, noise, sigma, mode in (one, other)]
    assert (keys[0] == keys[1]) is (one == other)


def test_order_of_the_inputs_counts():
    assert key('ab') != key('ba') and key('ab', 'c') != key('a', 'bc') and key('ab') != key('abb')


@given(DIGESTS, DIGESTS)
def test_roles_count_and_not_only_what_is_in_them(one, other):
    def dome_flat(**digests):
        inputs = {role: SimpleNamespace(digest=digest) for role, digest in digests.items()}
        return DomeFlatFrame.key_for(inputs, DomeFlatFrame.Parameters())

    assert (dome_flat(bias=one, hot=other) == dome_flat(bias=other, hot=one)) is (one == other)
    assert len({dome_flat(bias=one), dome_flat(hot=one), dome_flat(gain=one)}) == 3


@pytest.mark.parametrize('cls', [BiasFrame, ReadNoise, HotPixelMap, DomeFlatFrame])
def test_parameters_that_do_not_change_pixels_leave_the_key_alone(cls):
    fields = cls.Parameters.model_fields
    for name, field in fields.items():
        other = {'A': {'B': 1e-4}} if isinstance(field.default, dict) else \
            not field.default if isinstance(field.default, bool) else \
            'header' if isinstance(field.default, str) else field.default + 1
        changed = cls.Parameters(**{name: other})
        same = cls.key_for({}, changed) == cls.key_for({}, cls.Parameters())
        assert same is not field.json_schema_extra['in_key'], name


def test_how_raw_frames_are_chosen_is_no_part_of_the_key():
    assert set(FromRawFrames.model_fields) == BiasFrame.Parameters.choosing()
    assert BiasFrame.Parameters.choosing().isdisjoint(BiasFrame.Parameters().key())


def test_class_is_part_of_the_key_and_code_is_compared_on_its_own(monkeypatch):
    before = key()
    assert DomeFlatFrame.key_for({}, DomeFlatFrame.Parameters()) != BiasFrame.key_for({}, DomeFlatFrame.Parameters())
    monkeypatch.setattr(BiasFrame, 'MAKE_VERSION', 2)
    assert key() == before


def test_key_of_a_product_is_that_of_its_inputs_by_content(chain, detector):
    again = make(HotPixelMap, bias=chain.bias)
    twin = make(BiasFrame, raw_bias_frames=chain.bias.raw_bias_frames, read_noise=chain.noise)
    assert again.reuse_key == chain.hot.reuse_key == make(HotPixelMap, bias=twin).reuse_key
    assert twin.object_id != chain.bias.object_id and twin.digest == chain.bias.digest
    other = make(BiasFrame, raw_bias_frames=detector.biases(6)[1:], read_noise=chain.noise)
    assert make(HotPixelMap, bias=other).reuse_key != again.reuse_key


def test_digest_covers_pixels_and_values(chain):
    digests = [product.digest for name, product in vars(chain).items()]
    assert len(set(digests)) == len(digests)
    noisier = make(ReadNoise, ReadNoise.Parameters(REJECTION_THRESHOLD=1.5), raw_bias_frames=chain.noise.raw_bias_frames)
    assert noisier.read_noise != chain.noise.read_noise and noisier.digest != chain.noise.digest
