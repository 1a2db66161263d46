"""InitialSourceList: the bright sources of a science frame, in pixels."""

from typing import TYPE_CHECKING

from awlike.declare import (
    Catalogue,
    ContentTable,
    Inputs,
    Outlines,
    Panel,
    ProcessParameters,
    attribute,
    column,
    limit,
    measurable,
    parameter,
    source_panels,
)
from awlike.frames.measurement import FrameMeasurement
from awlike.frames.science import ScienceFrame
from awlike.pixels.source_flags import SourceFlag
from awlike.sky.pixel_origin import from_fits

if TYPE_CHECKING:
    import numpy as np

APERTURES = 3
"""The number of circular apertures."""

SPOILT = SourceFlag.SATURATED | SourceFlag.BAD_PIXELS | SourceFlag.PSF_FAILED | SourceFlag.PSF_BAD_PIXELS
"""The flags of sources that `inspect` outlines as saturated or spoilt."""

PIXEL_COLUMNS = [
    column('SID', 'i4', 'number in the list, from 1', ucd='meta.id;meta.main'),
    column('X_IMAGE', 'f8', 'column of the centre, the first pixel is 1', unit='pix', ucd='pos.cartesian.x;instr.det'),
    column('Y_IMAGE', 'f8', 'row of the centre, the first pixel is 1', unit='pix', ucd='pos.cartesian.y;instr.det'),
    column('ERRX2_IMAGE', 'f4', 'variance of X_IMAGE', unit='pix2', ucd='stat.variance;pos.cartesian.x'),
    column('ERRY2_IMAGE', 'f4', 'variance of Y_IMAGE', unit='pix2', ucd='stat.variance;pos.cartesian.y'),
    column('ERRXY_IMAGE', 'f4', 'covariance of X_IMAGE and Y_IMAGE', unit='pix2', ucd='stat.covariance;pos.cartesian'),
    column('FLUX_AUTO', 'f4', 'flux in the Kron aperture', unit='adu', ucd='phot.flux'),
    column('FLUXERR_AUTO', 'f4', 'error of FLUX_AUTO', unit='adu', ucd='stat.error;phot.flux'),
    column('FLUX_APER', 'f4', 'fluxes in circular apertures', unit='adu', ucd='phot.flux', size=APERTURES),
    column('FLUXERR_APER', 'f4', 'errors of FLUX_APER', unit='adu', ucd='stat.error;phot.flux', size=APERTURES),
    column('FLUX_RADIUS', 'f4', 'radius of half the flux', unit='pix', ucd='phys.angSize;instr.det'),
    column('FWHM_IMAGE', 'f4', 'full width at half maximum', unit='pix', ucd='phys.angSize;instr.det'),
    column('A_IMAGE', 'f4', 'rms along the major axis', unit='pix', ucd='phys.angSize.smajAxis;instr.det'),
    column('B_IMAGE', 'f4', 'rms along the minor axis', unit='pix', ucd='phys.angSize.sminAxis;instr.det'),
    column('THETA_IMAGE', 'f4', 'angle of the major axis, from x to y', unit='deg', ucd='pos.posAng;instr.det'),
    column('ELONGATION', 'f4', 'A_IMAGE / B_IMAGE', ucd='src.ellipticity'),
    column('FLAGS', 'i4', 'bits of what disturbed the measurement; the header explains each', ucd='meta.code.qual',
           bits={int(flag): flag.explanation for flag in SourceFlag}),
]


class InitialSourceList(Catalogue, FrameMeasurement):
    """The bright sources of a science frame: windowed positions, moments and fluxes, in pixels and ADU.

    Stars among them show the point spread function, the place on the sky and the zero point.
    """

    sources = ContentTable('the bright sources', PIXEL_COLUMNS)
    number_of_sources = attribute(int, 'how many sources there are')
    fwhm = attribute(float, 'FWHM of the Gaussian star that detected them', unit='pix')
    threshold = attribute(float, 'least significance of a source, in units of its error')
    apertures = attribute(list, 'diameters of the circles of FLUX_APER [pix]')

    class Parameters(ProcessParameters):
        THRESHOLD: float = parameter(10.0, 'sources are at least as significant as this', unit='sigma', gt=0)
        APERTURE_1: float = parameter(6.0, 'diameter of the first circular aperture', unit='pix', gt=0)
        APERTURE_2: float = parameter(12.0, 'diameter of the second', unit='pix', gt=0)
        APERTURE_3: float = parameter(24.0, 'diameter of the third', unit='pix', gt=0)
        MINIMUM_SOURCES: float = limit(1, 'there are at least so many sources')

    LIMITS = {'MINIMUM_SOURCES': lambda made: made.number_of_sources}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.first_pass import first_pass
        image, variance, good, gain, maps = measurable(inputs)
        diameters = [params.APERTURE_1, params.APERTURE_2, params.APERTURE_3]
        found = first_pass(image, variance, diameters, params.THRESHOLD, good, gain, maps)
        return {'sources': {one.name: found.table[one.name] for one in PIXEL_COLUMNS},
                'number_of_sources': len(found.table), 'fwhm': found.fwhm, 'threshold': params.THRESHOLD,
                'apertures': diameters}

    def shown(self) -> ScienceFrame:
        return self.frame

    def outlines(self) -> list[Outlines]:
        table = self.sources.whole()
        spoilt = table['FLAGS'] & int(SPOILT) > 0
        return [outlines_of(table, ~spoilt, 'bright sources', 'tab:cyan'),
                outlines_of(table, spoilt, 'saturated or spoilt', 'tab:red')]

    def panels(self) -> list[Panel]:
        import numpy as np
        table, name = self.sources.whole(), 'instrumental magnitude, -2.5 log10 FLUX_AUTO [adu]'
        with np.errstate(invalid='ignore', divide='ignore'):
            magnitude = -2.5 * np.log10(table['FLUX_AUTO'])
        return [source_panels.against(magnitude, {'': table['FLUX_RADIUS']}, 'size: stars are alike', name,
                                      'FLUX_RADIUS [pixel]', zero=False),
                source_panels.number_counts(magnitude, name)]


def outlines_of(table: 'np.ndarray', which: 'np.ndarray', label: str, colour: str) -> Outlines:
    """Return the outlines of those sources of a table for which `which` is true."""
    rows = table[which]
    return Outlines(label, colour, from_fits(rows['X_IMAGE']), from_fits(rows['Y_IMAGE']), rows['A_IMAGE'], rows['B_IMAGE'],
                    rows['THETA_IMAGE'])
