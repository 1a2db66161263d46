"""The marks that a simulated ODI leaves on its frames; each can be left out."""

from collections.abc import Collection

from awlike.errors import ConfigError
from awlike.spelling import near

EFFECTS = {
    'bias': 'structure that remains when the overscan is subtracted',
    'dark': 'dark current, with hot pixels',
    'flat': 'response that differs from pixel to pixel and across the field',
    'gains': 'gains that differ from cell to cell',
    'fringes': 'interference of the light of the night sky',
    'ghost': 'reflection of the pupil, which turns with the rotator',
    'crosstalk': 'ghosts among the 8 cells of a row',
    'nonlinearity': 'counts that fall behind the light',
    'trails': 'charge that runs upwards from saturated pixels',
    'persistency': 'charge of saturated pixels in the exposures that follow',
    'cosmics': 'cosmic rays',
    'broken': 'cells that do not work',
    'guiding': 'a cell that guides the telescope, in science exposures',
}


def effects_without(left_out: Collection[str]) -> frozenset[str]:
    """Return the names of all effects but those `left_out`.

    Raises
    ------
    ConfigError
        When there is no such effect.
    """
    for name in left_out:
        if name not in EFFECTS:
            raise ConfigError(f'{name!r} is no effect of the simulated ODI{near(name, EFFECTS)}; there are '
                              f'{", ".join(EFFECTS)}')
    return frozenset(EFFECTS).difference(left_out)
