"""Nights: from noon to noon on the clock at the telescope; a night has the date of the noon at which it begins."""

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from awlike.errors import ConfigError, ParameterError


def zone(name: str | float | None, longitude: float | None = None) -> tzinfo:
    """Return the time zone `name`, an IANA name or hours east of Greenwich; without it, mean solar time at `longitude`.

    Raises
    ------
    ConfigError
        When no zone has that name.
    """
    if name is None or name in ('', 'None'):
        return timezone(timedelta(hours=(longitude or 0) / 15))
    try:
        return timezone(timedelta(hours=float(name)))
    except ValueError:
        pass
    try:
        return ZoneInfo(str(name))
    except (LookupError, ValueError, OSError):
        raise ConfigError(f'timezone {name!r} is unknown; write an IANA name such as "America/Santiago", '
                          'or the hours east of Greenwich') from None


def local(when: datetime, where: tzinfo) -> datetime:
    """Return a moment (naive UTC, or aware) by the clock at the telescope, without a zone."""
    aware = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return aware.astimezone(where).replace(tzinfo=None)


def night_of(when: datetime, where: tzinfo) -> date:
    """Return the night of a moment (naive UTC, or aware). Noon stays noon when summer time begins or ends that night."""
    return night_of_local(local(when, where))


def night_of_local(moment: datetime) -> date:
    """Return the night of a moment by the clock at the telescope."""
    return (moment - timedelta(hours=12)).date()


def span(first: date, last: date, where: tzinfo) -> tuple[datetime, datetime]:
    """Return the nights `first` to `last` as naive UTC instants (start, end); the end is not included."""
    noons = (datetime.combine(day, time(12), tzinfo=where) for day in (first, last + timedelta(days=1)))
    start, end = (noon.astimezone(UTC).replace(tzinfo=None) for noon in noons)
    return start, end


def parse(value: Any) -> tuple[date, date]:
    """Return the first and last night of a date, a text, ``'2012-05-31:2012-06-03'``, or a pair of dates or texts.

    Raises
    ------
    ParameterError
        When `value` is none of these.
    """
    ends = value.split(':') if isinstance(value, str) else value if isinstance(value, list | tuple) else [value]
    try:
        first, *_, last = [_date(end) for end in (ends[0], ends[-1])]
    except (TypeError, ValueError, IndexError) as error:
        wrong = '' if 'isoformat' in str(error) or not isinstance(error, ValueError) else f' ({error})'
        raise ParameterError(f'date {value!r}{wrong}: a night is the date of the noon before it, as "2012-05-31"') from None
    if first.year < 2 or last.year > 9998:
        raise ParameterError(f'date {value!r}: nights lie between 0002-01-01 and 9998-12-31')
    if len(ends) > 2 or first > last:
        raise ParameterError(f'date {value!r}: give one night, or the first and the last as "2012-05-31:2012-06-03"')
    return first, last


def instant(value: Any, what: str) -> datetime | None:
    """Return a datetime, or a text such as ``'2012-06-01T08:51:44'``, as naive UTC; None stays None.

    Raises
    ------
    ParameterError
        When `value` is neither; the message calls the value `what`.
    """
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = value
    if found is None:
        return None
    if not isinstance(found, datetime):
        raise ParameterError(f'{what} {value!r}: write a datetime, or a text as "2012-06-01T08:51:44" (UTC)')
    return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)


def _date(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return date.fromisoformat(value)


def in_nights(distance: int) -> str:
    """Return a distance in nights in words, as ``the same night`` or ``3 nights before``; negative is before."""
    if distance == 0:
        return 'the same night'
    return f'{abs(distance)} night{"s" if abs(distance) > 1 else ""} {"before" if distance < 0 else "after"}'


def utcnow() -> datetime:
    """Return this instant, as awlike keeps all instants: UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)
