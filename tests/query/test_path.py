import pytest

from awlike.errors import QueryError, UnknownAttribute
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.persist.references import Chip, Template
from awlike.products.raw import RawFrame
from tests import paper

Raw = RawScienceFrame


def test_a_chain_of_links(science):
    assert list((Raw.chip.name == 'ESO_CCD_#66') & (Raw.chip.instrument.name == 'OMEGACAM')) == science[1::2]
    assert list(Raw.filter.name.like('g*')) == science[:3] and list(Raw.filter.name.in_(['r_SDSS', 'x'])) == science[3:]
    assert list(Chip.instrument.name == 'OMEGACAM') == [science[0].chip, science[1].chip]


def test_a_link_is_compared_with_an_object_or_its_id(science):
    chip = science[1].chip
    assert list(Raw.chip == chip) == science[1::2] == list(Raw.chip == chip.object_id)
    assert list(Raw.chip != chip) == science[::2] and list(Raw.chip.in_([chip])) == science[1::2]
    assert list(Raw.chip.in_(Chip.name.like('*66'))) == science[1::2], 'what a query gives'


def test_a_link_that_is_empty(science):
    template = paper.know(Template(id='dither', start=paper.START, instrument=science[0].instrument))
    with_template = paper.raws(1, template=template)
    assert list(Raw.template == None) == science and list(Raw.template != None) == with_template  # noqa: E711
    assert list(Raw.template.id == 'dither') == with_template and list(~(Raw.template.id == 'dither')) == science
    assert list((Raw.template.id == 'dither') | (Raw.EXPTIME == 100)) == [science[0], *with_template]
    assert list(Raw.template.id == None) == science, 'what an empty link leads to is missing'  # noqa: E711
    assert list(Raw.template.in_([None])) == science and list(Raw.template.in_([None, template])) == science + with_template


def test_over_a_list_any_member_counts(project):
    short, long = paper.raws(3, RawBiasFrame), paper.raws(3, RawBiasFrame, EXPTIME=5.0)
    a, b, c = paper.bias(short), paper.bias(long), paper.bias([short[0], long[0]])
    assert list(BiasFrame.raw_bias_frames.EXPTIME == 5) == [b, c]
    assert list(BiasFrame.raw_bias_frames.EXPTIME != 5) == [a, c], 'some member differs'
    assert list(~(BiasFrame.raw_bias_frames.EXPTIME == 5)) == [a], 'no member equals'
    assert list(BiasFrame.raw_bias_frames == short[0]) == [a, c]
    assert list((BiasFrame.raw_bias_frames == short[0]) & (BiasFrame.raw_bias_frames == long[0])) == [c]
    assert list(BiasFrame.raw_bias_frames.in_(short[1:])) == [a]
    assert list(HotPixelMap.bias.read_noise.raw_bias_frames.chip.name == 'x') == []
    assert list(BiasFrame.raw_bias_frames == None) == [] and len(BiasFrame.raw_bias_frames != None) == 3  # noqa: E711


def test_inputs_are_links_too(project):
    hot, other = paper.hot(), paper.hot()
    assert list(HotPixelMap.bias == hot.bias) == [hot]
    assert list(HotPixelMap.bias.read_noise == other.bias.read_noise) == [other]
    assert list(HotPixelMap.bias.filename == hot.bias.filename) == [hot]


@pytest.mark.parametrize(('mistake', 'message'), [
    (lambda: Raw.EXPTIM > 1, "RawScienceFrame has no attribute 'EXPTIM': did you mean EXPTIME?"),
    (lambda: Raw.chip.nam == 'x', r"RawScienceFrame\.chip has no attribute 'nam': did you mean name\?"),
    (lambda: Raw.imstat.mediam > 1, r"RawScienceFrame\.imstat has no attribute 'mediam': did you mean median or mean\?"),
    (lambda: HotPixelMap.bias.raw_bias_frame.chip, r'HotPixelMap\.bias has no .*did you mean raw_bias_frames'),
    (lambda: RawBiasFrame.filter, "RawBiasFrame has no attribute 'filter'"),
    (lambda: RawFrame.AIRMASS > 1, "RawFrame has no attribute 'AIRMASS'"),
    (lambda: Raw.chip_id == 1, "RawScienceFrame has no attribute 'chip_id': did you mean chip"),
    (lambda: Raw.EXPTIME.upper(), r'RawScienceFrame.EXPTIME \(a float\) has no attribute .* it has between, in_, like'),
    (lambda: Raw.nonsense, 'it has AIRMASS, DATE_OBS, EXPTIME')])
