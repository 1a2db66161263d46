"""Scanned photographic plates in the names of the APPLAUSE archive, which calls some cards of the WFPDB otherwise."""

from astropy.io import fits

from awlike.processors.templates.template import Template, registerTemplate
from awlike.processors.templates.wfpdb import WFPDB_TEMPLATE

_RENAMED = {'OTA-NAME': 'TELESCOP', 'OTA-APER': 'TELAPER', 'FOCLEN': 'TELFOC', 'PLTSCALE': 'TELSCALE'}

APPLAUSE_TEMPLATE = registerTemplate('applause', Template([
    item if isinstance(item, fits.Card) else (_RENAMED.get(item[0], item[0]), item[1]) for item in WFPDB_TEMPLATE]))
"""The cards of a scanned plate, with the names of the telescope's cards as in APPLAUSE."""
