"""The FITS header of a product."""

import json

from awlike.nights import utcnow
from awlike.persist.links import Reference, inputs_of


def product_header(product):
    """What a product is, where it comes from and what it was made with, as a FITS header."""
    from astropy.io import fits
    header = fits.Header()
    for keyword, *value in [*_what_it_is(product), *_own_values(product), *_making(product)]:
        header[keyword] = tuple(_printable(one) if isinstance(one, str) else one for one in value)
    return header


def _what_it_is(product):
    yield 'FILENAME', product.filename, 'unique for ever'
    yield 'CLASS', type(product).__name__, 'persistent class'
    yield 'OBJECTID', str(product.object_id), 'id in every database'
    yield 'DATE', utcnow().isoformat(timespec='seconds'), 'this file was written (UTC)'
    yield 'DATE-OBS', product.DATE_OBS.isoformat(), type(product).__properties__['DATE_OBS'].text[:40]
    yield 'TIMESYS', 'UTC'
    yield 'BUNIT', type(product).UNIT
    yield 'CREATOR', product.creator.name if product.creator else '', 'who made it'
    yield 'PROJECT', product.project.name if product.project else '', 'project'
    yield 'DIGEST', product.digest
    yield 'KEY', product.reuse_key
    yield 'MAKEVERS', product.make_version, 'version of the code'
    yield 'HIERARCH AWE LIBRARIES', product.libraries or ''
    for name, prop in type(product).__properties__.items():
        if isinstance(prop, Reference) and name not in ('creator', 'project') and getattr(product, name) is not None:
            yield {'instrument': 'INSTRUME'}.get(name, name.upper()[:8]), getattr(product, name).name, prop.text


def _own_values(product):
    """Attributes of the class's own; what is astrometry goes under its FITS names."""
    for name in type(product).own_values():
        value = getattr(product, name)
        if isinstance(value, dict):
            yield from ((key, one) for key, one in value.items() if one is not None)
        elif value is not None:
            yield name if len(name) <= 8 else f'HIERARCH AWE {name.upper()}', value


def _making(product):
    """Process parameters and inputs."""
    for name, value in product.process_params.model_dump().items():
        yield f'HIERARCH AWE PAR {name}', json.dumps(value) if isinstance(value, dict) else value
    for number, (role, _, one) in enumerate(inputs_of(product), 1):
        yield f'HIERARCH AWE IN{number} ROLE', role
        yield f'HIERARCH AWE IN{number} ID', str(one.object_id)
        yield f'HIERARCH AWE IN{number} NAME', str(one)
        yield f'HIERARCH AWE IN{number} DIGEST', one.digest


def _printable(text):
    """`text` with a question mark for each character that a FITS header cannot hold."""
    return ''.join(c if ' ' <= c <= '~' else '?' for c in text)
