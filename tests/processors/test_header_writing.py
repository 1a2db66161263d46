"""A new header in a file: old or new at every moment, all else as it was, and back again."""

import gzip
import json
import multiprocessing
import os
import random
import time

import hypothesis
import numpy as np
import pytest
from astropy.io import fits
from hypothesis import strategies as st

from awlike.config import settings
from awlike.errors import HeaderError, NotAllowed, StoreError
from awlike.fits.checksums import ones_sum
from awlike.processors.cards.order import sortHeaders
from awlike.processors.cards.reading import getPrimaryHeader
from awlike.processors.cards.serialising import header_to_bytes
from awlike.processors.cards.structure import fitted
from awlike.processors.headers.undo_log import place_of, standing
from awlike.processors.headers.writing import change_header, changes_of, undo_change
from tests.conftest import DATA
from tests.processors.plates import pixels_of, write_plate

pytestmark = pytest.mark.usefixtures('home')


def setting(**cards):
    """An update that sets cards."""
    def update(header):
        header.update(cards)
        return header
    return update


def many(number):
    return setting(**{f'CARD{n}': n for n in range(number)})


@pytest.fixture
def plate(tmp_path):
    return write_plate(tmp_path / 'plate.fits', 1)


@pytest.mark.parametrize('number', [1, 40, 200], ids=['same blocks', 'one more', 'many more'])
def test_a_longer_header_and_back_again(plate, number):
    content, data, state = plate.read_bytes(), pixels_of(plate), plate.stat()
    change_header(plate, many(number))
    assert getPrimaryHeader(plate)[f'CARD{number - 1}'] == number - 1 and pixels_of(plate) == data
    undo_change(plate)
    assert plate.read_bytes() == content and plate.stat().st_mtime_ns == state.st_mtime_ns
    with pytest.raises(HeaderError, match='left to undo'):
        undo_change(plate)


def test_changes_are_undone_one_after_the_other(plate):
    states = [plate.read_bytes()]
    for number in range(3):
        change_header(plate, setting(NUMBER=number))
        states.append(plate.read_bytes())
    undo_change(plate)
    assert plate.read_bytes() == states[2]
    change_header(plate, setting(NUMBER=7))
    for expected in (states[2], states[1], states[0]):
        undo_change(plate)
        assert plate.read_bytes() == expected
    assert len(changes_of(plate)) == 8 and not standing(changes_of(plate))


def test_the_log_tells_cards(plate):
    change_header(plate, setting(PLATEID='X', NEW=1))
    change, = changes_of(plate)
    assert [sign + card[:8].strip() for sign, card in change.cards] == ['-PLATEID', '+PLATEID', '+NEW']
    assert len(place_of(plate).read_text().splitlines()) == 1 and json.loads(place_of(plate).read_text())['made']


def test_no_change_writes_nothing(plate):
    state = plate.stat()
    assert change_header(plate, lambda header: header) is None
    assert plate.stat() == state and not place_of(plate).parent.exists()


def test_mode_and_symbolic_links_stay_and_hard_links_part(plate, tmp_path, caplog):
    plate.chmod(0o640)
    link, other = tmp_path / 'link.fits', tmp_path / 'other.fits'
    link.symlink_to(plate.name)
    os.link(plate, other)
    content = plate.read_bytes()
    change_header(link, setting(NEW=1))
    assert link.is_symlink() and getPrimaryHeader(link)['NEW'] == 1 and plate.stat().st_mode & 0o777 == 0o640
    assert other.read_bytes() == content and 'hard links' in caplog.text
    assert changes_of(plate) == changes_of(link)


