"""The commands that keep an archive in order: purge, fsck."""

import sys
from typing import Annotated

import typer

from awlike.cli import complete
from awlike.cli.options import (
    ChipOption,
    DateOption,
    FilterOption,
    InstrumentOption,
    JsonOption,
    ObjectOption,
    ProjectOption,
    command,
    set_project,
    write_json,
)
from awlike.spelling import counted
from awlike.terminal import say

GROUP = 'Keeping in order'


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    command(app, GROUP, 'awe purge CosmicMap --instrument OMEGACAM --date 2012-05-31', 'awe purge CosmicMap --commit')(purge)
    command(app, GROUP, 'awe fsck', 'awe fsck --no-digests --mend')(fsck)


def purge(product: Annotated[str, typer.Argument(metavar='CLASS', help='Class of the products, as ReducedScienceFrame.',
                                                 autocompletion=complete.kinds)],
          instrument: InstrumentOption = None, date: DateOption = None,
          chip: ChipOption = None, filter: FilterOption = None, object: ObjectOption = None,
          commit: Annotated[bool, typer.Option('--commit', help='Drop the files. Default: show what would be freed.')] = False,
          project: ProjectOption = '', as_json: JsonOption = False) -> None:
    """Drop files that can be made again.

    The products stay in the database, and a file is made again when it is used. Without --commit, the command only shows
    what it would free.
    """
    from awlike.config import settings
    from awlike.context import context
    from awlike.errors import ParameterError
    from awlike.names import at_the_prompt
    cls = at_the_prompt().get(product)
    if cls is None or not hasattr(cls, 'Parameters'):
        raise ParameterError(f'{product!r} is no class of products: name one as ReducedScienceFrame')
    project = project or settings().project
    if project:
        set_project(project, None)
    query = cls.select(instrument=instrument, chip=chip or None, filter=filter or None, date=date, object=object)
    freed = context.purge(query.project_only() if project else query, commit=commit)
    write_json(freed.to_dict()) if as_json else say(freed)


def fsck(digests: Annotated[bool, typer.Option(help='Read every file and compare its digest.')] = True,
         mend: Annotated[bool, typer.Option('--mend', help='Remove files that no object names, and mark lost files to be '
                                            'made again.')] = False,
         as_json: JsonOption = False) -> None:
    """Compare the database with the data server.

    The exit status is 1 when there is a difference that was not mended.
    """
    import awlike.names  # noqa: F401 -- all classes
    from awlike.tracing.fsck import fsck as check
    findings = check(digests, mend)
    if as_json:
        write_json([finding.to_dict() for finding in findings])
    else:
        say(*findings, sep='\n')
        say(counted(len(findings), 'finding') if findings else 'all is well')
    if any(not finding.mended for finding in findings):
        sys.exit(1)
