"""A few frames in the database, different in every attribute that the tests ask for."""

import datetime

import pytest

from awlike.persist.dataobject import Imstat
from tests import paper


@pytest.fixture
def science(project):
    """Six raw science frames, an hour apart, of two chips and two filters, exposed 100, 200 ... 600 s."""
    file = paper.file()
    frames = [paper.raw(raw_fits=file, chip=paper.chip(f'ESO_CCD_#{65 + n % 2}'), filter=paper.filter('gr'[n // 3] + '_SDSS'),
                        DATE_OBS=paper.START + datetime.timedelta(hours=n), EXPTIME=100.0 * (n + 1), OBJECT=f'field {n}',
                        AIRMASS=None if n == 5 else 1 + n / 10, imstat=Imstat(median=200.0 + n, max=6e4, npix=1000))
              for n in range(6)]
    return paper.insert(*frames)
