"""Facts in groups, as text and for machines."""

import json

import pytest

from awlike.views.facts import Fact, Facts


@pytest.fixture
def facts():
    return Facts('Bias_1.fits', 'Bias', 'A master bias.', 'abc', '', {
        'what it is': [Fact('EXPTIME', '10', 's', 10.0), Fact('OBJECT', ''), Fact('AIRMASS', '')], 'inputs': [],
        'parameters': [Fact('SIGMA_CLIP', '3', 'sigma', 3.0)], 'results': [Fact('levels', 'one, ' * 45 + 'end')]})


def test_groups_have_a_head_and_rows_with_units(facts):
    assert str(facts).splitlines()[:6] == ['Bias_1.fits', 'A master bias.', '', 'what it is', '  EXPTIME          10 s',
                                           '  without          OBJECT, AIRMASS']


def test_a_group_of_nothing_is_not_shown(facts):
    assert 'inputs' not in str(facts) and 'inputs' not in facts.to_dict()


def test_long_values_go_on_below_themselves(facts):
    lines = str(facts).splitlines()
    assert max(map(len, lines)) <= 120 and lines[-1].startswith(' ' * 19 + 'one') and lines[-1].endswith('end')


def test_the_class_is_said_where_the_name_does_not(facts):
    facts.name, facts.state = 'night.fits', 'not committed'
    assert str(facts).startswith('Bias night.fits (not committed)\n')


def test_brief_leaves_out_what_only_matters_to_who_asks(facts):
    assert 'SIGMA_CLIP' not in str(facts.brief()) and 'EXPTIME' in str(facts.brief()) and 'SIGMA_CLIP' in str(facts)


def test_for_machines_values_are_values_with_units(facts):
    told = json.loads(json.dumps(facts.to_dict()))
    assert told['what it is'] == {'EXPTIME': {'value': 10.0, 'unit': 's'}, 'OBJECT': {'value': None},
                                  'AIRMASS': {'value': None}}
    assert (told['class'], told['name'], told['object_id']) == ('Bias', 'Bias_1.fits', 'abc')


def test_a_blank_text_is_a_row():
    assert str(Facts('a', 'A', '', '1', '', {'results': [Fact('OBJECT', ' ')]})).endswith('\n  OBJECT           ')