@pytest.mark.parametrize('kind', ['gzip', 'fpack', 'protected', 'managed', 'referred', 'text', 'cut'])
def test_what_must_not_be_changed_is_refused(plate, kind):
    if kind == 'gzip':
        plate.write_bytes(gzip.compress(plate.read_bytes()))
    elif kind == 'fpack':
        fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(np.ones((9, 9), np.int16))]).writeto(plate, overwrite=True)
    elif kind == 'protected':
        plate.chmod(0o444)
    elif kind == 'managed':
        folder = settings().store_place / '00'
        folder.mkdir(parents=True)
        plate = plate.rename(folder / plate.name)
    elif kind == 'referred':
        from awlike.store.folder import FolderServer
        stored = FolderServer(settings().store_place).path(plate.name)
        stored.parent.mkdir(parents=True)
        stored.symlink_to(plate)
    else:
        plate.write_bytes(b'no FITS' if kind == 'text' else plate.read_bytes()[:1000])
    content = plate.read_bytes()
    with pytest.raises((HeaderError, NotAllowed), match=plate.name):
        change_header(plate, setting(NEW=1))
    assert plate.read_bytes() == content and not place_of(plate).exists()


@pytest.mark.parametrize('card', [{'BITPIX': 8}, {'NAXIS1': 2}, {'BZERO': 0}, {'NAXIS': 0}])
def test_a_header_of_other_data_is_refused(plate, card):
    content = plate.read_bytes()
    with pytest.raises(HeaderError, match='other data'):
        change_header(plate, setting(**card))
    assert plate.read_bytes() == content


def test_a_change_by_other_means_stops_undoing(plate):
    change_header(plate, setting(NEW=1))
    fits.setval(plate, 'OTHER', value=2)
    with pytest.raises(HeaderError, match='changed by other means'):
        undo_change(plate)


def test_data_of_another_length_stop_undoing(plate):
    change_header(plate, setting(NEW=1))
    fits.append(plate, np.ones((3, 3)))
    content = plate.read_bytes()
    with pytest.raises(HeaderError, match='changed by other means'):
        undo_change(plate)
    assert plate.read_bytes() == content


def test_a_crash_before_the_change_is_no_change(plate, monkeypatch):
    def crash(*_):
        raise OSError(5, 'broken')
    change_header(plate, setting(NEW=1))
    with monkeypatch.context() as patch:
        patch.setattr('awlike.processors.headers.writing.place', crash)
        with pytest.raises(OSError):
            change_header(plate, setting(NEW=2))
    assert len(changes_of(plate)) == 1
    with open(place_of(plate), 'ab') as log:
        log.write(b'{"time": "2026')  # cut off
    change_header(plate, setting(NEW=3))
    assert [one.cards[-1][1].split('=')[1].strip() for one in changes_of(plate)] == ['1', '3']
    undo_change(plate)
    undo_change(plate)
    assert 'NEW' not in getPrimaryHeader(plate)


def test_a_full_disk_leaves_the_file(plate, monkeypatch):
    def full(*_):
        raise OSError(28, 'No space left on device')
    content = plate.read_bytes()
    monkeypatch.setattr('awlike.processors.headers.writing._copy_rest', full)
    with pytest.raises(StoreError, match='Make space'):
        change_header(plate, setting(NEW=1))
    assert plate.read_bytes() == content and [one.name for one in place_of(plate).parent.iterdir()] == ['plate.fits.log']


def test_a_checksum_without_datasum_is_renewed(tmp_path):
    plate = write_plate(tmp_path / 'plate.fits', 2, CHECKSUM='0')
    plate.write_bytes(plate.read_bytes().replace(b'DATASUM =', b'OTHERSUM=', 1))
    change_header(plate, setting(NEW=1))
    assert 'CHECKSUM' in getPrimaryHeader(plate) and ones_sum(plate.read_bytes()) in (0, 0xFFFFFFFF)


def test_a_log_that_is_damaged_is_told(plate):
    change_header(plate, setting(NEW=1))
    place_of(plate).write_text('nonsense\n')
    with pytest.raises(StoreError, match='damaged'):
        undo_change(plate)


