import pytest

from awlike.context import context
from awlike.database import sessions as databases
from awlike.database.sessions import Database, database
from awlike.frames.raw import RawBiasFrame
from awlike.persist.references import Chip, Filter, Instrument, ObservingBlock, Project, Setup, Template, User, setup_name
from tests import paper
from tests.conftest import become


def references():
    camera = Instrument(name='OMEGACAM')
    return [camera, Chip(name='ESO_CCD_#65', instrument=camera), Filter(name='r_SDSS', instrument=camera), User(name='ada'),
            Template(id='dither', start=paper.START, instrument=camera), Project(name='P', owner=User(name='ada')),
            ObservingBlock(id='1', start=paper.START, instrument=camera),
            Setup(name='READMODE=fast', values={'READMODE': 'fast'}, instrument=camera)]


def test_the_name_makes_the_id_so_it_is_equal_in_every_database():
    assert [one.object_id for one in references()] == [one.object_id for one in references()]
    assert len({one.object_id for one in references()}) == 8 and all(one.object_id.version == 5 for one in references())


def test_a_chip_is_of_its_instrument():
    one, other = (Chip(name='CCD1', instrument=Instrument(name=name)) for name in 'AB')
    assert one != other and one == Chip(name='CCD1', instrument=Instrument(name='A'))
    assert Filter(name='CCD1', instrument=Instrument(name='A')) != one


def test_what_does_not_identify_makes_no_difference():
    assert Instrument(name='A', telescope='x') == Instrument(name='A', longitude=3.0)


@pytest.mark.sqlite
def test_two_databases_give_one_id(project, tmp_path):
    ids = []
    for _ in range(2):
        ids.append([paper.know(one).object_id for one in references()])
        databases.use(Database(f'sqlite:///{tmp_path / "other.db"}'))
    assert ids[0] == ids[1]


def test_to_insert_what_is_there_does_nothing(project):
    paper.know(Instrument(name='OMEGACAM', telescope='VST'))
    with database().transaction() as connection:
        database().insert_absent(connection, [Instrument(name='OMEGACAM', telescope='other')])
    assert (Instrument.name == 'OMEGACAM').one().telescope == 'VST'


def test_references_are_seen_by_everybody(project, monkeypatch):
    paper.insert(paper.raw())
    become(monkeypatch, 'anonymous')
    assert len(Chip.select_all()) == 1 == len(Filter.instrument.name == 'OMEGACAM') and (Project.name == 'TEST').exists()


def test_queries_of_references_are_queries_like_others(project):
    camera = paper.instrument()
    for n in range(5):
        paper.chip(f'CCD{n}')
    query = (Chip.instrument == camera) & (Chip.name > 'CCD1')
    assert [chip.name for chip in query.order_by('-name')] == ['CCD4', 'CCD3', 'CCD2'] and query.max('name').name == 'CCD4'
    assert context.project.owner.name == 'ada' and list(Project.owner.name == 'ada') == [context.project]


@pytest.mark.parametrize('cls', [Instrument, Chip, Filter, Template, ObservingBlock, Setup])
def test_their_properties_say_what_they_mean(cls):
    properties = cls.get_persistent_properties()
    assert {'object_id', 'creation_date'} < set(properties) and all(p.text for p in properties.values())


def test_the_name_of_a_setup_can_be_read_back():
    assert setup_name({'READMODE': 'fast', 'BINNING': '2x2'}) == 'READMODE=fast BINNING=2x2'
    assert setup_name({'READMODE': 'fast 2 ports', 'GAIN': '1'}) == "READMODE='fast 2 ports' GAIN=1"
    assert setup_name({'A': '1 B=2'}) != setup_name({'A': '1', 'B': '2'})


def test_frames_are_found_by_their_setup(project):
    fast, slow = ({'READMODE': speed, 'BINNING': '1x1'} for speed in ('fast', 'slow'))
    frames = paper.raws(2, RawBiasFrame, setup=fast)
    other, without = paper.insert(paper.raw(RawBiasFrame, setup=slow), paper.raw(RawBiasFrame))
    assert list(RawBiasFrame.setup.name.like('*fast*')) == frames and list(RawBiasFrame.setup == other.setup) == [other]
    assert list(RawBiasFrame.setup == None) == [without]  # noqa: E711
    assert {frame.setup.values['READMODE'] for frame in RawBiasFrame.setup != None} == {'fast', 'slow'}  # noqa: E711
    assert len(Setup.select_all()) == 2
