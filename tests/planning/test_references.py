"""Reference catalogues in plans: named by a parameter, by the project, or the only one that covers the field."""

import pickle

import numpy as np
import pytest
from astropy.table import Table
from sqlalchemy import text

from awlike.context import context
from awlike.database.sessions import database
from awlike.declare import choosing
from awlike.dpu.packing import packed, unpacked_all
from awlike.errors import NotAllowed, NotFound, ParameterError
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.ingest.refcat import add, remove
from awlike.persist.dbobject import Input, Reference, attribute
from awlike.persist.references import Filter
from awlike.products.astrometry import corners
from awlike.products.parameters import ProcessParameters
from awlike.products.product import ProcessTarget
from awlike.products.reference_catalogue import ReferenceCatalogue
from awlike.tasks.task import Task
from tests.conftest import become, let_in
from tests.tasks.conftest import counted


class Placed(ProcessTarget):
    """For tests: made with a reference catalogue, where one serves."""

    raw = Input(RawScienceFrame, 'what it is of')
    reference = Input(ReferenceCatalogue, 'stars of known positions', optional=True)
    number = attribute(int, 'stars in the catalogue')

    class Parameters(ProcessParameters):
        REFERENCE_CATALOGUE: str = choosing('', 'the reference catalogue; that of the project, or by coverage, if empty')

    @staticmethod
    def make(inputs, params):
        return {'number': 0 if inputs.reference is None else inputs.reference.number}


class Calibrated(ProcessTarget):
    """For tests: made with the magnitudes of a reference catalogue, where one serves, of what is made with its places."""

    raw = Input(RawScienceFrame, 'what it is of')
    placed = Input(Placed, 'the places')
    reference = Input(ReferenceCatalogue, 'stars of known magnitudes', optional=True, in_band=True)
    filter = Reference(Filter, 'the filter')
    number = attribute(int, 'stars in the catalogue')

    class Parameters(ProcessParameters):
        REFERENCE_CATALOGUE: str = choosing('', 'the reference catalogue; that of the project, or by coverage, if empty')

    make = staticmethod(Placed.make)


class PlaceTask(Task):
    """For tests: the raw science frames of the night."""

    target = Placed
    frames = ()

    def requests(self):
        return self.one_for_each(self.frames or list(RawScienceFrame.select_all()))


class CalibrateTask(PlaceTask):
    """For tests: the same, with magnitudes."""

    target = Calibrated


def task(frames=(), commit=True, cls=PlaceTask, **pars):
    made = cls('OMEGACAM', commit=commit, pars={f'{cls.target.__name__}.{name}': value for name, value in pars.items()})
    made.frames = list(frames)
    return made


def first():
    return [RawScienceFrame.select_all().order_by('DATE_OBS')[0]]


def catalogue(name, at=None, seed=0, bands=('SloanR',), width=.2, number=3000):
    """A catalogue of stars around a place, by default that of the first raw frame."""
    ra, dec = np.mean(corners(first()[0]), axis=0) if at is None else at
    rng = np.random.default_rng(seed)
    table = Table({'ra': ra + rng.uniform(-width, width, number) / np.cos(np.radians(dec)),
                   'dec': dec + rng.uniform(-width, width, number), 'm': rng.uniform(10, 20, number)})
    table.write(f'{name}-{seed}.fits', overwrite=True)
    return add(name, f'{name}-{seed}.fits', ra='ra', dec='dec', bands=dict.fromkeys(bands, 'm'))


def made(*args, **pars):
    one = task(*args, **pars)
    one.execute()
    product, = one.products
    return product


def error(one):
    step, = one.plan().failed
    return str(step.error)


def test_without_any_the_product_is_made_without_and_all_say_so(night):
    one = task(first())
    assert 'without reference: no reference catalogue covers the field: add one by awe refcat add' in str(one.plan())
    one.execute()
    product, = one.products
    assert product.reference is None and product.number == 0
    assert 'none, no reference catalogue covers the field' in str(product.facts())
    assert 'no reference catalogue covers the field' in str(product.chosen_because('reference')) and product.why().holds


def test_the_only_one_that_covers_the_field_serves_and_all_say_so(night):
    near, far = catalogue('NEAR'), catalogue('FAR', at=(10, 10))
    one = task(first())
    assert 'reference NEAR, the only one that covers the field' in str(one.plan())
    assert one.plan().to_dict()['make'][0]['references'] == {'reference': 'the only one that covers the field'}
    one.execute()
    product, = one.products
    assert product.reference == near and product.number == near.number and far not in product.ancestors()
    assert 'NEAR, the only one that covers the field' in str(product.facts())
    told = str(product.chosen_because('reference'))
    assert 'the only one that covers the field' in told and 'FAR: does not cover the field' in told
    assert product.why().holds and product.reproduce().identical
    assert [step.reused for step in task(first()).plan().targets] == [True]


