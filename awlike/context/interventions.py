"""Interventions in the context: tell awlike of them, list them, withdraw them."""

import datetime
import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from awlike import nights
from awlike.arguments import check_shown, typed
from awlike.context.changes import Change, Changes
from awlike.context.kinds import named_kinds
from awlike.context.privileges import level_name
from awlike.database.sessions import database
from awlike.errors import NotAllowed, NotFound, ParameterError
from awlike.nights import instant
from awlike.persist.dataobject import DataObject
from awlike.persist.intervention import Intervention
from awlike.persist.references import Chip, Filter, Instrument
from awlike.remedies import to_type
from awlike.spelling import counted, near
from awlike.terminal import Readable
from awlike.views.html import preview_view
from awlike.views.preview import Preview, as_cell

log = logging.getLogger('awlike')
T = TypeVar('T', Chip, Filter)

_HEAD = ('no', 'date', 'place', 'kinds', 'who', 'when', 'reason')


class InterventionList(Readable, Sequence[Intervention]):
    """Interventions in the order in which they were made; print them, or take one as ``[-1]``.

    Each has a number, its place among all interventions that you see.
    """

    def __init__(self, numbered: Iterable[tuple[int, Intervention]], withdrawn: dict[Intervention, Change]) -> None:
        numbered = list(numbered)
        self._numbers = [number for number, _ in numbered]
        self._members = [one for _, one in numbered]
        self._withdrawn = withdrawn

    def __len__(self) -> int:
        return len(self._members)

    @overload
    def __getitem__(self, position: int) -> Intervention: ...

    @overload
    def __getitem__(self, position: slice) -> list[Intervention]: ...

    def __getitem__(self, position: int | slice) -> Intervention | list[Intervention]:
        return self._members[position]

    @property
    def _title(self) -> str:
        number = len(self)
        return counted(number, 'intervention') if number else \
            'no interventions: ' + to_type(
                'context.intervention(instrument, date, reason=...)', 'awe intervention add') + ' tells of one'

    def _rows(self) -> list[tuple[str, ...]]:
        return [tuple(map(as_cell, (number, one.date, one.place, one.kinds_in_words, one.creator.name, one.creation_date,
                                    one.reason)))
                for number, one in zip(self._numbers, self, strict=True)]

    def _mark(self, one: Intervention) -> str:
        """Return who withdrew an intervention, when and why; empty where it holds."""
        if one.is_valid != 0:
            return ''
        change = self._withdrawn.get(one)
        if change is None:
            return 'withdrawn'
        return f'withdrawn by {change.user}, {as_cell(change.date)}' + (f': {as_cell(change.reason)}' if change.reason else '')

    def __str__(self) -> str:
        rows, lines = self._rows(), [self._title]
        widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
        for one, cells in zip([None, *self], [_HEAD, *rows] if rows else [], strict=False):
            lines.append(f'  {cells[0]:>{widths[0]}}  ' + '  '.join(map(str.ljust, cells[1:], widths[1:])).rstrip())
            if one is not None and (mark := self._mark(one)):
                lines.append(f'  {"":{widths[0]}}    {mark}')
        return '\n'.join(lines)

    def _repr_html_(self) -> str:
        rows = [(*cells, self._mark(one) or None) for one, cells in zip(self, self._rows(), strict=True)]
        head = [*_HEAD, 'withdrawn']
        return preview_view(Preview(self._title, len(rows), head, [''] * len(head), rows).filled())

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the interventions as JSON values, for machines."""
        return [self._one_to_dict(number, one) for number, one in zip(self._numbers, self, strict=True)]

    def _one_to_dict(self, number: int, one: Intervention) -> dict[str, Any]:
        change = self._withdrawn.get(one)
        withdrawn = None if one.is_valid != 0 else {name: getattr(change, name, None) for name in ('user', 'date', 'reason')}
        places = {place: None if link is None else link.name for place, link in (
            ('instrument', one.instrument), ('chip', one.chip), ('filter', one.filter))}
        return {'number': number, 'object_id': one.object_id, 'date': one.date, **places, 'kinds': one.kinds,
                'reason': one.reason, 'creator': one.creator.name, 'creation_date': one.creation_date,
                'project': one.project.name, 'privileges': one.privileges, 'withdrawn': withdrawn}


class Interventions(Changes):
    """Interventions: the part of the context that tells of them."""

    if TYPE_CHECKING:  # a Context has it
        def stamp(self, obj: DataObject) -> None: ...

    @typed
    def intervention(self, instrument: str, date: datetime.datetime | str, kinds: Any = None, chip: str | None = None,
                     filter: str | None = None, reason: str = '', commit: bool = True) -> Intervention:
        """Tell that an instrument is another from a moment on: no calibration of some kinds serves across that moment.

        Parameters
        ----------
        instrument : str
            Its name.
        date : datetime.datetime or str
            The moment (UTC), no night, as ``'2012-06-01T15:00'``.
        kinds : list of classes or of their names, optional
            The calibrations that do not serve across it. A kind that is made from another kind, as `FlatFrame` from dome
            flats and twilight flats, names that one as well. Default: all calibrations.
        chip, filter : str, optional
            Their names, where the intervention concerns one alone. Default: all.
        reason : str
            What was done.
        commit : bool
            Whether to commit the intervention, so that it counts. Default: yes. An intervention that is not committed shows
            by `impact()` what it would change.

        Raises
        ------
        NotFound
            When instrument, chip or filter is not known.
        ParameterError
            When there is no reason or no date, when a kind is not known, or has no filter where `filter` is given.
        NotAllowed
            When the project has the same intervention already.
        """
        moment = _moment(date)
        if not reason.strip():
            raise ParameterError('an intervention needs a reason: say what was done, as reason="mirror washed"')
        check_shown('the reason of an intervention', reason)
        camera = instrument_called(instrument)
        known, added = named_kinds(kinds, filter is not None)
        made = Intervention(instrument=camera, date=moment, kinds=[*known, *added], reason=reason.strip(), is_valid=1,
                            quality_flags=0, chip=None if chip is None else _part(Chip, chip, camera),
                            filter=None if filter is None else _part(Filter, filter, camera))
        if added:
            log.info('%s: it concerns %s, too, from which %s made', made, ', '.join(added),
                     f'{known[0]} is' if len(known) == 1 else f'{", ".join(known)} are')
        if commit:
            self._commit(made)
        return made

    def _commit(self, made: Intervention) -> None:
        """Commit an intervention, unless the project has the same."""
        self.stamp(made)
        for number, one in enumerate(_all()):
            if one.is_valid != 0 and one.project == made.project and _what(one) == _what(made):
                publish = to_type(f'context.publish(context.interventions()[{number}], level)')
                withdraw = to_type(f'context.withdraw({number})', f'awe intervention withdraw {number}')
                raise NotAllowed(f'{made} is known already, as number {number} ({level_name(one.privileges)}): publish that by '
                                 f'{publish}, or withdraw it by {withdraw} and tell of it anew')
        db = database()
        with db.transaction() as connection:
            db.insert(connection, [made])
        db.adopt([made])

    @typed
    def interventions(self, instrument: str | None = None, chip: str | None = None, date: Any = None) -> InterventionList:
        """Return the interventions that you see, in the order in which they were made; printing shows a table.

        Withdrawn interventions are marked.

        Parameters
        ----------
        instrument : str, optional
            Only interventions for this instrument.
        chip : str, optional
            Only interventions for this chip or for all chips.
        date : str, datetime.date or a pair of them, optional
            Only interventions of this night at the telescope, or of the nights from the first to the last, as
            ``'2012-05-31:2012-06-03'``.
        """
        camera = None if instrument is None else instrument_called(instrument)
        own = None if chip is None else _part(Chip, chip, camera)
        span = None if date is None else nights.parse(date)
        chosen = [(number, one) for number, one in enumerate(_all())
                  if (camera is None or one.instrument == camera) and (own is None or one.chip in (None, own))
                  and (span is None or span[0] <= _night(one) <= span[1])]
        return InterventionList(chosen, self._withdrawals([one for _, one in chosen if one.is_valid == 0]))

    def _withdrawals(self, withdrawn: list[Intervention]) -> dict[Intervention, Change]:
        """Return the change that withdrew each intervention. A row that plain SQL wrote as invalid has no such change."""
        found = {}
        histories = self._histories(withdrawn) if withdrawn else {}
        for one in withdrawn:
            for change in histories[one.object_id]:
                if change.attribute == 'is_valid' and change.new == '0' and not (self.moment and change.date > self.moment):
                    found[one] = change
        return found

    def withdraw(self, intervention: Intervention | int, reason: str = '') -> None:
        """Withdraw an intervention, given itself or by its number: calibrations serve across it again.

        It stays in the list, marked, with who withdrew it, when, and `reason`.
        `context.update_is_valid(intervention, 1)` lets it hold again.

        Raises
        ------
        NotAllowed
            When it is not committed, or is withdrawn already; when you are neither its maker nor of its project.
        """
        if isinstance(intervention, int):
            intervention = _numbered(intervention)
        if not isinstance(intervention, Intervention):
            raise ParameterError(f'{str(intervention)[:200]} is no intervention: give one of context.interventions(), or its '
                                 'number')
        if not intervention.is_committed:
            raise NotAllowed(f'{intervention} is not committed, so there is nothing to withdraw')
        if intervention.is_valid == 0:
            raise NotAllowed(f'{intervention} is withdrawn already: {_listed()} says by whom')
        self._change(intervention, reason.strip(), is_valid=0)


def _moment(date: datetime.datetime | str) -> datetime.datetime:
    """Return the moment of an intervention as naive UTC."""
    moment = instant(date, 'date')
    if moment is None or not 1900 <= moment.year < 2200:
        raise ParameterError(f'date {date!r}: an intervention needs the moment (UTC), as "2012-06-01T15:00"')
    return moment


def _all() -> list[Intervention]:
    """Return all interventions that who asks sees, in the order in which they were made."""
    return list(Intervention.select_all().order_by('object_id'))


def _listed() -> str:
    return to_type('context.interventions()', 'awe intervention list')


def _numbered(number: int) -> Intervention:
    known = _all()
    if not 0 <= number < len(known):
        raise NotFound(f'there is no intervention {number}: {_listed()} lists {len(known)} with their numbers')
    return known[number]


def _what(one: Intervention) -> tuple:
    """Return what makes two interventions the same."""
    return one.instrument, one.chip, one.filter, one.date, frozenset(one.kinds)


def _night(one: Intervention) -> datetime.date:
    camera = one.instrument
    return nights.night_of(one.date, datetime.UTC if camera is None else nights.zone(camera.timezone, camera.longitude))


def instrument_called(name: str) -> Instrument:
    """Return the instrument of this name."""
    found = (Instrument.name == name).first()
    if found is None:
        known = sorted(one.name for one in Instrument.select_all())
        raise NotFound(f'no instrument {name!r} is known here{near(name, known)}: there are '
                       f'{", ".join(known) or "none yet, ingest some frames"}')
    return found


def _part(cls: type[T], name: str, instrument: Instrument | None) -> T:
    """Return the chip or filter of this name, of `instrument` or of any."""
    among = cls.select_all() if instrument is None else cls.instrument == instrument
    found = (among & (cls.name == name)).first()
    if found is None:
        known, what = sorted({one.name for one in among}), cls.__name__.lower()
        of = f' of {instrument.name}' if instrument else ''
        raise NotFound(f'no {what} {name!r}{of} is known here{near(name, known)}: there are '
                       f'{", ".join(known) or "none yet, ingest some frames"}')
    return found
