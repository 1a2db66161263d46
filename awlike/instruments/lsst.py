"""The cameras with CCDs made for LSST: the main camera, its commissioning camera, LATISS, and test stands.

Each of the 16 amplifiers of a CCD has an HDU of its own, Segment00 to Segment17. DETSEC counts from the corner of the CCD at
which Segment00 and Segment10 meet the edge; the Rubin pipelines show the CCD upside down. Guiders deliver stamps, which
are refused.
"""

import dataclasses
import datetime

from awlike.declare import Camera, Cards, HeaderError, first

GUIDERS = ('SG0', 'SG1')


class LsstCamera(Camera):
    """A camera with chips named by their place in the focal plane, dates in TAI or UTC, and guiders."""

    def accepts(self, header: Cards) -> bool:
        """Return whether an extension is a segment of a detector. Raises HeaderError for the stamps of a guider."""
        slot = str(header.get('CCDSLOT'))
        if slot in GUIDERS:
            raise HeaderError(f'CCDSLOT = {slot!r}: stamps of a guider around a star, and no image of a detector; leave '
                              'the file out')
        return str(header.get('EXTNAME')).startswith('Segment')

    def chip(self, header: Cards) -> str:
        """Return raft and slot, as R22_S11; on test stands, which have no slots, the number of the CCD."""
        raft, slot, ccd = (first(header, (keyword,))[1] for keyword in ('RAFTBAY', 'CCDSLOT', 'LSST_NUM'))
        return f'{raft}_{slot}' if raft and slot else str(ccd)

    def _moment(self, header: Cards, attribute: str) -> datetime.datetime:
        """Return a date in UTC; since 2020 the dates of files are in TAI, as TIMESYS says."""
        when = super()._moment(header, attribute)
        if header.get('TIMESYS') != 'TAI':
            return when
        from astropy.time import Time
        return Time(when, scale='tai').utc.to_datetime()


LSSTCAM = LsstCamera(
    name='LSSTCam',
    telescope='Simonyi Survey Telescope',
    latitude=-30.2446,
    longitude=-70.7494,
    elevation=2663.0,
    timezone='America/Santiago',
    recognised_by={'LSST_NUM': '*', 'INSTRUME': 'lsstCam'},
    keywords={'frame_type': ('IMGTYPE', 'IMAGETYP'), 'DATE_OBS': ('DATE-BEG', 'DATE-OBS'), 'MJD_OBS': (),
              'filter': ('FILTER', 'FILTPOS', 'CCOBLED'), 'AIRMASS': 'AMSTART', 'TEMPERATURE': ('CCDTEMP', 'TEMP_SET')},
    setup={'READMODE': 'SEQFILE', 'BINNING': 'CCDSUM'},  # the sequencer reads the CCD; CCDGAIN is a guess, alike everywhere
    values={'BINNING': {'1 1': '1x1', '2 2': '2x2'}},
    constants={'filter': 'none'},  # test stands have a filter, a lamp of one colour, or nothing in the beam
    frame_types={'BIAS': 'bias', 'DARK': 'dark', 'FLAT*': 'domeflat', 'SKYFLAT': 'twilightflat', 'OBJECT': 'science',
                 'SKYEXP': 'science', 'SCIENCE': 'science', 'ACQ': 'science', 'ENGTEST': 'science', 'SPOT*': 'science'},
    amplifiers={'*': {'name': 'EXTNAME', 'trim': 'DATASEC', 'detsec': 'DETSEC', 'gain': 'GAIN', 'read_noise': 'RDNOISE'}},
    parameters={'CosmicMap.GAIN': 1.6, 'CosmicMap.READ_NOISE': 9.0,  # typical; CCDGAIN in headers is a guess
                'BackgroundModel.GAIN': 1.6,
                'SaturatedPixelMap.THRESHOLD_HIGH': 110000.0},  # ADU, raw: bias about 25,000, and 140,000 electrons
)
CAMERAS = (
    LSSTCAM,
    dataclasses.replace(LSSTCAM, name='LSSTComCam', recognised_by={'LSST_NUM': '*', 'INSTRUME': ('COMCAM', 'LSSTComCam')}),
    dataclasses.replace(LSSTCAM, name='LATISS', telescope='Rubin Auxiliary Telescope', latitude=-30.2448, longitude=-70.7476,
                        elevation=2647.0, recognised_by={'LSST_NUM': '*', 'INSTRUME': ('LATISS', 'LSST_ATISS')}),
    dataclasses.replace(LSSTCAM, name='LSST-TS8', telescope='test stand TS8', latitude=37.42, longitude=-122.20,
                        elevation=80.0, timezone='America/Los_Angeles', recognised_by={'LSST_NUM': '*', 'TSTAND': 'TS8'}),
    dataclasses.replace(LSSTCAM, name='LSST-TS3', telescope='test stand TS3', latitude=40.87, longitude=-72.87,
                        elevation=25.0, timezone='America/New_York', recognised_by={'LSST_NUM': '*', 'TSTAND': '*TS3*'}),
    dataclasses.replace(LSSTCAM, name='LSST-UCDCam', telescope='LSST beam simulator', latitude=38.54, longitude=-121.75,
                        elevation=18.0, timezone='America/Los_Angeles',
                        recognised_by={'LSST_NUM': '*', 'INSTRUME': 'LSST-UCDCam*'}),
)
