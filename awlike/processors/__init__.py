"""Work on files outside the archive: frames processed from folder to folder, and processors that users write.

`awe process-file` and `awe process-ccd` make images and catalogues, with all lineage in the files:

- `data_ids`: frames named by the keys of their camera, as ``run=4192^6377 filter=r``; `inputs`: the frames in files and homes.
- `config_file`: files of parameters as text; `overrides`: what a user changes; `run_config`: all values of one run.
- `output_folder`: where what is written lies, and what may be overwritten; `written`: the files of one frame.
- `own_home`: an awlike of the run's own, in a folder; `single_frame`: from one file to its catalogue; `run`: many of them.

`awe collectcells` and `awe makecalibrations` reduce exposures of mosaic cameras: `mosaic`.

Users' processors work on many files of a collection (``from awlike import processors as api``):

- `manual`: the names that scripts use, and where they are.
- `command`: a script as ``awe process`` runs it.
- `files`: what runs a processor; `cards`: headers as values; `headers`: headers changed and changed back; `templates`: headers
  of plates; `previews`: small pictures.

`pool`: work in several processes, for both. `delivery`: a stack and all that belongs to it in one folder.
"""

import sys
from typing import Any

from awlike.processors.manual import ALIASES, MODULE_OF, named


def __getattr__(name: str) -> Any:
    if name in ALIASES:
        return sys.modules[__name__]
    try:
        return named(name)
    except KeyError:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}') from None


def __dir__() -> list[str]:
    return sorted({*globals(), *MODULE_OF, *ALIASES, 'getConfig', 'pyfits'})