def test_it_covers_a_field_only_where_it_has_stars_around_each_corner(night):
    raw, = first()
    field = corners(raw)
    catalogue('BESIDE', at=field.mean(0) + [0, .2], width=.15)
    assert not task([raw]).plan().failed and not task([raw]).plan().to_make[0].inputs.get('reference')
    at_a_corner = catalogue('CORNER', at=field[0] - [0, .2], width=.2)
    assert at_a_corner.covers(*field[0], .05)
    catalogue('WHOLE', at=field.mean(0), width=.05)
    plan = task([raw]).plan()
    assert 'CORNER' in str(plan.failed[0].error) if plan.failed else plan.to_make[0].inputs['reference'].name == 'WHOLE'


def test_of_two_that_cover_none_serves_and_the_error_names_both_and_the_next_step(night):
    catalogue('A')
    product = made(first())
    catalogue('B', seed=1)
    said = error(task(first()))
    assert '2 reference catalogues cover the field, A, B: name one by the parameter REFERENCE_CATALOGUE' in said
    assert 'context.set_reference_catalogue(NAME)' in said
    assert 'A, B' in str(product.why())
    context.set_reference_catalogue('A')
    assert task(first()).plan().to_reuse[0].found.object_id == product.object_id and product.why().holds


def test_another_version_changes_nothing_until_it_is_named(night):
    one = catalogue('A')
    product = made(first())
    two = catalogue('A', seed=1)
    assert str(two) == 'A@2' and task(first()).plan().to_reuse and product.why().holds
    assert 'A@2: another version' not in str(product.chosen_because('reference')), 'it came later'
    again = made(first(), REFERENCE_CATALOGUE='A@2')
    assert again.reference == two and product.reference == one and again.object_id != product.object_id
    assert 'A@2, named by the parameter REFERENCE_CATALOGUE' in str(again.facts())
    assert 'A: another version' in str(again.chosen_because('reference'))
    assert 'A serves now, the only one that covers the field' in str(again.why())


def test_the_parameter_goes_before_the_setting_and_the_setting_before_coverage(night):
    near, far, away = catalogue('NEAR'), catalogue('FAR', at=(10, 10)), catalogue('AWAY', at=(20, 10))
    context.set_reference_catalogue('FAR')
    product = made(first())
    assert product.reference == far and 'FAR, named by the setting of project TEST' in str(product.facts())
    assert made(first(), REFERENCE_CATALOGUE='AWAY').reference == away
    context.set_reference_catalogue(None)
    plan = task(first()).plan()
    assert plan.to_make[0].reason == 'better input' and 'NEAR serves now' in plan.to_make[0].detail
    assert made(first()).reference == near and not product.why().holds


def test_a_name_that_is_not_there_fails_with_near_misses(night):
    catalogue('GAIA')
    said = error(task(first(), REFERENCE_CATALOGUE='GAYA'))
    assert 'did you mean GAIA?' in said and 'named by the parameter' in said
    assert 'GAIA@7' in error(task(first(), REFERENCE_CATALOGUE='GAIA@7'))
    context.set_reference_catalogue('GAIA')
    remove('GAIA')
    assert 'there is no reference catalogue GAIA' in error(task(first()))
    assert 'named by the setting of project TEST' in error(task(first()))


def test_an_invalid_one_serves_nobody_and_what_was_made_with_it_is_stale(night):
    one = catalogue('A')
    product = made(first())
    context.update_is_valid(one, 0)
    assert 'invalid' in error(task(first(), REFERENCE_CATALOGUE='A'))
    plan = task(first()).plan()
    assert plan.to_make[0].reason == 'invalid ancestor' and 'without reference' in str(plan)
    assert 'invalid ancestor' in product.why().reasons
    assert made(first()).reference is None


def test_a_frame_whose_header_has_no_astrometry_is_covered_by_none(night):
    catalogue('A')
    raw, = first()
    raw.__dict__['astrom'] = None
    assert 'no header tells where the field is' in str(task([raw]).plan())
    raw.__dict__['astrom'] = {'CTYPE1': 'XI', 'CRVAL1': 'x'}
    assert corners(raw) is None
    assert task([raw], REFERENCE_CATALOGUE='A').plan().to_make[0].inputs['reference'].name == 'A'


def test_for_magnitudes_it_must_have_the_band_of_the_filter(night):
    positions, magnitudes = catalogue('POSITIONS', bands=()), catalogue('MAGNITUDES', at=(10, 10))
    one = task(first(), cls=CalibrateTask)
    assert 'no reference catalogue that covers the field has the band r_SDSS or SloanR: POSITIONS' in str(one.plan())
    one.execute()
    product, = one.products
    assert product.placed.reference == positions and product.reference is None
    named = task(first(), cls=CalibrateTask, REFERENCE_CATALOGUE='POSITIONS')
    assert 'POSITIONS, named by the parameter REFERENCE_CATALOGUE, has no band r_SDSS or SloanR: it has none' in str(
        named.plan())
    assert made(first(), cls=CalibrateTask, REFERENCE_CATALOGUE='MAGNITUDES').reference == magnitudes
    both = catalogue('BOTH', bands=('r_SDSS',), seed=2)
    plan = task(first(), cls=CalibrateTask, commit=False).plan()
    assert plan.failed, 'for positions two cover the field'
    context.update_is_valid(positions, 0)
    product = made(first(), cls=CalibrateTask)
    assert product.reference == product.placed.reference == both


