"""Previews of spectra."""

import io
import os
import warnings
from typing import Any, ClassVar, cast

import numpy as np
from typing_extensions import override

from awlike.errors import HeaderError
from awlike.fits.finding import FITS_NAME
from awlike.fits.opening import load, named, opened
from awlike.processors.files.descriptor import DataDescriptor
from awlike.processors.previews.encoding import format_of
from awlike.processors.previews.maker import PreviewMaker

_INCHES, _DPI = (4, 2), 50  # 200 x 100 pixels


class SpectralPreviewMaker(PreviewMaker):
    """Draw spectra: flux against the spectral coordinate, without axes, 200 x 100 pixels.

    Attributes
    ----------
    sdmId : str
        The data descriptor in ``q.toml`` that names the columns of the spectra: ``spectral`` and ``flux``. Without one,
        they are called so. A FITS image of one axis is a spectrum, too.
    linearFluxes : bool
        Whether the flux is drawn on a linear scale. Default: logarithmic; linear where no flux is above 0.
    connectPoints : bool
        Whether lines connect the points. Default: yes.
    """

    sdmId: ClassVar[str | None] = None
    linearFluxes: ClassVar[bool] = False
    connectPoints: ClassVar[bool] = True

    def getSpectrum(self, accref: str) -> tuple[np.ndarray, np.ndarray]:
        """Return spectral coordinate and flux of a spectrum, arrays [n]."""
        names = self.dd if self.sdmId is None else self.dd.rd.getById(self.sdmId)
        assert isinstance(names, DataDescriptor), self.sdmId
        with named(accref):
            return spectrum(self.pathOf(accref), names.getProperty('spectral', 'spectral'), names.getProperty('flux', 'flux'))

    @override
    def getPreviewData(self, accref: str) -> bytes:
        """Return a picture of a spectrum: a PNG, unless the name of the preview says otherwise."""
        end = self.previewPath(accref)
        kind = format_of(end) if '.' in end.rpartition('/')[2] else 'PNG'
        return drawn(*self.getSpectrum(accref), linear=self.linearFluxes, connect=self.connectPoints, format=kind)


def spectrum(path: str, spectral: str, flux: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns `spectral` and `flux` of a table, or an image of one axis with its coordinates: two arrays [n].

    Raises
    ------
    HeaderError
        When the file has neither.
    """
    if FITS_NAME.fullmatch(os.path.basename(path)):
        with opened(load(path), whole=False) as hdus:
            for hdu in cast('list[Any]', hdus):
                if {spectral, flux} <= set(getattr(getattr(hdu, 'columns', None), 'names', ())):
                    return _floats(hdu.data[spectral]), _floats(hdu.data[flux])
                if hdu.is_image and len(hdu.shape) == 1:
                    return _coordinates(hdu.header, hdu.shape[0]), _floats(hdu.data)
        raise HeaderError(f'no HDU has a table with columns {spectral} and {flux}, or an image of one axis: name the columns '
                          'in q.toml')
    from astropy.table import Table
    table = Table.read(path)
    if not {spectral, flux} <= set(table.colnames):
        raise HeaderError(f'there are no columns {spectral} and {flux}, but {", ".join(table.colnames)}: name two in q.toml')
    return _floats(table[spectral]), _floats(table[flux])


def _coordinates(header: Any, number: int) -> np.ndarray:
    step = header.get('CDELT1', header.get('CD1_1', 1.0))
    return header.get('CRVAL1', 1.0) + (np.arange(1, number + 1) - header.get('CRPIX1', 1.0)) * step


def _floats(values: Any) -> np.ndarray:
    return np.ma.filled(np.ma.asarray(values, np.float64), np.nan).ravel()


def drawn(spectral: np.ndarray, flux: np.ndarray, linear: bool = False, connect: bool = True, format: str = 'PNG') -> bytes:
    """Return a picture of a spectrum.

    Parameters
    ----------
    spectral, flux : numpy.ndarray [n]
        Points in any order; those that are not finite are left out.
    linear, connect : bool
        See `SpectralPreviewMaker`.
    format : str
        JPEG, PNG or WEBP. Default: PNG.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image
    usable = np.isfinite(spectral) & np.isfinite(flux)
    order = np.argsort(spectral[usable], kind='stable')
    x, y = spectral[usable][order], flux[usable][order]
    figure = Figure(figsize=_INCHES, dpi=_DPI)
    canvas, axes = FigureCanvasAgg(figure), figure.add_axes((0, 0, 1, 1))
    axes.axis('off')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # of limits that are one
        axes.plot(x, y, '-' if connect else 'o', color='black', markersize=2, linewidth=1)
        axes.set_yscale('linear' if linear or not (y > 0).any() else 'log')
        canvas.draw()
    picture, written = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert('L'), io.BytesIO()
    if format == 'PNG':
        picture = picture.quantize(8)
    picture.save(written, format=format)
    return written.getvalue()
