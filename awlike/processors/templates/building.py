"""Headers made by templates."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from astropy.io import fits

from awlike.errors import HeaderError, ParameterError
from awlike.processors.cards.header import COMMENTARY, CheckedHeader
from awlike.processors.cards.text import HeaderTextError, check_ascii
from awlike.processors.templates.template import (
    Item,
    Template,
    as_template,
    getTemplateForName,
    keyword_of,
    name_of,
)
from awlike.spelling import near

_USED = 'awlike template used: '
_USED_BY_ANY = re.compile(r'(?:GAVO DaCHS|awlike) template used: (.+)')


def makeHeaderFromTemplate(template: str | Sequence[Item], originalHeader: fits.Header | None = None,
                           **values: Any) -> CheckedHeader:
    """Return a header with the cards of a template, in its order.

    Parameters
    ----------
    template : sequence or str
        The template, or the name of one; see `awlike.processors.templates.template.Template`.
    originalHeader : astropy.io.fits.Header, optional
        Its cards stay where `values` do not set them: those of the template in its order, then all others in their own.
    **values
        The values of cards, by keyword with ``_`` in place of ``-``. None sets nothing.

    Returns
    -------
    CheckedHeader
        Its HISTORY says by which template it was made.

    Raises
    ------
    ParameterError
        For a value that the template has no card for, and a value that a card cannot hold.
    """
    found = getTemplateForName(template) if isinstance(template, str) else as_template(template)
    original = CheckedHeader() if originalHeader is None else originalHeader
    cards = _of_template(found, original, _by_keyword(found, values))
    titles = {str(item.value) for item in found if isinstance(item, fits.Card) and not item.keyword}
    keywords = {keyword_of(item) for item in found}
    for card in original.cards:
        if card.keyword not in keywords | set(COMMENTARY) or (card.keyword == '' and str(card.value) not in titles):
            cards.append(card)
    while cards[-1:] and not cards[-1].keyword and not str(cards[-1].value or '').strip():
        cards.pop()
    history = [card for card in original.cards if card.keyword == 'HISTORY' and not _USED_BY_ANY.fullmatch(str(card.value))]
    comments = [card for card in original.cards if card.keyword == 'COMMENT']
    used = fits.Card('HISTORY', f'{_USED}{name_of(found)}')
    return CheckedHeader([*cards, fits.Card(), *history, used, *([fits.Card()] if comments else []), *comments])


def updateTemplatedHeader(hdr: fits.Header, templateName: str | None = None, **values: Any) -> CheckedHeader:
    """Return a header that was made by a template with other values for some cards.

    Parameters
    ----------
    templateName : str, optional
        The template. Default: the one that the HISTORY of `hdr` names.

    Raises
    ------
    HeaderError
        When the HISTORY names none.
    """
    return makeHeaderFromTemplate(templateName or getTemplateNameFromHistory(hdr), originalHeader=hdr, **values)


def getTemplateNameFromHistory(hdr: fits.Header) -> str:
    """Return the name of the template by which a header was made.

    Raises
    ------
    HeaderError
        When its HISTORY names none.
    """
    for card in hdr.cards:
        found = _USED_BY_ANY.fullmatch(str(card.value)) if card.keyword == 'HISTORY' else None
        if found:
            return found[1]
    raise HeaderError("the HISTORY of the header has no card 'awlike template used': name the template")


def _by_keyword(template: Template, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are set, by keyword."""
    wrong = [name for name in values if name not in template.names]
    if wrong:
        hints = ', '.join(f'{name}{near(name, template.names)}' for name in wrong)
        raise ParameterError(f'the template {name_of(template)} has no card for {hints}: set other cards on the header that '
                             'the template returns, or give them in originalHeader')
    return {template.names[name]: value for name, value in values.items() if value is not None}


def _of_template(template: Template, original: fits.Header, values: Mapping[str, Any]) -> list[fits.Card]:
    cards = []
    for item in template:
        keyword = keyword_of(item)
        if keyword in values:
            cards.append(_card(keyword, values[keyword], item.comment if isinstance(item, fits.Card) else item[1]))
        elif keyword and keyword in original:
            cards += [card for card in original.cards if card.keyword == keyword]
        elif isinstance(item, fits.Card):
            cards.append(fits.Card(item.keyword, item.value, item.comment))
    return cards


def _card(keyword: str, value: Any, comment: str) -> fits.Card:
    try:
        check_ascii(keyword, value)
        card = fits.Card(keyword, value, comment)
        str(card)
    except (ValueError, TypeError, fits.VerifyError) as error:
        kind = HeaderTextError if isinstance(error, HeaderTextError) else ParameterError
        raise kind(f'While constructing card {keyword}: {error}') from None
    return card
