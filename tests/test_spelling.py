"""Near names: a hint at the names that somebody may have meant."""

import pytest

from awlike.errors import UnknownAttribute
from awlike.spelling import near, unknown

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
