"""The page on the choice of calibrations has the levels of the classes."""

import re
from pathlib import Path

from awlike.names import at_the_prompt
from awlike.products.calibration import CalibrationFrame
from awlike.products.parameters import FromRawFrames
from awlike.query.properties import classes

PAGE = Path(__file__).resolve().parents[1] / 'docs/concepts/calibration-choice.md'
REACH = 'PLAN_NIGHTS', 'ACCEPTABLE_NIGHTS', 'LAST_RESORT_NIGHTS'


def of_the_page() -> dict:
    """The three limits of each kind, as the page says them."""
    rows = (line.split('|')[1:-1] for line in PAGE.read_text().splitlines() if line.startswith('| `'))
    return {name: tuple(int(cell.split()[0]) for cell in cells) for first, *cells in rows
            for name in re.findall(r'`(\w+)`', first)}


def test_the_table_of_levels_is_true_and_complete():
    at_the_prompt()
    kinds = [cls for cls in classes.values() if issubclass(cls, CalibrationFrame) and cls.inputs()
             and cls.__module__.startswith('awlike.') and issubclass(cls.Parameters, FromRawFrames)]
    assert len(kinds) > 6
    assert of_the_page() == {cls.__name__: tuple(cls.Parameters.model_fields[name].default for name in REACH) for cls in kinds}
