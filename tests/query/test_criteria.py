"""Queries against plain Python: the table of equivalences in `awlike.query`, value by value and in random combinations."""

import datetime
import fnmatch
import operator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awlike.database.sessions import database
from awlike.frames.bias import BiasFrame
from awlike.frames.dome_flat import DomeFlatFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawDomeFlatFrame, RawScienceFrame
from awlike.persist.dataobject import DataObject, Imstat
from awlike.persist.references import Filter, Template
from awlike.query.path import parse
from awlike.query.rules import read_rule
from tests import paper

TEXTS = ['', 'field', 'Field', 'f%ld', 'f_eld', 'f\\eld', 'fi*d', '[f]ield', "it's", 'fïeld', 'field\nfield']
NUMBERS = [0.0, 1.0, 1.5, 300.0, -2.0]
DATES = [paper.START + datetime.timedelta(hours=n) for n in range(3)]
UNORDERED = DataObject | Filter | Template | bool
LISTS = {'raw_bias_frames', 'raw_dome_flat_frames'}
ORDERED = [operator.lt, operator.le, operator.gt, operator.ge]


# --- what the expressions mean, in Python ---


def values(obj, names) -> list:
    """What `names` lead to from `obj`: one value, or one for each member of a list; beyond an empty link it is missing."""
    if not names:
        return [obj]
    if obj is None:
        return [] if LISTS & set(names) else [None]
    found = getattr(obj, names[0])
    return [value for one in (found if names[0] in LISTS else [found]) for value in values(one, names[1:])]


def any_of(name, holds):
    return lambda obj: any(holds(value) for value in values(obj, name.split('.')))


def matches(text, pattern):
    return text is not None and fnmatch.fnmatchcase(text, pattern.replace('[', '[[]'))


@st.composite
def comparisons(draw, cls, attributes):
    """A query of one attribute, and the same in Python."""
    name = draw(st.sampled_from(sorted(attributes)))
    path, pool = parse(cls, name), attributes[name]
    value, kind = draw(st.sampled_from(pool)), draw(st.sampled_from(['eq', 'ne', 'order', 'none', 'in', 'like', 'between']))
    text, unordered = isinstance(value, str), isinstance(value, UNORDERED)
    if kind == 'none':
        if name in LISTS:
            return draw(st.sampled_from([(path == None, lambda obj: not getattr(obj, name)),  # noqa: E711
                                         (path != None, lambda obj: bool(getattr(obj, name)))]))  # noqa: E711
        return draw(st.sampled_from([(path == None, any_of(name, lambda x: x is None)),  # noqa: E711
                                     (path != None, any_of(name, lambda x: x is not None))]))  # noqa: E711
    if kind == 'in':
        some = draw(st.lists(st.sampled_from([*pool, None]), max_size=3))
        return path.in_(some), any_of(name, lambda x: x in some)
    if kind == 'like' and text:
        pattern = draw(st.sampled_from(TEXTS + ['*', '?????', 'f*', '*e?d', '?ield', '', '**', 'F*']))
        return path.like(pattern), any_of(name, lambda x: matches(x, pattern))
    if kind == 'order' and not unordered:
        op = draw(st.sampled_from(ORDERED))
        return op(path, value), any_of(name, lambda x: x is not None and op(x, value))
    if kind == 'between' and not unordered and not LISTS & set(name.split('.')):
        other = draw(st.sampled_from(pool))
        return path.between(value, other), any_of(name, lambda x: x is not None and value <= x <= other)
    if kind == 'eq':
        return path == value, any_of(name, lambda x: x == value)
    return path != value, any_of(name, lambda x: x != value)


def combined(leaf):
    """Queries of `leaf` and their combinations by & | ~."""
    return st.recursive(leaf, lambda some: st.one_of(
        st.tuples(some, some).map(lambda two: (two[0][0] & two[1][0], lambda obj: two[0][1](obj) and two[1][1](obj))),
        st.tuples(some, some).map(lambda two: (two[0][0] | two[1][0], lambda obj: two[0][1](obj) or two[1][1](obj))),
        some.map(lambda one: (~one[0], lambda obj: not one[1](obj)))), max_leaves=6)


def in_time(objects):
    """Objects, which are in the order of making, in the order of queries; PostgreSQL puts those without a date at the end."""
    if database().is_sqlite:
        return objects
    return sorted(objects, key=lambda obj: obj.DATE_OBS is None)


# --- a small world in which every attribute is missing somewhere ---


class World(dict):
    """For each class its objects, and what its attributes are compared with."""

    __repr__ = object.__repr__


