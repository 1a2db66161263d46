"""Text for FITS headers, which hold printable ASCII only."""

import unicodedata

from awlike.errors import ParameterError

_CYRILLIC = dict(zip('абвгдезийклмнопрстуфхцъыьэіїєґђјљњћџўѓќѕ', [
    *'abvgdezijklmnoprstufhc', '"', 'y', "'", 'e', 'i', 'yi', 'ye', 'g', 'dj', 'j', 'lj', 'nj', 'c', 'dz', 'w', 'gj', 'kj',
    'dz'], strict=True)) | {'ж': 'zh', 'ч': 'ch', 'ш': 'sh', 'щ': 'shch', 'ю': 'yu', 'я': 'ya', 'ё': 'yo'}
_GREEK = dict(zip('αβγδεζηθικλμνξοπρσςτυφχψω', [
    *'abgdezi', 'th', *'iklmnxoprsstyf', 'ch', 'ps', 'o'], strict=True))
_LATIN = {'ß': 'ss', 'æ': 'ae', 'œ': 'oe', 'ø': 'o', 'đ': 'd', 'ð': 'd', 'þ': 'th', 'ł': 'l', 'ħ': 'h', 'ı': 'i', 'ŋ': 'ng'}
_SIGNS = {'«': '"', '»': '"', '„': '"', '“': '"', '”': '"',
          '‘': "'", '’': "'", '‚': "'", '′': "'", '″': '"', '–': '-', '—': '-',
          '−': '-', '‐': '-', '‑': '-', '…': '...', '№': 'No.', '°': ' deg', 'µ': 'u', 'μ': 'u', '×': 'x', '·': '.', '±': '+/-',
          '\t': ' ', '\n': ' ', '\r': ' '}
_LETTERS = _CYRILLIC | _GREEK | _LATIN


def ascii(text: str) -> str:
    """Return a text in printable ASCII: letters of Cyrillic, Greek and accented Latin transliterated, signs by near ones.

    >>> ascii('Шайн Г. А., Симеиз – 40°')
    'Shajn G. A., Simeiz - 40 deg'

    Raises
    ------
    ParameterError
        For a character without a transliteration; its name is told.
    """
    composed = unicodedata.normalize('NFC', text)
    return ''.join(character if character.isascii() and character.isprintable() else _transliterated(character, text)
                   for character in composed)


def _transliterated(character: str, text: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    lower = character.lower()
    if lower in _LETTERS:
        found = _LETTERS[lower]
        return found if character == lower else found.capitalize()
    simple = [part for part in unicodedata.normalize('NFKD', character) if not unicodedata.combining(part)]
    if ''.join(simple) == character:
        name = unicodedata.name(character, 'without a name')
        raise ParameterError(f'{text!r}: {character!r} ({name}) has no transliteration: replace it')
    return ''.join(part if part.isascii() and part.isprintable() else _transliterated(part, text) for part in simple)


def check_ascii(keyword: str, text: object) -> None:
    """Refuse a value or a comment of a card that FITS cannot hold.

    Raises
    ------
    HeaderTextError
        It names the card, the text and the remedy.
    """
    if isinstance(text, str) and not (text.isascii() and text.isprintable()):
        raise HeaderTextError(f'card {keyword or "without keyword"}: {text!r} has characters that a FITS header cannot hold, '
                              'which is printable ASCII: write ascii(text), which transliterates')


class HeaderTextError(ParameterError):
    """A text for a card has characters other than printable ASCII."""
