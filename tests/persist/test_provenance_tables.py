"""Provenance in a file: what is read is what was written, whatever the names."""

import dataclasses

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as some

from awlike.errors import HeaderError
from awlike.persist.provenance import Entity, Provenance, RecordedFact, RecordedFile, Use
from awlike.persist.provenance_tables import has_provenance, provenance_tables, read_provenance

DIGEST = 'ab' * 32
RAW = Entity(3, 'RawBiasFrame', 'id 3', 'raw.fits', 'raw.fits', DIGEST, '2012-06-01T01:00:00', '2012-06-02T01:00:00', 'ada',
             RecordedFile('OMEGA.fits', 0, DIGEST))
NOISE = Entity(2, 'ReadNoise', 'id 2', 'ReadNoise A', None, DIGEST, '2012-06-01T01:00:00', None, None,
               facts=(RecordedFact('result', 'read_noise', 2.25, 'adu'),))
BIAS = Entity(1, 'BiasFrame', 'id 1', 'bias.fits', 'bias.fits', DIGEST, '2012-06-01T01:00:00', '2012-06-02T02:00:00', 'ada')
LINEAGE = Provenance((BIAS, NOISE, RAW), (Use(1, 0, '', 0), Use(2, 1, 'read_noise', 0), Use(3, 2, 'raw_bias_frames', 0),
                                          Use(3, 1, 'raw_bias_frames', 0)))

JSON = some.recursive(some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(),
                      lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner))
NAMES = some.text(max_size=40).map(lambda text: text.strip() or 'x')


def with_target(**changes):
    return dataclasses.replace(LINEAGE, entities=(dataclasses.replace(BIAS, **changes), NOISE, RAW))


@pytest.fixture(scope='module')
def read(tmp_path_factory):
    """Write a provenance behind an image and read it."""
    path = tmp_path_factory.mktemp('provenance') / 'a.fits'

    def read(provenance):
        fits.PrimaryHDU(np.zeros((3, 4), np.float32)).writeto(path, overwrite=True)
        with open(path, 'ab') as file:
            file.write(provenance_tables(provenance))
        with fits.open(path, checksum=True) as hdus:
            return read_provenance(hdus)

    return read


def test_what_is_read_is_what_was_written(read, recwarn):
    assert read(LINEAGE) == LINEAGE
    assert not recwarn.list


@pytest.mark.slow
@given(filename=NAMES, creator=NAMES)
def test_names_come_back_in_any_script(read, filename, creator):
    named = with_target(filename=filename, name=filename, creator=creator)
    assert read(named) == named


@pytest.mark.slow
@given(values=some.lists(JSON, max_size=4))
def test_values_of_any_length_come_back(read, values):
    facts = tuple(RecordedFact('parameter', f'NUMBER_{n}', value, 'adu') for n, value in enumerate(values))
    assert read(with_target(facts=facts)) == with_target(facts=facts)


@pytest.mark.parametrize('text', ['word ' * 100, ' ' * 300, 'x' * 71 + ' ' * 5 + 'y', 'naïve ☃'])
def test_blanks_where_a_long_value_is_cut_are_not_lost(read, text):
    facts = (RecordedFact('result', 'said', text),)
    assert read(with_target(facts=facts)).target.facts == facts


def test_a_lineage_of_one_raw_frame(read):
    raw = dataclasses.replace(RAW, step=1)
    alone = Provenance((raw,), (Use(1, 0, '', 0),))
    assert read(alone) == alone


def test_classes_roles_and_units_of_a_users_own_in_any_script(read):
    raw, use = dataclasses.replace(RAW, class_name='RöntgenFrame', step=2), Use(2, 1, 'größe', 0)
    target = dataclasses.replace(BIAS, facts=(RecordedFact('parameter', 'größe', 'é', 'µm'),))
    lineage = Provenance((target, raw), (Use(1, 0, '', 0), use))
    assert read(lineage) == lineage


def test_a_file_without_it_has_none():
    assert not has_provenance(fits.HDUList([fits.PrimaryHDU()]))


def tables(tmp_path, replace, by):
    content = provenance_tables(LINEAGE)
    assert replace in content
    path = tmp_path / 'a.fits'
    fits.PrimaryHDU().writeto(path)
    with open(path, 'ab') as file:
        file.write(content.replace(replace, by, 1))
    return fits.open(path)


@pytest.mark.parametrize(('replace', 'by', 'said'), [
    (b'PROVVERS=                    1', b'PROVVERS=                    7', 'PROVVERS 7, this awlike reads 1: take an awlike'),
    (b"TTYPE3  = 'ROLE'", b"TTYPE3  = 'RULE'", 'PROVENANCE is damaged .*ask for the file again'),
    (b'2.25', b'2,25', 'is damaged'),
    (b'\0\0\0\2\0\0\0\1', b'\0\0\0\5\0\0\0\1', 'damaged'),
])
def test_what_cannot_be_right_is_refused(tmp_path, replace, by, said):
    with tables(tmp_path, replace, by) as hdus, pytest.raises(HeaderError, match=said):
        read_provenance(hdus)
