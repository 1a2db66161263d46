"""Which kernels are compiled already: on disk, or in this process. Answers without numba, which takes long to load."""

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

_HERE = Path(__file__).parent
_PACKAGE = _HERE.parents[1]
_IMPORTED = re.compile(r'from awlike\.((?:products|pixels)(?:\.\w+)*) import (\w+(?:, \w+)*)')


def to_compile(modules: Iterable[str]) -> set[str]:
    """Return the names of the kernel modules that `modules` call, however deep, and that are not compiled yet.

    Parameters
    ----------
    modules : iterable of str
        Names of modules of awlike, as ``'awlike.frames.bias'``. Of others, and of what these import from other rooms than
        ``products`` and ``pixels``, nothing is known.
    """
    waiting = [name.removeprefix('awlike.').replace('.', '/') for name in modules if name.startswith('awlike.')]
    seen, kernels = set(waiting), set()
    while waiting:
        path = _PACKAGE / f'{waiting.pop()}.py'
        if not path.is_file():
            continue
        text = path.read_text(encoding='utf-8')
        if path.parent == _HERE and 'import kernel' in text:
            kernels.add(path.stem)
        found = {name.replace('.', '/') for module, names in _IMPORTED.findall(text)
                 for name in (module, *(f'{module}.{one}' for one in names.split(', ')))} - seen
        seen |= found
        waiting += found
    return {name for name in kernels if f'awlike.pixels.kernels.{name}' not in sys.modules and not _is_kept(name)}


def _is_kept(name: str) -> bool:
    """Return whether numba has kept what it compiled of a module since the module was last changed."""
    changed = (_HERE / f'{name}.py').stat().st_mtime
    given = os.environ.get('NUMBA_CACHE_DIR')
    folders = [Path(given)] if given else [_HERE, Path.home() / '.cache' / 'numba']
    return any(index.stat().st_mtime >= changed for folder in folders for index in folder.glob(f'*/{name}.*.nbi'))
