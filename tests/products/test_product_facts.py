"""What info() prints, a notebook shows, and machines get."""

import base64
import json

import pytest
from sqlalchemy import delete

from awlike.database.sessions import database
from awlike.frames.bias import BiasFrame
from awlike.frames.gain import GainLinearity
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.persist.dataobject import DataObject, Imstat
from awlike.persist.object_facts import size
from awlike.persist.references import ObservingBlock, Template, User
from awlike.products import image_cache
from awlike.recipes.hot_pixels import HotPixelsTask
from awlike.store import server
from tests import paper
from tests.frames.conftest import make


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
    raw = RawScienceFrame.select_all()[0]
    text = shown(raw, capsys)
    assert text.startswith(f'{raw.filename}\nA raw image of the sky.\n') and 'not committed' not in text
    assert 'r_SDSS' in text and '2012-06-01' in text


def test_info_shows_measured_values_as_precise_as_they_are_worth(detector, capsys):
    gain = GainLinearity(exposure_levels=[2044.7597096788884, 39301.763577003476], coefficients=[9.875897059623858e-07])
    assert 'exposure_levels  2044.76, 39301.8\n' in shown(gain, capsys) and '9.8759e-07\n' in shown(gain, capsys)


def test_what_is_absent_is_one_row(chain, capsys):
    lines = shown(chain.reduced, capsys).splitlines()
    assert [line.split() for line in lines if line.startswith('  dark') or line.startswith('  fringe ')] == []
    absent = ['dark,', 'fringe,', 'gain,', 'illumination,', 'photometric_flat,', 'crosstalk_frames,', 'crosstalk_matrix']
    assert ['without', *absent] in [line.split() for line in lines]


def test_what_it_has_of_its_raw_frame_is_what_it_is_and_the_rest_is_result(chain):
    groups = chain.reduced.facts().groups
    assert {'EXPTIME', 'OBJECT', 'AIRMASS', 'astrom'} <= {fact.name for fact in groups['what it is']}
    assert [fact.name for fact in groups['results']] == ['imstat', 'fringe_scale', 'GAIN']
    assert 'read_noise' in {fact.name for fact in chain.noise.facts().groups['results']}


def test_numbers_that_stand_for_something_say_what(project, capsys):
    lines = shown(paper.bias(), capsys).splitlines()
    told = dict(map(str.strip, line.strip().split('  ', 1)) for line in lines if '  ' in line)
    assert (told['privileges'], told['is_valid'], told['quality_flags']) == ('2 (Project)', '1 (valid)', '0 (good)')


def test_parameters_that_are_not_the_usual_ones_say_so(chain, capsys):
    bias = make(BiasFrame, BiasFrame.Parameters(SIGMA_CLIP=5.0), raw_bias_frames=chain.bias.raw_bias_frames,
                read_noise=chain.noise)
    text = shown(bias, capsys)
    assert '5 read noise (default 3)' in text and text.count('MAXIMUM_STDEV  ') == 1, 'a limit stands beside what was measured'


def test_a_list_of_inputs_tells_which_are_not_valid(project, capsys):
    from awlike.context import context
    bias = paper.bias(paper.raws(12, RawBiasFrame))
    context.update_is_valid(bias.raw_bias_frames[3], 0)
    text = ' '.join(shown(bias, capsys).split())
    first, *_, last = bias.raw_bias_frames
    assert f'raw_bias_frames 12: {first} ... {last}, 1 of them [is_valid 0]' in text


def test_dates_and_positions_keep_their_digits(project, capsys):
    raw = paper.raw(MJD_OBS=56079.36948, astrom={'CRVAL1': 314.9988486})
    text = shown(raw, capsys)
    assert '56079.36948 d' in text and 'CRVAL1 314.9988486' in text


def test_no_line_is_wider_than_a_screen(chain, capsys):
    assert max(map(len, shown(chain.reduced, capsys).splitlines())) <= 120


def test_whatever_is_known_has_info(night, capsys):
    raw = RawScienceFrame.select_all()[0]
    for obj in (raw.raw_fits, raw.instrument, raw.chip, raw.filter, raw.template, raw.observing_block, raw.project,
                raw.creator):
        text = shown(obj, capsys)
        assert '\nwhat it is\n' in text and obj.__doc__.partition('\n')[0] in text and str(obj.object_id) in text
        assert obj._repr_html_() and json.dumps(obj.to_dict())
    assert {type(one) for one in (raw.template, raw.observing_block, raw.creator)} == {Template, ObservingBlock, User}
    assert 'deg' in shown(raw.instrument, capsys) and 'OMEGACAM' in shown(raw.chip, capsys)


