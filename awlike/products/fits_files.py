"""Images from and to FITS files. The header of a product tells its whole making, so that the file alone explains itself."""

import collections
import json
import threading

import numpy as np

from awlike.persist.links import Reference, inputs_of
from awlike.persist.provenance import provenance_of
from awlike.persist.types import utcnow
from awlike.fits.opening import frame_header, load, named, opened, quiet, read_tiles
from awlike.persist.provenance_tables import provenance_tables

_CACHE_BYTES = 320 << 20  # the calibrations of a frame of 2048 x 4100 pixels, and what is made of it
_cache: collections.OrderedDict = collections.OrderedDict()
_lock = threading.Lock()


def cached_image(frame):
    """The image of a committed frame, read-only; those read last are kept, up to 320 MiB."""
    with _lock:
        if frame.filename in _cache:
            _cache.move_to_end(frame.filename)
            return _cache[frame.filename]
    return remember(frame, frame.read()[0])


def remember(frame, data):
    """Keep `data` at hand as the image of `frame`; gives it, read-only."""
    data.flags.writeable = False
    with _lock:
        _cache[frame.filename] = data
        while sum(image.nbytes for image in _cache.values()) > _CACHE_BYTES and len(_cache) > 1:
            _cache.popitem(last=False)
    return data


def forget_images() -> None:
    """Keep nothing of what was read."""
    with _lock:
        _cache.clear()


def read_raw_frame(path, tiles):
    """Image and merged header of one detector in a raw file, `tiles` of which lie in its HDUs: see `read_tiles`."""
    return read_tiles(path, tiles), frame_header(path, *[extension for extension, _ in tiles])


def read_product(path):
    """Image and header of a product."""
    with named(path), opened(load(path), whole=False) as hdus:
        data = hdus[0].data
        return data.astype(data.dtype.newbyteorder('='), copy=False), hdus[0].header


def write_product(path, product) -> None:
    """Write the image of `product`, its header and its provenance, with checksums."""
    from astropy.io import fits
    data = np.asarray(product.data)
    with quiet():
        fits.PrimaryHDU(data, product_header(product)).writeto(path, checksum=True)
    append_provenance(path, product)


def append_provenance(path, obj) -> None:
    """Put the provenance of `obj` at the end of a FITS file."""
    with open(path, 'ab') as file:
        file.write(provenance_tables(provenance_of(obj)))


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
