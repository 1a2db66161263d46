"""The diagnostic plots: which are drawn, and under which names they lie."""

from types import SimpleNamespace

import numpy as np
import pytest

from awlike.processors.mosaic.plots import KINDS, write_plots
from awlike.processors.mosaic.wanted import Plots

SIZE = 400
NAMES = [f'OTA{column}{row}' for column in (2, 3, 4) for row in (2, 3, 4)]


def table(**columns):
    """A table as a product has it."""
    rows = np.rec.fromarrays([np.asarray(values) for values in columns.values()], names=list(columns))
    return SimpleNamespace(whole=lambda: rows)


@pytest.fixture
def mosaic():
    """What a mosaic of 3 x 3 detectors tells, with stars that are rounder and smaller in the middle."""
    rng, scale = np.random.default_rng(1), 0.11 / 3600 * 10
    middle = {name: [SIZE / 2 + (3 - int(number)) * (SIZE + 20) for number in name[3:]] for name in NAMES}
    cards = {name: {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': 150.0, 'CRVAL2': 2.0,
                    'CRPIX1': middle[name][0], 'CRPIX2': middle[name][1],
                    'CD1_1': -scale, 'CD1_2': 0.0, 'CD2_1': 0.0, 'CD2_2': scale} for name in NAMES}
    ota = np.repeat([name.encode() for name in NAMES], 60)
    x, y = rng.uniform(1, SIZE, (2, len(ota)))
    east = np.array([cards[name.decode()]['CRPIX1'] for name in ota]) - x
    north = y - np.array([cards[name.decode()]['CRPIX2'] for name in ota])
    radius = np.hypot(east, north) / 900
    ra, dec = 150 + east * scale, 2 + north * scale
    magnitude = rng.uniform(16, 21, len(ota))
    return SimpleNamespace(
        unit='electron', detectors=cards, images={name: np.empty((SIZE, SIZE), np.float32) for name in NAMES},
        sky=table(OTA=ota, X=x, Y=y, LEVEL=3000 + 60 * radius ** 2 + rng.normal(0, 4, len(ota))),
        sources=table(OTA=ota, X_IMAGE=x, Y_IMAGE=y, FLAGS=np.zeros(len(ota), int), ELONGATION=1.02 + 0.1 * radius,
                      FWHM_IMAGE=0.7 + 0.2 * radius + rng.normal(0, 0.02, len(ota)),
                      THETA_IMAGE=np.degrees(np.arctan2(north, east))),
        pairs=table(OTA=ota, X_IMAGE=x, Y_IMAGE=y, REF_RA=ra, REF_DEC=dec,
                    ODI_RA=ra + (0.03 * radius + rng.normal(0, 0.02, len(ota))) / 3600,
                    ODI_DEC=dec + rng.normal(0, 0.02, len(ota)) / 3600),
        calibration=table(OTA=ota, RA=ra, DEC=dec, MAG=magnitude, MAG_INSTRUMENTAL=magnitude - 25.9,
                          RESIDUAL=rng.normal(0, 0.01 + 0.02 * (magnitude > 20)),
                          USED=magnitude < 20.5))


def names_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file()}


@pytest.mark.slow
def test_all_kinds_are_drawn_for_the_focal_plane_and_each_detector(mosaic, tmp_path):
    written = write_plots(mosaic, tmp_path, 'out', Plots(['png'], True, 'QA'))
    of_all = {f'QA/{kind}.png' for kind in KINDS}
    assert names_in(tmp_path) == of_all | {f'QA/{kind}/{name}.png' for kind in KINDS for name in NAMES}
    assert all(path.read_bytes()[:4] == b'\x89PNG' and path.stat().st_size > 5000 for path in written)


@pytest.mark.slow
def test_names_without_folders_and_formats(mosaic, tmp_path):
    mosaic.sources = mosaic.pairs = mosaic.calibration = table(OTA=np.zeros(0, 'S5'), **{
        name: np.zeros(0) for name in ('X_IMAGE', 'Y_IMAGE', 'FLAGS', 'FWHM_IMAGE', 'RESIDUAL', 'USED', 'RA', 'DEC', 'MAG',
                                       'MAG_INSTRUMENTAL')})
    write_plots(mosaic, tmp_path, 'out', Plots(['pdf', 'svg'], False, None))
    assert names_in(tmp_path) == {'out.sky.pdf', 'out.sky.svg'}, 'what there is nothing to draw of is left out'
    mosaic.detectors = {}
    write_plots(mosaic, tmp_path / 'none', 'out', Plots(['png'], True, 'QA'))
    assert not (tmp_path / 'none').exists(), 'no place on the sky, no plot over it'
