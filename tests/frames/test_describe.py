"""What info() prints."""

from awlike.frames.bias import BiasFrame
from awlike.frames.gain import GainLinearity


def shown(obj, capsys):
    obj.info()
    return capsys.readouterr().out


def test_info_shows_inputs_results_parameters_and_quality(chain, capsys):
    text = shown(chain.bias, capsys)
    places = [text.index(f'\n\n{group}\n') for group in ('what it is', 'inputs', 'parameters', 'results', 'quality', 'file')]
    assert places == sorted(places)
    line = {words[0]: ' '.join(words[1:]) for words in map(str.split, text.splitlines()) if words}
    assert line['raw_bias_frames'].startswith('5: RawBiasFrame') and '...' in line['raw_bias_frames']
    assert line['SIGMA_CLIP'] == '3 read noise' and line['chip'] == 'ESO_CCD_#65'
    assert line['quality_flags'] == '0 (good)' and line['digest'] == f'{chain.bias.digest[:12]}...'
    assert line['imstat'].startswith('min ') and line['imstat'].endswith(f' adu, npix {chain.bias.data.size}')


def test_info_shows_units_with_values_alone(chain, capsys):
    text = shown(chain.noise, capsys)
    assert f'{chain.noise.read_noise:.6g} adu' in text
    raw = ' '.join(shown(chain.raw, capsys).split())
    assert ' EXPTIME 10 s OBJECT a field ' in raw


def test_info_says_what_is_not_committed(chain, capsys):
    assert shown(chain.hot, capsys).startswith(f'{chain.hot} (not committed)')


def test_info_of_an_empty_object_does_not_fail(capsys):
    assert shown(BiasFrame(), capsys).startswith('BiasFrame ')


def test_info_of_a_committed_frame_begins_with_its_name(night, capsys):
    from awlike.frames.raw import RawScienceFrame
    raw = RawScienceFrame.select_all()[0]
    text = shown(raw, capsys)
    assert text.startswith(f'{raw.filename}\nA raw image of the sky.\n') and 'not committed' not in text
    assert 'r_SDSS' in text and '2012-06-01' in text


def test_info_shows_measured_values_as_precise_as_they_are_worth(detector, capsys):
    gain = GainLinearity(exposure_levels=[2044.7597096788884, 39301.763577003476], coefficients=[9.875897059623858e-07])
    assert 'exposure_levels  2044.76, 39301.8\n' in shown(gain, capsys) and '9.8759e-07\n' in shown(gain, capsys)
