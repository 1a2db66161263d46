"""Near names: a hint at the names that somebody may have meant."""

import pytest

from awlike.errors import UnknownAttribute
from awlike.spelling import alike, by_reason, counted, near, unknown

KNOWN = ['chip', 'filter', 'instrument']


@pytest.mark.parametrize(('name', 'hint'), [
    ('instrumnt', ' (did you mean instrument?)'), ('xyz', ''), (3, ''), ('FILTER', '')])
def test_a_near_name_is_a_hint(name, hint):
    assert near(name, KNOWN) == hint


@pytest.mark.parametrize(('name', 'message'), [
    ('chpi', "BiasFrame has no attribute 'chpi': did you mean chip?"),
    ('xyz', "BiasFrame has no attribute 'xyz': it has chip, filter, instrument")])
def test_an_unknown_name_lists_near_names_or_all(name, message):
    error = unknown('BiasFrame', name, iter(KNOWN))
    assert isinstance(error, UnknownAttribute) and isinstance(error, AttributeError)
    assert (str(error), error.name) == (message, name)


def test_names_that_differ_in_case_go_before_names_that_are_spelt_alike():
    assert alike('r_sdss', ['g_SDSS', 'r_SDSS', 'r_SDSS2']) == ['r_SDSS']
    assert alike('r_SDS', ['g_SDSS', 'r_SDSS']) == ['r_SDSS'] and alike('Ha', ['g_SDSS']) == [] == alike('x', [])


def test_things_are_counted():
    assert [counted(number, 'frame') for number in (0, 1, 2, 1234)] == ['0 frames', '1 frame', '2 frames', '1,234 frames']
    assert counted(1, 'step is', 'steps are') == '1 step is' and counted(3, 'step is', 'steps are') == '3 steps are'


def test_a_sentence_may_say_no_for_0():
    assert [counted(number, 'frame', zero='no') for number in (0, 1, 2000)] == ['no frames', '1 frame', '2,000 frames']


def test_many_things_with_one_reason_are_told_together():
    refused = [('a', 'broken'), *((number, 'a table') for number in range(67)), *((letter, 'old') for letter in 'xyz')]
    assert list(by_reason(refused)) == [('a', 'broken'), ('0 and 66 others', 'a table'), *((letter, 'old') for letter in 'xyz')]