@pytest.mark.parametrize('lost', ['eJxLzMsvyUgtUshITUxJLQIAKYQFew==', 'AAAA', 'no base64'], ids=list('abc'))
def test_a_header_that_the_log_has_lost_is_not_written(plate, lost):
    change_header(plate, setting(NEW=1))
    present, log = plate.read_bytes(), place_of(plate)
    log.write_text(json.dumps(json.loads(log.read_text()) | {'header': lost}) + '\n')
    kept = log.read_bytes()
    with pytest.raises(HeaderError, match='plate.fits: the log of the changes is damaged'):
        undo_change(plate)
    assert plate.read_bytes() == present and log.read_bytes() == kept


def test_a_log_that_is_a_link_leads_to_nobodys_file(plate, tmp_path):
    other, log = tmp_path / 'other.txt', place_of(plate)
    other.write_text('one line without an end')
    log.parent.mkdir()
    log.symlink_to(other)
    with pytest.raises(StoreError, match='symbolic link'):
        change_header(plate, setting(NEW=1))
    assert other.read_text() == 'one line without an end'


def test_what_is_compressed_or_empty_is_called_so(plate):
    plate.write_bytes(gzip.compress(plate.read_bytes()))
    with pytest.raises(HeaderError, match='compressed by gzip'):
        changes_of(plate)
    plate.write_bytes(b'')
    for read in getPrimaryHeader, changes_of:
        with pytest.raises(HeaderError, match='empty'):
            read(plate)


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60)
KEYWORD = st.from_regex(r'[A-Z][A-Z0-9_-]{0,7}', fullmatch=True).filter(lambda key: key not in (
    'SIMPLE', 'BITPIX', 'NAXIS', 'EXTEND', 'BZERO', 'BSCALE', 'GROUPS', 'PCOUNT', 'GCOUNT', 'END', 'CONTINUE', 'HISTORY',
    'COMMENT', 'CHECKSUM', 'DATASUM', 'XTENSION', 'HIERARCH', 'BLANK') and not key.startswith('NAXIS'))
VALUE = st.one_of(st.booleans(), st.integers(-2 ** 60, 2 ** 60), st.floats(allow_nan=False, allow_infinity=False), TEXT)
CARD = st.one_of(
    st.tuples(KEYWORD, VALUE, TEXT.map(lambda text: text[:20])), st.tuples(st.sampled_from(['HISTORY', 'COMMENT', '']), TEXT),
    st.tuples(KEYWORD.map('HIERARCH AWE {}'.format), st.integers(0, 99)),
    st.tuples(KEYWORD, st.text('abc é', min_size=70, max_size=150).map(lambda text: text.replace('é', '/'))))


def check_round(folder, cards, changed, shape):
    """Apply, apply again and undo a change on a file with random cards; pixels and other cards stay."""
    path = folder / 'random.fits'
    hdu = fits.PrimaryHDU(np.arange(np.prod(shape), dtype=np.int16).reshape(shape))
    for card in cards:
        hdu.header.append(fits.Card(*card), end=True)
    hdu.writeto(path, overwrite=True, output_verify='silentfix')
    place_of(path).unlink(missing_ok=True)
    content, data = path.read_bytes(), pixels_of(path)

    def update(header):
        own = header.copy()
        header.update(changed)
        return sortHeaders(fitted(header, own))

    def others(header):
        return sorted(str(card) for card in header.cards if card.keyword not in changed and str(card).strip())

    first = getPrimaryHeader(path)
    change_header(path, update)
    second, applied = getPrimaryHeader(path), path.read_bytes()
    assert pixels_of(path) == data and others(second) == others(first)
    assert all(second[keyword] == value for keyword, value in changed.items())
    assert change_header(path, update) is None and path.read_bytes() == applied
    if applied != content:
        undo_change(path)
    assert path.read_bytes() == content


