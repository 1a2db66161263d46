"""The shapes of what frames keep as JSON. A value of another shape, as after a change by hand, counts as absent."""

import logging
from typing import Any

log = logging.getLogger('awlike')

SHAPED = 'process_parameters', 'quality', 'calibration_levels', 'reference_choices', 'members_left_out', 'imported', 'data_keys'
_OF_LEVEL = {'nights', 'level', 'note'}
_MEASURED = 'EXPTIME', 'TEMPERATURE'


def has_shape(name: str, value: Any) -> bool:
    """Return whether `value` of the attribute `name` is absent, or a table of names and values as awlike writes it."""
    if name not in SHAPED or value is None:
        return True
    if name == 'calibration_levels' and isinstance(value, dict):
        return all(isinstance(one, dict) and one.keys() >= _OF_LEVEL for one in value.values())
    if name == 'imported' and isinstance(value, dict):
        return all(isinstance(value.get(fact), int | float | None) for fact in _MEASURED)
    return isinstance(value, dict)


def warn(what: object, names: list[str]) -> None:
    """Say which values of the frame `what` have another shape."""
    log.warning('%s: what the database has of its %s is no table of names and values, and counts as absent; the database was '
                'changed by hand: put the row back from a backup', what, ' and '.join(names))
