"""From counts to electrons: the gain of each amplifier, as it was measured, as a ramp of flats tells it, or of the header."""

from typing import TYPE_CHECKING, Any

from awlike.errors import ProcessingError

if TYPE_CHECKING:
    from awlike.pixels.geometry import Geometry
    from awlike.products.parameters import FromLight


def electrons_per_count(geometry: 'Geometry', inputs: Any, params: 'FromLight') -> dict[str, float] | None:
    """Return for each amplifier, by name, what its counts are multiplied by to be electrons; None where they stay counts.

    Counts are counts of the assembled image, whose amplifiers the gains of the header, where all are known, have brought to
    one scale already.

    Parameters
    ----------
    geometry : Geometry
        Of the raw frame.
    inputs : inputs
        With `techdata` and `relative`, as far as GAIN_CORRECTION asks for them.
    params : FromLight
        With GAIN_CORRECTION.

    Returns
    -------
    dict or None
        An amplifier of unknown gain is not in it. With 'relative', and no gain by photon transfer, the counts of all become
        values of one scale, but not electrons: see `is_absolute`.

    Raises
    ------
    ProcessingError
        When GAIN_CORRECTION asks for gains that are not there.
    """
    kind = getattr(params, 'GAIN_CORRECTION', '')
    if not kind:
        return None
    from awlike.pixels.parts import scales
    own = scales(geometry)
    gains = {'header': _of_header, 'techdata': _of_techdata, 'relative': _of_ramp}[kind](geometry, inputs)
    found = {name: gain / own[name] for name, gain in gains.items() if name in own}
    if not found:
        raise ProcessingError(f'GAIN_CORRECTION = {kind!r}: {_LACKING[kind]}, or set GAIN_CORRECTION to another of techdata, '
                              "relative, header and ''")
    return found


def is_absolute(inputs: Any, params: 'FromLight') -> bool:
    """Return whether `electrons_per_count` leads to electrons, and not to counts that are relative alone."""
    kind = params.GAIN_CORRECTION
    return kind in ('techdata', 'header') or (kind == 'relative' and _mean_gain(inputs.relative) is not None)


def gain_of(inputs: Any, params: 'FromLight') -> float | None:
    """Return the gain of images that are made with these inputs and parameters; None where it was not measured.

    It is 1 electron for each unit of an image in electrons.
    """
    if is_absolute(inputs, params):
        return 1.0
    return None if inputs.gain is None else inputs.gain.gain


_LACKING = {
    'header': 'the header has no gain of an amplifier; describe where it stands (gain of the amplifiers of the camera)',
    'techdata': 'the gains that were measured are of other amplifiers; measure those of this read-out (TechDataTask)',
    'relative': 'the ramp of flats was not measured by amplifier; measure it again with GainLinearity.BY_AMPLIFIER (GainTask)',
}


def _of_header(geometry: 'Geometry', inputs: Any) -> dict[str, float]:
    return {one.name: one.gain for one in geometry.amplifiers if one.gain is not None}


def _of_techdata(geometry: 'Geometry', inputs: Any) -> dict[str, float]:
    return dict(inputs.techdata.gains)


def _of_ramp(geometry: 'Geometry', inputs: Any) -> dict[str, float]:
    mean = _mean_gain(inputs.relative)
    return {name: one['relative_gain'] * (1.0 if mean is None else mean)
            for name, one in (inputs.relative.amplifiers or {}).items() if one.get('relative_gain') is not None}


def _mean_gain(ramp: Any) -> float | None:
    """Return the gain of an amplifier of relative gain 1, e-/ADU, by the mean of all amplifiers; None where none is known."""
    known = [one['gain'] / one['relative_gain'] for one in (ramp.amplifiers or {}).values()
             if one.get('gain') and one.get('relative_gain')]
    return sum(known) / len(known) if known else None
