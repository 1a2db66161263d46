"""Run the notebooks and keep them with their outputs: ``make outputs``, or ``python notebooks/run.py 3-why`` for one.

Outputs that tell of the machine are changed or refused: temporary folders get one name. Pictures become small.
"""

import base64
import io
import json
import os
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
_WIDTH = 700  # pixels of a picture
FOLDER = '/tmp/awlike'  # in place of the temporary folder of a run
_TEMPORARY = re.compile(r'/(?:tmp|private/[\w/]*|var/folders/[\w/]*)/awlike-\w+')
MACHINE = re.compile(r'(?<![\w.:/])/(?!tmp/awlike\b)(?:home|Users|root|work|usr|opt|var|tmp|mnt|data)/[\w.-]+')
_ENVIRONMENT = {'TMPDIR': '/tmp', 'AWLIKE_USER': 'ada', 'COLUMNS': '110', 'PYTHONWARNINGS': 'ignore'}


def main() -> None:
    """Run the notebooks that the command line names, by default all."""
    os.environ.update(_ENVIRONMENT)
    for path in [HERE / f'{name}.ipynb' for name in sys.argv[1:]] or sorted(HERE.glob('*.ipynb')):
        print(path.name, flush=True)
        run(path)


def run(path: Path) -> None:
    """Run the notebook at `path`, and write it with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    metadata = json.loads(json.dumps(notebook.metadata))
    NotebookClient(notebook, timeout=900, kernel_name='python3', record_timing=False,
                   resources={'metadata': {'path': str(HERE)}}).execute()
    for cell in notebook.cells:
        if cell.cell_type == 'code':
            cell.outputs = [output for one in cell.outputs if (output := cleaned(one)) is not None]
    told = MACHINE.search(json.dumps([cell.get('outputs') for cell in notebook.cells]))
    if told:
        raise SystemExit(f'{path.name}: an output has the path {told[0]}: let the cell show less, or run elsewhere')
    notebook.metadata = nbformat.from_dict(metadata)
    nbformat.write(notebook, path)


def cleaned(output: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    """Return an output without what only this run has; None for the place of a progress bar, which is gone."""
    if output.output_type in ('display_data', 'execute_result'):
        if output.data.get('text/html') == '':
            return None
        output.pop('transient', None)
        if 'image/png' in output.data:
            output.data['image/jpeg'] = _shrunk(output.data.pop('image/png'))
    return nbformat.from_dict(json.loads(_TEMPORARY.sub(FOLDER, json.dumps(output))))


def _shrunk(picture: str) -> str:
    """Return a picture in base64 as a JPEG of at most 700 pixels width: noise takes many bytes in a PNG."""
    from PIL import Image
    with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
        written = io.BytesIO()
        image.thumbnail((_WIDTH, _WIDTH))
        image.convert('RGB').save(written, 'JPEG', quality=65, optimize=True)
    return base64.b64encode(written.getvalue()).decode()


if __name__ == '__main__':
    main()
