"""SCAMP as a peer: catalogues as it reads them, and its CPU seconds. It is run as a program where it is installed."""

import subprocess

import numpy as np


def write_ldac(path, frames):
    """Write an LDAC file of frames (columns, cards); its text is padded with blanks, as SCAMP ends at NUL."""
    from astropy.io import fits
    codes, tables, lengths = {'f': 'D', 'i': 'I'}, [fits.PrimaryHDU()], []
    for columns, cards in frames:
        text = b''.join(card.encode().ljust(80) for card in [*cards, 'END'])
        lengths.append(len(text))
        tables.append(fits.BinTableHDU.from_columns([
            fits.Column('Field Header Card', f'{len(text)}B', dim=f'(80, {len(text) // 80})',
                        array=np.frombuffer(text, np.uint8)[None])], name='LDAC_IMHEAD'))
        tables.append(fits.BinTableHDU.from_columns([fits.Column(name, codes[values.dtype.kind], array=values)
                                                     for name, values in columns.items()], name='LDAC_OBJECTS'))
    fits.HDUList(tables).writeto(path)
    raw = path.read_bytes()
    for length in set(lengths):
        raw = raw.replace(f"'{length}B".encode(), f"'{length}A".encode())
    path.write_bytes(raw)


def header_cards(plate, shape, scale, **changes):
    """Return the cards of a frame: the linear part of its plate, and what SCAMP wants to know."""
    from astropy.io import fits

    from awlike.sky.tpv import tangent_cards
    cards = tangent_cards(plate, 'TAN') | {'NAXIS1': shape[1], 'NAXIS2': shape[0], 'EXPTIME': 1.0, 'FILTER': 'r',
                                           'EQUINOX': 2000.0, 'RADESYS': 'ICRS', 'GAIN': 1.0, 'PIXSCALE': scale} | changes
    return [card.image for card in fits.Header({'SIMPLE': True, 'BITPIX': -32, 'NAXIS': 2} | cards).cards]


def source_columns(x, y, error, flux):
    """Return the columns of sources (pixels from 0) as SExtractor names them."""
    return {'XWIN_IMAGE': x + 1, 'YWIN_IMAGE': y + 1, 'ERRAWIN_IMAGE': error, 'ERRBWIN_IMAGE': error,
            'ERRTHETAWIN_IMAGE': np.zeros(x.size), 'FLUX_AUTO': 1e3 * flux, 'FLUXERR_AUTO': 10 * np.sqrt(flux),
            'FLAGS': np.zeros(x.size, np.int16), 'FLUX_RADIUS': np.full(x.size, 2.0), 'ELONGATION': np.ones(x.size)}


def reference_columns(ra, dec, error, mag):
    """Return the columns of reference stars; their error is in arcsec."""
    return {'X_WORLD': ra, 'Y_WORLD': dec, 'ERRA_WORLD': error / 3600, 'ERRB_WORLD': error / 3600,
            'ERRTHETA_WORLD': np.zeros(ra.size), 'MAG': mag, 'MAGERR': np.full(ra.size, 0.01),
            'OBSDATE': np.full(ra.size, 2015.5)}


def run(folder, catalogues, *options):
    """Run SCAMP on files in a folder, with the references of reference.cat; return its CPU seconds, NaN where it failed."""
    import resource
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(['scamp', *catalogues, '-ASTREF_CATALOG', 'FILE', '-ASTREFCAT_NAME', 'reference.cat',
                           '-CHECKPLOT_TYPE', 'NONE', '-WRITE_XML', 'N', '-VERBOSE_TYPE', 'QUIET', '-NTHREADS', '1', *options],
                          cwd=folder, check=False, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return np.nan if done.returncode else seconds
