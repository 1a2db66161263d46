"""Frames: one file a kind, which declares inputs, parameters and `make`.

This module imports all modules in the folder; a new kind of frame is a new file and nothing else.
"""

import importlib
import pkgutil

from awlike.garbage import no_collection

with no_collection():  # classes and tables stay: nobody need search them for garbage
    importlib.import_module('awlike.assembly')  # without it nobody asks, and nobody may see a frame
    for _module in pkgutil.iter_modules(__path__):
        importlib.import_module(f'{__name__}.{_module.name}')
