"""Files of parameters: what is written is read back, and people write them too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awlike.errors import ParameterError
from awlike.processors.config_file import line, literal, read_lines

VALUES = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none(), st.text(),
                   st.dictionaries(st.text(), st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False))))


@given(VALUES, st.text(st.characters(exclude_categories=('Cc', 'Cs', 'Zl', 'Zp'))))
def test_what_is_written_is_read_back(tmp_path_factory, value, text):
    path = tmp_path_factory.getbasetemp() / 'one.cfg'
    path.write_text(line('A.B', value, text), 'utf-8')
    (_, name, found), = read_lines(path)
    assert name == 'A.B' and literal(found) == value and type(literal(found)) is type(value)


def test_people_write_comments_blank_lines_and_texts_without_quotes(tmp_path):
    path = tmp_path / 'my.cfg'
    path.write_text("# mine\n\n  gain=2   # of the archive\nA.BAND = r # best\nA.NAME = 'a # b'  # '\n")
    assert [(name, literal(text)) for _, name, text in read_lines(path)] == [('gain', 2), ('A.BAND', 'r'), ('A.NAME', 'a # b')]


@pytest.mark.parametrize('text', ['gain', 'gain =', '= 2', '1a = 2', "a = 'b", 'a b = 3', 'config.load("x")'])
def test_a_line_that_is_none_is_named(tmp_path, text):
    path = tmp_path / 'my.cfg'
    path.write_text(f'a = 1\n{text}\n')
    with pytest.raises(ParameterError, match=r'my\.cfg, line 2: .*NAME = VALUE'):
        list(read_lines(path))


def test_a_file_that_is_no_text_or_not_there_is_named(tmp_path):
    (tmp_path / 'a.fits').write_bytes(b'SIMPLE\xff\x00')
    for name in ('a.fits', 'absent', ''):
        with pytest.raises(ParameterError, match='file of parameters'):
            list(read_lines(tmp_path / name))