def test_those_of_strangers_serve_only_by_name(night, monkeypatch):
    field = np.mean(corners(first()[0]), axis=0)
    become(monkeypatch, 'eve')
    catalogue_of_eve = catalogue('EVE', at=field)
    become(monkeypatch, 'ada')
    context.set_project('TEST')
    plan = task(first()).plan()
    assert 'no reference catalogue covers the field of those that members of TEST or administrators added' in str(plan)
    product = made(first(), REFERENCE_CATALOGUE='EVE')
    assert product.reference == catalogue_of_eve
    assert 'EVE: added by eve' in str(made(first()).chosen_because('reference'))
    let_in(monkeypatch, 'eve')
    assert task(first()).plan().to_reuse[0].found.object_id == product.object_id


def test_the_owner_alone_sets_it_and_every_member_gets_it(night, monkeypatch):
    catalogue('A')
    catalogue('B', seed=1)
    with pytest.raises(NotFound, match='did you mean A'):
        context.set_reference_catalogue('AA')
    context.set_reference_catalogue('A')
    context.set_reference_catalogue('B')
    assert context.reference_catalogue() == 'B' and 'Reference: B' in str(context.get_current_project())
    let_in(monkeypatch, 'bob')
    become(monkeypatch, 'bob')
    context.set_project('TEST')
    assert context.reference_catalogue() == 'B'
    with pytest.raises(NotAllowed, match='only ada, the owner of TEST'):
        context.set_reference_catalogue('A')
    context.create_project('MINE')
    context.set_project('MINE')
    assert context.reference_catalogue() is None


def test_a_past_date_has_its_setting(night):
    catalogue('A')
    context.set_reference_catalogue('A')
    then = made(first(), cls=PlaceTask).creation_date
    context.set_reference_catalogue(None)
    with context.acting(as_of=then):
        assert context.reference_catalogue() == 'A'
    assert context.reference_catalogue() is None


def test_an_administrator_adds_for_all(night, monkeypatch):
    if database().is_sqlite:
        assert context.trusted_adders() == {context.user.object_id}
        return
    owner, = database().session.execute(text('SELECT u.name FROM "user" u WHERE u.object_id = ANY (awlike.administrators())'))
    field = np.mean(corners(first()[0]), axis=0)
    become(monkeypatch, owner.name)
    catalogue('OF_ALL', at=field)
    become(monkeypatch, 'ada')
    context.set_project('TEST')
    assert made(first()).reference == ReferenceCatalogue.named('OF_ALL')


def test_more_frames_take_no_more_statements(night):
    catalogue('A')
    catalogue('FAR', at=(10, 10))

    def number(frames):
        with counted() as statements:
            plan = task(frames).plan()
        assert len(plan.to_make) == len(frames)
        return len(statements)

    every = list(RawScienceFrame.select_all())
    number(every)  # reads camera, chip and filter of all
    assert len(every) > 3 and number(every) == number(every[:1])


def test_a_product_of_calibrations_alone_has_nothing_to_ask_for(night):
    catalogue('A')
    product = made(first())
    with pytest.raises(ParameterError, match='ask for one of reference'):
        product.chosen_because('raw')


def test_corners_of_a_reduced_frame_are_those_of_its_raw_frame(reduced):
    frame = ReducedScienceFrame.select_all()[0]
    assert corners(frame) == pytest.approx(corners(frame.raw), abs=1e-9)
    x, y = frame.wcs.all_world2pix(corners(frame), 0).T
    rows, columns = frame.data.shape
    assert np.allclose(sorted(x), [-.5, -.5, columns - .5, columns - .5], atol=1e-3)
    assert np.allclose(sorted(y), [-.5, -.5, rows - .5, rows - .5], atol=1e-3)


def test_a_choice_travels_between_processes(night):
    catalogue('A')
    step, = task(first()).plan().to_make
    again = unpacked_all(pickle.loads(pickle.dumps([packed(step, {id(step): 0})])), {})[0]
    assert again.inputs['reference'] == step.inputs['reference'] and again.references == step.references
    assert again.key() == step.key() and again.input_objects()['reference'] == ReferenceCatalogue.named('A')


def test_a_catalogue_that_goes_between_plan_and_making_is_told(night):
    catalogue('A')
    one = task(first())
    plan = one.plan()
    remove('A')
    database().session.expunge_all()
    with pytest.raises(NotFound, match='A was removed meanwhile: run the task again'):
        plan.to_make[0].input_objects()