def test_unknown_attributes_name_the_near_ones(mistake, message):
    with pytest.raises(UnknownAttribute, match=message):
        mistake()


@pytest.mark.parametrize(('mistake', 'message'), [
    (lambda: Raw.EXPTIME == [1, 2], r'has one value and is compared with a list: write RawScienceFrame\.EXPTIME\.in_\('),
    (lambda: Raw.chip.name != ('a', 'b'), r'has one value and is compared with a list: write RawScienceFrame\.chip\.name\.in_'),
    (lambda: Raw.chip == {1}, r'RawScienceFrame.chip has one value and is compared with a list'),
    (lambda: BiasFrame.raw_bias_frames == [1],
     r'write \(BiasFrame.raw_bias_frames == a\) & \(BiasFrame.raw_bias_frames == b\)'),
    (lambda: BiasFrame.raw_bias_frames.EXPTIME.between(1, 2), 'each bound may hold for another member; compare each bound'),
    (lambda: Raw.chip == 'ESO', "is a Chip and is compared with 'ESO': compare it with a Chip, or compare an attribute such as "
                                'RawScienceFrame.chip.name'),
    (lambda: Raw.chip < 1, 'objects have no order; compare an attribute of it'),
    (lambda: Raw.EXPTIME > None, 'nothing is larger or smaller than a missing value; write RawScienceFrame.EXPTIME == None'),
    (lambda: Raw.EXPTIME.like('1*'), 'compares a text with a pattern'),
    (lambda: Raw.filter.like('*'), 'compares a text with a pattern'),
    (lambda: Raw.filename.like(3), 'compares a text with a pattern'),
    (lambda: Raw.filename.in_('abc'), r"in_\(\) takes a list: write RawScienceFrame.filename.in_\(\['abc'\]\)"),
    (lambda: Raw.EXPTIME.in_(5), r'takes a list: write RawScienceFrame.EXPTIME.in_\(\[5\]\)'),
    (lambda: Raw.imstat > 1, 'has several parts: compare one of them, max, mean, median, min, npix, stdev'),
    (lambda: Raw.chip.name == Raw.filter.name, 'is a str and is compared with RawScienceFrame.filter.name'),
    (lambda: list(Raw.chip), r"has no values; get them with query\.table\('chip'\)"),
    (lambda: 'x' in BiasFrame.raw_bias_frames, "has no values; write BiasFrame.raw_bias_frames == 'x'"),
    (lambda: bool(Raw.chip), 'stands in a query without a comparison: put each comparison in parentheses'),
    (lambda: Raw.chip & (Raw.EXPTIME > 1), 'RawScienceFrame.chip stands in a query without a comparison'),
    (lambda: (Raw.EXPTIME > 1) | Raw.chip.name, 'combine queries with queries, each in parentheses'),
    (lambda: ~Raw.chip.name, 'without a comparison')])
def test_refusals_say_what_to_write(mistake, message):
    with pytest.raises(QueryError, match=message):
        mistake()


def test_completion_offers_what_there_is():
    assert dir(Raw.chip) == ['creation_date', 'instrument', 'name', 'object_id']
    assert dir(Raw.chip.name) == dir(Raw.EXPTIME) == ['between', 'in_', 'like']
    assert 'median' in dir(Raw.imstat)


def test_a_path_says_its_name():
    assert repr(Raw.chip.instrument.name) == 'RawScienceFrame.chip.instrument.name'
    assert repr(Raw.EXPTIME) == 'RawScienceFrame.EXPTIME' and repr(Raw.imstat.max) == 'RawScienceFrame.imstat.max'
