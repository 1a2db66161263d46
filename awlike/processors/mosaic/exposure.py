"""The files of one exposure, from its folder or from any file of it, and the detectors that count."""

import dataclasses
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from awlike.cameras.camera import Camera
from awlike.cameras.raw_facts import RawFacts
from awlike.cameras.reading import read_raw
from awlike.errors import HeaderError, NotFound, ParameterError, said
from awlike.fits.finding import FITS_NAME
from awlike.fits.headers import frame_header
from awlike.processors.inputs import name_of
from awlike.processors.mosaic.options import CollectOptions
from awlike.processors.mosaic.values import detectors
from awlike.spelling import near

_OF_DETECTOR = re.compile(r'(?P<exposure>.+)\.(?P<ota>\d\d)', re.DOTALL)  # o20130101T123456.0.33, without the suffix
_CENTRAL = {f'{column}{row}' for column in (2, 3, 4) for row in (2, 3, 4)}
_PACKING = ('', '.fz', '.gz')  # which of several copies of one detector is taken: the first of these


@dataclasses.dataclass(frozen=True)
class Exposure:
    """The raw files of one exposure, those of the chosen detectors, and what the first of them tells.

    Attributes
    ----------
    name : str
        The name of the exposure: what the names of its files begin with.
    files : list of pathlib.Path
        The files, in order of their names.
    chips : list of str
        The chosen detectors, in that order.
    camera : Camera
        The camera that wrote the files.
    facts : RawFacts
        The facts of the first chosen detector.
    obsid : str
        The card OBSID, or the name of the exposure.
    refused : list
        (path, reason) of files that cannot be used.
    """

    name: str
    files: list[Path]
    chips: list[str]
    camera: Camera
    facts: RawFacts
    obsid: str
    refused: list[tuple[Path, str]]


def exposure(path: Path, options: CollectOptions, instrument: str | None = None) -> Exposure:
    """Return the exposure in a folder, or that to which a file belongs.

    One file that cannot be used is left out and told.

    Raises
    ------
    NotFound, HeaderError
        When there is nothing, or no file can be used.
    ParameterError
        When a folder has several exposures, or the user chooses detectors that the exposure does not have.
    """
    name, files = _files(path)
    from awlike.cameras.known import camera
    one = None if instrument is None else camera(instrument)
    read: list[tuple[Path, Camera, RawFacts]] = []
    refused: list[tuple[Path, str]] = []
    for file in files:
        try:
            raw = read_raw(file, whole=False, camera=one)
        except (HeaderError, OSError) as error:
            refused.append((file, said(error).removeprefix(f'{file}: ')))
            continue
        read += [(file, raw.camera, facts) for facts in raw.frames]
    if not read:
        raise HeaderError(f'{path}: no file of the exposure can be used: {refused[0][0].name}: {refused[0][1]}')
    _check_one(path, read)
    chips = _chosen([facts.chip for _, _, facts in read], options)
    kept = [(file, camera, facts) for file, camera, facts in read if facts.chip in chips]
    file, camera, facts = kept[0]
    obsid = str(frame_header(file, facts.extension).get('OBSID') or name).strip()
    return Exposure(name, list(dict.fromkeys(file for file, _, _ in kept)), [one[2].chip for one in kept], camera, facts, obsid,
                    refused)


def _check_one(path: Path, read: Sequence[tuple[Path, Camera, RawFacts]]) -> None:
    """Refuse files that are no science exposure, and those of several."""
    file, camera, facts = read[0]
    for other, its_camera, its in read[1:]:
        if its_camera.name != camera.name or abs((its.DATE_OBS - facts.DATE_OBS).total_seconds()) > 1:
            raise ParameterError(f'{path}: {file.name} ({facts.DATE_OBS}) and {other.name} ({its.DATE_OBS}) are of different '
                                 'exposures: put each into a folder of its own, or name one file')
    if facts.kind != 'science':
        raise ParameterError(f'{file}: the exposure is a {facts.kind}, and collectcells reduces science exposures; awe '
                             'makecalibrations makes calibrations')


def _files(path: Path) -> tuple[str, list[Path]]:
    """Return the name of the exposure, and its files."""
    if path.is_dir():
        folder, own = path, None
    elif path.is_file():
        folder, own = path.parent, path
    else:
        raise NotFound(f'{path}: there is no such file or folder: give the folder of an exposure, or any file of it')
    if own is not None and _exposure_of(own) is None:
        return name_of(own), [own]
    groups: dict[str, list[Path]] = {}
    for file in sorted(folder.iterdir()):
        if FITS_NAME.fullmatch(file.name) and file.is_file():
            groups.setdefault(_exposure_of(file) or folder.resolve().name, []).append(file)
    if not groups:
        raise NotFound(f'{path}: the folder has no FITS file: give the folder of an exposure, or any file of it')
    wanted = folder.resolve().name if own is None else _exposure_of(own)
    if wanted not in groups and len(groups) > 1:
        raise ParameterError(f'{path}: the folder has the exposures {", ".join(list(groups)[:4])}{" ..." * (len(groups) > 4)}, '
                             'and none has the name of the folder: name a file of one')
    name = wanted if wanted in groups else next(iter(groups))
    return str(name), _without_copies(groups[str(name)])


def _exposure_of(file: Path) -> str | None:
    """Return the name of the exposure in the name of the file of a detector; None where the name has none."""
    found = _OF_DETECTOR.fullmatch(name_of(file))
    return found['exposure'] if found else None


def _without_copies(files: Iterable[Path]) -> list[Path]:
    """Return one file for each name, where a file is there compressed, too."""
    best: dict[str, Path] = {}
    for file in files:
        other = best.setdefault(name_of(file), file)
        best[name_of(file)] = min(other, file, key=lambda one: _PACKING.index(_packing(one)))
    return list(best.values())


def _packing(file: Path) -> str:
    return file.suffix.lower() if file.suffix.lower() in _PACKING else ''


def _chosen(chips: Sequence[str], options: CollectOptions) -> list[str]:
    """Return those of the detectors that the options choose."""
    chosen = list(chips)
    for name in ('singleota', 'selectota'):
        text = getattr(options, name)
        if text is not None:
            wanted = [_chip(one, chips, name, text) for one in detectors(name, text)]
            if name == 'singleota' and len(wanted) > 1:
                raise ParameterError(f'-singleota={text}: name one detector, or several by -selectota={text}')
            chosen = [chip for chip in chosen if chip in wanted]
    if options.skipota is not None:
        skipped = [_known(one, chips) for one in detectors('skipota', options.skipota)]
        chosen = [chip for chip in chosen if chip not in skipped]
    if options.centralonly:
        chosen = [chip for chip in chosen if chip[-2:] in _CENTRAL]
    if not chosen:
        raise ParameterError(f'no detector is left: the exposure has {", ".join(chips)}; change -singleota, -selectota, '
                             '-skipota or -centralonly')
    return chosen


def _known(word: str, chips: Iterable[str]) -> str | None:
    """Return the detector that a word names: its name, or its number; None where the exposure has none."""
    return next((chip for chip in chips if word in (chip, chip.removeprefix('OTA'))), None)


def _chip(word: str, chips: Sequence[str], option: str, text: str) -> str:
    found = _known(word, chips)
    if found is None:
        raise ParameterError(f'-{option}={text}: the exposure has no detector {word}{near(word, chips)}; it has '
                             f'{", ".join(chips)}')
    return found
