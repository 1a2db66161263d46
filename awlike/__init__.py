"""awlike: object-relational data lineage for astronomy, with lazy processing.

Persistent classes (`RawScienceFrame`, `BiasFrame`, `ReducedScienceFrame` ...) are queried by their attributes, tasks
(`ReduceTask` ...) make what is missing, and every product can be walked back to its raw files::

    from awlike import *
    context.set_project('NIGHT')
    query = (RawScienceFrame.instrument.name == 'NASA42') & (RawScienceFrame.filter.name == 'VR')
    ReduceTask(instrument='NASA42', raw_filenames=[raw.filename for raw in query], commit=True).execute()
    red = (ReducedScienceFrame.raw == query[0]).max('creation_date')
    red.lineage()
"""

__version__ = '0.1.0'


from awlike import names as _names  # noqa: E402 -- it needs the version

globals().update(_names.standard())
__all__ = sorted(_names.standard())


def load_ipython_extension(shell) -> None:
    """``%load_ext awlike`` in a notebook: the names of the prompt, its short errors and its completion."""
    from awlike.prompt.notebook import set_up
    set_up(shell)
