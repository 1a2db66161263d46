"""Corrections of headers: what is read, asked for and made afterwards, and what was made before."""

import pytest

from awlike import BiasFrame, BiasTask, RawBiasFrame, RawScienceFrame, ReducedScienceFrame, ReduceTask, context
from awlike.errors import NotAllowed, ParameterError, StoreError
from awlike.nights import utcnow
from awlike.persist.header_correction import HeaderCorrection
from awlike.persist.references import Chip
from tests.conftest import become, let_in

WHY = 'the observer typed it wrongly'


@pytest.fixture
def raw(night):
    return RawScienceFrame.select_all()[0]


def again(frame):
    return type(frame).get(frame.object_id)


def test_a_corrected_card_is_read_everywhere_and_the_file_stays(raw):
    file, digest, before = raw.raw_fits.digest, raw.digest, raw.OBJECT
    made = context.correct_header(raw, {'object': 'NGC 1'}, reason=WHY)
    assert made.cards == {'OBJECT': [before, 'NGC 1']} and made.changes == {'OBJECT': [before, 'NGC 1']}
    assert made.creator.name == 'ada' and made.reason == WHY and made.is_committed
    raw = RawScienceFrame.select_all()[0]
    assert raw.OBJECT == 'NGC 1' == raw.header['OBJECT'] and raw.read()[1]['OBJECT'] == 'NGC 1'
    assert len(RawScienceFrame.OBJECT == 'NGC 1') == 1 and len(RawScienceFrame.select(object='NGC*')) == 1
    assert (raw.raw_fits.digest, raw.digest) == (file, digest)
    change, = context.history(raw)
    assert (change.attribute, change.old, change.new, change.user, change.reason) == ('OBJECT', before, 'NGC 1', 'ada', WHY)
    from astropy.io import fits
    assert fits.getheader(raw.retrieve())['OBJECT'] == 'NGC 1'
    assert raw.corrections() == [made] and 'NGC 1' in str(made)


def test_a_card_that_is_no_attribute_is_corrected_in_the_header(raw):
    made = context.correct_header(raw, {'HIERARCH ESO TEL FOCU VALUE': 3.5, 'NEWCARD': True}, reason=WHY)
    assert made.changes == {} and again(raw).header['ESO TEL FOCU VALUE'] == 3.5 and again(raw).header['NEWCARD'] is True
    context.correct_header(raw, {'NEWCARD': None}, reason='it is not needed')
    assert 'NEWCARD' not in again(raw).header and again(raw).header['ESO TEL FOCU VALUE'] == 3.5


def test_the_past_has_the_old_card(raw):
    before, exposed, date, moment = raw.OBJECT, raw.EXPTIME, raw.DATE_OBS, utcnow()
    context.correct_header(raw, {'OBJECT': 'NGC 1', 'EXPTIME': exposed + 1, 'DATE-OBS': '2012-06-01T05:00:00'}, reason=WHY)
    shown = again(raw)
    assert (shown.EXPTIME, shown.DATE_OBS.hour) == (exposed + 1, 5)
    context.as_of(moment)
    then = again(raw)
    assert (then.OBJECT, then.EXPTIME, then.DATE_OBS) == (before, exposed, date)
    assert then.header['OBJECT'] == before and not then.corrections()
    assert not (RawScienceFrame.OBJECT == 'NGC 1').exists() and not (RawScienceFrame.EXPTIME == exposed + 1).exists()
    assert (RawScienceFrame.DATE_OBS == date).exists()
    with pytest.raises(NotAllowed, match='as of'):
        context.correct_header(then, {'OBJECT': 'x'}, reason=WHY)
    context.as_of(None)
    assert again(raw).OBJECT == 'NGC 1'


def test_cards_that_place_a_frame_move_it(raw, night):
    before, moment = raw.filter.name, utcnow()
    context.correct_header(raw, {'ESO INS FILT1 NAME': 'g_SDSS', 'EXTNAME': 'ESO_CCD_#66'}, reason=WHY)
    moved = again(raw)
    assert (moved.filter.name, moved.chip.name) == ('g_SDSS', 'ESO_CCD_#66') == (raw.filter.name, raw.chip.name)
    assert (RawScienceFrame.chip.name == 'ESO_CCD_#66').one() == raw == (RawScienceFrame.filter.name == 'g_SDSS').one()
    context.as_of(moment)
    assert again(raw).filter.name == before and not (RawScienceFrame.filter.name == 'g_SDSS').exists()
    assert raw in RawScienceFrame.filter.name.in_([before])
    context.as_of(None)
    assert len(context.history(raw)) == 2 and Chip.select_all().max('name').name == 'ESO_CCD_#66'


