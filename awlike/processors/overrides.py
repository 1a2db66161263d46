"""What a user changes of a run, by options and files: process parameters, facts that a frame lacks, what is written."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from awlike.cameras.known import camera
from awlike.errors import ParameterError
from awlike.ingest.imports import FACTS, check_fact
from awlike.planning.parameters_in_force import checked
from awlike.processors.config_file import SUFFIX, literal, read_lines
from awlike.products.product import ProcessTarget
from awlike.spelling import alike

VARIANCE, INSTRUMENT = 'doVariance', 'instrument'
OF_RUN = {INSTRUMENT: 'the camera', **FACTS, VARIANCE: 'the variance of the pixels is written'}
"""Names that are no process parameters, with their meaning."""


@dataclasses.dataclass(frozen=True)
class Override:
    """A value for a name, both as text, and where it was said: ``-c`` or a line of a file."""

    place: str
    name: str
    text: str


@dataclasses.dataclass
class Changes:
    """All that a user changes; later overrides went before earlier ones."""

    parameters: dict[tuple[type[ProcessTarget], str], Any] = dataclasses.field(default_factory=dict)
    facts: dict[str, float] = dataclasses.field(default_factory=dict)
    variance: bool = True

    @property
    def pars(self) -> dict[str, Any]:
        """The process parameters, as tasks take them."""
        return {f'{cls.__name__}.process_params.{name}': value for (cls, name), value in self.parameters.items()}


def from_word(word: str) -> Override:
    """Return the override in a word behind ``-c``, as ``SourceList.THRESHOLD=5``.

    Raises
    ------
    ParameterError
        When the word is not NAME=VALUE.
    """
    name, equals, text = word.partition('=')
    if not (name.strip() and equals and text.strip()):
        raise ParameterError(f'-c {word}: write NAME=VALUE, as -c gain=2 SourceList.THRESHOLD=5')
    return Override('-c', name.strip(), text.strip())


def from_file(path: Path) -> list[Override]:
    """Return the overrides in a file of parameters, or in all files of a folder of them, in order."""
    files = sorted(path.glob(f'*{SUFFIX}')) if path.is_dir() else [path]
    return [Override(*parts) for file in files for parts in read_lines(file)]


def instrument_of(overrides: Iterable[Override]) -> str | None:
    """Return the camera that `overrides` name; the last counts. Raises NotFound where there is no such camera."""
    named = [str(literal(one.text)) for one in overrides if one.name == INSTRUMENT]
    return camera(named[-1]).name if named else None


def changes(overrides: Iterable[Override], kinds: Sequence[type[ProcessTarget]]) -> Changes:
    """Return what the `overrides`, in order, change for products of `kinds`.

    Raises
    ------
    ParameterError
        When a name has no meaning, or several, or a value cannot be; the error says where it was said.
    """
    made, names = Changes(), _names(kinds)
    for one in overrides:
        value = literal(one.text)
        if one.name in OF_RUN:
            _change_run(made, one, value)
            continue
        cls, parameter = _parameter(one, names, kinds)
        if cls.Parameters.model_fields[parameter].annotation is str and not isinstance(value, str):
            value = one.text
        params = checked(cls, {parameter: value}, one.place)
        made.parameters[cls, parameter] = getattr(params, parameter)
    return made


def _change_run(made: Changes, one: Override, value: Any) -> None:
    """Change in `made` what is no process parameter; None means what header, archive or camera say."""
    where = f'{one.place}: {one.name} = {one.text}'
    if one.name == VARIANCE:
        words = {'true': True, 'yes': True, '1': True, 'false': False, 'no': False, '0': False}
        if one.text.lower() not in words:
            raise ParameterError(f'{where}: write True or False')
        made.variance = words[one.text.lower()]
    elif value is None:
        made.facts.pop(one.name, None)
    elif one.name in FACTS:
        check_fact(one.name, value)
        made.facts[one.name] = float(value)


def _names(kinds: Iterable[type[ProcessTarget]]) -> Mapping[str, list[tuple[type[ProcessTarget], str]]]:
    """Return what each name means: ``SourceList.THRESHOLD``, and ``THRESHOLD`` alone."""
    found: dict[str, list[tuple[type[ProcessTarget], str]]] = {}
    for cls in kinds:
        for parameter in cls.Parameters.model_fields:
            for name in (parameter, f'{cls.__name__}.{parameter}'):
                found.setdefault(name, []).append((cls, parameter))
    return found


def _parameter(one: Override, names: Mapping[str, list[tuple[type[ProcessTarget], str]]],
               kinds: Sequence[type[ProcessTarget]]) -> tuple[type[ProcessTarget], str]:
    meant, fact = names.get(one.name.replace('.process_params.', '.'), []), one.name.lower()
    if len(meant) == 1 and fact not in FACTS:
        return meant[0]
    if meant:
        full = ', '.join([f'{cls.__name__}.{parameter}' for cls, parameter in meant] + [f'the fact {fact}'] * (fact in FACTS))
        raise ParameterError(f'{one.place}: {one.name} can be {full}: write the one that you mean')
    owner, dot, _ = one.name.partition('.')
    known = [name for name in names if dot == ('.' if '.' in name else '')]
    if dot and owner not in (cls.__name__ for cls in kinds):
        raise ParameterError(f'{one.place}: {one.name}: no {owner} is made on the way; there are '
                             f'{", ".join(cls.__name__ for cls in kinds if cls.Parameters.model_fields)}')
    close = alike(one.name, [*known, *OF_RUN])
    hint = f' (did you mean {" or ".join(close)}?)' if close else ''
    raise ParameterError(f'{one.place}: there is no parameter {one.name}{hint}: --show config shows all')