def test_for_machines_all_is_there_with_units(chain):
    told = json.loads(json.dumps(chain.bias.to_dict()))
    assert told['class'] == 'BiasFrame' and told['file']['digest']['value'] == chain.bias.digest
    assert told['parameters']['SIGMA_CLIP'] == {'value': 3.0, 'unit': 'read noise'}
    assert len(told['inputs']['raw_bias_frames']['value']) == 5
    assert told['inputs']['read_noise']['value']['object_id'] == str(chain.noise.object_id)
    assert told['quality']['MAXIMUM_STDEV']['value'].keys() == {'measured', 'limit', 'unit', 'missed'}
    assert told['results']['imstat']['value']['median'] == chain.bias.imstat.median


def test_what_a_header_says_does_nothing_to_the_terminal(project, capsys):
    raw, = paper.raws(1, OBJECT='a\x1b[2Jb\nc')
    assert 'a?[2Jb?c' in shown(raw, capsys) and 'a?[2Jb?c' in repr(RawScienceFrame.select_all())


# --- in a notebook ---

def picture(obj):
    """The picture in its view, or None."""
    _, found, rest = obj._repr_html_().partition('data:image/png;base64,')
    return base64.b64decode(rest.partition('"')[0]) if found else None


def test_a_frame_shows_a_picture_what_it_is_and_its_inputs(chain):
    page = chain.bias._repr_html_()
    assert picture(chain.bias).startswith(b'\x89PNG') and '<b>inputs</b>' in page and str(chain.noise) in page
    assert picture(chain.raw) and picture(chain.hot) and picture(chain.noise) is None, 'which has no image'


def test_what_a_header_says_is_text(project):
    evil = '<script>alert(1)</script>'
    raw = paper.raws(1, OBJECT=evil)[0]
    query = RawScienceFrame.OBJECT == evil  # noqa: SIM300 -- a path, no constant
    for page in (raw._repr_html_(), query._repr_html_(), raw.lineage()._repr_html_()):
        assert '<script' not in page
    assert '&lt;script&gt;' in raw._repr_html_()


def test_a_file_that_is_not_there_is_not_made_again_for_a_picture(night, monkeypatch):
    HotPixelsTask('OMEGACAM', commit=True).execute()
    bias, hot = BiasFrame.select_all().one(), HotPixelMap.select_all().one()
    assert picture(hot) and picture(bias)
    server().path(hot.filename).unlink()
    monkeypatch.setattr(HotPixelMap, 'make', lambda *_: pytest.fail('it was made again'))
    assert picture(hot) is None and '<b>inputs</b>' in hot._repr_html_()


def test_a_broken_file_is_no_reason_to_show_nothing(night):
    HotPixelsTask('OMEGACAM', commit=True).execute()
    hot = HotPixelMap.select_all().one()
    path = server().path(hot.filename)
    path.chmod(0o644)
    path.write_bytes(b'SIMPLE')
    image_cache._cache.clear()
    assert picture(hot) is None and '<b>inputs</b>' in hot._repr_html_()


def test_a_broken_link_is_told_in_its_place(project, capsys):
    hot = paper.hot()
    table = DataObject.__table__
    with database().transaction() as connection:
        connection.execute(delete(table).where(table.c.object_id == hot.bias.object_id))
    database().session.expunge_all()
    text = shown(HotPixelMap.get(hot.object_id), capsys)
    assert 'not known: bias of object' in text and 'awe fsck tells what is broken' in text


def test_what_is_no_number_is_nothing_for_machines(detector):
    raw = detector.raw(RawBiasFrame, EXPTIME=float('nan'), imstat=Imstat(mean=float('nan'), max=float('inf'), npix=0))
    told = json.loads(json.dumps(raw.to_dict(), allow_nan=False))
    assert told['what it is']['EXPTIME'] == {'value': None, 'unit': 's'}
    assert told['results']['imstat']['value'] == {'mean': None, 'max': None, 'npix': 0, 'unit': 'adu'}


@pytest.mark.parametrize(('number', 'text'), [(0, '0 byte'), (999, '999 byte'), (1000, '1 kB'), (16_801_920, '16.8 MB'),
                                              (999_499, '999 kB'), (999_500, '1 MB'), (2.5e15, '2.5e+03 TB')])
def test_sizes_are_told_in_three_digits(number, text):
    assert size(number) == text
