"""Values as strict JSON, for machines: what `--json` of commands writes, and what pages end in ``.json`` return."""

import math
from typing import Any


def plain(value: Any) -> Any:
    """Return `value` in the types of JSON: times as in ISO 8601, numbers that are not finite as None, others as text."""
    if isinstance(value, dict):
        return {str(key): plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    if hasattr(value, 'tolist'):  # numpy's
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    return value.isoformat() if hasattr(value, 'isoformat') else str(value)
