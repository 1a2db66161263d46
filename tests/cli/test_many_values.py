"""Options with many values and files of options: none is ever misread."""

import pytest

from awlike.cli.many_values import expanded, grouped
from awlike.errors import ParameterError

OPTIONS = {'-c', '--config', '--configfile', '--id', '--show', '--trace', '--output', '-j'}


def read(*words):
    return grouped(list(words), OPTIONS)


def test_each_value_comes_behind_the_name_of_its_option():
    words, given = read('a.fits', '-c', 'gain=2', 'A.B=3', '--output', 'o', '--show', 'config', 'data', 'b.fits')
    assert words == ['a.fits', '--config', 'gain=2', '--config', 'A.B=3', '--output', 'o', '--show', 'config', '--show', 'data',
                     'b.fits']
    assert given == [('--config', 'gain=2'), ('--config', 'A.B=3'), ('--show', 'config'), ('--show', 'data')]


def test_the_order_of_different_options_is_kept():
    _, given = read('-c', 'a=1', '--configfile', 'x.cfg', 'y.cfg', '-c', 'a=2')
    assert [value for _, value in given] == ['a=1', 'x.cfg', 'y.cfg', 'a=2']


def test_a_word_that_cannot_be_a_value_is_an_input(tmp_path):
    assert read('-c', 'gain=2', 'frame.fits')[0] == ['--config', 'gain=2', 'frame.fits']
    assert read('--configfile', 'my.cfg', 'frame.fit.gz')[0] == ['--configfile', 'my.cfg', 'frame.fit.gz']
    assert read('--configfile', 'my.cfg', str(tmp_path))[0] == ['--configfile', 'my.cfg', str(tmp_path)]
    assert read('--configfile', str(tmp_path), 'a.cfg')[1][0] == ('--configfile', str(tmp_path)), 'the first is a value always'
    assert read('--show', 'config', 'input')[0] == ['--show', 'config', 'input']
    assert read('input', '--id', '--output', 'o')[0] == ['input', '--id', '', '--output', 'o']
    assert read('--id', 'input')[0] == ['--id', '', 'input']


def test_each_id_is_one_word():
    words, _ = read('--id', 'run=1^2', 'object=a b', '--id', 'run=3')
    assert words == ['--id', "'run=1^2' 'object=a b'", '--id', 'run=3']


def test_a_value_may_be_attached():
    assert read('-cgain=2', 'a=3')[1] == read('-c=gain=2', 'a=3')[1] == [('--config', 'gain=2'), ('--config', 'a=3')]
    assert read('--config=gain=2', '--output', 'o')[0] == ['--config', 'gain=2', '--output', 'o']
    assert read('--show=run')[1] == [('--show', 'run')]


@pytest.mark.parametrize('words', [('--config=a=1', 'b=2'), ('--configfile=foo', 'bar'), ('--id=run=1', 'camcol=2'),
                                   ('--show=config', 'data'), ('--config=a=1', 'frame.fits')])
def test_an_equals_sign_before_several_values_is_refused_with_the_right_way(words):
    with pytest.raises(ParameterError) as error:
        read(*words)
    name, _, value = words[0].partition('=')
    assert f'write {name} {value} {words[1]}' in str(error.value)


@pytest.mark.parametrize('words', [('-c',), ('-c', '--output', 'o'), ('--show',), ('--configfile', '-j', '2')])
def test_an_option_without_a_value_is_refused(words):
    with pytest.raises(ParameterError, match='has no value'):
        read(*words)


def test_behind_two_dashes_all_are_inputs():
    assert read('-c', 'a=1', '--', '-c', 'b=2') == (['--config', 'a=1', '--', '-c', 'b=2'], [('--config', 'a=1')])


def test_options_that_the_command_lacks_are_left_to_it():
    assert grouped(['--id', 'run=1', 'x'], {'--output'}) == (['--id', 'run=1', 'x'], [])


def test_a_file_has_words_in_lines_with_comments_and_quotes(tmp_path):
    (tmp_path / 'options').write_text('# what to process\n--id run=4192 \\\n  camcol=4 # the fourth\n\n'
                                      '''--id "object=a 'b' c" 'chip=ESO_CCD_#65'\n''')
    assert list(expanded(['x', f'@{tmp_path}/options', 'y'])) == [
        'x', '--id', 'run=4192', 'camcol=4', '--id', "object=a 'b' c", 'chip=ESO_CCD_#65', 'y']


def test_a_file_may_name_another_but_not_itself(tmp_path):
    one, other = tmp_path / 'one', tmp_path / 'other'
    one.write_text(f'-j 2 @{other}')
    other.write_text('--debug')
    assert list(expanded([f'@{one}', f'@{other}', '@'])) == ['-j', '2', '--debug', '--debug', '@']
    other.write_text(f'@{one}')
    with pytest.raises(ParameterError, match='names itself'):
        list(expanded([f'@{one}']))


@pytest.mark.parametrize(('content', 'text'), [(None, 'cannot be read: No such file'), (b'"open', 'no closing quotation'),
                                               (b'\xff\xfe', 'has no meaning')])
def test_a_file_that_has_no_meaning_is_named(tmp_path, content, text):
    if content is not None:
        (tmp_path / 'options').write_bytes(content)
    with pytest.raises(ParameterError, match=text):
        list(expanded([f'@{tmp_path}/options']))
