"""The making of a correction: its checks, the object, and what of the frame follows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from awlike.arguments import check_shown
from awlike.context import context
from awlike.context.changes import owners
from awlike.corrections.cards import checked
from awlike.corrections.following import Headers, as_json, attributes, refuse_another_kind
from awlike.database.sessions import database
from awlike.errors import NotAllowed, ParameterError
from awlike.nights import utcnow
from awlike.persist.as_of import CORRECTED, from_text, in_history
from awlike.persist.dataobject import DataObject
from awlike.persist.header_correction import HeaderCorrection, corrections_of, digest_of, latest
from awlike.products.raw import RawFrame, forget_links
from awlike.query.query import Query


def correct_header(frames: RawFrame | Query | Iterable[RawFrame], cards: Mapping[str, Any], reason: str = '',
                   commit: bool = True) -> HeaderCorrection | list[HeaderCorrection]:
    """Correct cards of raw frames; see `Context.correct_header`."""
    return _all(frames, {}, checked(cards), reason, commit)


def undo_correction(frames: RawFrame | Query | Iterable[RawFrame], reason: str = '',
                    commit: bool = True) -> HeaderCorrection | list[HeaderCorrection]:
    """Take the corrections of raw frames back, so that the file tells their headers again; see `Context.undo_correction`."""
    return _all(frames, None, {}, reason, commit)


def _all(frames: Any, base: dict[str, Any] | None, cards: dict[str, Any], reason: str, commit: bool) -> Any:
    """Return a correction of one frame, or a list of corrections of several; `base` None leaves earlier corrections out."""
    if not isinstance(reason, str) or not reason.strip():
        raise ParameterError('a correction needs a reason: say why, as reason="the observer typed it wrongly"')
    check_shown('the reason of a correction', reason)
    chosen: list[Any] = [frames] if isinstance(frames, DataObject) else list(frames)
    _refuse_uncorrectable(chosen)
    before = latest(frame.object_id for frame in chosen)
    made = [_correction(frame, before.get(frame.object_id), base, cards, reason.strip()) for frame in chosen]
    if commit and made:
        _commit(made)
    return made[0] if isinstance(frames, DataObject) else made


def _refuse_uncorrectable(frames: Sequence[Any]) -> None:
    for frame in frames:
        if not isinstance(frame, RawFrame) or not frame.is_committed:
            raise ParameterError(f'{str(frame)[:200]} is no raw frame that is committed: the header of a product follows from '
                                 'what it was made from, so correct its raw frames')
    context.account('correct a header')
    refused = [frame for frame in frames if not context.may_judge(frame)]
    if refused:
        raise NotAllowed('a header is corrected by whoever may judge the frame: its creator at level 1 (MyDB), the members of '
                         f'its project above; you may not correct\n{owners(refused)}')


def _correction(frame: RawFrame, before: HeaderCorrection | None, base: dict[str, Any] | None, cards: dict[str, Any],
                reason: str) -> HeaderCorrection:
    """Return the correction of one frame, in memory."""
    headers = Headers(frame)
    old = dict(before.in_force or {}) if before is not None else {}
    wanted = cards if base is None else old | cards
    new = {card: value for card, value in wanted.items() if value != headers.card(card, {})}
    changed = {card: [headers.card(card, old), headers.card(card, new)] for card in dict.fromkeys([*old, *new, *cards])
               if headers.card(card, old) != headers.card(card, new)}
    if not changed:
        raise NotAllowed(f'the header of {frame} says so already: nothing would change')
    facts = headers.facts(new)
    refuse_another_kind(frame, headers.facts({}), facts)
    correction = HeaderCorrection(
        frame=frame, instrument=frame.instrument, cards=changed, in_force=new, changes=_changes(headers, frame, new, old),
        reason=reason, digest=digest_of(new), is_valid=1, quality_flags=0)
    context.stamp_like(correction, frame)
    return correction


def _changes(headers: Headers, frame: RawFrame, new: dict[str, Any], old: dict[str, Any]) -> dict[str, list[Any]]:
    """Return by attribute the value of `frame` now, and the value that follows from the cards `new`.

    Where the cards make no difference to the header of the file, the value is the one with which the frame was ingested.
    """
    of_file, after = (attributes(headers.camera, frame, headers.facts(cards)) for cards in ({}, new))
    first = {name: value for one in reversed(corrections_of([frame.object_id]))
             for name, (value, _) in (one.changes or {}).items()}
    found = {}
    for name, value in after.items():
        now = as_json(frame.__dict__.get(name, getattr(frame, name)))
        then = first.get(name, now) if value == of_file[name] else value
        if then != now:
            found[name] = [now, then]
    return found


def _commit(made: Sequence[HeaderCorrection]) -> None:
    """Commit corrections, and let their frames follow; on PostgreSQL the database itself does so."""
    db = database()
    with db.transaction() as connection:
        db.insert(connection, made)
        db.insert_cards(connection, {one.object_id: one.in_force or {} for one in made})
        if db.is_sqlite:
            for one in made:
                _let_follow(connection, one)
    db.adopt(made)
    for one in made:
        columns = DataObject.__table__.c
        one.frame.__dict__.update({name: from_text(new, columns[name].type) for name, (_, new) in (one.changes or {}).items()})
        forget_links(one.frame)


def _let_follow(connection: Connection, one: HeaderCorrection) -> None:
    table, now = DataObject.__table__, utcnow()
    mine, kept = table.c.object_id == one.frame_id, []
    for name, (_, value) in (one.changes or {}).items():
        column = table.c[name]
        old = connection.scalar(select(column).where(mine))
        connection.execute(update(table).where(mine).values({name: from_text(value, column.type)}))
        kept.append({'object_id': one.frame_id, 'attribute': name, 'old': in_history(old), 'new': in_history(value),
                     'user_id': one.creator_id, 'date': now, 'reason': one.reason})
    assert {row['attribute'] for row in kept} <= CORRECTED
    database().keep_changes(connection, kept)