@pytest.mark.slow
def test_what_was_made_before_holds_no_longer_and_is_made_again_once(raw):
    BiasTask('OMEGACAM', commit=True).execute()
    task = ReduceTask('OMEGACAM', raw_filenames=[raw.filename], commit=True)
    task.execute()
    red, = ReducedScienceFrame.raw == raw
    dry = context.correct_header(raw, {'OBJECT': 'NGC 1'}, reason=WHY, commit=False)
    assert not dry.is_committed and raw.OBJECT != 'NGC 1' and not raw.corrections()
    assert dry.impact().count(ReducedScienceFrame) == 1 and 'because of correction of' in str(dry.impact())
    made = context.correct_header(raw, {'OBJECT': 'NGC 1'}, reason=WHY)
    verdict = red.why()
    assert not verdict.holds and set(verdict.reasons) == {'header corrected'}
    assert WHY in str(verdict) and "'NGC 1', by ada" in str(verdict)
    plan = ReduceTask('OMEGACAM', raw_filenames=[raw.filename], commit=True).plan()
    step, = [one for one in plan.to_make if one.cls is ReducedScienceFrame]
    assert step.reason == 'header corrected' and 'header corrected' in str(plan)
    ReduceTask('OMEGACAM', raw_filenames=[raw.filename], commit=True).execute()
    new, = (ReducedScienceFrame.raw == raw) & (ReducedScienceFrame.object_id != red.object_id)
    assert new.header_corrections == [made] and made in new.ancestors() and new.raw.digest == raw.digest
    assert (new.data == red.data).all() and new.OBJECT == new.header['OBJECT'] == 'NGC 1' and red.OBJECT != 'NGC 1'
    assert new.reuse_key != red.reuse_key and new.why().holds
    assert 'HeaderCorrection' in str(new.lineage()) and new.header['CLASS'] == 'ReducedScienceFrame'
    assert len(ReducedScienceFrame.descends_from(made)) == 1
    plan = ReduceTask('OMEGACAM', raw_filenames=[raw.filename], commit=True).plan()
    assert not plan.to_make
    assert 'corrected since' in red.why_keep_file() and new.reproduce().identical
    with pytest.raises(StoreError, match='corrected since'):
        red.reproduce()
    context.undo_correction(raw, reason='it was right')
    assert red.reproduce().identical
    assert red.why().holds and not new.why().holds and 'taken back' in str(new.why())
    plan = ReduceTask('OMEGACAM', raw_filenames=[raw.filename], commit=True).plan()
    assert not plan.to_make and [step.found.object_id for step in plan.targets] == [red.object_id], 'it serves again'


def test_calibrations_follow_too(night):
    BiasTask('OMEGACAM', commit=True).execute()
    bias = BiasFrame.select_all()[0]
    raws = bias.raw_bias_frames
    made = context.correct_header(raws[:2], {'OBSERVER': 'somebody'}, reason=WHY)
    assert len(made) == 2 and set(bias.why().reasons) == {'header corrected'}
    BiasTask('OMEGACAM', commit=True).execute()
    new = BiasFrame.select_all().max('creation_date')
    assert new != bias and sorted(map(str, new.header_corrections)) == sorted(map(str, made))
    again_ = context.correct_header(raws[2], {'OBSERVER': 'somebody'}, reason=WHY)
    context.undo_correction(raws[2], reason='no')
    assert again_ and not BiasTask('OMEGACAM', commit=True).plan().to_make


def test_an_undone_frame_is_as_it_was_ingested(raw):
    columns = {name: getattr(raw, name) for name in type(raw).__mapper__.columns.keys()}  # noqa: SIM118
    header = raw.header
    context.correct_header(raw, {'OBJECT': 'NGC 1', 'EXPTIME': 7.5, 'EXTNAME': 'ESO_CCD_#66'}, reason=WHY)
    context.correct_header(raw, {'OBJECT': 'NGC 2', 'CRVAL1': 12.5, 'DATE-OBS': '2012-06-01T05:00:00'}, reason=WHY)
    undone = context.undo_correction(raw, reason='all of it was right')
    shown = again(raw)
    assert {name: getattr(shown, name) for name in columns} == columns and shown.header == header
    assert undone.in_force == {} and set(undone.cards) == {'OBJECT', 'EXPTIME', 'EXTNAME', 'CRVAL1', 'DATE-OBS'}
    with pytest.raises(NotAllowed, match='nothing would change'):
        context.undo_correction(raw, reason='again')


@pytest.mark.parametrize('card', ['NAXIS1', 'bitpix', 'BZERO', 'BSCALE', 'CHECKSUM', 'COMMENT', 'HISTORY', 'SIMPLE', 'ZBITPIX',
                                  'TFORM1', 'BLANK', 'END', 'PCOUNT', ' NAXIS ', 'HIERARCH NAXIS', ''])