@pytest.fixture
def world(project):
    """All objects by class, and for each class what its attributes are compared with."""
    camera = paper.instrument()
    filters = [paper.know(Filter(name=name, instrument=camera, has_fringes=fringes, central_wavelength=wave))
               for name, fringes, wave in (('field', True, 1.5), ('f_eld', False, None), ('Field', None, 300.0))]
    templates = [None, *(paper.know(Template(start=start, id=text, instrument=camera))
                         for start, text in ((DATES[0], 'field'), (None, None)))]
    file = paper.file()
    science = paper.insert(*[paper.raw(
        raw_fits=file, filter=filters[n % 3], template=templates[n % 3], OBJECT=[None, *TEXTS][n],
        AIRMASS=[None, *NUMBERS][n % 6],
        extension=[None, 0, 1, 2][n % 4], DATE_OBS=[None, *DATES][n // 3], imstat=Imstat(median=[None, *NUMBERS][n // 2]),
        astrom=None if n % 2 else {'CRVAL': [1, 2]}, is_valid=n % 3) for n in range(12)])
    zeros = paper.insert(*[paper.raw(RawBiasFrame, raw_fits=file, EXPTIME=[None, *NUMBERS][n], OBJECT=[None, *TEXTS][n],
                                     template=templates[n % 3]) for n in range(6)])
    noises = paper.insert(*[paper.product(paper.ReadNoise, raw_bias_frames=zeros[n:n + 2], read_noise=[None, 1.0, 1.5][n])
                            for n in range(3)])
    biases = paper.insert(*[paper.product(BiasFrame, raw_bias_frames=zeros[n:2 * n], read_noise=noises[n])
                            for n in range(3)])
    hots = paper.insert(*[paper.product(
        HotPixelMap, bias=biases[n % 3], count=[None, 0, 1][n % 3],
        **({'process_params': HotPixelMap.Parameters(REJECTION_THRESHOLD=4.0 + n)} if n else {})) for n in range(5)])
    lamps = paper.insert(*[paper.raw(RawDomeFlatFrame, raw_fits=file, EXPTIME=NUMBERS[n], filter=filters[n]) for n in range(3)])
    domes = paper.insert(*[paper.product(DomeFlatFrame, raw_dome_flat_frames=lamps[:n], bias=biases[n], hot=hots[n],
                                         filter=filters[n]) for n in range(3)])
    flats = paper.insert(*[paper.product(FlatFrame, filter=filters[n], **({'dome_flat': domes[n - 1]} if n else {}))
                           for n in range(3)])
    return World({
        RawScienceFrame: (science, {
            'EXPTIME': NUMBERS, 'AIRMASS': NUMBERS, 'extension': [0, 1, 2], 'OBJECT': TEXTS, 'OBSERVER': TEXTS,
            'DATE_OBS': DATES, 'imstat.median': NUMBERS, 'is_valid': [0, 1, 2], 'filter': filters, 'filter.name': TEXTS,
            'filter.has_fringes': [True, False], 'filter.central_wavelength': NUMBERS, 'template': templates[1:],
            'template.id': TEXTS, 'template.start': DATES, 'template.instrument.name': ['OMEGACAM', 'x'],
            'chip.instrument.longitude': [-70.4, 0.0], 'raw_fits': [file]}),
        BiasFrame: (biases, {
            'raw_bias_frames': zeros, 'raw_bias_frames.EXPTIME': NUMBERS, 'raw_bias_frames.OBJECT': TEXTS,
            'raw_bias_frames.template.id': TEXTS, 'raw_bias_frames.template': templates[1:], 'read_noise': noises,
            'read_noise.read_noise': NUMBERS, 'read_noise.raw_bias_frames.EXPTIME': NUMBERS, 'filename': TEXTS}),
        HotPixelMap: (hots, {
            'count': [0, 1, 2], 'bias': biases, 'bias.read_noise.read_noise': NUMBERS, 'bias.raw_bias_frames.OBJECT': TEXTS,
            'bias.read_noise.raw_bias_frames': zeros, 'bias.raw_bias_frames.template.start': DATES,
            'process_params.REJECTION_THRESHOLD': [5.0, 6.0, 0.0]}),
        FlatFrame: (flats, {
            'dome_flat': domes, 'dome_flat.filter.name': TEXTS, 'dome_flat.bias': biases, 'dome_flat.hot.count': [0, 1],
            'dome_flat.raw_dome_flat_frames.EXPTIME': NUMBERS, 'dome_flat.raw_dome_flat_frames.filter.name': TEXTS,
            'dome_flat.bias.raw_bias_frames.OBJECT': TEXTS, 'filter.name': TEXTS}),
    })


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_random_queries_mean_what_they_would_in_python(world, data):
    cls = data.draw(st.sampled_from(list(world)))
    objects, attributes = world[cls]
    query, holds = data.draw(combined(comparisons(cls, attributes)))
    expected = [obj for obj in objects if holds(obj)]
    assert [obj for obj in query] == in_time(expected), str(query)
    assert len(query) == len(expected) and query.exists() == bool(expected)
    assert query.max('object_id') == (expected[-1] if expected else None)
    rule = query.written()
    assert list(read_rule(rule)) == list(query) and read_rule(rule).written() == rule, 'a rule says the same'


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_random_orders_limits_and_slices_mean_what_they_would_in_python(world, data):
    cls = data.draw(st.sampled_from([RawScienceFrame, HotPixelMap]))
    objects, attributes = world[cls]
    names = [name for name in attributes if not LISTS & set(name.split('.')) and not isinstance(attributes[name][0], UNORDERED)]
    query, holds = data.draw(combined(comparisons(cls, attributes)))
    expected = [obj for obj in objects if holds(obj)]
    order = data.draw(st.lists(st.tuples(st.sampled_from(sorted(names)), st.booleans()),
                               max_size=2, unique_by=lambda one: one[0]))
    expected = expected if order else in_time(expected)
    for name, down in reversed(order):
        value = {obj: values(obj, name.split('.'))[0] for obj in expected}
        there = sorted([obj for obj in expected if value[obj] is not None], key=value.get)
        if down:  # from the top, but those of one value stay as they are
            there = sorted(there, key=lambda obj: [value[o] for o in there[::-1]].index(value[obj]))
        expected = there + [obj for obj in expected if value[obj] is None]
    query = query.order_by(*(('-' if down else '') + name for name, down in order))
    limit, start, stop, step = (data.draw(st.none() | st.integers(low, 7)) for low in (0, 0, 0, 1))
    if limit is not None:
        query, expected = query.limit(limit), expected[:limit]
    assert [obj for obj in query] == expected and [obj for obj in read_rule(query.written())] == expected
    assert query[start:stop:step] == expected[start:stop:step] and len(query) == len(expected)
    chosen, passes = data.draw(comparisons(cls, attributes))
    assert [obj for obj in query & chosen] == [obj for obj in expected if passes(obj)]
    assert set(read_rule((query & chosen).written())) == set(query & chosen)


# --- one by one ---


@pytest.mark.parametrize(('pattern', 'matching'), [
    ('field', ['field']), ('f%ld', ['f%ld']), ('f_eld', ['f_eld']), ('f\\eld', ['f\\eld']), ('F*', ['Field']),
    ('f?eld', ['field', 'f_eld', 'f\\eld', 'fïeld']), ('[f]ield', ['[f]ield']), ('', ['']), ("*'*", ["it's"]),
    ('*d', [text for text in TEXTS if text.endswith('d')])])
def test_patterns_know_star_and_question_mark_alone(project, pattern, matching):
    frames = paper.insert(*[paper.raw(OBJECT=text) for text in [None, *TEXTS]])
    found = RawScienceFrame.OBJECT.like(pattern)
    assert [raw.OBJECT for raw in found] == [raw.OBJECT for raw in frames if raw.OBJECT in matching]


def test_a_missing_dictionary_is_missing(project):
    with_, without = paper.insert(paper.raw(astrom={'CRVAL': [1.0, 2.0]}), paper.raw())
    assert list(RawScienceFrame.astrom == None) == [without] and list(RawScienceFrame.astrom != None) == [with_]  # noqa: E711


def test_many_values_at_once(project):
    frames = paper.raws(3, EXPTIME=39_999.0)
    assert list(RawScienceFrame.EXPTIME.in_(range(40_000))) == frames and not RawScienceFrame.EXPTIME.in_([]).exists()


def test_process_parameters_are_attributes_like_others(project):
    bias = paper.bias()
    loose, strict = (paper.hot(bias, process_params=HotPixelMap.Parameters(REJECTION_THRESHOLD=n)) for n in (8.0, 3.0))
    assert list(HotPixelMap.process_params.REJECTION_THRESHOLD > 5) == [loose]
    assert HotPixelMap.select_all().order_by('process_params.REJECTION_THRESHOLD')[0] == strict
    table = HotPixelMap.select_all().table('filename', 'process_params.REJECTION_THRESHOLD')
    assert list(table['process_params.REJECTION_THRESHOLD']) == [8, 3]
