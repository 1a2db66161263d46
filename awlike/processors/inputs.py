"""The frames to work on: those in files, found by reading headers alone, and those in a home."""

import dataclasses
import logging
import os
import re
import uuid
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from awlike.cameras.camera import Camera
from awlike.cameras.data_ids import Keys
from awlike.cameras.known import camera, cameras
from awlike.cameras.raw_facts import RawFacts, RawFile
from awlike.cameras.reading import read_raw
from awlike.errors import AwlikeError, HeaderError, NotFound, ParameterError, said
from awlike.fits.finding import fits_files
from awlike.fits.headers import frame_header
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.frames.raw import RawScienceFrame
from awlike.parallel import ahead
from awlike.processors.config_file import CONFIG, RUN
from awlike.products.file_names import file_word

log = logging.getLogger('awlike')

MAPPER = '_mapper'
"""The file of a folder that names the camera, as ``SDSS``, or ``lsst.obs.sdss.sdssMapper.SdssMapper``."""
_SUFFIX = re.compile(r'\.(fits|fit|fts)(\.fz|\.gz)?$', re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class FrameToDo:
    """One frame to work on: one detector of a file, or a frame of a home.

    Attributes
    ----------
    camera, chip : str
        Their names.
    keys : dict
        The keys by which the frame can be asked for: those of its camera, and of any camera night, filter, chip, object, file.
    data_id : dict
        The keys that name the frame: those of its camera, or where the camera declares none night, filter, chip and file.
    name : pathlib.PurePosixPath
        Where below the output its products go, without a suffix.
    imported : bool
        Whether the frame was reduced elsewhere.
    path : pathlib.Path, optional
        The file; None for a frame of a home.
    object_id : uuid.UUID, optional
        The id of a frame of a home.
    """

    camera: str
    chip: str
    keys: Keys
    data_id: Keys
    name: PurePosixPath
    imported: bool
    path: Path | None = None
    object_id: uuid.UUID | None = None


@dataclasses.dataclass
class Inputs:
    """What files hold: science frames, other raw files (calibrations), and files that cannot be used, with the reason."""

    frames: list[FrameToDo] = dataclasses.field(default_factory=list)
    others: list[Path] = dataclasses.field(default_factory=list)
    refused: list[tuple[Path, str]] = dataclasses.field(default_factory=list)

    def only_camera(self) -> str:
        """Return the name of the camera of all frames.

        Raises
        ------
        NotFound
            When there are no frames, with the reasons.
        ParameterError
            When there are several cameras.
        """
        names = sorted({frame.camera for frame in self.frames})
        if not names:
            reasons = '; '.join(f'{path}: {reason}' for path, reason in self.refused[:3])
            raise NotFound(f'there is no science frame to process{f": {reasons}" if reasons else ""}')
        if len(names) > 1:
            raise ParameterError(f'the frames are of the cameras {" and ".join(names)}, and one output has the frames and the '
                                 'parameters of one camera: process each into an output of its own (--instrument NAME)')
        return names[0]


def in_files(paths: Sequence[Path], root: Path | None, instrument: str | None, imported: bool) -> Inputs:
    """Return the frames in files, by reading their headers. Outputs of earlier runs within a folder are left out.

    Parameters
    ----------
    paths : list of pathlib.Path
        Files, and folders of them.
    root : pathlib.Path, optional
        The folder whose layout the output has; without it all products go into one folder.
    instrument : str, optional
        The camera that wrote the files; by default, for each file, the camera that claims its header.
    imported : bool
        Whether the files are science frames that were reduced elsewhere, whatever their camera says.
    """
    one, found = None if instrument is None else camera(instrument), Inputs()
    outputs: dict[Path, bool] = {}
    files = [path for path in fits_files(paths) if path in paths or not _is_within_output(path.parent, outputs)]
    with ahead(lambda path: _read(path, root, one, imported), files, os.cpu_count() or 1) as all_read:
        for path, read in all_read:
            try:
                frames = read.result()
            except (AwlikeError, OSError) as error:
                found.refused.append((path, said(error).removeprefix(f'{path}: ')))
                continue
            found.frames += frames
            if not frames:
                found.others.append(path)
    return found


def _is_within_output(folder: Path, known: dict[Path, bool]) -> bool:
    """Return whether `folder` is the output of an earlier run, or lies in one: what a run writes is no input of another."""
    if folder not in known:
        known[folder] = (folder / CONFIG / RUN).is_file() or (
            folder.parent != folder and _is_within_output(folder.parent, known))
    return known[folder]


def _read(path: Path, root: Path | None, one: Camera | None, imported: bool) -> list[FrameToDo]:
    """Return the science frames of a file; none for another raw file."""
    raw = read_raw(path, whole=False, kind='science' if imported else None, camera=one)
    frames = [facts for facts in raw.frames if facts.kind == 'science']
    folder = PurePosixPath(path.parent.relative_to(root).as_posix()) if root is not None else PurePosixPath()
    stem = name_of(path)
    return [_frame(raw, facts, folder / (stem if len(raw.frames) == 1 else f'{stem}_{file_word(facts.chip)}'),
                   imported or raw.camera.reduced) for facts in frames]


def name_of(path: Path) -> str:
    """Return the name of a file without the suffix of FITS files."""
    return _SUFFIX.sub('', path.name) or path.name


def _frame(raw: RawFile, facts: RawFacts, name: PurePosixPath, imported: bool) -> FrameToDo:
    own = raw.camera.data_id_of(frame_header(raw.path, facts.extension), raw.path)
    of_any = _of_any(raw.camera, facts.DATE_OBS, facts.filter, facts.chip, facts.OBJECT, name_of(raw.path))
    return FrameToDo(raw.camera.name, facts.chip, of_any | own, own or _naming(of_any), name, imported, path=raw.path)


def _of_any(one: Camera, when: Any, filter_: str | None, chip: str, of: str, file: str) -> Keys:
    """Return the keys that frames of any camera have."""
    return {'night': one.night(when).isoformat(), 'filter': filter_ or '', 'chip': chip, 'object': of, 'file': file}


def _naming(keys: Keys) -> Keys:
    return {name: value for name, value in keys.items() if name != 'object'}


def in_home(instrument: str | None) -> Inputs:
    """Return the valid science frames, raw and imported, of the home in which this process works, in order of date."""
    found = Inputs()
    for cls in (RawScienceFrame, ImportedScienceFrame):
        query: Any = cls.is_valid > 0
        if instrument is not None:
            query &= cls.instrument.name == camera(instrument).name
        found.frames += [_of_home(frame) for frame in query.order_by('DATE_OBS')]
    return found


def _of_home(frame: Any) -> FrameToDo:
    """Return a frame of a home. Its products go where its data id says: a folder for each value, then the name of the file."""
    arrived = frame.raw_fits.original_name if isinstance(frame, RawScienceFrame) else frame.original_name
    file, one = name_of(Path(arrived)), camera(frame.instrument.name)
    of_any = _of_any(one, frame.DATE_OBS, frame.filter.name, frame.chip.name, frame.OBJECT, file)
    data_id = frame.data_id or _naming(of_any)
    name = PurePosixPath(*(file_word(str(value)).lstrip('.') for key, value in data_id.items() if key != 'file'), file)
    return FrameToDo(one.name, frame.chip.name, of_any | frame.data_id, data_id, name, isinstance(frame, ImportedScienceFrame),
                     object_id=frame.object_id)


def camera_named_in(folder: Path) -> str | None:
    """Return the camera that the file `MAPPER` of a folder names; None where there is no such file.

    Raises
    ------
    HeaderError
        When the file names no camera that awlike knows.
    """
    file = folder / MAPPER
    if not file.is_file():
        return None
    text = file.read_text('utf-8', errors='replace').strip()
    word = text.rpartition('.')[2].removesuffix('Mapper').casefold()
    for name in cameras():
        if name.casefold() in (text.casefold(), word):
            return name
    raise HeaderError(f'{file} names {text!r}, which is no camera: there are {", ".join(cameras())}; write one of them, or '
                      'give --instrument')
