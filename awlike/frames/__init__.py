"""Frames: one file a kind. Each declares what it is made from and with which parameters, and how it is made.

All modules in this folder are imported here; a new kind of frame is a new file and nothing else.
"""

import importlib
import pkgutil

import awlike.assembly  # noqa: F401 -- who asks, and who may see what: no frame is known without

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f'{__name__}.{_module.name}')
