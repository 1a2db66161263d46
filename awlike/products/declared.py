"""Declared and measured values of a detector: where gain or read noise of a camera are not what its frames show."""

from collections.abc import Iterator
from typing import Any

from awlike.cameras.known import camera
from awlike.errors import AwlikeError
from awlike.remedies import by_parameter

TOLERANCE = 1.25  # factor by which a declared value may differ from the measured one


def declared(frame: Any, name: str, raw: Any = None) -> float | None:
    """Return the gain or read noise that a camera declares; None where it declares none.

    Parameters
    ----------
    frame : Frame
        Of the detector.
    name : {'gain', 'read_noise'}
        The gain [electron/adu], or the read noise [electron].
    raw : RawFrame, optional
        A raw frame whose amplifiers may have values of their own; their mean goes first.
    """
    amplifiers = (raw.amplifiers or []) if raw is not None else []
    values = [one[name] for one in amplifiers if name in one]
    if values:
        return sum(values) / len(values)
    try:
        found = camera(frame.instrument.name).defaults_for('CosmicMap', frame.chip.name).get(name.upper())
    except AwlikeError:  # whose description is not here
        return None
    return None if found is None else float(found)  # pyrefly: ignore[bad-argument-type]


def disagreements(gain: tuple[float | None, float | None], noise: tuple[float | None, float | None]) -> Iterator[str]:
    """Yield a sentence for each declared value that differs from the measured one by more than a factor of `TOLERANCE`.

    Parameters
    ----------
    gain, noise : tuple of float or None
        The gain [electron/adu] and the read noise [electron], declared and measured; None where a value is not known.
    """
    for name, unit, (said, measured) in (('gain', 'electron/adu', gain), ('read noise', 'electron', noise)):
        if said and measured and not 1 / TOLERANCE <= said / measured <= TOLERANCE:
            yield (f'the declared {name} is {said:.3g} {unit}, and {measured:.3g} were measured: correct '
                   f'CosmicMap.{name.upper().replace(" ", "_")} in the description of the camera, or {by_parameter()}')
