"""Cards of raw headers in queries: the frames that a query finds are those whose header Python finds."""

import datetime
import operator

import numpy as np
import pytest
from astropy.io import fits
from astropy.time import Time
from sqlalchemy import delete, func, select

from awlike import RawBiasFrame, RawFrame, RawScienceFrame, ReducedScienceFrame, ReduceTask, context, ingest
from awlike.database.sessions import database
from awlike.errors import NotAllowed, ParameterError, QueryError
from awlike.ingest.cards import files_without_cards, fill_in_cards
from awlike.nights import utcnow
from awlike.persist.tables import header_card
from awlike.query.rules import read_rule
from tests import paper
from tests.conftest import GOOD, become
from tests.database.test_migrations import as_owner

OPERATORS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
CARDS = [  # of one frame each
    {'FOCUS': 1.5, 'ESO TEL AMBI TEXT': 'Windy', 'SHUT': True, 'WHEN': '2012-06-01T08:51:44.25', 'RUN': 7},
    {'FOCUS': 3, 'ESO TEL AMBI TEXT': 'calm', 'SHUT': False, 'WHEN': '2012-06-01', 'RUN': '7'},
    {'FOCUS': -2.5e300, 'ESO TEL AMBI TEXT': '', 'WHEN': '2012-06-01T08:51:44', 'RUN': 2**40},
    {'FOCUS': 'none', 'ESO TEL AMBI TEXT': "o'clock % _ \\", 'SHUT': 1, 'WHEN': 'yesterday', 'RUN': None}]
VALUES = [1.5, 3, 0, -1e300, 1e999, True, False, 'Windy', 'none', '', 'calm', "o'clock % _ \\", '7', 7, 2**40, '2012-06-01',
          None, 'zzz', "'; DROP TABLE header_card; --"]


@pytest.fixture
def frames(project, tmp_path):
    """A raw frame for each of `CARDS`."""
    for number, cards in enumerate(CARDS):
        header = fits.Header()
        for keyword, value in {**GOOD, 'UTC-OBS': f'03:0{number}:43.48'}.items():
            header[keyword] = value
        for keyword, value in cards.items():
            header[f'HIERARCH {keyword}' if ' ' in keyword else keyword] = value
        fits.PrimaryHDU(np.arange(240, dtype=np.uint16).reshape(10, 24) + number, header).writeto(tmp_path / f'{number}.fits')
    assert len(ingest([tmp_path]).ingested) == len(CARDS)
    return list(RawScienceFrame.select_all())


def holds(op, one, other):
    """Whether a comparison holds in Python, where values of different types have no order and none is missing."""
    if one is None or other is None:
        return op(one, other) if op in (operator.eq, operator.ne) else False
    alike = isinstance(one, str) == isinstance(other, str)
    return op(one, other) if alike else op is operator.ne


@pytest.mark.slow
@pytest.mark.parametrize('keyword', ['FOCUS', 'ESO TEL AMBI TEXT', 'SHUT', 'WHEN', 'RUN', 'ABSENT'])
def test_a_query_finds_what_python_finds_in_the_headers(frames, keyword):
    has = {frame: frame.card(keyword) for frame in frames}
    for value in VALUES:
        for op in OPERATORS if value is not None else OPERATORS[:2]:
            if value == float('inf') and op in OPERATORS[:2]:
                continue
            found = set(op(RawFrame.card(keyword), value))
            wanted = {frame for frame, its in has.items() if holds(op, its, value)}
            assert found == wanted, (op.__name__, value)
            if op is operator.gt:
                assert set(~op(RawFrame.card(keyword), value)) == set(frames) - wanted, (op.__name__, value)


def test_the_card_of_a_frame_is_that_of_its_header(frames):
    for frame, cards in zip(frames, CARDS, strict=True):
        header = frame.header
        for keyword in cards:
            value = header[keyword]
            assert frame.card(keyword) == (None if isinstance(value, fits.card.Undefined) else value)
            assert type(frame.card(keyword)) is type(value) or cards[keyword] is None
    assert frames[0].card('nothing') is None and frames[0].card('hierarch eso  tel ambi text') == 'Windy'


