"""Source lists on paper: rows in the database and in memory, without files."""

import numpy as np

from awlike.declare import Input
from awlike.frames.raw import RawScienceFrame
from awlike.frames.source_list import SourceList
from tests import paper


class DetectedList(SourceList):
    """For tests: sources that the parameters of nobody chose."""

    raw = Input(RawScienceFrame, 'on which they are')

    @staticmethod
    def make(inputs, params):
        rows = columns(*spread(1000, 10, -30, .1, 5))
        return {'sources': rows, 'sky': _sky(rows, 10)}


def columns(ra, dec, seed=0, **given):
    """Columns of sources at these places; whatever is not given is random, some of it missing."""
    rng, number = np.random.default_rng(seed), len(ra)
    found = {}
    for name, one in SourceList.sources.columns.items():
        shape = (number, one.size) if one.size > 1 else (number,)
        found[name] = rng.integers(0, 8, shape, one.kind) if one.kind[0] in 'iu' else rng.random(shape).astype(one.kind)
    found['MAG_AUTO'] = rng.uniform(15, 25, number).astype('f4')
    found['MAG_PSF'] = np.where(rng.random(number) < .1, np.nan, found['MAG_AUTO']).astype('f4')
    found['SID'] = np.arange(1, number + 1, dtype='i4')
    return found | {'RA': np.asarray(ra, float), 'DEC': np.asarray(dec, float)} | given


def _sky(rows, number):
    return {name: rows[name][:number] for name in SourceList.sky.columns}


def spread(number, ra, dec, size, seed=0):
    """So many places within `size` degrees of one, in right ascension and declination."""
    rng = np.random.default_rng(seed)
    return (ra + rng.uniform(-size, size, number) / np.cos(np.radians(dec))) % 360, dec + rng.uniform(-size, size, number)


def with_rows(rows, cls=DetectedList, **values):
    """A source list with these columns, which is not in the database yet."""
    made = paper.product(cls, **{'filter': paper.filter()} | values)
    content = {name: getattr(cls, name).taken(rows if name == 'sources' else _sky(rows, 0), name)
               for name in ('sources', 'sky')}
    made.__dict__['_content'] = content
    return made


def inserted(rows, **values):
    """A source list with these columns in the database."""
    if 'raw' not in values:
        values['raw'] = paper.insert(paper.raw(RawScienceFrame))
    return paper.insert(with_rows(rows, **values))
