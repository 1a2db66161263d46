"""All values of one run: of each kind that is made, and of the run itself. They are kept in files, and compared with these."""

import dataclasses
import os
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from awlike.cameras.known import camera
from awlike.errors import NotAllowed
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.frames.raw import RawScienceFrame
from awlike.planning.meaning import kinds_of
from awlike.planning.parameters_in_force import ParametersInForce, makers
from awlike.processors.config_file import SUFFIX, line, literal, read_lines
from awlike.processors.overrides import INSTRUMENT, OF_RUN, VARIANCE, Changes
from awlike.products.calibration import CalibrationFrame
from awlike.products.parameters import unit_of
from awlike.products.product import ProcessTarget


@dataclasses.dataclass
class Section:
    """The values of one kind, or of the run: name, value and text of each; `notes` are those for some chips or filters."""

    name: str
    values: list[tuple[str, Any, str]]
    notes: list[str] = dataclasses.field(default_factory=list)

    def __str__(self) -> str:
        return '\n'.join([f'# {self.name}', *(line(*value) for value in self.values), *(f'# {note}' for note in self.notes)])


def kinds_on_the_way(target: type[ProcessTarget], from_raw: bool) -> list[type[ProcessTarget]]:
    """Return `target` and the kinds that are made on the way to it, inputs last, from raw or from imported frames."""
    of, found = RawScienceFrame if from_raw else ImportedScienceFrame, {target: None}
    for link in target.inputs().values():
        if issubclass(link.target, CalibrationFrame):
            found |= dict.fromkeys(makers(link.target) if from_raw else ())
        elif issubclass(link.target, ProcessTarget):
            for kind in kinds_of(link.target, of):
                found |= dict.fromkeys(kinds_on_the_way(kind, from_raw))
    return list(found)


def run_config(instrument: str, kinds: Sequence[type[ProcessTarget]], changes: Changes) -> list[Section]:
    """Return all values that are in force for frames of a camera: a section for the run, then one for each kind."""
    facts = [(name, changes.facts.get(name), f'{OF_RUN[name]}; None: as header, archive or camera say')
             for name in OF_RUN if name not in (INSTRUMENT, VARIANCE)]
    run = [(INSTRUMENT, instrument, OF_RUN[INSTRUMENT]), *facts, (VARIANCE, changes.variance, OF_RUN[VARIANCE])]
    parameters = ParametersInForce(changes.pars)
    return [Section('run', run), *(_of_kind(cls, instrument, parameters) for cls in kinds if cls.Parameters.model_fields)]


def _of_kind(cls: type[ProcessTarget], instrument: str, parameters: ParametersInForce) -> Section:
    made, in_force = Section(cls.__name__, []), parameters.get(cls, instrument)
    for name, field in cls.Parameters.model_fields.items():
        unit, full, value = unit_of(field), f'{cls.__name__}.{name}', getattr(in_force, name)
        text = f'{field.description}{f" [{unit}]" if unit else ""}'
        others = {place: other for place in camera(instrument).overrides
                  if (other := getattr(parameters.get(cls, instrument, place), name)) != value}
        if others:
            made.notes.append(line(full, value, text))
            made.notes += [f'{full} = {other!r} for {place}' for place, other in others.items()]
        else:
            made.values.append((full, value, text))
    return made


def differences(folder: Path, sections: Sequence[Section]) -> list[str]:
    """Return in which values the files in `folder` differ from `sections`, a text with the old and the new value for each."""
    saved = {name: literal(text) for path in sorted(folder.glob(f'*{SUFFIX}')) for _, name, text in read_lines(path)}
    new = {name: value for section in sections for name, value, _ in section.values}
    return [f'{name}: saved {_said(saved, name)}, now {_said(new, name)}' for name in {**new, **saved}
            if name not in saved or name not in new or saved[name] != new[name]]


def _said(values: dict[str, Any], name: str) -> str:
    return repr(values[name]) if name in values else 'absent'


def keep(folder: Path, sections: Sequence[Section], overwrite: bool) -> Path | None:
    """Keep the values of a run as files in `folder`, all or none; where they are kept already, compare them.

    Parameters
    ----------
    overwrite : bool
        Whether values that differ are kept under another name, config.~1~ and so on, and these take their place.

    Returns
    -------
    pathlib.Path or None
        The folder with the former values, where they were moved there.

    Raises
    ------
    NotAllowed
        When values differ and may not be overwritten; the error names each.
    """
    check(folder, sections, overwrite)
    if folder.exists() and not differences(folder, sections):
        return None
    new, former = folder.with_name(f'.{uuid.uuid4().hex}.part'), None
    new.mkdir()
    try:
        for section in sections:
            (new / f'{section.name}{SUFFIX}').write_text(f'{section}\n', 'utf-8')
        if folder.exists():
            former = _free(folder)
            os.rename(folder, former)
        os.rename(new, folder)
    except OSError:  # another process kept its own just now
        check(folder, sections, False)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return former


def check(folder: Path, sections: Sequence[Section], overwrite: bool) -> None:
    """Refuse values that differ from those that are kept in `folder`; see `keep`. Nothing is changed."""
    if overwrite or not folder.exists():
        return
    if found := differences(folder, sections):
        raise NotAllowed(f'{folder} has other values than this run: {"; ".join(found)}. Give the saved values, '
                         '--clobber-config to keep the former under another name and go on with these, or another --output')


def _free(folder: Path) -> Path:
    """Return the first free name for a former `folder`, as config.~1~."""
    number = 1
    while (found := folder.with_name(f'{folder.name}.~{number}~')).exists():
        number += 1
    return found
