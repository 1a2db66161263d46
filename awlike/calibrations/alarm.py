"""A notice that science frames of a night lack calibrations."""

from awlike.calibrations.check import NightCheck
from awlike.context import context
from awlike.notices import NIGHT, tell_of


def tell_of_night(found: NightCheck) -> None:
    """Tell of a night whose science frames lack calibrations; again when something else lacks."""
    if found.ok:
        return
    first, last = found.nights
    name = first.isoformat() if first == last else f'{first} to {last}'
    text = str(found)
    lacking = ', '.join(sorted({kind for row in found.rows if not row.ok for kind in row.calibrations}))
    tell_of(NIGHT, f'the night {name} of {" and ".join(found.chips)} lacks calibrations: {lacking}', text,
            once=f'{name} {text}', project=context.project.name if context.project else '')
