"""Signs by which a file is no raw frame: a master of several frames, or an image that a pipeline processed."""

import re

from awlike.cameras.header_values import Cards, first
from awlike.errors import Master, Processed
from awlike.remedies import imported_instead

_MASTER = re.compile(r'(?<![a-z])(master|combined)(?=[^a-z]|bias|zero|dark|flat|$)', re.IGNORECASE)
_RAW = ('raw',)  # of PROCTYPE, as NOAO's pipelines write it


def refuse_processed(name: str, header: Cards) -> None:
    """Refuse a file whose name or header says that it is a master, or was processed.

    Raises
    ------
    Processed
        When it is; Master where the sign tells of a master; the text names the sign and the remedy.
    """
    sign, processed = _sign(name, header), _proctype(header)
    if processed or sign:
        how = imported_instead('BiasFrame')
        error = Processed if processed else Master
        raise error(f'{processed or sign}: this is no raw frame; import a master by {how} (or DarkFrame, FlatFrame), and leave '
                    'other images out: awlike takes the raw frames')


def _sign(name: str, header: Cards) -> str:
    """Return the sign that a file is a master, in words; empty where there is none."""
    if header.get('COMBINED') is True:  # ccdproc
        return 'COMBINED = T'
    keyword, value = first(header, ('NCOMBINE',))
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 1:
        return f'{keyword} = {value}'
    for keyword in ('IMAGETYP', 'OBSTYPE', 'FRAME'):
        value = first(header, (keyword,))[1]
        if isinstance(value, str) and _MASTER.search(value):
            return f'{keyword} = {value!r}'
    return f'the file is called {name}' if _MASTER.search(name) else ''


def _proctype(header: Cards) -> str:
    """Return the sign that a pipeline processed the image, in words; empty where there is none."""
    keyword, value = first(header, ('PROCTYPE',))
    return f'{keyword} = {value!r}' if keyword is not None and str(value).strip().lower() not in _RAW else ''