@hypothesis.settings(max_examples=40, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(st.lists(CARD, max_size=60), st.dictionaries(KEYWORD, st.integers(0, 999), max_size=5),
                  st.sampled_from([(3,), (4, 5), (2, 3, 4)]))
def test_random_headers(tmp_path_factory, cards, changed, shape):
    check_round(tmp_path_factory.getbasetemp(), cards, changed, shape)


@pytest.mark.slow
@hypothesis.settings(max_examples=500, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(st.lists(CARD, max_size=60), st.dictionaries(KEYWORD, st.integers(0, 999), max_size=5),
                  st.sampled_from([(3,), (4, 5), (2, 3, 4)]))
def test_five_hundred_random_headers(tmp_path_factory, cards, changed, shape):
    check_round(tmp_path_factory.getbasetemp(), cards, changed, shape)


REAL = [path for folder in ('msumastro-tiny-headers', 'fits-odd-and-broken') for path in sorted((DATA / folder).rglob('*'))
        if path.suffix.lower() in ('.fits', '.fit', '.fts') and path.stat().st_size < 3_000_000]


@pytest.mark.skipif(not REAL, reason='the real files are not there')
def test_real_files_change_back(tmp_path):
    """Whatever is changed at all keeps its other bytes and every other card, and changes back byte for byte."""
    changed = 0
    for path in REAL:
        file = tmp_path / 'real.fits'
        file.write_bytes(path.read_bytes())
        file.chmod(0o644)
        place_of(file).unlink(missing_ok=True)
        content = file.read_bytes()
        try:
            data = pixels_of(file)
            change_header(file, lambda header: sortHeaders(fitted(setting(AWETEST=1)(header.copy()), header)))
        except HeaderError:
            assert file.read_bytes() == content
            continue
        changed += 1
        old, new = content[:content.index(b'END' + b' ' * 77)], file.read_bytes()
        assert pixels_of(file) == data and b'AWETEST' in new, path
        cards = {old[start:start + 80] for start in range(0, len(old), 80)} - {b' ' * 80}
        assert not {card for card in cards if card not in new and not card.startswith(b'CHECKSUM')}, path
        undo_change(file)
        assert file.read_bytes() == content, path
    assert changed > 20


@pytest.mark.skipif(not DATA.is_dir(), reason='the real headers are not there')
def test_real_headers_are_sorted_once_and_for_all(tmp_path):
    number = 0
    for path in sorted((DATA / 'real-headers-text').rglob('*.hdr')) + sorted((DATA / 'fits-odd-and-broken').rglob('*.hdr')):
        text = path.read_bytes().decode('latin-1')
        try:
            header = fits.Header.fromstring(text, sep='\n' if '\n' in text[:200] else '')
            once = sortHeaders(header)
            first = header_to_bytes(once)
        except (HeaderError, ValueError, fits.VerifyError):
            continue
        number += 1
        assert header_to_bytes(sortHeaders(once)) == first, path
    assert number > 5


def change_for_ever(path, number, begun):
    """Change a header and undo that, again and again, until somebody kills this process."""
    begun.set()
    while True:
        change_header(path, setting(**{f'KEY{one}': number for one in range(number % 80 + 1)}))
        undo_change(path)


@pytest.mark.slow
def test_a_file_is_old_or_new_whenever_its_writer_is_killed(tmp_path):
    path = write_plate(tmp_path / 'plate.fits', 3, (600, 800))
    content, data, random_, met = path.read_bytes(), pixels_of(path), random.Random(1), set()
    context = multiprocessing.get_context('fork')  # it starts at once, with all modules
    for number in range(60):
        begun = context.Event()
        writer = context.Process(target=change_for_ever, args=(path, number, begun))
        writer.start()
        begun.wait()
        time.sleep(random_.uniform(0, 0.4))
        writer.kill()
        writer.join()
        header = getPrimaryHeader(path)
        assert pixels_of(path) == data
        met.add('KEY0' in header)
        if 'KEY0' in header:
            assert header[f'KEY{number % 80}'] == number
            undo_change(path)
        assert path.read_bytes() == content and not standing(changes_of(path))
    assert met == {True, False}, 'it was killed before and after changes'
    left = {one.name for one in place_of(path).parent.iterdir()}
    assert left <= {'plate.fits.log', 'plate.fits.part'} and {one.name for one in tmp_path.iterdir()} <= {
        'plate.fits', '.headers', 'awlike'}
