"""Content: planes and tables of a product, in memory, in its file, in digests, and as the inputs of others."""

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import Table

from awlike.declare import (
    Catalogue,
    ContentTable,
    Input,
    Plane,
    ProcessParameters,
    ProcessTarget,
    attribute,
    column,
    parameter,
)
from awlike.errors import (
    HeaderError,
    Immutable,
    ParameterError,
    ProcessingError,
    StoreError,
)
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.products.content import parts
from awlike.products.making import produce
from awlike.store import server
from awlike.tasks.commit import commit_product
from awlike.tracing.explain import explain
from awlike.tracing.fsck import fsck

COLUMNS = [column('SID', 'i4', 'number', ucd='meta.id'), column('X', 'f8', 'column, from 1', unit='pix'),
           column('FLUX_APER', 'f4', 'flux', unit='adu', size=2)]


class Spots(Catalogue, ProcessTarget):
    """For tests: tables and nothing else."""

    raw = Input(RawBiasFrame, 'in which they are')
    number = attribute(int, 'how many there are')
    spots = ContentTable('the spots', COLUMNS)
    sky = ContentTable('places without spots', COLUMNS[:2])

    class Parameters(ProcessParameters):
        NUMBER: int = parameter(3, 'so many spots', ge=0)

    @staticmethod
    def make(inputs, params):
        x = np.arange(params.NUMBER) + float(inputs.raw.data[0, 0])
        return {'number': params.NUMBER, 'sky': {'SID': np.arange(2), 'X': np.arange(2.)},
                'spots': {'SID': np.arange(params.NUMBER), 'X': x, 'FLUX_APER': np.outer(x, [1, 2])}}


class Pair(ProcessTarget):
    """For tests: an image with two planes, made from tables."""

    UNIT = 'adu'
    spots = Input(Spots, 'what it is made from')
    weight = Plane('weight of each pixel', unit='adu-2')
    count = Plane('how many exposures each pixel has')

    @staticmethod
    def make(inputs, params):
        x = inputs.spots.spots['X']
        return {'data': np.outer(x, x).astype('f4'), 'weight': np.outer(x, x + len(inputs.spots.sky)),
                'count': np.ones((len(x), len(x)), 'u1')}


class Twice(ProcessTarget):
    """For tests: made from a plane."""

    pair = Input(Pair, 'what it is made from')

    @staticmethod
    def make(inputs, params):
        return {'data': 2 * inputs.pair.weight.data}


@pytest.fixture
def raw(night):
    return RawBiasFrame.select_all()[0]


def made(cls, commit=True, **inputs):
    product = produce(cls, inputs, cls.Parameters())
    product.recipe = 'test'
    if commit:
        commit_product(product)
    return product


def again(product):
    """The product as a new process reads it."""
    from awlike.database.sessions import database
    from awlike.products import image_cache
    database().session.expunge_all()
    image_cache.forget_images()
    return type(product)(object_id=product.object_id)


def test_content_is_the_same_in_memory_and_in_the_file(raw):
    spots = made(Spots, commit=False, raw=raw)
    before = spots.spots['FLUX_APER']
    assert spots.data is None and len(spots.spots) == 3 and len(spots.sky) == 2
    commit_product(spots)
    for one in (spots, again(spots)):
        assert np.array_equal(one.spots['FLUX_APER'], before) and one.spots['X'].dtype == np.dtype('f8')
        assert one.data is None and one.filename and one.size > 0 and one._picture() is None
    with fits.open(spots.retrieve()) as hdus:
        assert [hdu.name for hdu in hdus] == ['PRIMARY', 'SPOTS', 'SKY', 'PROVENANCE', 'MAKING']
        assert hdus['SPOTS'].header['TUNIT2'] == 'pix' and hdus[0].header['NUMBER'] == 3


def test_planes_have_data_unit_and_text_and_make_other_products(raw):
    pair = again(made(Pair, spots=made(Spots, raw=raw)))
    assert pair.weight.data.shape == pair.data.shape == (3, 3) and pair.weight.unit == 'adu-2'
    assert pair.count.data.dtype == np.uint8 and not pair.weight.data.flags.writeable and 'weight of each' in repr(pair.weight)
    twice = made(Twice, pair=pair)
    assert np.array_equal(twice.data, 2 * pair.weight.data)
    with fits.open(pair.retrieve()) as hdus:
        assert [hdu.name for hdu in hdus][:3] == ['PRIMARY', 'WEIGHT', 'COUNT'] and hdus['WEIGHT'].header['BUNIT'] == 'adu-2'


