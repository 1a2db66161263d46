"""Objects by the name that people have for them: a file name, an id, or the name of a reference catalogue."""

import contextlib
from pathlib import Path

from awlike.errors import NotFound
from awlike.persist.dataobject import DataObject
from awlike.products.reference_catalogue import ReferenceCatalogue


def called(name: str) -> DataObject:
    """Return the object with that file name or id, or the reference catalogue of that name.

    The name of a file may lack its beginning, as a list shows it: ``.._5f.fits``.

    Raises
    ------
    NotFound
        When no object that you may see is called so.
    """
    filename = Path(name).name
    if filename.startswith('..') and len(filename) > 2:
        return DataObject.filename.like(f'*{filename[2:]}').one()
    found = (DataObject.filename == filename).first()
    if found is not None:
        return found
    for ask in (DataObject.get, ReferenceCatalogue.named):
        with contextlib.suppress(NotFound):
            return ask(name)
    raise NotFound(f'no frame that you may see has {name} as its file name or id, nor has a reference catalogue this name: '
                   'look for it by awe list or awe refcat list, or at the prompt, as '
                   'RawScienceFrame.filename.like("*part*")')
