"""What is installed is what is there."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_package_is_listed():
    """An editable install finds a package that is not listed; the one that users get does not."""
    listed = tomllib.loads((ROOT / 'pyproject.toml').read_text())['tool']['setuptools']['packages']
    there = {'.'.join(path.relative_to(ROOT).parent.parts) for path in (ROOT / 'awlike').rglob('__init__.py')}
    assert set(listed) == there | {'awlike.recipes'} and listed == sorted(listed)
