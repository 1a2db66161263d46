"""Each file in turn, in this process or in several; what became of each, in the order of the files."""

import dataclasses
import importlib
import importlib.util
import operator
import optparse
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from awlike.errors import DefinitionError, said
from awlike.processors.files.descriptor import DataDescriptor
from awlike.processors.files.gathering import Change, changes, merge, snapshot
from awlike.processors.files.processor import FileProcessor, Shown, SkipThis
from awlike.processors.pool import at_work, clean_up_when_interrupted, in_order
from awlike.progress import Progress

_CHUNKS = 8  # for each process: few enough to send little, enough that none waits long for the others
_MOST = 64  # files in a chunk

_SCRIPT = 'script:'
"""The names of modules begin so that are scripts."""

_worker: FileProcessor | None = None
"""The processor of this process, where it is one of several."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Attributes
    ----------
    identifier : object
        What `FileProcessor.process` got.
    state : str
        ``'done'``, ``'skipped'`` or ``'failed'``.
    label : str
        The class of the file, in a report.
    reason : str
        Why it was skipped, or failed.
    trace : str
        The traceback, for a file that failed.
    value : object
        What `FileProcessor.process` returned.
    """

    identifier: Any
    state: str
    label: str = ''
    reason: str = ''
    trace: str = ''
    value: Any = None


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where another process finds a class: in a module that can be imported, or in a file of Python."""

    module: str
    name: str
    file: str | None

    @classmethod
    def of(cls, processor_class: type[FileProcessor]) -> 'Origin':
        """Return the origin of a class.

        Raises
        ------
        DefinitionError
            When no other process could find it.
        """
        module, name = processor_class.__module__, processor_class.__qualname__
        file = getattr(sys.modules.get(module), '__file__', None)
        if '<locals>' in name or (file is None and module == '__main__'):
            raise DefinitionError(f'-j works on a class in a file, and other processes cannot find {name}: write it into a '
                                  'file, outside of any function, or leave -j out')
        return cls(module, name, file if module == '__main__' or module.startswith(_SCRIPT) else None)

    def load(self) -> type[FileProcessor]:
        """Return the class."""
        if self.file is None:
            module = importlib.import_module(self.module)
        elif self.module == '__main__' and getattr(sys.modules['__main__'], '__file__', None) == self.file:
            module = sys.modules['__main__']
        else:
            module = module_of(Path(self.file))
        return operator.attrgetter(self.name)(module)


def module_of(file: Path) -> Any:
    """Return a file of Python as a module, run once in this process; it finds its neighbours, as a script does."""
    path = str(file.resolve())
    name = f'{_SCRIPT}{path}'
    if name not in sys.modules:
        if str(file.resolve().parent) not in sys.path:
            sys.path.insert(0, str(file.resolve().parent))
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None, path  # it ends in .py
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]


def outcomes(processor: FileProcessor, identifiers: Sequence[Any]) -> Iterator[Outcome]:
    """Yield what becomes of each file, in order; `processor` gathers, whatever the number of processes (``-j``)."""
    count = min(processor.opts.processes, len(identifiers))
    with Progress(type(processor).__name__, len(identifiers)) as progress:
        for outcome in _in_processes(processor, identifiers, count) if count > 1 else _here(processor, identifiers, progress):
            if outcome.value is not None and not isinstance(outcome.value, Shown):
                processor.results.append((outcome.identifier, outcome.value))
            progress.advance()
            yield outcome


def _here(processor: FileProcessor, identifiers: Sequence[Any], progress: Progress) -> Iterator[Outcome]:
    for identifier in identifiers:
        progress.now(identifier)
        yield outcome_of(processor, identifier)


def _in_processes(processor: FileProcessor, identifiers: Sequence[Any], count: int) -> Iterator[Outcome]:
    size = max(1, min(_MOST, len(identifiers) // (count * _CHUNKS)))
    chunks = [list(identifiers[start:start + size]) for start in range(0, len(identifiers), size)]
    for found, changed in in_order(_chunk, chunks, count, _begin, Origin.of(type(processor)), processor.opts, processor.dd):
        merge(processor, changed)
        yield from found


def outcome_of(processor: FileProcessor, identifier: Any) -> Outcome:
    """Process or classify one file, and return what became of it. Its errors stop no other file."""
    try:
        if processor.opts.report:
            return Outcome(identifier, 'done', label=f'{processor.classify(identifier)}')
        return Outcome(identifier, 'done', value=processor.process(identifier))
    except SkipThis as skipped:
        return Outcome(identifier, 'skipped', reason=str(skipped))
    except Exception as error:
        return Outcome(identifier, 'failed', reason=_reason(error), trace=traceback.format_exc())


def _reason(error: Exception) -> str:
    text = said(error)
    return f'{type(error).__name__}: {text}' if not text.startswith(type(error).__name__) else text


def _begin(origin: Origin, opts: optparse.Values, dd: DataDescriptor) -> None:
    global _worker
    clean_up_when_interrupted()
    _worker = origin.load()(opts, dd)


def _chunk(identifiers: list[Any]) -> tuple[list[Outcome], dict[str, Change]]:
    """Process some files in a process of its own; return what became of them, and what the processor gathered."""
    processor = _worker
    assert processor is not None  # _begin made it
    before, found = snapshot(processor), []
    with at_work():
        for identifier in identifiers:
            found.append(outcome_of(processor, identifier))
            if found[-1].state == 'failed' and processor.opts.bail:
                break
    return found, changes(before, snapshot(processor), processor.mergers)
