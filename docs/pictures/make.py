"""Draw the pictures of the README from a simulated night: ``make pictures``."""

import os
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Reduce a night in a temporary folder; write the window and the lineage of its last frame beside this script."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {'AWLIKE_HOME': folder, 'AWLIKE_DATABASE': '', 'AWLIKE_STORE': '', 'MPLBACKEND': 'Agg'}
        from awlike import ReducedScienceFrame, ReduceTask, context, ingest
        from awlike.simulate import simulate

        simulate(Path(folder) / 'night', shape=(1024, 512))
        context.create_project('NIGHT')
        context.set_project('NIGHT')
        ingest(Path(folder) / 'night', how='refer')
        ReduceTask(instrument='OMEGACAM', template='2012-06-01T08:51:44', commit=True).execute()
        red = ReducedScienceFrame.select_all().max('DATE_OBS')
        red.inspect(filename=str(HERE / 'inspect.png'))
        _shrink(HERE / 'inspect.png')
        red.lineage().graph().save(HERE / 'lineage.svg')


def _shrink(path: Path) -> None:
    """Write a PNG with 48 colours, which look the same and take a third of the bytes."""
    from PIL import Image

    with Image.open(path) as image:
        image.convert('RGB').quantize(48).save(path, optimize=True)


if __name__ == '__main__':
    main()
