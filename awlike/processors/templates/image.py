"""The cards that any image has."""

from astropy.io import fits

from awlike.processors.templates.template import registerTemplate

MINIMAL_IMAGE_TEMPLATE = registerTemplate('minimal', [
    fits.Card('SIMPLE', True, 'conforms to FITS standard'),
    fits.Card('EXTEND', True, 'the file may have extensions'),
    ('BITPIX', 'bits per pixel'),
    fits.Card('NAXIS', 2, 'number of axes'),
    ('NAXIS1', 'length of axis 1'),
    ('NAXIS2', 'length of axis 2'),
    ('BZERO', 'physical value is BZERO + BSCALE * array value'),
    ('BSCALE', 'physical value is BZERO + BSCALE * array value'),
])
"""The cards that describe the data of an image, and nothing else."""