def test_structural_cards_are_refused(raw, card):
    with pytest.raises(NotAllowed, match='cannot be corrected: it'):
        context.correct_header(raw, {card: 1}, reason=WHY)
    assert not HeaderCorrection.select_all().exists()


@pytest.mark.parametrize('cards, error, said', [
    ({}, ParameterError, 'name the cards'), ({'OBJECT': 'x' * 69}, ParameterError, 'at most 68'),
    ({'OBJECT': 'a\x1b[2J'}, ParameterError, 'ASCII'), ({'OBJECT': 'Ö'}, ParameterError, 'ASCII'),
    ({'TOOLONGAKEYWORD': 1}, ParameterError, 'no keyword'), ({'A=B': 1}, ParameterError, 'no keyword'),
    ({'FOCUS': 10**100}, ParameterError, 'too long for one card'),
    ({f'ESO {"A" * 60}': 1.234567890123456e-300}, ParameterError, 'too long for one card'),
    ({f'ESO {"A" * 80}': 1}, ParameterError, 'too long for one card'),
    ({'EXPTIME': float('nan')}, ParameterError, 'finite'), ({'EXPTIME': [1]}, ParameterError, 'give a text'),
    ({'EXPTIME': -5}, NotAllowed, 'EXPTIME'), ({'EXPTIME': None}, NotAllowed, 'EXPTIME'),
    ({'DATE-OBS': 'yesterday'}, NotAllowed, 'DATE-OBS'), ({'INSTRUME': 'OTHER'}, NotAllowed, 'no frame of OMEGACAM any more'),
    ({'EXTNAME': 'NO_CHIP'}, NotAllowed, 'no chip of OMEGACAM'), ({'ESO INS FILT1 NAME': 'x'}, NotAllowed, 'no filter')])
def test_what_no_header_says_is_refused(raw, cards, error, said):
    with pytest.raises(error, match=said):
        context.correct_header(raw, cards, reason=WHY)
    assert not HeaderCorrection.select_all().exists() and not context.history(raw)


def test_another_kind_is_another_object(raw):
    keyword, value = raw.instrument.name and 'ESO DPR TYPE', 'BIAS'
    with pytest.raises(NotAllowed, match='would be a raw frame of the kind bias|cannot be corrected so'):
        context.correct_header(raw, {keyword: value, 'ESO DPR CATG': 'CALIB'}, reason=WHY)


def test_a_reason_is_needed_and_products_are_not_corrected(raw):
    for reason in '', '  ', 'a\x1bb':
        with pytest.raises(ParameterError):
            context.correct_header(raw, {'OBJECT': 'x'}, reason=reason)
    BiasTask('OMEGACAM', commit=True).execute()
    with pytest.raises(ParameterError, match='no raw frame'):
        context.correct_header(BiasFrame.select_all()[0], {'OBJECT': 'x'}, reason=WHY)
    with pytest.raises(NotAllowed, match='nothing would change'):
        context.correct_header(raw, {'OBJECT': raw.OBJECT}, reason=WHY)


def test_members_correct_and_others_do_not(raw, monkeypatch):
    let_in(monkeypatch, 'bob')
    become(monkeypatch, 'eve')
    context.create_project('EVE')
    context.set_project('EVE')
    with pytest.raises(NotAllowed, match='you may not correct'):
        context.correct_header(raw, {'OBJECT': 'eve'}, reason=WHY)
    become(monkeypatch, 'bob')
    context.create_project('BOB')
    context.set_project('BOB')
    made = context.correct_header(raw, {'OBJECT': 'bob'}, reason=WHY)
    assert (made.project.name, made.privileges, made.creator.name) == ('TEST', 2, 'bob')
    become(monkeypatch, 'ada')
    assert again(raw).OBJECT == 'bob' and again(raw).corrections() == [made]
    with pytest.raises(NotAllowed, match='taken back by another'):
        context.update_is_valid(made, 0)
    with pytest.raises(NotAllowed, match='never deleted|cannot be deleted'):
        context.delete(made)
    context.set_project('TEST')
    context.publish(again(raw), 4)
    become(monkeypatch, 'eve')
    assert again(raw).corrections() == [made] and again(raw).header['OBJECT'] == 'bob'


def test_all_frames_of_a_query_or_none(night):
    frames = RawBiasFrame.select_all()
    made = context.correct_header(frames, {'OBSERVER': 'somebody'}, reason=WHY)
    assert len(made) == len(frames) == len(RawBiasFrame.OBSERVER == 'somebody') == len(HeaderCorrection.reason == WHY)
    assert context.correct_header(RawBiasFrame.OBJECT == 'none', {'OBSERVER': 'x'}, reason=WHY) == []
    with pytest.raises(NotAllowed):
        context.correct_header(frames, {'EXTNAME': 'NO_CHIP'}, reason=WHY)
    assert len(HeaderCorrection.select_all()) == len(frames)
