"""Reference classes: the things that frames refer to. Their names make them unique, alike in every database."""

import datetime
import hashlib
import json
import logging
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import mapped_column

from awlike.nights import utcnow
from awlike.persist.dbobject import DBObject, Reference, attribute, snake
from awlike.persist.ids import reference_id
from awlike.persist.types import COLUMN_TYPES, Id

log = logging.getLogger('awlike')


class ReferenceObject(DBObject):
    """A thing that frames refer to; everybody sees it.

    `identity` names the attributes that make it unique.
    """

    __abstract__ = True
    identity: tuple[str, ...] = ('name',)

    if TYPE_CHECKING:  # each class declares its own
        creation_date: Any

    @classmethod
    def _place(cls) -> None:
        if not cls.__dict__.get('__abstract__'):
            cls.__tablename__ = snake(cls.__name__)
            cls.object_id = mapped_column(Id, primary_key=True, sort_order=-2, info={'declared': (uuid.UUID, 'unique id', '')})
            cls.creation_date = mapped_column(COLUMN_TYPES[datetime.datetime], sort_order=-1, info={
                'declared': (datetime.datetime, 'when it became known (UTC)', '')})

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        parts = [getattr(self, name, None) for name in self.identity]
        parts = [str(getattr(part, 'object_id', part)) for part in parts]
        self.__dict__['object_id'] = reference_id(type(self).__name__, *parts)
        self.creation_date = utcnow()


class User(ReferenceObject):
    """An account that makes products and asks queries."""

    name = attribute(str, 'account name', unique=True)


class Instrument(ReferenceObject):
    """A camera at a telescope."""

    name = attribute(str, 'name of the instrument', unique=True)
    telescope = attribute(str, 'name of the telescope')
    latitude = attribute(float, 'geographic latitude, north positive', unit='deg')
    longitude = attribute(float, 'geographic longitude, east positive', unit='deg')
    elevation = attribute(float, 'height above sea level', unit='m')
    timezone = attribute(str, 'time zone at the telescope')


class Chip(ReferenceObject):
    """A detector of an instrument."""

    identity = ('instrument', 'name')
    name = attribute(str, 'name of the detector', index=True)
    instrument = Reference(Instrument, 'the instrument that it is part of')


class Filter(ReferenceObject):
    """A filter of an instrument."""

    identity = ('instrument', 'name')
    name = attribute(str, 'name of the filter', index=True)
    instrument = Reference(Instrument, 'the instrument that it is part of')
    mag_id = attribute(str, 'name of its photometric band')
    central_wavelength = attribute(float, 'central wavelength', unit='nm')
    has_fringes = attribute(bool, 'whether images taken through it show fringes')


class Readout(ReferenceObject):
    """The readout of a detector by several amplifiers. Thousands of frames share one, which is kept once."""

    name = attribute(str, 'number of amplifiers, and digest of what is told of them', unique=True)
    amplifiers = attribute(list, 'name, sections in the raw frame, place on the detector, gain (electron/adu) and read noise '
                           '(electron) of each')


class Setup(ReferenceObject):
    """The settings with which a camera reads its detectors: read-out mode, binning and the like."""

    identity = ('instrument', 'name')
    name = attribute(str, 'the settings in the order of the camera, as READMODE=fast BINNING=2x2', index=True)
    values = attribute(dict, 'each setting as text, by its name')
    instrument = Reference(Instrument, 'the instrument that it is a setup of')

    @property
    def settings(self) -> dict[str, str]:
        """Each setting as text, by its name; none where the database has other values than those that give the name.

        PostgreSQL refuses such values; a row may be older than that, or written by hand.
        """
        values: Any = self.values
        is_table = isinstance(values, dict) and all(isinstance(value, str) for value in values.values())
        if is_table and setup_name(values) == self.name:
            return values
        log.warning('what the database has of the setup %s does not give its name, and counts as absent: correct its values',
                    self.name)
        return {}


class ObservingBlock(ReferenceObject):
    """A unit of observing, as the observatory executes it."""

    identity = ('instrument', 'id', 'start')
    id = attribute(str, "the observatory's number of the block", index=True)
    name = attribute(str, 'name of the block')
    start = attribute(datetime.datetime, 'when it began (UTC)', index=True)
    instrument = Reference(Instrument, 'the instrument that it was executed with')


class Template(ReferenceObject):
    """One sequence of exposures within an observing block."""

    identity = ('instrument', 'id', 'start')
    id = attribute(str, "the observatory's id of the template")
    name = attribute(str, 'name of the template')
    type = attribute(str, 'type of its exposures')
    start = attribute(datetime.datetime, 'when it began (UTC)', index=True)
    instrument = Reference(Instrument, 'the instrument that it was executed with')


class Project(ReferenceObject):
    """People who share data."""

    name = attribute(str, 'name of the project', unique=True)
    description = attribute(str, 'what it is for')
    instrument = Reference(Instrument, 'the instrument whose data it holds', optional=True)
    maximum_privileges = attribute(int, 'the highest level at which its objects may be published')
    owner = Reference(User, 'who opened it and admits members')


def readout_name(amplifiers: list[dict[str, Any]]) -> str:
    """Return the name of the `Readout` with these amplifiers: their number, and a digest of the text that a database keeps.

    PostgreSQL computes the same, as `awlike.readout_name`.
    """
    return f'{len(amplifiers)} amplifiers, {hashlib.sha256(json.dumps(amplifiers).encode()).hexdigest()[:16]}'


def setup_name(values: Mapping[str, str]) -> str:
    """Return the name of the `Setup` with these settings; a setting with a blank in it, or a quote first, stands in quotes.

    Other settings have another name. PostgreSQL computes the same, as `awlike.setup_name`.
    """
    return ' '.join(f'{name}={value!r}' if ' ' in value or value.startswith(("'", '"')) else f'{name}={value}'
                    for name, value in values.items())