def test_the_digest_covers_every_part(raw):
    spots = made(Spots, raw=raw)
    pair = made(Pair, spots=spots)
    assert fsck() == []
    assert explain(pair.retrieve()).intact and explain(spots.retrieve()).intact
    assert pair.reproduce().identical and spots.reproduce().identical
    for product, name in ((pair, 'COUNT'), (spots, 'SKY')):
        path = product.retrieve()
        with fits.open(path, mode='update', checksum=True) as hdus:
            if hdus[name].is_image:
                hdus[name].data[0, 0] += 1
            else:
                hdus[name].data['X'][0] += 1
        told = explain(path)
        assert not told.intact and 'digest' in told.remarks[0]


def test_a_lost_file_is_made_again_with_all_its_parts(raw):
    spots = made(Spots, raw=raw)
    before = spots.spots['X']
    server().remove(spots.filename)
    assert np.array_equal(again(spots).spots['X'], before) and fsck() == []


def test_a_part_is_not_set_and_not_left_out(raw, monkeypatch):
    spots = made(Spots, raw=raw)
    with pytest.raises(Immutable, match='make'):
        spots.spots = 1
    whole = Spots.make
    for change, what in (({'sky': None}, 'no sky of Spots'), ({'sky': {'SID': [1]}}, 'lacks the columns X')):
        monkeypatch.setattr(Spots, 'make', staticmethod(lambda inputs, params, change=change: whole(inputs, params) | change))
        with pytest.raises(ProcessingError, match=what):
            made(Spots, commit=False, raw=raw)


@pytest.mark.parametrize('plane', [np.zeros(3), np.zeros((2, 2), complex), np.zeros((2, 2), '?'), 1.0])
def test_a_plane_is_an_image(plane):
    with pytest.raises(ProcessingError, match='the weight is a plane'):
        Pair.weight.taken(plane, 'the weight')


def test_tables_go_out_with_units_whole_or_not_at_all(raw, tmp_path):
    spots = made(Spots, raw=raw)
    table = spots.to_table()
    assert table['X'].unit == u.pix and table['SID'].meta['ucd'] == 'meta.id' and len(spots.to_table('sky')) == 2
    for one in (spots, again(spots), made(Spots, commit=False, raw=raw)):
        for suffix, options in (('vot', {'format': 'votable'}), ('ecsv', {}), ('ldac', {'format': 'fits', 'hdu': 2}),
                                ('fits', {'hdu': 'SPOTS'})):
            path = one.export(tmp_path / f'out.{suffix}')
            found = Table.read(path, **options)
            assert np.array_equal(found['FLUX_APER'], table['FLUX_APER']) and found['X'].unit == u.pix
    assert explain(spots.export(tmp_path / 'whole.fits')).intact
    assert len(Table.read(spots.export(tmp_path / 'sky.vot', 'sky'), format='votable')) == 2
    with pytest.raises(ParameterError, match='did you mean spots'):
        spots.to_table('spot')
    with pytest.raises(ParameterError, match='names no format'):
        spots.export(tmp_path / 'out.docx')
    with pytest.raises(StoreError, match='no folder'):
        spots.export(tmp_path / 'nowhere' / 'out.vot')
    assert not [path for path in tmp_path.iterdir() if path.name.startswith('.') or path.suffix == '.part']


def test_an_ldac_file_has_the_header_of_the_image(raw, tmp_path):
    path = made(Spots, raw=raw).export(tmp_path / 'out.ldac')
    header = fits.Header.fromstring(''.join(f'{card:80}' for card in fits.getdata(path, 1)[0][0]))
    assert header['NAXIS1'] == raw.header['NAXIS1'] and header['SIMPLE'] is True


def test_columns_are_those_of_the_file_when_the_class_has_gained_some(raw, monkeypatch):
    spots = again(made(Spots, raw=raw))
    more = ContentTable('the spots', [*COLUMNS, column('NEW', 'f4', 'new')])
    more.__set_name__(Spots, 'spots')
    monkeypatch.setattr(Spots, 'spots', more)
    parts.cache_clear()
    assert spots.to_table().colnames == ['SID', 'X', 'FLUX_APER'] and fsck() == []
    monkeypatch.undo()
    parts.cache_clear()


def test_a_file_of_another_kind_is_refused(raw):
    spots = made(Spots, raw=raw)
    pair = made(Pair, spots=spots)
    with pytest.raises(HeaderError, match='no table SPOTS'):
        Spots.spots.__get__(pair)


def test_products_without_parts_have_none():
    assert parts(RawScienceFrame) == {} and list(parts(Spots)) == ['spots', 'sky']
