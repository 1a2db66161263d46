"""The attributes of a raw frame that follow from the cards of its header, by its camera."""

import datetime
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from awlike.cameras.camera import Camera
from awlike.cameras.header_values import ASTROMETRY
from awlike.cameras.known import camera
from awlike.cameras.raw_facts import SECTIONS, RawFacts
from awlike.context.asker import known
from awlike.errors import HeaderError, NotAllowed
from awlike.fits.headers import merged_header
from awlike.fits.opening import hdu_of, load, named, opened
from awlike.persist.references import (
    Chip,
    Filter,
    ObservingBlock,
    Readout,
    ReferenceObject,
    Setup,
    Template,
    readout_name,
    setup_name,
)
from awlike.products.header_cards import with_cards
from awlike.products.raw import RawFrame
from awlike.store import server

_VALUES = ('DATE_OBS', 'MJD_OBS', 'exposure', 'EXPTIME', 'OBJECT', 'OBSERVER', 'TEMPERATURE', 'rotator', 'AIRMASS', *SECTIONS)


class Headers:
    """The headers of one raw frame, as its file has them, a header for each HDU in which the frame lies."""

    def __init__(self, frame: RawFrame) -> None:
        assert frame.instrument is not None
        self.frame, self.camera = frame, camera(frame.instrument.name)
        path = server().open_path(frame.raw_fits.filename)
        with named(frame.raw_fits.original_name), opened(load(path), whole=False) as hdus:
            found = {number: hdu_of(hdus, number) for number, _ in frame.tiles}
            self._hdus = {number: (merged_header(hdus[0].header, hdu.header), hdu.shape) for number, hdu in found.items()}

    def card(self, keyword: str, cards: Mapping[str, Any]) -> Any:
        """Return the value of a card; `cards` replace cards of the file. None where there is no such card."""
        if keyword in cards:
            return cards[keyword]
        return next(iter(self._hdus.values()))[0].get(keyword)

    def facts(self, cards: Mapping[str, Any]) -> RawFacts:
        """Return what the camera knows of the frame; `cards` replace cards of the file.

        Raises
        ------
        NotAllowed
            When the camera does not know such a frame, or takes it for one of another camera, kind or detector in the file.
        """
        hdus: Any = {number: (with_cards(header, cards), shape) for number, (header, shape) in self._hdus.items()}
        first, (header, shape) = next(iter(hdus.items()))
        try:
            facts = self.camera.read(header, first, shape, hdus)
            ours = self.camera.recognises(header) and self.camera.accepts(header)
        except HeaderError as error:
            raise NotAllowed(f'the header of {self.frame} cannot be corrected so: {error}') from None
        if not ours:
            raise NotAllowed(f'{self.frame} would be no frame of {self.camera.name} any more: a correction changes what a '
                             'camera says of a frame, and not whose it is; ingest the file with the right header anew')
        return facts


def attributes(camera: Camera, frame: RawFrame, facts: RawFacts) -> dict[str, Any]:
    """Return the attributes of `frame` that follow from `facts`, references by their ids; those that are new are made."""
    columns, instrument = type(frame).__mapper__.columns, frame.instrument
    found: dict[str, Any] = {name: getattr(facts, name) for name in _VALUES if name in columns and (
        name != 'AIRMASS' or 'AIRMASS' in type(frame).__properties__)}
    found['astrom'] = {name: getattr(facts, name) for name in ASTROMETRY}
    found['chip_id'] = _id(Chip(instrument=instrument, name=facts.chip))
    if 'filter' in type(frame).__properties__:
        found['filter_id'] = None if facts.filter is None else _id(
            Filter(instrument=instrument, **camera.filter_facts(facts.filter).kept))
    for name, cls, values in (('template', Template, facts.template),
                              ('observing_block', ObservingBlock, facts.observing_block)):
        found[f'{name}_id'] = None if values is None else _id(cls(instrument=instrument, **values))
    settings, amplifiers = facts.setup, facts.amplifiers
    found['setup_id'] = None if settings is None else _id(
        Setup(instrument=instrument, name=setup_name(settings), values=dict(settings)))
    found['readout_id'] = None if amplifiers is None else _id(
        Readout(name=readout_name(amplifiers), amplifiers=amplifiers))
    return {name: as_json(value) for name, value in found.items()}


def _id(reference: ReferenceObject) -> UUID:
    return known(reference).object_id


def as_json(value: Any) -> Any:
    """Return a value of an attribute as JSON keeps it."""
    if isinstance(value, datetime.datetime):
        return value.isoformat(' ', 'microseconds')
    return str(value) if isinstance(value, UUID) else value


def refuse_another_kind(frame: RawFrame, before: RawFacts, after: RawFacts) -> None:
    """Refuse a correction by which a frame would be of another kind, or lie elsewhere in its file."""
    if after.kind != before.kind:
        raise NotAllowed(f'{frame} is a {type(frame).__name__}, and by these cards it would be a raw frame of the kind '
                         f'{after.kind}: that is another object. Invalidate this one, and ingest the file with the right '
                         'header')
    if after.shape != before.shape or after.extension != before.extension:
        raise NotAllowed(f'{frame} would have other pixels by these cards: they say how the file is to be read')