def test_dates_compare_as_instants(frames):
    card, (first, second, third, _) = RawFrame.card('WHEN'), frames
    assert set(card < datetime.datetime(2012, 6, 1, 8, 51, 44)) == {second}
    assert set(card == datetime.datetime(2012, 6, 1, 8, 51, 44)) == {third}
    assert set(card >= Time('2012-06-01T08:51:44.0')) == {first, third}
    assert set(card == datetime.date(2012, 6, 1)) == {second}
    moment = datetime.datetime(2012, 6, 1, 10, 51, 44, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    assert set(card == moment) == {third}


def test_like_in_and_between(frames):
    text, number = RawFrame.card('ESO TEL AMBI TEXT'), RawFrame.card('FOCUS')
    assert set(text.like('*a*')) == {frames[1]} and set(text.like("o'clock % _*")) == {frames[3]}
    assert set(number.in_([3, 'none', None])) == {frames[1], frames[3]} and not set(number.in_([]))
    assert set(RawFrame.card('ABSENT').in_([None, 2])) == set(frames)
    assert set(number.between(0, 2)) == {frames[0]}
    assert set(RawFrame.card('FOCUS') > np.float32(2)) == {frames[1]}


def test_tables_orders_and_extremes(frames):
    query = RawScienceFrame.card('FOCUS') < 1e9
    assert list(query.table("card('FOCUS')")["card('FOCUS')"]) == [1.5, 3, -2.5e300]
    assert query.order_by("-card('FOCUS')")[0] == frames[1] == query.max("card('FOCUS')")
    everything = RawScienceFrame.select_all().table('filename', 'card(ESO TEL AMBI TEXT)')
    assert list(everything['card(ESO TEL AMBI TEXT)']) == [cards['ESO TEL AMBI TEXT'] for cards in CARDS]


def test_a_rule_keeps_the_card(frames):
    query = (RawScienceFrame.card('ESO TEL AMBI TEXT') == 'calm') | (RawScienceFrame.card('focus') < 0)
    assert query.written() == ("(RawScienceFrame.card('ESO TEL AMBI TEXT') == 'calm') | "
                               "(RawScienceFrame.card('FOCUS') < 0.0)") and str(query) == query.written()
    assert set(read_rule(query.written())) == set(query) == {frames[1], frames[2]}
    for wrong in ("RawFrame.card('A', 'B') == 1", 'RawFrame.card(FOCUS) == 1', "RawFrame.cards('A') == 1",
                  "RawFrame.card(name='A') == 1", "RawFrame.card(7) == 1"):
        with pytest.raises(QueryError, match='the rule has'):
            read_rule(wrong)


@pytest.mark.parametrize('wrong', ['', ' ', 'COMMENT', 'history', 'A' * 69, 'A=B', 'É', 'A\nB\0', None, 7])
def test_what_is_no_keyword_is_refused(frames, wrong):
    with pytest.raises(ParameterError, match='is no keyword'):
        RawFrame.card(wrong)
    with pytest.raises(ParameterError, match='is no keyword'):
        frames[0].card(wrong)


@pytest.mark.parametrize('name', ["'; DROP TABLE header_card; --", '%s', ':a', '"', '$.X', 'X\\'])
def test_a_hostile_keyword_finds_nothing(frames, name):
    assert not (RawFrame.card(name) == 1).exists() and len(RawFrame.card(name) == None) == len(frames)  # noqa: E711


def test_what_has_no_order_is_refused(frames):
    with pytest.raises(QueryError, match='larger or smaller'):
        _ = RawFrame.card('FOCUS') > None
    with pytest.raises(QueryError, match='number, a text, an instant'):
        _ = RawFrame.card('FOCUS') == b'x'
    with pytest.raises(QueryError, match='in_'):
        _ = RawFrame.card('FOCUS') == [1, 2]
    with pytest.raises(QueryError, match='without a comparison'):
        bool(RawFrame.card('FOCUS'))


def test_extensions_have_their_own_cards_and_share_those_of_the_file(night):
    frames = list(RawFrame.select_all())
    for frame in frames[:6]:
        header = frame.header
        for keyword in ('ESO DET CHIP1 ID', 'EXTNAME', 'ESO INS FILT1 NAME', 'EXPTIME', 'NAXIS2', 'SIMPLE', 'TELESCOP'):
            value = header.get(keyword)
            of_file = [one for one in frames if one.raw_fits == frame.raw_fits]
            found = set((RawFrame.card(keyword) == value) & (RawFrame.raw_fits == frame.raw_fits))
            assert found == {one for one in of_file if one.header.get(keyword) == value}, keyword
    assert not (RawFrame.card('CHECKSUM') != None).exists()  # noqa: E711 -- the merged header has none


def test_through_a_link(night):
    bias = RawBiasFrame.select_all()[0]
    made = ReduceTask(instrument='OMEGACAM', raw_filenames=[RawScienceFrame.select_all()[0].filename], commit=True)
    made.execute()
    red = ReducedScienceFrame.select_all()[0]
    exposed = red.raw.card('EXPTIME')
    assert (ReducedScienceFrame.raw.card('EXPTIME') == exposed).one() == red
    assert red in (ReducedScienceFrame.bias.raw_bias_frames.card('EXPTIME') == bias.card('EXPTIME'))
    assert list(ReducedScienceFrame.select_all().table("raw.card('EXPTIME')")["raw.card('EXPTIME')"]) == [exposed]


def test_corrections_count_and_the_past_has_the_old_card(frames):
    raw, moment = frames[0], utcnow()
    context.correct_header(raw, {'FOCUS': 'broken', 'SHUT': None, 'NEW': 7.5}, reason='typed wrongly')
    focus, shut, new = RawFrame.card('FOCUS'), RawFrame.card('SHUT'), RawFrame.card('NEW')
    assert raw in (focus == 'broken') and raw not in (focus == 1.5) and raw in (shut == None) and raw in (new > 7)  # noqa: E711
    assert (raw.card('FOCUS'), raw.card('SHUT'), raw.card('NEW')) == ('broken', None, 7.5)
    context.as_of(moment)
    assert set(RawFrame.card('FOCUS') == 1.5) == {raw} and not (RawFrame.card('NEW') > 7).exists()
    context.as_of(None)
    context.correct_header(raw, {'FOCUS': 9}, reason='again')
    assert raw in (focus == 9) and raw not in (focus == 'broken') and raw in (new > 7)
    context.undo_correction(raw, reason='all was right')
    assert raw in (focus == 1.5) and raw in (shut == True) and not (new > 7).exists()  # noqa: E712


def test_one_statement_whatever_the_number_of_frames_and_cards(frames):
    query = (RawFrame.card('FOCUS') > 0) & (RawFrame.card('FOCUS') < 9) & (RawFrame.card('RUN') == 7)
    with paper.statements() as made:
        assert list(query) == [frames[0]]
    assert len(made) == 1


def test_files_of_an_older_awlike_get_their_cards(frames):
    context.correct_header(frames[0], {'FOCUS': 5}, reason='typed wrongly')
    db = database()
    with db.transaction() as connection:
        before = set(connection.execute(select(header_card)).all())
    with as_owner() as connection:
        connection.execute(delete(header_card))
    db = database()
    assert len(RawFrame.card('FOCUS') == None) == 4 == files_without_cards(db)  # noqa: E711
    done = fill_in_cards(db)
    assert (done.files, done.failed) == (4, []) and files_without_cards(db) == 0
    with db.transaction() as connection:
        assert set(connection.execute(select(header_card)).all()) == before
        number = connection.scalar(select(func.count()).select_from(header_card))
    assert fill_in_cards(db).files == 0 and 'FOCUS' in CARDS[0]
    with db.transaction() as connection:
        assert connection.scalar(select(func.count()).select_from(header_card)) == number


def test_who_does_not_see_a_frame_does_not_find_it_by_its_cards(frames, monkeypatch):
    become(monkeypatch, 'bob')
    assert not (RawFrame.card('FOCUS') == 3).exists() and not (RawFrame.card('ABSENT') == None).exists()  # noqa: E711
    with pytest.raises(NotAllowed):
        context.correct_header(frames[0], {'FOCUS': 5}, reason='mine')
