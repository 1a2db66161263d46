import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from awlike.persist.ids import new_id, reference_id


def test_ids_are_of_version_7_with_the_milliseconds_in_front():
    before, made, after = time.time_ns() // 1_000_000, new_id(), time.time_ns() // 1_000_000
    assert made.version == 7 and made.variant == uuid.RFC_4122
    assert before <= made.int >> 80 <= after + 1


def test_the_fraction_of_the_millisecond_is_in_the_twelve_bits_behind():
    first, second = new_id(), new_id()
    ticks = [(made.int >> 80) * 4096 + (made.int >> 64 & 0xfff) for made in (first, second)]
    assert ticks[0] < ticks[1] and abs(ticks[1] / 4096 - time.time_ns() / 1e6) < 1000


def test_ids_made_later_sort_later():
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made) and [one.bytes for one in made] == sorted(one.bytes for one in made)
    assert len(set(made)) == len(made)


def test_the_clock_may_go_back(monkeypatch):
    first = new_id()
    monkeypatch.setattr(time, 'time_ns', lambda: 10**18)
    assert first < new_id() < new_id()


def test_ids_of_many_threads_differ():
    with ThreadPoolExecutor(8) as pool:
        made = [one for some in pool.map(lambda _: [new_id() for _ in range(500)], range(8)) for one in some]
    assert len(set(made)) == 4000


def test_the_end_is_random():
    assert len({new_id().int & (1 << 62) - 1 for _ in range(100)}) == 100


def test_ids_of_names_are_the_same_everywhere():
    assert reference_id('Instrument', 'OMEGACAM') == uuid.UUID('72c551e7-514d-5a07-9220-eff03f90525b')
    assert reference_id('Chip', 'a', 'b') != reference_id('Chip', 'ab') != reference_id('Filter', 'ab')
