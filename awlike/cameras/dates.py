"""Dates and times as cameras write them, in ISO form."""

import re
from collections.abc import Sequence
from datetime import datetime

from awlike.errors import HeaderError

MONTHS = tuple(name.lower() for name in (
    'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'))
_ISO = re.compile(r'\d{4}-\d\d-\d\d([T ].*)?|\d\d:\d\d(:\d\d(\.\d*)?)?')
_LETTERS = re.compile(r'[^\W\d_]+')
_CODES = re.compile(r'%(.)')
_KNOWN = 'dbBmyYHIMSfpj%'
_WITH_TIME = 'HIMSfp'


def checked_format(text: str, needs: str) -> str:
    """Return a format of `datetime.strptime` after a check.

    Parameters
    ----------
    needs : str
        Codes of which the format must have one each; ``|`` parts alternatives, as in ``'d|j'``.

    Raises
    ------
    ValueError
        For a code that awlike does not know, or a format that lacks one.
    """
    codes = set(_CODES.findall(text))
    unknown = sorted(codes - set(_KNOWN))
    if unknown:
        raise ValueError(f'{text!r}: %{unknown[0]} is unknown; there are %d %m %b %y %Y %H %M %S %f %p %j')
    for one in needs.split():
        if not codes & set(one.split('|')):
            raise ValueError(f'{text!r} lacks %{one.replace("|", " or %")}: write it as %d-%b-%Y, or %H:%M:%S.%f')
    return text


def in_iso(keyword: str, value: object, text_format: str, months: Sequence[str] = ()) -> str:
    """Return a date, a date with its time, or a time of day in ISO form; what is in ISO form already stays as it is.

    Parameters
    ----------
    text_format : str
        As of `datetime.strptime`; %b is the name of a month, %f the digits of a fraction of a second.
    months : sequence of str
        Twelve names; the first letters of one are enough where they fit no other. Default: English.

    Raises
    ------
    HeaderError
        For a value of another form.
    """
    text = str(value).strip()
    if _ISO.fullmatch(text):
        return text
    named = re.search(r'%[bB]', text_format)
    try:
        written = _LETTERS.sub(lambda word: _number(word[0], months or MONTHS), text) if named else text
        moment = datetime.strptime(written, re.sub(r'%[bB]', '%m', text_format))
    except ValueError:
        of = f', with months {", ".join(months)}' if months and named else ''
        raise HeaderError(f'{keyword} = {text!r} is not of the form {text_format}{of}: correct the card, or the format in the '
                          'description of the camera') from None
    codes = set(_CODES.findall(text_format))
    if not codes & set('dj'):
        return moment.time().isoformat()
    return moment.isoformat() if codes & set(_WITH_TIME) else moment.date().isoformat()


def _number(word: str, months: Sequence[str]) -> str:
    """Return the number of the month that `word` begins, or `word` where it is none."""
    found = [number for number, month in enumerate(months, 1) if month.lower().startswith(word.lower())]
    return f'{found[0]:02}' if len(found) == 1 else word
