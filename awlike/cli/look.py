"""The commands for looking at frames: list, info, lineage, explain."""

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from awlike.characters import printable
from awlike.cli import complete
from awlike.cli.options import (
    ChipOption,
    DateOption,
    FilterOption,
    InstrumentOption,
    JsonOption,
    NameArgument,
    ObjectOption,
    ProjectOption,
    command,
    set_project,
    write_json,
)
from awlike.terminal import say, tell

if TYPE_CHECKING:
    from awlike.persist.dataobject import DataObject
    from awlike.query.query import Query

GROUP = 'Looking'
KindArgument = Annotated[str, typer.Argument(metavar='CLASS', show_default=False, autocompletion=complete.kinds,
                                             help='Class of the frames, as ReducedScienceFrame. Default: count the '
                                                  'frames of each class.')]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    command(app, GROUP, 'awe list', 'awe list RawScienceFrame --instrument OMEGACAM --date 2012-05-31 --filter r_SDSS',
            name='list')(list_)
    example = 'BiasFrame_OMEGACAM_ESO_CCD_65_2012-05-31T20-18-58_00e50fcd57e8.fits'
    command(app, GROUP, f'awe info {example}')(info)
    command(app, GROUP, f'awe lineage {example}')(lineage)
    command(app, GROUP, f'awe explain {example}')(explain)


def list_(kind: KindArgument = '', instrument: InstrumentOption = None, chip: ChipOption = None, filter: FilterOption = None,
          date: DateOption = None, object: ObjectOption = None, project: ProjectOption = '',
          valid: Annotated[bool, typer.Option('--valid', help='Only usable frames: valid, with valid ancestors, and within '
                                              'their limits.')] = False,
          names: Annotated[bool, typer.Option('--names', help='Only file names, one per line.')] = False,
          as_json: JsonOption = False) -> None:
    """List frames, in order of date.

    The command lists the frames of a class that you may see. Without a class, it counts the frames of each class. A terminal
    shows as many columns as fit, a pipe gets all columns.
    """
    if project:
        set_project(project, None)
    where = {'instrument': instrument, 'chip': chip or None, 'filter': filter or None, 'date': date, 'object': object}
    if not kind:
        if names:
            raise typer.BadParameter('give a class as well, as awe list RawScienceFrame --names', param_hint='--names')
        return _number_of_each(where, project, valid, as_json)
    query = _within(frame_class(kind).select(**where), project, valid)
    from awlike.products.lists import columns_of_list
    columns = ['filename'] if names else columns_of_list(query.cls)
    rows = query.order_by('DATE_OBS').table(*columns)
    rows = list(zip(*(rows[column].tolist() for column in columns), strict=True))
    heads = [column.removesuffix('.name') for column in columns]
    if as_json:
        write_json([dict(zip(heads, row, strict=True)) for row in rows])
    elif names:
        say(*(printable(name) for name, in rows if name), sep='\n')
    else:
        print_rows(f'{len(rows)} {kind}', heads, rows)


def print_rows(title: str, heads: list[str], rows: list[tuple]) -> None:
    """Print a list: at a terminal as many columns as fit, in a pipe all columns, and the title on standard error."""
    if sys.stdout.isatty():
        return _fit(title, heads, rows)
    _show(heads, rows)
    say(title, file=sys.stderr)


def info(name: NameArgument, as_json: JsonOption = False) -> None:
    """Show what is known of a frame.

    The command shows its place and date, its inputs and parameters, its results and its quality.
    """
    obj = find(name)
    write_json(obj.to_dict()) if as_json else obj.info()


def lineage(name: NameArgument, as_json: JsonOption = False) -> None:
    """Show what a product was made from.

    The tree goes down to raw frames. In JSON, a product that is in the tree already has "above" instead of its inputs.
    """
    tree = find(name).lineage()
    write_json(tree.to_dict()) if as_json else tell(tree)


def explain(files: Annotated[list[Path], typer.Argument(metavar='FILE', help='FITS files that awlike wrote.')],
            as_json: JsonOption = False) -> None:
    """Show what a FITS file tells of its making.

    The command reads the inputs, the parameters and the code from the file alone, without a database. It compares the
    pixels with the digest in the file: the exit status is 1 when the pixels were changed, 2 when a file tells nothing.
    """
    from awlike.tracing.explain import explain_all
    explained, refused = explain_all(files)
    if as_json:
        write_json([explanation.to_dict() for explanation in explained])
    elif explained:
        tell('\n\n'.join(map(str, explained)))
    for error in refused:
        say(f'awe: {error}', file=sys.stderr)
    if refused or not all(explanation.intact for explanation in explained):
        sys.exit(2 if refused else 1)


def find(name: str) -> 'DataObject':
    """Return the object with that file name or id, or the reference catalogue of that name."""
    import awlike.frames  # noqa: F401 -- declares the classes
    from awlike.products.called import called
    return called(name)


def frame_class(name: str) -> Any:
    """Return the class of frames of that name."""
    import awlike.frames  # noqa: F401 -- declares the classes
    from awlike.errors import ParameterError
    from awlike.query.properties import classes
    from awlike.spelling import near
    known = {key: cls for key, cls in classes.items() if hasattr(cls, 'select')}
    if name not in known:
        raise ParameterError(f'there is no class of frames {name!r}{near(name, known)}: awe list shows the classes '
                             'that have frames')
    return known[name]


def _within(query: 'Query', project: str, valid: bool) -> 'Query':
    query = query & query.cls.select_valid() if valid else query
    return query.project_only() if project else query


def _number_of_each(where: dict[str, Any], project: str, valid: bool, as_json: bool) -> None:
    import awlike.frames  # noqa: F401 -- declares the classes
    from awlike.errors import UnknownAttribute
    from awlike.query.properties import classes
    rows = []
    for cls in classes.values():
        if hasattr(cls, 'select') and not cls.__subclasses__():
            with contextlib.suppress(UnknownAttribute):  # as for biases, which have no filter
                query = _within(cls.select(**where), project, valid)
                if not (number := len(query)):
                    continue
                first, last = query.min('DATE_OBS'), query.max('DATE_OBS')
                if first is not None and last is not None:
                    rows.append((cls.__name__, number, first.DATE_OBS, last.DATE_OBS))
    names = ['class', 'number', 'first', 'last']
    if as_json:
        write_json([dict(zip(names, row, strict=True)) for row in rows])
    elif rows:
        _show(names, rows)
    elif project or valid or any(where.values()):
        say('no frames that you may see meet these criteria', file=sys.stderr)
    else:
        say('there are no frames that you may see: awe ingest takes raw files in', file=sys.stderr)


def _fit(title: str, names: list[str], rows: list[tuple]) -> None:
    """Print rows in the width of the terminal: date, filter, chip, quality, as many other columns as fit, and file names."""
    from awlike.views.preview import Preview
    first = [name for name in ('DATE_OBS', 'filter', 'chip', 'is_valid', 'quality_flags') if name in names]
    last = [name for name in names if name == 'filename']
    order = [names.index(name) for name in dict.fromkeys([*first, *(n for n in names if n not in last), *last])]
    cells = [tuple(row[n] for n in order) for row in rows]
    tell(Preview(title, len(rows), [names[n] for n in order], [''] * len(names), cells))


def _show(names: list[str], rows: Sequence[tuple]) -> None:
    """Print rows in columns."""
    from awlike.views.preview import as_cell
    cells = [names, *([as_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    say(*('  '.join(f'{cell:{width}}' for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells), sep='\n')
