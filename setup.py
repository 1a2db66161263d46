"""What pyproject.toml cannot say: an editable installation also puts the clone on the path of Python.

Without it, a script beside a clone of the name awlike imports the folder of the clone, in which there is no package, because
Python looks into the folder of the script before it asks what setuptools installs for a clone.
"""

import zipfile
from pathlib import Path

from setuptools import setup
from setuptools.command.editable_wheel import editable_wheel


class EditableWheel(editable_wheel):
    """An editable wheel with a second file of paths."""

    def run(self) -> None:
        """Build the wheel, and add the file."""
        super().run()
        for wheel in Path(self.dist_dir).glob('*.whl'):
            with zipfile.ZipFile(wheel, 'a') as archive:
                archive.writestr('awlike-clone.pth', f'{Path(__file__).resolve().parent}\n')


setup(cmdclass={'editable_wheel': EditableWheel})
