"""awlike: object-relational data lineage for astronomy, with lazy processing.

Persistent classes (`RawScienceFrame`, `BiasFrame`, `ReducedScienceFrame` ...) are queried by their attributes, tasks
(`ReduceTask` ...) make what is missing, and every product can be walked back to its raw files::

    from awlike import *
    context.set_project('NIGHT')
    query = (RawScienceFrame.instrument.name == 'NASA42') & (RawScienceFrame.filter.name == 'VR')
    ReduceTask(instrument='NASA42', raw_filenames=[raw.filename for raw in query], commit=True).execute()
    red = (ReducedScienceFrame.raw == query[0]).max('creation_date')
    red.lineage()

These names (`awlike.names`) are imported when the first of them is asked for, so that what needs none of them, as
``awe --help`` and the completion of a shell, is there at once.
"""

import importlib
import importlib.util
import sys
import types

__version__ = '0.1.0'


def load_ipython_extension(shell) -> None:
    """``%load_ext awlike`` in a notebook: the names of the prompt, its short errors and its completion."""
    from awlike.prompt.notebook import set_up
    set_up(shell)


class _Package(types.ModuleType):
    """This package as people see it: its rooms and what they give."""

    def __getattr__(self, name):
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

    def __setattr__(self, name, value):
        """Of a room that has something of its own name (`context`, `ingest`, `simulate`), that is what people mean."""
        if isinstance(value, types.ModuleType):
            own = vars(value).get(name, value)
            value = value if isinstance(own, types.ModuleType) else own
        super().__setattr__(name, value)

    def __dir__(self):
        return sorted({*vars(self), *_standard()})


def _standard():
    from awlike.names import standard
    return standard()


sys.modules[__name__].__class__ = _Package
