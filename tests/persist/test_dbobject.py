import datetime
import uuid

import pytest

from awlike.errors import DefinitionError, Immutable, NotFound, UnknownAttribute
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.persist.dataobject import Imstat
from awlike.persist.dbobject import DBObject, Input, Reference, attribute, snake
from awlike.persist.references import Chip
from awlike.products.calibration import CalibrationFrame
from awlike.products.raw import RawFrame
from awlike.query.properties import classes
from tests import paper


class Declared(CalibrationFrame):
    """For tests of declarations."""

    bias = Input(BiasFrame, 'what it was measured on')
    others = Input(RawBiasFrame, 'and these', many=True, optional=True)
    slope = attribute(float, 'how steep it is', unit='adu')
    EXPTIME = attribute(float, 'exposure time', unit='s')
    notes = attribute(list, 'what was noted')


def test_a_property_is_declared_once_with_text_unit_and_type():
    slope, bias, others = (Declared.get_persistent_properties()[name] for name in ('slope', 'bias', 'others'))
    assert (slope.text, slope.unit, slope.type_name, slope.kind) == ('how steep it is', 'adu', 'float', 'attribute')
    assert (bias.text, bias.type_name, bias.kind, bias.many) == ('what it was measured on', 'BiasFrame', 'input', False)
    assert others.type_name == 'list of RawBiasFrame' and others.optional
    assert Declared.get_persistent_properties()['chip'].kind == 'reference'


def test_properties_of_parents_come_first():
    names = list(Declared.get_persistent_properties())
    assert names.index('object_id') < names.index('chip') < names.index('timestamp_start') < names.index('slope')
    assert names[-6:] == ['bias', 'others', 'slope', 'EXPTIME', 'notes', 'header_corrections']
    assert 'slope' not in CalibrationFrame.get_persistent_properties()


def test_help_lists_the_properties():
    assert 'slope : float [adu]\n        how steep it is' in Declared.__doc__
    assert Declared.__doc__.startswith('For tests of declarations.\n\nPersistent properties')
    assert 'chip : Chip\n        the detector' in RawScienceFrame.__doc__


def test_info_prints_every_property(project, capsys):
    paper.hot().info()
    out = capsys.readouterr().out
    assert all(f' {name} ' in out for name in ('bias', 'count', 'instrument', 'chip', 'is_valid', 'digest', 'creator'))


def test_inputs_by_role():
    assert list(Declared.inputs()) == ['bias', 'others', 'header_corrections'] and not RawScienceFrame.inputs()


def test_an_attribute_that_others_have_too_may_be_declared_again_of_the_same_type(project):
    one = paper.insert(paper.product(Declared, bias=paper.bias(), slope=1.5, EXPTIME=3.0, notes=['a', 1]))
    assert list(Declared.EXPTIME == 3) == [one] == list((Declared.slope > 1) & (Declared.bias.is_valid == 1))
    assert Declared.get(one.object_id).notes == ['a', 1]
    with pytest.raises(DefinitionError, match='EXPTIME is a float elsewhere'):
        type('Otherwise', (CalibrationFrame,), {'EXPTIME': attribute(str, 'x')})


@pytest.mark.parametrize('name', ['like', 'any', 'key', 'is_committed', 'info'])
def test_names_that_queries_and_objects_use_are_refused(name):
    with pytest.raises(DefinitionError, match=f'Taken.{name}: queries and objects use the name {name!r} themselves'):
        type('Taken', (DBObject,), {'__abstract__': True, name: attribute(int, 'x')})


def test_two_classes_of_one_name_or_one_table_are_refused():
    with pytest.raises(DefinitionError, match='there is a persistent class BiasFrame already, in awlike.frames.bias'):
        type('BiasFrame', (CalibrationFrame,), {})
    with pytest.raises(DefinitionError, match="there is a table 'lineage' already; call the class otherwise"):
        type('Lineage', (CalibrationFrame,), {'slope': attribute(float, 'x')})


def test_what_not_everybody_sees_is_an_input_and_no_reference():
    with pytest.raises(DefinitionError, match='Loose.bias: not everybody sees each BiasFrame.* declare it as an Input'):
        type('Loose', (CalibrationFrame,), {'bias': Reference(BiasFrame, 'x')})
    assert 'Loose' not in classes


# --- objects ---


def test_an_object_has_its_id_from_the_start():
    raw = RawBiasFrame()
    assert isinstance(raw.object_id, uuid.UUID) and raw.object_id.version == 7 and not raw.is_committed
    assert raw.filename is None and raw.chip is None and BiasFrame().raw_bias_frames == []


def test_objects_are_equal_when_their_ids_are(project):
    raw = paper.insert(paper.raw())
    assert RawScienceFrame.get(raw.object_id) == raw and len({raw, RawScienceFrame.get(raw.object_id)}) == 1
    assert raw != paper.raw() and raw != raw.object_id and raw != None  # noqa: E711


def test_a_link_to_a_list_keeps_a_list_of_its_own(project):
    raws = paper.raws(2, RawBiasFrame)
    given = list(raws)
    bias = paper.product(BiasFrame, raw_bias_frames=given)
    given.clear()
    bias.raw_bias_frames.clear()
    assert bias.raw_bias_frames == raws


