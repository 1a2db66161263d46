"""The reduction log of an exposure: words, order and merging."""

import itertools

import pytest

from awlike.products.reduction_log import STEPS, Outcome, log_cards, merged

SUCCESS, FAILED, PARTLY, SKIPPED = Outcome.SUCCESSFUL, Outcome.FAILED, Outcome.PARTIALLY_FAILED, Outcome.SKIPPED
NOT_SELECTED, SOME, NOT_REQUIRED = Outcome.NOT_SELECTED, Outcome.PARTIAL_SUCCESS, Outcome.NOT_REQUIRED


def test_the_steps_are_those_of_quickreduce_in_their_order():
    assert ' '.join(STEPS) == ('_OVERSCN _XTALK _GAIN _TRIMCEL _NONLIN _BIAS _DARK _FLAT _FOTFLAT _ILLUMCR _BADPXLS '
                               '_EXTNORM _PERSIST _SATURAT _WCSDIST _COSMICS _PGHOST _FRINGE _WCSCAL _NONSDRL _PHOTCAL '
                               '_AUTOFOT _SOFTBIN')
    assert {str(one) for one in Outcome} == {
        'attempted', 'failed', 'successful', 'not selected', 'skipped after fail', 'partially failed', 'missing data',
        'partial success', 'not required', 'no data'}


@pytest.mark.parametrize(('words', 'expected'), [
    ([SUCCESS, SUCCESS], SUCCESS), ([None, FAILED], FAILED), ([None], None), ([], None),
    ([SUCCESS, FAILED], PARTLY), ([SUCCESS, PARTLY], PARTLY), ([SUCCESS, SKIPPED], PARTLY), ([PARTLY, FAILED], PARTLY),
    ([PARTLY, SKIPPED], PARTLY), ([NOT_SELECTED, SUCCESS], SOME), ([SOME, SUCCESS], SOME), ([NOT_REQUIRED, SUCCESS], SUCCESS),
    ([Outcome.ATTEMPTED, SUCCESS], Outcome.MISSING_DATA), ([Outcome.NO_DATA, SUCCESS], Outcome.MISSING_DATA),
    ([Outcome.MISSING_DATA, FAILED], Outcome.MISSING_DATA), ([SUCCESS] * 5 + [FAILED] + [SUCCESS] * 7, PARTLY)])
def test_words_of_detectors_are_merged(words, expected):
    assert merged(words) == merged(reversed(words)) == expected


def test_the_order_of_detectors_does_not_matter():
    for words in itertools.combinations(Outcome, 3):
        assert len({merged(order) for order in itertools.permutations(words)}) == 1


def test_what_is_not_told_was_not_selected():
    cards = log_cards({'_BIAS': SUCCESS, '_DARK': None})
    assert len(cards) == 23 and dict((card[0], card[1]) for card in cards)['_BIAS'] == 'successful'
    assert dict((card[0], card[1]) for card in cards)['_DARK'] == 'not selected'
