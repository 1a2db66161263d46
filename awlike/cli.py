"""The command `awe`: the prompt, scripts with the prompt's names, and what an operator runs."""

import json
import logging
import sys
from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from awlike import operate
from awlike.errors import AwlikeError, ProcessingError
from awlike.operate import PrivilegesOption, ProjectOption, set_project

app = typer.Typer(no_args_is_help=False, add_completion=True, rich_markup_mode=None, pretty_exceptions_enable=False,
                  help='awlike: ask for a product, walk back to the raw files. Without a command: the prompt. '
                       'With a file SCRIPT.py: run it with the names of the prompt.')
projects = typer.Typer(no_args_is_help=True, help='Projects: people who share data.')
app.add_typer(projects, name='project')


def main() -> None:
    """Entry point: ``awe``, ``awe script.py ...``, ``awe COMMAND ...``; exit status 0, 1 (some failed), 2 (wrong use)."""
    arguments = sys.argv[1:]
    if arguments and arguments[0].endswith('.py'):
        sys.exit(_run_script(arguments))
    logging.basicConfig(level=logging.WARNING, format='%(message)s', stream=sys.stderr)
    logging.getLogger('awlike').setLevel(logging.INFO)
    try:
        app()
    except ProcessingError as error:
        _end(error, 1)
    except (AwlikeError, OSError) as error:
        _end(error, 2)


def _end(error, status):
    print(f'awe: {error}', file=sys.stderr)
    sys.exit(status)


def _run_script(arguments) -> int:
    import runpy
    import traceback

    from awlike.names import at_the_prompt
    path = Path(arguments[0])
    if not path.is_file():
        print(f'awe: there is no script {path}: check the path', file=sys.stderr)
        return 2
    sys.argv = arguments
    sys.path.insert(0, str(path.resolve().parent))
    try:
        runpy.run_path(str(path), init_globals=at_the_prompt(), run_name='__main__')
    except AwlikeError as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = f'{path}, line {lines[-1]}: {type(error).__name__}: ' if lines else ''
        print(f'awe: {where}{error}', file=sys.stderr)
        return 1 if lines else 2
    return 0


@app.callback(invoke_without_command=True)
def prompt(context: typer.Context):
    """Start the prompt when there is no command."""
    if context.invoked_subcommand is None:
        from awlike.prompt.shell import start
        start()


@app.command()
def simulate(folder: Path,
             instrument: Annotated[str, typer.Option(help='Camera whose files are written.')] = 'OMEGACAM',
             chips: Annotated[int, typer.Option(help='Number of detectors.', min=1)] = 1,
             shape: Annotated[str, typer.Option(help='Rows x columns of the light-sensitive part.')] = '512x256',
             seed: Annotated[int, typer.Option(help='Equal seeds give equal nights.')] = 0):
    """Write a simulated night of raw files, with the truth beside it."""
    from awlike.simulate import simulate as run
    rows, _, columns = shape.lower().partition('x')
    if not (rows.isdigit() and columns.isdigit()):
        raise typer.BadParameter(f'{shape!r}: write rows x columns, as 512x256', param_hint='--shape')
    files = run(folder, instrument=instrument, chips=chips, shape=(int(rows), int(columns)), seed=seed)
    print(f'{len(files)} files in {folder}')


@projects.command('create')
def project_create(name: str,
                   description: Annotated[str, typer.Option(help='What it is for.')] = '',
                   instrument: Annotated[Optional[str], typer.Option(help='Camera whose data it holds.')] = None,
                   maximum_privileges: Annotated[int, typer.Option(help='Highest level of publication.', min=1, max=5)] = 5):
    """Open a project; you own it."""
    from awlike.context import context
    from awlike.ingest import instrument_of
    context.create_project(name, description, instrument_of(instrument) if instrument else None, maximum_privileges)
    print(f'project {name} is open; you are its owner and first member')


@projects.command('list')
def project_list():
    """Show all projects; a star marks those that you are a member of."""
    from awlike.context import context
    from awlike.persist.references import Project
    mine, known = context.projects(), list(Project.select_all().order_by('name'))
    if not known:
        print('there are no projects; open one by awe project create NAME')
    for project in known:
        print(f'{"*" if project in mine else " "} {project.name:20} {project.description or ""}')


@projects.command('add-member')
def project_add_member(name: str, user: str):
    """Make USER a member of project NAME, which you own."""
    from awlike.context import context
    context.set_project(name)
    context.add_member(user)
    print(f'{user} is a member of {name}')


@app.command()
def ingest(paths: Annotated[list[Path], typer.Argument(help='Raw files, and folders with raw files.')],
           project: ProjectOption = '', privileges: PrivilegesOption = None,
           how: Annotated[Literal['copy', 'link', 'refer'], typer.Option(
               help='Keep a copy, a hard link, or a reference to where the file is.')] = 'copy'):
    """Ingest raw files. What is known already stays as it is; what cannot be used is named, with the reason."""
    from awlike.ingest import ingest as run
    set_project(project, privileges)
    report = run(paths, how)
    for path, reason in report.refused:
        print(f'{path}: refused: {reason}', file=sys.stderr)
    print('\n'.join([*report.renamed(), report.summary()]))
    if report.refused:
        sys.exit(1)


for _command in (operate.run, operate.plan, operate.purge, operate.fsck):
    app.command()(_command)


@app.command()
def info(name: Annotated[str, typer.Argument(help='File name or object id.')]):
    """Show what a frame is, what it was made from and with, and how good it is."""
    _find(name).info()


@app.command()
def lineage(name: Annotated[str, typer.Argument(help='File name or object id.')]):
    """Show the tree of what a product was made from, down to raw frames."""
    from awlike.text import tell
    tell(_find(name).lineage())


@app.command()
def explain(files: Annotated[list[Path], typer.Argument(help='FITS files that awlike wrote.')],
            as_json: Annotated[bool, typer.Option('--json', help='For machines: all that the files tell.')] = False):
    """Show what a FITS file is, what it was made from and how, by the file alone, without any database.

    Its pixels are compared with its digest: exit status 1 when they were changed, 2 when a file does not tell.
    """
    from awlike.tracing.explain import explain_all
    told, refused = explain_all(files)
    print(json.dumps([one.to_dict() for one in told], indent=1) if as_json else '\n\n'.join(map(str, told)))
    for error in refused:
        print(f'awe: {error}', file=sys.stderr)
    if refused or not all(one.intact for one in told):
        sys.exit(2 if refused else 1)


def _find(name):
    from awlike.errors import NotFound
    from awlike.query.properties import classes
    everything = classes['DataObject']
    found = (everything.filename == Path(name).name).first()
    if found is not None:
        return found
    try:
        return everything.get(name)
    except NotFound:
        raise NotFound(f'no frame that you may see is called {name}, nor has it for an id: '
                       'look for it at the prompt, as RawScienceFrame.filename.like("*part*")') from None
