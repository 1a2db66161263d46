"""Draw the pictures of the README and of the pages from simulated nights: ``make pictures``."""

import contextlib
import datetime
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
NIGHT = datetime.date(2012, 5, 31)
BIASES = {'fast': (0, 5, 12, 22, 31), 'slow': (2, 26)}                             # nights after the first
SCIENCE = {'fast': (1, 2, 4, 6, 8, 9, 10, 15, 16, 20, 23, 24, 33), 'slow': (3, 6, 18, 24, 27)}


def main() -> None:
    """Write the pictures beside this script."""
    with an_awlike() as folder:
        a_frame(folder)
    with an_awlike() as folder:
        a_choice(folder)


@contextlib.contextmanager
def an_awlike() -> Iterator[Path]:
    """Work with an empty awlike in a temporary folder, in the project NIGHT."""
    import awlike.assembly  # noqa: F401 -- who asks
    from awlike import config, context
    from awlike.database import sessions
    from awlike.store import use_server
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {'AWLIKE_HOME': folder, 'AWLIKE_DATABASE': '', 'AWLIKE_STORE': '', 'MPLBACKEND': 'Agg'}
        config.settings.cache_clear()
        sessions.use(None)
        use_server(None)
        context.reset()
        context.create_project('NIGHT')
        context.set_project('NIGHT')
        yield Path(folder)


def a_frame(folder: Path) -> None:
    """Reduce a night; draw the window and the lineage of its last frame."""
    from awlike import ReducedScienceFrame, ReduceTask, ingest
    from awlike.simulate import simulate

    simulate(folder / 'night', shape=(1024, 512))
    ingest(folder / 'night', how='refer')
    ReduceTask(instrument='OMEGACAM', template='2012-06-01T08:51:44', commit=True).execute()
    red = ReducedScienceFrame.select_all().max('DATE_OBS')
    red.inspect(filename=str(HERE / 'inspect.png'))
    _shrink(HERE / 'inspect.png')
    red.lineage().graph().save(HERE / 'lineage.svg')
    a_page(f'ReducedScienceFrame/{red.object_id}')


def a_page(path: str) -> None:
    """Take a picture of a page of the web, by the chromium of the system; without one the picture stays as it is."""
    import re
    import shutil
    import subprocess
    import sys

    chromium = shutil.which('chromium')
    if chromium is None:
        print('there is no chromium: web.png stays as it is')
        return
    from playwright.sync_api import sync_playwright
    command = [sys.executable, '-m', 'awlike', 'web', '--port', '0', '--no-browser']
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as driver:
        assert server.stdout is not None
        address = re.search(r'http://\S+', server.stdout.readline())
        assert address is not None
        browser = driver.chromium.launch(executable_path=chromium, args=['--no-sandbox'])
        page = browser.new_page(viewport={'width': 1300, 'height': 860}, color_scheme='light')
        page.set_default_timeout(180_000)
        page.goto(address.group())
        page.goto(address.group().partition('?')[0] + path)
        page.wait_for_load_state('networkidle')
        page.screenshot(path=str(HERE / 'web.png'))
        browser.close()
        server.terminate()
    _shrink(HERE / 'web.png')


def a_choice(folder: Path) -> None:
    """Observe some weeks in two read-out modes, and make some of the biases; draw which bias serves when."""
    from awlike import BiasFrame, BiasTask, calibrations, context, ingest
    from awlike.simulate import simulate

    simulate(folder / 'night', shape=(128, 128), modes=('fast', 'slow'))
    (folder / 'weeks').mkdir()
    for path in sorted((folder / 'night').glob('*.fits')):
        _observe(path, folder / 'weeks')
    ingest(folder / 'weeks', how='refer')
    for number in (0, 5, 12, 26):
        BiasTask(instrument='OMEGACAM', date=NIGHT + datetime.timedelta(days=number), commit=True).execute()
    context.intervention('OMEGACAM', '2012-06-18T16:00', kinds=[BiasFrame], reason='electronics replaced')
    calibs = calibrations('OMEGACAM', kinds=[BiasFrame])
    by_night = sorted(range(len(calibs)), key=lambda number: calibs[number].DATE_OBS)
    calibs.set_interval(by_night[0], end='2012-06-07T16:00')
    calibs.set_valid(by_night[-1], 0)
    calibs.inspect(filename=str(HERE / 'calibrations.png'))
    _shrink(HERE / 'calibrations.png')


def _observe(path: Path, folder: Path) -> None:
    """Copy a simulated bias or science frame into `folder`, as if it were taken in several other nights."""
    from astropy.io import fits

    with fits.open(path) as hdus:
        card, mode = hdus[0].header['ESO DPR TYPE'], hdus[0].header['ESO DET READ CLOCK']
        nights = {'BIAS': BIASES, 'OBJECT': SCIENCE}.get(card, {}).get(mode, ())
        first = datetime.datetime.fromisoformat(hdus[0].header['DATE-OBS'])
        for number in nights:
            for hdu in hdus:
                hdu.header['DATE-OBS'] = (first + datetime.timedelta(days=number)).isoformat()
                hdu.header.remove('MJD-OBS', ignore_missing=True)
            hdus[1].data[0, 0] = number  # no two nights have the same pixels
            hdus.writeto(folder / f'{path.stem}_{number}.fits', checksum=True)


def _shrink(path: Path) -> None:
    """Write a PNG with 256 colours, which looks the same and takes half of the bytes."""
    from PIL import Image

    with Image.open(path) as image:
        image.convert('RGB').quantize(256).save(path, optimize=True)


if __name__ == '__main__':
    main()
