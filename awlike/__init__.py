"""awlike: object-relational data lineage for astronomy, with lazy processing.

Queries find the objects of persistent classes (`RawScienceFrame`, `BiasFrame`, `ReducedScienceFrame` ...) by their
attributes, tasks (`ReduceTask` ...) make the products that are missing, and every product leads back to its raw files::

    from awlike import *
    context.set_project('NIGHT')
    query = (RawScienceFrame.instrument.name == 'NASA42') & (RawScienceFrame.filter.name == 'VR')
    ReduceTask(instrument='NASA42', raw_filenames=[raw.filename for raw in query], commit=True).execute()
    red = (ReducedScienceFrame.raw == query[0]).max('creation_date')
    red.lineage()

The first use of one of these names imports them all (`awlike.names`), so that a command that needs none of them, as
``awe --help`` and the completion of a shell, starts at once.
"""

import importlib
import importlib.util
import sys
import types
from typing import Any

__version__ = '0.1.0'


def load_ipython_extension(shell: Any) -> None:
    """Set up a notebook at ``%load_ext awlike``: the names of the prompt, its short errors and its completion."""
    from awlike.prompt.notebook import set_up
    set_up(shell)


class _Package(types.ModuleType):
    """The package as people see it: its rooms and the names of `awlike.names`."""

    def __getattr__(self, name: str) -> Any:
        if name == '__all__':
            return sorted(_standard())
        if name.startswith('_'):
            raise AttributeError(f'module {self.__name__!r} has no attribute {name!r}')
        if importlib.util.find_spec(f'{self.__name__}.{name}') is not None:
            importlib.import_module(f'{self.__name__}.{name}')
            return vars(self)[name]
        try:
            return _standard()[name]
        except KeyError:
            raise AttributeError(f'module {self.__name__!r} has no attribute {name!r}') from None

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; for a room that has an object of its own name (`context`, `ingest`, `simulate`), that object."""
        if isinstance(value, types.ModuleType):
            own = vars(value).get(name, value)
            value = value if isinstance(own, types.ModuleType) else own
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *_standard()})


def _standard() -> dict[str, Any]:
    from awlike.names import standard
    return standard()


sys.modules[__name__].__class__ = _Package
