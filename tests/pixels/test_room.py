"""The room as a whole: its table of modules, and the cost of importing them."""

import pkgutil
import re
import subprocess
import sys

from awlike import pixels

MODULES = [module.name for module in pkgutil.iter_modules(pixels.__path__)]


def test_the_table_has_every_module_once_in_order():
    assert re.findall(r'^``(\w+)``', pixels.__doc__, re.MULTILINE) == sorted(MODULES)


def test_the_table_is_a_table_of_restructured_text():
    rules = [number for number, line in enumerate(pixels.__doc__.splitlines()) if line.startswith('===')]
    assert len(rules) == 3 and rules[1] - rules[0] == 2 and rules[2] - rules[1] == len(MODULES) + 1


def test_importing_every_module_is_cheap():
    code = (
        'import sys\n'
        f'from awlike.pixels import {", ".join(MODULES)}\n'
        'assert not {"scipy", "numba", "photutils", "astropy", "matplotlib"} & set(sys.modules)\n'
    )
    subprocess.run([sys.executable, '-c', code], check=True)
