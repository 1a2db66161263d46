"""The names of the manual of processors: ``from awlike import processors as api``, then ``api.FileProcessor``.

A script that was written for GAVO DaCHS ports by its import lines alone. The modules load when a script first uses one of their
names.
"""

import importlib
from typing import Any

_FILES, _CARDS, _HEADERS = 'awlike.processors.files', 'awlike.processors.cards', 'awlike.processors.headers'
_TEMPLATES, _PREVIEWS = 'awlike.processors.templates', 'awlike.processors.previews'
_MODULES = {
    f'{_FILES}.processor': ('FileProcessor', 'SkipThis', 'CannotComputeHeader'),
    f'{_FILES}.main': ('procmain',),
    f'{_FILES}.connection': ('getTableConn', 'getDBConnection'),
    f'{_HEADERS}.immediate': ('ImmediateHeaderProcessor',),
    f'{_HEADERS}.detached': ('HeaderProcessor',),
    f'{_CARDS}.reading': ('getPrimaryHeader',),
    f'{_CARDS}.history': ('addHistoryCard',),
    f'{_CARDS}.order': ('sortHeaders',),
    f'{_CARDS}.copying': ('copyFields',),
    f'{_CARDS}.values': ('jYearToDateTime', 'dmsToDeg'),
    f'{_CARDS}.text': ('ascii',),
    f'{_HEADERS}.logbook': ('Logbook',),
    f'{_TEMPLATES}.building': ('makeHeaderFromTemplate', 'updateTemplatedHeader', 'getTemplateNameFromHistory'),
    f'{_TEMPLATES}.template': ('registerTemplate', 'getTemplateForName'),
    f'{_TEMPLATES}.image': ('MINIMAL_IMAGE_TEMPLATE',),
    f'{_TEMPLATES}.wfpdb': ('WFPDB_TEMPLATE',),
    f'{_TEMPLATES}.applause': ('APPLAUSE_TEMPLATE',),
    f'{_PREVIEWS}.maker': ('PreviewMaker',),
    f'{_PREVIEWS}.spectra': ('SpectralPreviewMaker',),
    f'{_PREVIEWS}.scaling': ('scaledImage', 'iterScaledRows'),
    f'{_PREVIEWS}.encoding': ('imageFromNumpyArray', 'jpegFromNumpyArray', 'colorJpegFromNumpyArrays'),
    f'{_PREVIEWS}.places': ('standardPreviewPath', 'splitPreviewPath'),
}
MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}
"""The module of each name."""
ALIASES = ('api', 'base', 'fitstricks', 'fitstools', 'imgtools')
"""Modules of DaCHS from which scripts import such names; here one package has them all."""


def named(name: str) -> Any:
    """Return what a name of the manual means.

    Raises
    ------
    KeyError
        When the manual has no such name.
    """
    if name == 'pyfits':
        return importlib.import_module('astropy.io.fits')
    if name == 'getConfig':
        return getConfig
    return getattr(importlib.import_module(MODULE_OF[name]), name)


def getConfig(name: str) -> str:
    """Return a setting by the name that it has in the manual: ``'inputsDir'``.

    Raises
    ------
    NotFound
        For any other name.
    """
    from awlike.errors import NotFound
    from awlike.processors.files.descriptor import inputs_dir
    if name != 'inputsDir':
        raise NotFound(f'getConfig({name!r}): there is inputsDir only; awe config shows the settings of awlike')
    return str(inputs_dir())
