"""SourceList: the catalogue of what was detected on one frame, and Source, a row of such a catalogue."""

from awlike.declare import Catalogue, ContentTable, Filter, ProcessTarget, Reference, SkyRow, column

SOURCE_COLUMNS = [
    column('SID', 'i4', 'number in the list, from 1', ucd='meta.id;meta.main'),
    column('X_IMAGE', 'f8', 'column of the centre, the first pixel is 1', unit='pix', ucd='pos.cartesian.x;instr.det'),
    column('Y_IMAGE', 'f8', 'row of the centre, the first pixel is 1', unit='pix', ucd='pos.cartesian.y;instr.det'),
    column('ERRX2_IMAGE', 'f4', 'variance of X_IMAGE', unit='pix2', ucd='stat.variance;pos.cartesian.x'),
    column('ERRY2_IMAGE', 'f4', 'variance of Y_IMAGE', unit='pix2', ucd='stat.variance;pos.cartesian.y'),
    column('ERRXY_IMAGE', 'f4', 'covariance of X_IMAGE and Y_IMAGE', unit='pix2', ucd='stat.covariance;pos.cartesian'),
    column('RA', 'f8', 'right ascension, ICRS', unit='deg', ucd='pos.eq.ra;meta.main'),
    column('DEC', 'f8', 'declination, ICRS', unit='deg', ucd='pos.eq.dec;meta.main'),
    column('FLUX_AUTO', 'f4', 'flux in the Kron aperture', unit='adu', ucd='phot.flux'),
    column('FLUXERR_AUTO', 'f4', 'error of FLUX_AUTO', unit='adu', ucd='stat.error;phot.flux'),
    column('MAG_AUTO', 'f4', 'magnitude of FLUX_AUTO', unit='mag', ucd='phot.mag'),
    column('MAGERR_AUTO', 'f4', 'error of MAG_AUTO', unit='mag', ucd='stat.error;phot.mag'),
    column('FLUX_APER', 'f4', 'fluxes in circular apertures', unit='adu', ucd='phot.flux', size=3),
    column('FLUXERR_APER', 'f4', 'errors of FLUX_APER', unit='adu', ucd='stat.error;phot.flux', size=3),
    column('MAG_APER', 'f4', 'magnitudes of FLUX_APER', unit='mag', ucd='phot.mag', size=3),
    column('MAGERR_APER', 'f4', 'errors of MAG_APER', unit='mag', ucd='stat.error;phot.mag', size=3),
    column('FLUX_PSF', 'f4', 'flux by a fit of the point spread function', unit='adu', ucd='phot.flux'),
    column('FLUXERR_PSF', 'f4', 'error of FLUX_PSF', unit='adu', ucd='stat.error;phot.flux'),
    column('MAG_PSF', 'f4', 'magnitude of FLUX_PSF', unit='mag', ucd='phot.mag'),
    column('MAGERR_PSF', 'f4', 'error of MAG_PSF', unit='mag', ucd='stat.error;phot.mag'),
    column('FLUX_RADIUS', 'f4', 'radius of half the flux', unit='pix', ucd='phys.angSize;instr.det'),
    column('FWHM_IMAGE', 'f4', 'full width at half maximum', unit='pix', ucd='phys.angSize;instr.det'),
    column('A_IMAGE', 'f4', 'rms along the major axis', unit='pix', ucd='phys.angSize.smajAxis;instr.det'),
    column('B_IMAGE', 'f4', 'rms along the minor axis', unit='pix', ucd='phys.angSize.sminAxis;instr.det'),
    column('THETA_IMAGE', 'f4', 'angle of the major axis, from x to y', unit='deg', ucd='pos.posAng;instr.det'),
    column('ELONGATION', 'f4', 'A_IMAGE / B_IMAGE', ucd='src.ellipticity'),
    column('FLAGS', 'i4', 'bits of what disturbed the measurement; the header explains each', ucd='meta.code.qual'),
    column('EXTENDEDNESS', 'f4', 'from 0, a point, to 1, extended', ucd='src.class.starGalaxy'),
    column('EXTENDEDNESS_ERR', 'f4', 'error of EXTENDEDNESS', ucd='stat.error;src.class.starGalaxy'),
]


class SourceList(Catalogue, ProcessTarget):
    """The catalogue of what was detected on one frame.

    Each row of `sources` is a `Source` in the database; `sky` has empty places, measured like sources, which tell the noise.
    """

    filter = Reference(Filter, 'the filter', optional=True)
    sources = ContentTable('what was detected', SOURCE_COLUMNS)
    sky = ContentTable('empty places, measured like sources', SOURCE_COLUMNS)


class Source(SkyRow, of=SourceList, table='sources', link='source_list'):
    """A source that was detected on one frame."""

    TO_SHOW = 'SID', 'RA', 'DEC', 'MAG_AUTO', 'MAG_PSF', 'EXTENDEDNESS', 'FLAGS'
