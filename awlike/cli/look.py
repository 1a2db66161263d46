"""Looking at what there is: list, info, lineage."""

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

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
from awlike.terminal import tell

GROUP = 'Looking'
KindArgument = Annotated[str, typer.Argument(metavar='CLASS', show_default=False, autocompletion=complete.kinds,
                                             help='Class of the frames, as ReducedScienceFrame; by default the '
                                                  'number of each.')]


def add_to(app) -> None:
    """Add these commands to `app`."""
    command(app, GROUP, 'awe list', 'awe list RawScienceFrame --instrument OMEGACAM --date 2012-05-31 --filter r_SDSS',
            name='list')(list_)
    example = 'BiasFrame_OMEGACAM_ESO_CCD_65_2012-05-31T20-18-58_00e50fcd57e8.fits'
    command(app, GROUP, f'awe info {example}')(info)
    command(app, GROUP, f'awe lineage {example}')(lineage)
    command(app, GROUP, f'awe explain {example}')(explain)


def list_(kind: KindArgument = '', instrument: InstrumentOption = None, chip: ChipOption = None, filter: FilterOption = None,
          date: DateOption = None, object: ObjectOption = None, project: ProjectOption = '',
          valid: Annotated[bool, typer.Option('--valid', help='Those alone that count: within their limits, and neither they '
                                              'nor an ancestor invalid.')] = False,
          names: Annotated[bool, typer.Option('--names', help='File names alone, a line each.')] = False,
          as_json: JsonOption = False):
    """List frames, in order of date.

    Those of a class that you may see; without a class, how many there are of each. A terminal shows the columns that it has
    room for, a pipe gets all.
    """
    if project:
        set_project(project, None)
    where = {'instrument': instrument, 'chip': chip or None, 'filter': filter or None, 'date': date, 'object': object}
    if not kind:
        if names:
            raise typer.BadParameter('of which class? As awe list RawScienceFrame --names', param_hint='--names')
        return _number_of_each(where, project, valid, as_json)
    query = _within(_class(kind).select(**where), project, valid)
    columns = [column for column in ('filename',) if names] or _columns(query.cls)
    rows = query.order_by('DATE_OBS').table(*columns)
    rows = list(zip(*(rows[column].tolist() for column in columns), strict=True))
    heads = [column.removesuffix('.name') for column in columns]
    if as_json:
        write_json([dict(zip(heads, row, strict=True)) for row in rows])
    elif names:
        sys.stdout.writelines(f'{name}\n' for name, in rows if name)
    elif sys.stdout.isatty():
        _fit(f'{len(rows)} {kind}', heads, rows)
    else:
        _show(heads, rows)
        print(f'{len(rows)} {kind}', file=sys.stderr)


def info(name: NameArgument, as_json: JsonOption = False):
    """Show what is known of a frame.

    What it is, what it was made from and with, and how good it is.
    """
    obj = find(name)
    write_json(obj.to_dict()) if as_json else obj.info()


def lineage(name: NameArgument, as_json: JsonOption = False):
    """Show what a product was made from.

    A tree down to raw frames. As JSON, what stands in it already has "above" instead of its inputs.
    """
    tree = find(name).lineage()
    write_json(tree.to_dict()) if as_json else tell(tree)


def explain(files: Annotated[list[Path], typer.Argument(metavar='FILE', help='FITS files that awlike wrote.')],
            as_json: JsonOption = False):
    """Show what a FITS file tells of its making.

    What it is, what it was made from and how, by the file alone, without any database. Its pixels are compared with its
    digest: exit status 1 when they were changed, 2 when a file does not tell.
    """
    from awlike.tracing.explain import explain_all
    told, refused = explain_all(files)
    if as_json:
        write_json([one.to_dict() for one in told])
    elif told:
        tell('\n\n'.join(map(str, told)))
    for error in refused:
        print(f'awe: {error}', file=sys.stderr)
    if refused or not all(one.intact for one in told):
        sys.exit(2 if refused else 1)


def find(name):
    """The object with that file name or id."""
    import awlike.frames  # noqa: F401 -- declares the classes
    from awlike.errors import NotFound
    from awlike.query.properties import classes
    everything = classes['DataObject']
    found = (everything.filename == Path(name).name).first()
    if found is not None:
        return found
    try:
        return everything.get(name)
    except NotFound:
        raise NotFound(f'no frame that you may see is called {name}, nor has it for an id: look for it by awe list, '
                       'or at the prompt, as RawScienceFrame.filename.like("*part*")') from None


def _class(name):
    import awlike.frames  # noqa: F401 -- declares the classes
    from awlike.errors import ParameterError
    from awlike.query.properties import classes
    from awlike.spelling import near
    known = {key: cls for key, cls in classes.items() if hasattr(cls, 'select')}
    if name not in known:
        raise ParameterError(f'there is no class of frames {name!r}{near(name, known)}: awe list shows those of which '
                             'there is something')
    return known[name]


def _columns(cls):
    """When and where, what the class itself wants to show, how good, and the name."""
    own = [name for name in cls.columns_to_show() if name != 'filename']
    return list(dict.fromkeys(['DATE_OBS', 'instrument.name', *own, 'is_valid', 'quality_flags', 'filename']))


def _within(query, project, valid):
    query = query & query.cls.select_valid() if valid else query
    return query.project_only() if project else query


def _number_of_each(where, project, valid, as_json):
    import awlike.frames  # noqa: F401 -- declares the classes
    from awlike.errors import UnknownAttribute
    from awlike.query.properties import classes
    rows = []
    for cls in classes.values():
        if hasattr(cls, 'select') and not cls.__subclasses__():
            with contextlib.suppress(UnknownAttribute):  # of biases there are none in a filter
                query = _within(cls.select(**where), project, valid)
                if number := len(query):
                    rows.append((cls.__name__, number, query.min('DATE_OBS').DATE_OBS, query.max('DATE_OBS').DATE_OBS))
    names = ['class', 'number', 'first', 'last']
    if as_json:
        write_json([dict(zip(names, row, strict=True)) for row in rows])
    elif rows:
        _show(names, rows)
    elif project or valid or any(where.values()):
        print('no frames that you may see answer to that', file=sys.stderr)
    else:
        print('there are no frames that you may see: awe ingest takes raw files in', file=sys.stderr)


def _fit(title, names, rows):
    """Print rows as wide as the terminal: the names of files, how good they are, and what their names do not tell."""
    from awlike.views.preview import Preview
    first = [names.index(name) for name in ('filename', 'is_valid', 'quality_flags')]
    order = [*first, *(n for n in range(len(names)) if n not in first)]
    tell(Preview(title, len(rows), [names[n] for n in order], [''] * len(names), [tuple(row[n] for n in order) for row in rows]))


def _show(names, rows):
    """Print rows in columns."""
    from awlike.views.preview import as_cell
    cells = [names, *([as_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    sys.stdout.writelines('  '.join(f'{cell:{width}}' for cell, width in zip(row, widths, strict=True)).rstrip() + '\n'
                          for row in cells)
