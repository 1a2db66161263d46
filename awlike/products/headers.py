"""The FITS header of a product."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from awlike.fits.writing import Card
from awlike.nights import utcnow
from awlike.persist.links import Reference, inputs_of

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from awlike.products.product import ProcessTarget

_COMMENT = 46   # characters that fit behind a number
_INPUTS = 1000  # that a header names; astropy needs seconds for the cards of more


def product_header(product: 'ProcessTarget') -> 'Header':
    """Return the cards of `product_cards` as a header of astropy."""
    from astropy.io import fits
    header = fits.Header()
    for keyword, *value in product_cards(product):
        header[keyword] = tuple(value)
    return header


def product_cards(product: 'ProcessTarget') -> list[Card]:
    """Return the cards of the FITS header of a product: what it is, where it comes from, and how it was made."""
    cards = [*_what_it_is(product), *_own_values(product), *_making(product), *_left_out(product), *_levels(product),
             *_members_left_out(product), *product.further_cards()]
    return [cast(Card, tuple(_printable(part) if isinstance(part, str) else part for part in card)) for card in cards]


def _what_it_is(product: 'ProcessTarget') -> Iterator[tuple[Any, ...]]:
    yield 'FILENAME', product.filename, 'unique for ever'
    yield 'CLASS', type(product).__name__, 'persistent class'
    yield 'OBJECTID', str(product.object_id), 'id in every database'
    made = product.creation_date or utcnow()  # not now: a file that is made again is the same, byte by byte
    yield 'DATE', made.isoformat(timespec='seconds'), 'the product was made (UTC)'
    yield 'DATE-OBS', product.DATE_OBS.isoformat(), type(product).__properties__['DATE_OBS'].text[:40]
    yield 'TIMESYS', 'UTC'
    yield 'BUNIT', product.unit
    yield 'CREATOR', product.creator.name if product.creator else '', 'who made it'
    yield 'PROJECT', product.project.name if product.project else '', 'project'
    yield 'DIGEST', product.digest
    yield 'KEY', product.reuse_key
    yield 'MAKEVERS', product.make_version, 'version of the code'
    yield 'HIERARCH AWE LIBRARIES', product.libraries or ''
    for name, prop in type(product).__properties__.items():
        if isinstance(prop, Reference) and name not in ('creator', 'project') and getattr(product, name) is not None:
            yield {'instrument': 'INSTRUME'}.get(name, name.upper()[:8]), getattr(product, name).name, prop.text


def _own_values(product: 'ProcessTarget') -> Iterator[tuple[Any, ...]]:
    """Yield keyword and value of each result, a list as JSON; astrometry goes under its FITS names.

    A number under a keyword of FITS has its meaning as comment.
    """
    for name in type(product).own_values():
        value = getattr(product, name)
        if isinstance(value, dict):
            yield from ((key, part) for key, part in value.items() if part is not None and not isinstance(part, dict))
        elif len(name) <= 8 and isinstance(value, int | float):
            yield name, value, type(product).__properties__[name].text[:_COMMENT]
        elif value is not None:
            yield name if len(name) <= 8 else f'HIERARCH AWE {name.upper()}', \
                json.dumps(value) if isinstance(value, list) else value


def _making(product: 'ProcessTarget') -> Iterator[tuple[Any, ...]]:
    """Yield keyword and value of each process parameter that applied, and of each input."""
    for name, value in product.applied_parameters.items():
        yield f'HIERARCH AWE PAR {name}', json.dumps(value) if isinstance(value, dict) else value
    every = list(inputs_of(product))
    if len(every) > _INPUTS:
        yield 'HIERARCH AWE INPUTS', len(every), 'all are in the tables of lineage'
    for number, (role, _, member) in enumerate(every[:_INPUTS], 1):
        yield f'HIERARCH AWE IN{number} ROLE', role
        yield f'HIERARCH AWE IN{number} ID', str(member.object_id)
        yield f'HIERARCH AWE IN{number} NAME', str(member)
        yield f'HIERARCH AWE IN{number} DIGEST', member.digest


def _left_out(product: 'ProcessTarget') -> Iterator[tuple[Any, ...]]:
    """Yield keyword and value of each input that was switched off."""
    for role, name in product.left_out.items():
        yield f'HIERARCH AWE WITHOUT {role.upper()}', f'switched off by {name}'


def _members_left_out(product: 'ProcessTarget') -> Iterator[tuple[Any, ...]]:
    """Yield keyword and value of each member that the product of a set lacks, and why."""
    for number, (name, why) in enumerate((product.members_left_out or {}).items(), 1):
        yield f'HIERARCH AWE LACKS{number} NAME', name
        yield f'HIERARCH AWE LACKS{number} WHY', why


def _levels(product: 'ProcessTarget') -> Iterator[tuple[Any, ...]]:
    """Yield keyword and value of the level of each calibration, and of why a reference catalogue was chosen."""
    for role, one in (product.calibration_levels or {}).items():
        yield f'HIERARCH AWE LEVEL {role.upper()}', one['level']
        yield f'HIERARCH AWE NIGHTS {role.upper()}', one['nights']
    for role, why in (product.reference_choices or {}).items():
        yield f'HIERARCH AWE CHOSEN {role.upper()}', why


def _printable(text: str) -> str:
    """Return `text` with a question mark for each character that a FITS header cannot hold."""
    return ''.join(c if ' ' <= c <= '~' else '?' for c in text)
