"""Objects on paper: frames and products in the database, with lineage, without any files or pixels."""

import contextlib
import datetime
import itertools

from sqlalchemy import event

from awlike.context import context
from awlike.context.asker import known as know
from awlike.database.sessions import database
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.read_noise import ReadNoise
from awlike.persist.dataobject import Imstat
from awlike.persist.references import Chip, Filter, Instrument, Setup, setup_name
from awlike.products.raw import RawFits

START = datetime.datetime(2012, 6, 1)
_number = itertools.count()


def insert(*objects):
    """Stamp `objects` and put them into the database, in one transaction; gives the one, or all of them."""
    db = database()
    for obj in objects:
        context.stamp(obj)
        obj.is_valid, obj.quality_flags = (1 if obj.is_valid is None else obj.is_valid), obj.quality_flags or 0
        context.check_inputs(obj)
    with db.transaction() as connection:
        db.insert(connection, objects)
    db.adopt(objects)
    return objects[0] if len(objects) == 1 else list(objects)


def instrument(name='OMEGACAM'):
    return know(Instrument(name=name, longitude=-70.4, timezone='America/Santiago'))


def chip(name='ESO_CCD_#65', of='OMEGACAM'):
    return know(Chip(name=name, instrument=instrument(of)))


def filter(name='r_SDSS', of='OMEGACAM'):
    return know(Filter(name=name, instrument=instrument(of)))


def setup_of(values, of='OMEGACAM'):
    """The setup with these settings, {name: text}."""
    return know(Setup(instrument=instrument(of), name=setup_name(values), values=values))


def file(name='') -> RawFits:
    """A raw file in the database."""
    number = next(_number)
    return insert(RawFits(instrument=instrument(), filename=name or f'file_{number}.fits', original_name=f'{number}.fits'))


def raw(cls=RawScienceFrame, setup=None, **values):
    """A raw frame that is not in the database yet, an hour after the one before it; its file is.

    The `setup` is a `Setup`, or its settings.
    """
    number = next(_number)
    camera = instrument()
    setup = setup_of(setup) if isinstance(setup, dict) else setup
    values = {'instrument': camera, 'chip': chip(), 'setup': setup, 'extension': 1, 'EXPTIME': 300.0, 'OBJECT': 'field',
              'DATE_OBS': START + datetime.timedelta(hours=number), 'digest': f'raw {number}',
              'filename': f'{cls.__name__}_{number}.fits',
              'imstat': Imstat(190.0, 60000.0, 205.0, 200.0, 20.0, 8_000_000)} | values
    if 'filter' in cls.__properties__:
        values.setdefault('filter', filter())
    return cls(**values if 'raw_fits' in values else values | {'raw_fits': file()})


def raws(number, cls=RawScienceFrame, **values) -> list:
    """So many raw frames, of one file, in the database."""
    values = {'raw_fits': file()} | values
    frames = [raw(cls, **values) for _ in range(number)]
    insert(*frames)
    return frames


def product(cls, **values):
    """A product that is not in the database yet."""
    number = next(_number)
    return cls(**{'instrument': instrument(), 'chip': chip(), 'DATE_OBS': START, 'digest': f'product {number}',
                  'filename': f'{cls.__name__}_{number}.fits'} | values)


def bias(frames=None, **values):
    """A bias in the database, with its read noise, made from `frames` (default: three new ones), with their setup."""
    frames = frames or raws(3, RawBiasFrame)
    values = {'setup': frames[0].setup} | values
    noise = insert(product(ReadNoise, raw_bias_frames=frames, read_noise=2.0, setup=values['setup']))
    return insert(product(BiasFrame, raw_bias_frames=frames, read_noise=noise, **values))


def hot(of=None, **values):
    """A hot pixel map in the database, made from the bias `of` (default: a new one)."""
    of = of or bias()
    return insert(product(HotPixelMap, **{'bias': of, 'setup': of.setup, 'count': 7} | values))


@contextlib.contextmanager
def statements():
    """The SQL statements that are sent to the database meanwhile."""
    sent, engine = [], database().engine

    def note(connection, cursor, statement, *rest):
        sent.append(statement)

    event.listen(engine, 'before_cursor_execute', note)
    try:
        yield sent
    finally:
        event.remove(engine, 'before_cursor_execute', note)
