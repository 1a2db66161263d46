"""Setups and readouts are named by their values: nobody takes the name of one that is to come, or gives it other values."""

import json

import pytest

from awlike.persist.ids import reference_id
from awlike.persist.references import readout_name, setup_name
from tests.security.world import NOW

AMPLIFIERS = [{'name': 'A', 'trim': '[1:10,1:20]', 'gain': 1.5, 'read_noise': None, 'note': 'Grüße'}, {'name': 'B'}]
SETTINGS = {'READMODE': 'fast', 'BINNING': '2x2'}
ODD_LISTS = ['"x"', '7', '[]', '{}', '["x"]', '[[1]]', '[{"gain": [[[]]]}]', '[{"gain": {"a": 1}}]', 'null', None]


def readout(name, amplifiers):
    return (f"INSERT INTO readout (object_id, creation_date, name, amplifiers) VALUES ('{reference_id('Readout', name)}', "
            f"{NOW}, '{name}', {_text(amplifiers)})")


def setup(world, name, values):
    object_id = reference_id('Setup', str(world.names['instrument']), name)
    return (f"INSERT INTO setup (object_id, creation_date, name, values, instrument_id) VALUES ('{object_id}', {NOW}, "
            f"{_text(name)}, {_text(values)}, '{world.names['instrument']}')")


def _text(value):
    return 'NULL' if value is None else "'{}'".format(value.replace("'", "''"))


def taken(world, statement):
    """Whether the database takes a statement of dan; the statement is rolled back."""
    with world.connect('dan') as client:
        return world.send(client, 'BEGIN', statement, 'ROLLBACK').error is None


def test_the_name_of_a_readout_is_given_to_its_own_values_alone(world):
    name = readout_name(AMPLIFIERS)
    assert taken(world, readout(name, json.dumps(AMPLIFIERS)))
    for other in (*ODD_LISTS, json.dumps([*AMPLIFIERS[1:], *AMPLIFIERS[:1]]), json.dumps(AMPLIFIERS).replace('1.5', '9.5'),
                  json.dumps(AMPLIFIERS).replace(' ', '')):
        assert not taken(world, readout(name, other)), other
    for value in ODD_LISTS[:-1]:
        if value != '[]':  # no amplifiers at all are as good as none
            assert not taken(world, readout(f'1 amplifiers, {0:016x}', value))


def test_the_name_of_a_setup_is_given_to_its_own_values_alone(world):
    name = setup_name(SETTINGS)
    assert taken(world, setup(world, name, json.dumps(SETTINGS)))
    for other in (*ODD_LISTS, json.dumps(SETTINGS | {'BINNING': '1x1'}), json.dumps(dict(reversed(SETTINGS.items()))),
                  '{"READMODE=fast BINNING": "2x2"}', json.dumps(SETTINGS | {'WINDOW': '[1:2,1:2]'}), '{"READMODE": 2}'):
        assert not taken(world, setup(world, name, other)), other


@pytest.mark.parametrize('quote', ["'", '"'])
def test_settings_with_quotes_have_not_the_name_of_other_settings(world, quote):
    honest = {'A': "1'2 B=3" if quote == '"' else '1 B=3'}
    one, two = setup_name(honest).removeprefix('A=').split(' B=')
    forged = {'A': one, 'B': two}
    assert setup_name(forged) != setup_name(honest)
    assert taken(world, setup(world, setup_name(forged), json.dumps(forged)))
    assert not taken(world, setup(world, setup_name(honest), json.dumps(forged)))


@pytest.mark.parametrize('value', ['fast', 'very fast', "it's slow", 'the "slow" one', "it's \"slow\"", 'a\\b c', 'a\\b', "'",
                                   '"', "'fast", '"fast"', "'a\\b", 'Grüße an alle', '', '[1:512,1:512]', 'x=y z', "\\' \\"])
def test_the_name_of_a_setup_is_that_of_python(world, value):
    settings = {'WINDOW': value, 'READ-MODE_2': 'x y', 'GAIN': '1'}
    assert world.ask('SELECT awlike.setup_name(%s::json)', json.dumps(settings)) == [(setup_name(settings),)]
    assert taken(world, setup(world, setup_name(settings), json.dumps(settings)))
