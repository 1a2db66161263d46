"""Previews of files: small, whole, and of whatever the pixels are."""

import io
import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from PIL import Image

from awlike import processors as api
from awlike.errors import ConfigError, HeaderError, ParameterError
from tests.processors.plates import write_collection


def picture(content):
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize('kind', ['plain', 'float', 'extension', 'cube', 'gzip', 'fpack', 'scaled'])
def test_scaled_images_are_means_of_blocks(tmp_path, kind):
    data = np.random.default_rng(1).integers(0, 1000, (120, 90)).astype(np.int16)
    path = tmp_path / ('image.fits.gz' if kind == 'gzip' else 'image.fits')
    kinds = {'extension': lambda: fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(data)]),
             'float': lambda: fits.PrimaryHDU(data * 1.5), 'cube': lambda: fits.PrimaryHDU(np.stack([data, data + 1])),
             'fpack': lambda: fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(data)])}
    made = kinds.get(kind, lambda: fits.PrimaryHDU(data.copy()))()
    if kind == 'scaled':
        made.scale('int16', bscale=2.0, bzero=5.0)
    made.writeto(path)
    small = api.scaledImage(path, destSize=40)
    truth = data * (1.5 if kind == 'float' else 1)
    assert small.shape == (40, 30) and small.dtype == np.float32
    assert np.allclose(small, truth.reshape(40, 3, 30, 3).mean((1, 3)), atol=2 if kind == 'scaled' else 1e-3)
    assert np.array_equal(list(api.iterScaledRows(path, 40)), small)
    with pytest.raises(HeaderError, match='no image in HDU 7'):
        api.scaledImage(path, extInd=7)


def test_a_table_has_no_image(tmp_path):
    Table({'a': [1]}).write(tmp_path / 'table.fits')
    with pytest.raises(HeaderError, match='no image in any HDU'):
        api.scaledImage(tmp_path / 'table.fits')


@pytest.mark.parametrize('shape', [(0, 10), (10, 0)])
def test_an_image_without_pixels_is_none(tmp_path, shape):
    path = tmp_path / 'image.fits'
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((4, 4)))]).writeto(path)
    content = path.read_bytes().replace(b'NAXIS   =                    0', b'NAXIS   =                    2', 1)
    axes = ''.join(f'NAXIS{number}  = {length:>20}'.ljust(80) for number, length in zip((1, 2), shape, strict=True)).encode()
    place = content.index(b'NAXIS   ') + 80
    path.write_bytes(content[:place] + axes + content[place:2880 - len(axes)] + content[2880:])
    assert api.scaledImage(path).shape == (4, 4), 'the first one with pixels'
    with pytest.raises(HeaderError, match='no image in HDU 0'):
        api.scaledImage(path, extInd=0)


@pytest.mark.parametrize('pixels', [np.full((4, 5), np.nan), np.ones((4, 5)), np.array([[np.nan, 1], [2, np.inf]]),
                                    np.array([[-1e308, 1e308]]), np.zeros((1, 1), int)])
def test_odd_pixels_are_pictures(pixels):
    assert picture(api.jpegFromNumpyArray(pixels)).size == pixels.shape[::-1]


def test_the_first_row_is_the_lowest_and_nan_is_black():
    levels = np.asarray(picture(api.imageFromNumpyArray(np.array([[0.0, 1.0], [np.nan, 16.0]]), 'PNG')))
    assert levels.tolist() == [[0, 255], [0, 128]], 'gamma is 1/4'


@pytest.mark.parametrize('format', ['JPEG', 'PNG', 'WEBP'])
def test_colours_and_formats(format):
    planes = [np.random.default_rng(n).normal(size=(6, 7)) for n in range(3)]
    image = picture(api.colorJpegFromNumpyArrays(*planes, format=format))
    assert image.format == format and image.mode == 'RGB' and image.size == (7, 6)
    with pytest.raises(ParameterError, match='shapes'):
        api.colorJpegFromNumpyArrays(planes[0], planes[1], planes[2][1:])


class Maker(api.PreviewMaker):
    """As the manual has it, with the default picture."""


@pytest.mark.parametrize('way, end, format', [('standardPreviewPath', '', 'JPEG'), ('splitPreviewPath{.png}', '.png', 'PNG'),
                                             ('splitPreviewPath{.webp}', '.webp', 'WEBP')])
def test_previews_are_made_where_they_are_missing(tmp_path, monkeypatch, home, capsys, way, end, format):
    monkeypatch.chdir(tmp_path)
    write_collection(tmp_path, 2)
    with open('plates/q.toml', 'a') as file:
        file.write(f'previews = "{way}"\npreviewSize = 10\n')
    api.procmain(Maker, 'plates/q', 'import', ['--report'])
    assert capsys.readouterr().out == '3  without\n'
    api.procmain(Maker, 'plates/q', 'import', [])
    made = [path for path in (tmp_path / 'plates/previews').rglob('*') if path.is_file()]
    assert len(made) == 2 and all(path.name.endswith(end) and path.stat().st_mode & 0o777 == 0o664 for path in made)
    assert {picture(path.read_bytes()).format for path in made} == {format}
    assert max(picture(made[0].read_bytes()).size) == 10
    times = [path.stat().st_mtime_ns for path in made]
    api.procmain(Maker, 'plates/q', 'import', [])
    assert [path.stat().st_mtime_ns for path in made] == times
    api.procmain(Maker, 'plates/q', 'import', ['--force'])
    assert [path.stat().st_mtime_ns for path in made] != times


