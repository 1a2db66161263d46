"""`select`: the shorthand for a query by place, night and object."""

import datetime

import pytest

from awlike.errors import NotFound, ParameterError, QueryError, UnknownAttribute
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.products.raw import RawFrame
from tests import paper

NIGHT = datetime.datetime(2012, 6, 2, 3)
ALL = {'plain', 'chip', 'filter', 'later', 'M 31'}


@pytest.fixture
def frames(project):
    """Science frames that differ in one thing each; what differs is their OBJECT."""
    for name, values in {'plain': {}, 'chip': {'chip': paper.chip('ESO_CCD_#66')}, 'filter': {'filter': paper.filter('g_SDSS')},
                         'later': {'DATE_OBS': NIGHT + datetime.timedelta(days=1)}, 'M 31': {}}.items():
        paper.insert(paper.raw(**{'DATE_OBS': NIGHT, 'OBJECT': name} | values))


@pytest.mark.parametrize(('asked', 'left'), [
    ({}, ALL), ({'instrument': 'OMEGACAM'}, ALL), ({'instrument': 'NASA42'}, set()),
    ({'instrument': ['NASA42', 'OMEGACAM']}, ALL),
    ({'chip': 'ESO_CCD_#66'}, {'chip'}), ({'chip': ('ESO_CCD_#65', 'ESO_CCD_#66')}, ALL), ({'chip': []}, set()),
    ({'filter': 'g_SDSS'}, {'filter'}), ({'filter': ['r_SDSS']}, ALL - {'filter'}),
    ({'object': 'M*'}, {'M 31'}), ({'object': '?lain'}, {'plain'}), ({'object': 'M'}, set()),
    ({'instrument': 'OMEGACAM', 'date': '2012-06-01'}, ALL - {'later'}),
    ({'instrument': 'OMEGACAM', 'date': '2012-06-01:2012-06-02'}, ALL),
    ({'instrument': 'OMEGACAM', 'date': datetime.date(2012, 6, 2)}, {'later'}),
    ({'instrument': 'OMEGACAM', 'date': ('2012-06-02', '2012-06-05'), 'chip': 'ESO_CCD_#66'}, set())])
def test_what_is_named_is_selected(frames, asked, left):
    assert {raw.OBJECT for raw in RawScienceFrame.select(**asked)} == left


def test_it_is_a_query_like_any_other(frames):
    query = RawScienceFrame.select(filter='r_SDSS') & (RawScienceFrame.EXPTIME > 100)
    assert len(query) == 4 and len(query.project_only()) == 4
    assert len(RawFrame.select(chip='ESO_CCD_#65')) == 4 and not RawBiasFrame.select(chip='ESO_CCD_#65').exists()


def test_the_object_of_a_product_is_its_own_or_that_of_its_raw_frame(project):
    assert 'OBJECT' in str(ReducedScienceFrame.select(object='M*'))
    assert len(ReducedScienceFrame.select(object='M*')) == 0


def test_a_night_needs_its_telescope(frames):
    for asked in ({}, {'instrument': ['OMEGACAM', 'NASA42']}):
        with pytest.raises(QueryError, match='a night is reckoned at the telescope; name the instrument too'):
            RawScienceFrame.select(date='2012-06-01', **asked)
    with pytest.raises(NotFound, match="no instrument 'OMEGA' is known here: there are OMEGACAM"):
        RawScienceFrame.select(instrument='OMEGA', date='2012-06-01')
    with pytest.raises(ParameterError, match='a night is'):
        RawScienceFrame.select(instrument='OMEGACAM', date='June')


@pytest.mark.parametrize(('cls', 'asked', 'words'), [
    (BiasFrame, {'filter': 'r_SDSS'}, 'filter'), (HotPixelMap, {'object': 'M*'}, 'object|OBJECT|raw'),
    (BiasFrame, {'object': 'M*'}, 'OBJECT|raw')])
def test_what_a_class_has_not_is_refused(project, cls, asked, words):
    with pytest.raises(UnknownAttribute, match=words):
        cls.select(**asked)
