"""A database of 100,000 raw frames, made without pixels."""

import datetime
import random

from awlike.context import context
from awlike.database.sessions import database
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame, RawDomeFlatFrame, RawScienceFrame, RawTwilightFlatFrame
from awlike.frames.read_noise import ReadNoise
from awlike.persist.dataobject import Imstat
from awlike.persist.references import Chip, Filter, Instrument, Template
from awlike.products.raw import RawFits

FILTERS = ('u_SDSS', 'g_SDSS', 'r_SDSS', 'i_SDSS', 'z_SDSS')
FIRST_NIGHT = datetime.datetime(2012, 5, 31, 20)


def fill(raw_frames=100_000, chips=32) -> None:
    """Fill the database in use, night by night: 10 biases, 10 flats, 10 templates of 5 science exposures, all chips."""
    context.create_project('BENCH')
    context.set_project('BENCH')
    db = database()
    instrument = Instrument(name='OMEGACAM', longitude=-70.4)
    chip_list = [Chip(name=f'ESO_CCD_#{65 + n}', instrument=instrument) for n in range(chips)]
    filters = [Filter(name=name, instrument=instrument) for name in FILTERS]
    with db.transaction() as connection:
        db.insert_absent(connection, [instrument, *chip_list, *filters])
    made, exposures, draw = 0, _exposures(instrument, filters), random.Random(1)
    while made < raw_frames:
        batch = [frame for _ in range(70) for frame in _frames(next(exposures), instrument, chip_list, draw)]
        templates = {frame.template for frame in batch if getattr(frame, 'template', None)}
        files = {frame.raw_fits for frame in batch}
        with db.transaction() as connection:
            db.insert_absent(connection, templates)
            db.insert(connection, files)
            db.insert(connection, batch)
        made += len(batch)


def _exposures(instrument, filters):
    night = 0
    while True:
        start = FIRST_NIGHT + datetime.timedelta(days=night)
        for n in range(10):
            yield RawBiasFrame, start + datetime.timedelta(minutes=n), None, None, 0.0
        for n in range(10):
            kind = RawDomeFlatFrame if n < 5 else RawTwilightFlatFrame
            yield kind, start + datetime.timedelta(minutes=20 + n), filters[night % 5], None, 5.0
        for block in range(10):
            begin = start + datetime.timedelta(hours=4, minutes=30 * block)
            template = Template(start=begin, id='OMEGACAM_img_obs_dither', name='dither', type='OBJECT', instrument=instrument)
            for n in range(5):
                yield RawScienceFrame, begin + datetime.timedelta(minutes=1 + 5 * n), filters[night % 5], template, 300.0
        night += 1


def _frames(exposure, instrument, chips, draw):
    kind, date, filter_, template, exptime = exposure
    file = stamped(RawFits(instrument=instrument, digest=f'{draw.getrandbits(128):x}'))
    file.filename = f'{file.object_id.hex}.fits'
    for number, chip in enumerate(chips):
        level = draw.uniform(200, 20000)
        frame = stamped(kind(
            raw_fits=file, instrument=instrument, chip=chip, extension=number + 1, DATE_OBS=date, EXPTIME=exptime,
            MJD_OBS=56000.0, OBJECT='field', digest=f'{draw.getrandbits(128):x}', template=template,
            imstat=Imstat(level - 10, level + 50000, level + 5, level, 20.0, 8_000_000)))
        if filter_ is not None and kind is not RawBiasFrame:
            frame.filter = filter_
        frame.filename = f'{kind.__name__}_{frame.object_id.hex}.fits'
        yield frame


def stamped(obj):
    """`obj` as the context stamps it, valid."""
    context.stamp(obj)
    obj.is_valid, obj.quality_flags = 1, 0
    return obj


def bias_of(raws, number) -> list:
    """A read noise and a bias made, on paper, from `raws`."""
    common = {'instrument': raws[0].instrument, 'chip': raws[0].chip, 'DATE_OBS': raws[0].DATE_OBS}
    noise = stamped(ReadNoise(raw_bias_frames=raws, read_noise=2.0, digest=f'noise {number}', **common))
    bias = stamped(BiasFrame(raw_bias_frames=raws, read_noise=noise, digest=f'bias {number}', **common))
    bias.filename = f'BiasFrame_{bias.object_id.hex}.fits'
    return [noise, bias]