@pytest.mark.parametrize('line, told', [('', 'add previewDir'), ('previewDir = "p"\npreviews = "any"\n', 'has no meaning')])
def test_a_descriptor_without_place_for_previews(tmp_path, monkeypatch, home, capsys, line, told):
    monkeypatch.chdir(tmp_path)
    write_collection(tmp_path, 1, broken=False)
    (tmp_path / 'plates/q.toml').write_text(f'[data.import]\nsources = "data/*.fits"\n{line}')
    api.procmain(Maker, 'plates/q', 'import', [])
    assert told in capsys.readouterr().err


class Spectra(api.SpectralPreviewMaker):
    sdmId = 'build_sdm_data'


@pytest.mark.parametrize('kind', ['table', 'image', 'ecsv', 'negative', 'empty'])
@pytest.mark.parametrize('connect', [True, False])
def test_spectra_are_drawn(tmp_path, monkeypatch, home, kind, connect):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Spectra, 'connectPoints', connect)
    wave = np.linspace(4000, 5000, 50)
    flux = {'negative': -np.ones(50), 'empty': np.full(50, np.nan)}.get(kind, 2 + np.sin(wave / 50))
    if kind == 'image':
        fits.PrimaryHDU(flux, fits.Header({'CRVAL1': 4000.0, 'CDELT1': 20.0})).writeto('spectrum.fits')
    else:
        Table({'WAVE': wave[::-1], 'FLUX': flux[::-1]}).write('spectrum.ecsv' if kind == 'ecsv' else 'spectrum.fits')
    (tmp_path / 'q.toml').write_text('[data.import]\nsources = "spectrum.*"\npreviewDir = "previews"\n'
                                     '[data.build_sdm_data]\nsources = []\nspectral = "WAVE"\nflux = "FLUX"\n')
    maker = api.procmain(Spectra, 'q', 'import', [])
    made = next((tmp_path / 'previews').iterdir())
    image = picture(made.read_bytes())
    assert image.size == (200, 100) and image.format == 'PNG' and maker
    dark = int((np.asarray(image.convert('L')) < 128).sum())
    assert dark == 0 if kind == 'empty' else dark > 10


def test_a_spectrum_without_its_columns(tmp_path, monkeypatch, home, capsys):
    monkeypatch.chdir(tmp_path)
    Table({'a': [1.0]}).write('spectrum.fits')
    (tmp_path / 'q.toml').write_text('[data.import]\nsources = "spectrum.fits"\npreviewDir = "previews"\n')
    api.procmain(api.SpectralPreviewMaker, 'q', 'import', [])
    assert 'columns spectral and flux' in capsys.readouterr().err
    with pytest.raises(ConfigError):
        api.standardPreviewPath('x', api.procmain(Maker, 'spectrum.fits', None, []).dd)


def test_a_damaged_spectrum_is_named_and_called_damaged(tmp_path, monkeypatch, home, capsys, recwarn):
    monkeypatch.chdir(tmp_path)
    Table({'spectral': np.arange(9000.0), 'flux': np.arange(9000.0)}).write('cut.fits')
    (tmp_path / 'cut.fits').write_bytes((tmp_path / 'cut.fits').read_bytes()[:20_000])
    (tmp_path / 'odd.fits').write_bytes(f'{"SIMPLE  =                    F":80}{"END":80}'.ljust(2880).encode())
    (tmp_path / 'empty.fits').touch()
    (tmp_path / 'q.toml').write_text('[data.import]\nsources = "*.fits"\npreviewDir = "previews"\n')
    api.procmain(api.SpectralPreviewMaker, 'q', 'import', [])
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(' ')[0] for line in told] == ['cut.fits', 'empty.fits', 'odd.fits'], told
    assert all('Error: ' in line or 'Damaged: ' in line or 'NotFits: ' in line for line in told), told
    assert not any('AttributeError' in line or 'OSError' in line for line in told) and not recwarn.list


LARGE = """
import resource, sys
from awlike.processors.previews.scaling import scaledImage
assert scaledImage(sys.argv[1]).shape == (200, 200)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_a_large_file_needs_little_memory(tmp_path):
    path = tmp_path / 'large.fits'
    header = fits.Header([('SIMPLE', True), ('BITPIX', 16), ('NAXIS', 2), ('NAXIS1', 20000), ('NAXIS2', 20000)])
    with open(path, 'wb') as file:
        file.write(header.tostring().encode())
        file.truncate(file.tell() + 800_000_000 + -800_000_000 % 2880)  # a sparse file
    done = subprocess.run([sys.executable, '-c', LARGE, path], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 300_000, 'kilobytes'
