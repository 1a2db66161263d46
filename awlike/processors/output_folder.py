"""The folder of a run: where the products of each frame go, and what may be overwritten."""

import dataclasses
import os
import shutil
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from awlike.errors import NotAllowed, ParameterError, StoreError
from awlike.processors import run_config
from awlike.processors.config_file import CONFIG, RUN
from awlike.processors.inputs import FrameToDo
from awlike.processors.run_config import Section

SCHEMA = 'schema'
_OWN = (CONFIG, SCHEMA)


@dataclasses.dataclass(frozen=True)
class OutputFolder:
    """The folder `path`: config/ and schema/, and for each frame NAME.fits and the folder NAME."""

    path: Path

    def image(self, name: PurePosixPath) -> Path:
        """Return the path of the image of a frame."""
        return self.path / name.with_name(f'{name.name}.fits')

    def product(self, name: PurePosixPath, product: str) -> Path:
        """Return the path of a product of a frame, as ``src``."""
        return self.path / name / f'{product}.fits'

    @property
    def schemas(self) -> Path:
        """The folder of the schemas."""
        return self.path / SCHEMA

    @property
    def is_ours(self) -> bool:
        """Whether an earlier run wrote the folder."""
        return (self.path / CONFIG / RUN).is_file()

    def check(self, frames: Sequence[FrameToDo], sections: Sequence[Section], inputs: Iterable[Path], clobber_output: bool,
              clobber_config: bool) -> None:
        """Refuse what may not be overwritten; change nothing. `inputs` are the files and folders that are read.

        Raises
        ------
        NotAllowed, ParameterError, StoreError
            When an input or a stranger's file would be overwritten or removed, two frames have one name, or the values kept in
            config/ are others than those of this run.
        """
        if self.path.exists() and not self.path.is_dir():
            raise StoreError(f'{self.path} is no folder: give another --output')
        self._check_writable()
        self._check_names(frames)
        if clobber_output:
            self._check_removal(inputs)
            return
        self._check_overwritten(frames)
        run_config.check(self.path / CONFIG, sections, clobber_config)

    def empty(self) -> None:
        """Remove all that is in the folder. What is removed has no name of an output from the first moment on."""
        if not self.path.exists():
            return
        away = self.path / f'.{uuid.uuid4().hex}.part'
        away.mkdir()
        for one in list(self.path.iterdir()):
            if one != away:
                os.rename(one, away / one.name)
        shutil.rmtree(away)

    def keep(self, sections: Sequence[Section], clobber_config: bool) -> Path | None:
        """Make the folder where it is absent, and keep the values of the run; return where former values are now."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f'{self.path} cannot be made ({error.strerror}): give another --output') from None
        return run_config.keep(self.path / CONFIG, sections, clobber_config)

    def _check_writable(self) -> None:
        """Refuse a folder that cannot be made, or in which nothing can be written."""
        there = next(one for one in (self.path, *self.path.absolute().parents) if one.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            reason = 'you may not write into it' if there.is_dir() else 'it is no folder'
            raise StoreError(f'{self.path} cannot be written, because of {there}: {reason}; give another --output')

    def _check_names(self, frames: Sequence[FrameToDo]) -> None:
        seen: dict[PurePosixPath, FrameToDo] = {}
        for frame in frames:
            other = seen.setdefault(frame.name, frame)
            if other is not frame:
                raise ParameterError(f'{frame.path} and {other.path} would both be {self.image(frame.name)}: process them into '
                                     'different outputs')
            if frame.name.parts[0].partition('.')[0] in _OWN:
                raise ParameterError(f'{frame.path}: the output has a folder {frame.name.parts[0]} of its own: rename the file')

    def _check_overwritten(self, frames: Sequence[FrameToDo]) -> None:
        for frame in frames:
            image = self.image(frame.name)
            if frame.path is not None and image.resolve() == frame.path.resolve():
                raise NotAllowed(f'{image} is the input, and would be overwritten: give another --output')
        strange = [path for path in (self.path / CONFIG, self.schemas, *(self.image(frame.name) for frame in frames))
                   if path.exists()]
        if strange and not self.is_ours:
            raise NotAllowed(f'{strange[0]} is there, and no earlier run wrote it, as {CONFIG}/{RUN} would tell: give another '
                             '--output')

    def _check_removal(self, inputs: Iterable[Path]) -> None:
        """Refuse to remove what no run wrote, or what is read."""
        if not self.path.exists():
            return
        if any(self.path.iterdir()) and not self.is_ours:
            raise NotAllowed(f'{self.path} has files, and no earlier run wrote them, as {CONFIG}/{RUN} would tell: '
                             '--clobber-output removes outputs of earlier runs alone; give another --output')
        folder = self.path.resolve()
        for one in (path.resolve() for path in inputs):
            if one.is_relative_to(folder):
                raise NotAllowed(f'{one} is read, and lies in {self.path}, which --clobber-output would remove: give another '
                                 '--output')