def test_an_object_is_got_by_its_id_or_the_text_of_it(project):
    raw = paper.insert(paper.raw())
    for object_id in (raw.object_id, str(raw.object_id), raw.object_id.hex):
        assert RawScienceFrame.get(object_id) == raw == RawScienceFrame(object_id=object_id) == RawFrame.get(object_id)


def test_what_is_not_there_is_not_found(project):
    raw = paper.insert(paper.raw())
    with pytest.raises(NotFound, match='there is no RawBiasFrame with object_id .* that you may see: look for it by a query'):
        RawBiasFrame.get(raw.object_id)
    with pytest.raises(NotFound, match="'17' is not an object id: an id is a UUID of 32 hexadecimal digits"):
        RawScienceFrame(object_id='17')


def test_all_that_is_set_comes_back(project):
    date, stat = datetime.datetime(2012, 6, 1, 1, 2, 3, 456789), Imstat(-1.5, 2.5, 0.1, 0.2, 0.3, 17)
    raw = paper.insert(paper.raw(DATE_OBS=date, imstat=stat, astrom={'CRVAL': [1.5, 2]}, EXPTIME=1 / 3, OBJECT='é'))
    object_id = raw.object_id
    del raw
    again = RawScienceFrame.get(object_id)
    assert (again.DATE_OBS, again.imstat, again.EXPTIME, again.OBJECT) == (date, stat, 1 / 3, 'é')
    assert again.astrom == {'CRVAL': [1.5, 2]} and again.filter.name == 'r_SDSS' and again.raw_fits.creator.name == 'ada'


@pytest.mark.parametrize('mistake', [lambda: RawBiasFrame(EXPTIM=1), lambda: setattr(RawBiasFrame(), 'EXPTIM', 1),
                                     lambda: RawBiasFrame().EXPTIM, lambda: RawBiasFrame.EXPTIM])
def test_wrong_names_are_refused_and_the_near_one_is_told(mistake):
    with pytest.raises(UnknownAttribute, match="RawBiasFrame has no attribute 'EXPTIM': did you mean EXPTIME?"):
        mistake()


def test_values_are_given_by_name():
    with pytest.raises(TypeError):
        RawBiasFrame('file.fits')


def test_roots_are_not_made():
    with pytest.raises(DefinitionError, match='make a RawScienceFrame or one of its siblings'):
        RawFrame()


@pytest.mark.parametrize(('cls', 'values', 'message'), [
    (RawScienceFrame, {'chip': 'ESO'}, "chip links to Chip, not to 'ESO'"),
    (RawScienceFrame, {'chip': None}, 'chip links to Chip, not to None'),
    (HotPixelMap, {'bias': RawBiasFrame()}, 'bias links to BiasFrame, not to <RawBiasFrame'),
    (BiasFrame, {'raw_bias_frames': [RawBiasFrame(), 3]}, 'raw_bias_frames links to RawBiasFrame, not to 3')])
def test_links_lead_to_their_class(cls, values, message):
    with pytest.raises(DefinitionError, match=message):
        cls(**values)


def test_what_is_committed_does_not_change(project):
    raw, bias = paper.insert(paper.raw()), paper.bias()
    for change in (lambda: setattr(raw, 'EXPTIME', 5.0), lambda: setattr(raw, 'chip', raw.chip),
                   lambda: setattr(raw, 'is_valid', 0), lambda: setattr(raw, 'privileges', 5),
                   lambda: setattr(raw, 'imstat', Imstat()),
                   lambda: setattr(raw.chip, 'name', 'x'), lambda: setattr(bias, 'raw_bias_frames', []),
                   lambda: setattr(raw, 'object_id', uuid.uuid4())):
        with pytest.raises(Immutable, match='what is committed does not change. Make a new object; is_valid, timestamps and '
                                            'privileges change through context'):
            change()
    with pytest.raises(Immutable, match='cannot be deleted'):
        del raw.EXPTIME
    assert raw.EXPTIME == 300 and raw.is_valid == 1


def test_a_list_that_was_asked_for_is_a_copy(project):
    bias = paper.bias()
    bias.raw_bias_frames.clear()
    assert len(bias.raw_bias_frames) == 3


def test_before_commit_anything_can_be_set_again():
    raw = RawBiasFrame(EXPTIME=1.0)
    raw.EXPTIME, raw.is_valid = 2.0, 0
    assert (raw.EXPTIME, raw.is_valid) == (2.0, 0) and list(vars(Chip(name='x')))


def test_text(project):
    raw, hot = paper.insert(paper.raw()), paper.product(HotPixelMap, filename=None)
    assert str(raw) == raw.filename and repr(raw) == f'<{raw.filename}>' and str(raw.chip) == 'Chip ESO_CCD_#65'
    assert str(hot) == f'HotPixelMap OMEGACAM ESO_CCD_#65 {hot.object_id.hex[-12:]}'


@pytest.mark.parametrize(('name', 'expected'), [
    ('ReadNoise', 'read_noise'), ('Chip', 'chip'), ('HotPixelMap', 'hot_pixel_map')])
def test_names_of_tables(name, expected):
    assert snake(name) == expected


def test_a_shared_column_means_what_each_class_says():
    """Both have a column `astrom`, and it is of another image."""
    raw, reduced = (cls.get_persistent_properties()['astrom'].text for cls in (RawScienceFrame, ReducedScienceFrame))
    assert 'of the raw frame' in raw and 'of the trimmed frame' in reduced
