"""What Tab offers inside quotes at the prompt."""

import warnings

import pytest
from IPython.core.completer import provisionalcompleter

from awlike import context
from awlike.prompt.completion import in_quotes
from awlike.prompt.shell import load_ipython_extension
from tests.conftest import become

CHIP = 'ESO_CCD_#65'


@pytest.fixture
def tab(shell):
    """Return the texts that Tab makes of a text, from its last quote on."""
    def tab(text):
        with provisionalcompleter(), shell.builtin_trap:
            found = {text[:one.start] + one.text + text[one.end:] for one in shell.Completer.completions(text, len(text))}
        quote = max(text.rfind('"'), text.rfind("'"))
        return {one[quote + 1:] for one in found if one.startswith(text[:quote + 1])}

    return tab


def test_cameras(night, tab):
    for typed in ("ReduceTask(instrument='", 'ReduceTask("', "Pars(ReduceTask, instrument = '", "RawFrame.instrument.name == '",
                  "calibrations('OM"):
        assert 'OMEGACAM' in tab(typed), typed
    assert 'NASA42' in tab("simulate('night', instrument='"), 'a camera without frames yet'


def test_steps(tab, home):
    for typed in ("dpu.run('", 'lpu.run("', "Chain('", "Pars('"):
        assert {'Bias', 'Reduce', 'TwilightFlat'} <= tab(typed), typed
    assert tab("dpu.run('Re") == {'ReadNoise', 'Reduce', 'Regrid'} and tab("Chain('Bias>TwilightF") == {'Bias>TwilightFlat'}


def test_filters_and_chips_of_queries_and_tasks(night, tab):
    for typed in ("RawScienceFrame.filter.name == '", 'q = (RawScienceFrame.filter.name != "',
                  "ReduceTask('OMEGACAM', filter='", "RawScienceFrame.filter.name.in_(['r_SDSS', '",
                  "(RawFrame.is_valid > 0) & (RawDomeFlatFrame.filter.name.like('r"):
        assert {'r_SDSS'} <= tab(typed) <= {'r_SDSS', 'g_SDSS'}, typed
    assert tab("ReduceTask(instrument='OMEGACAM', chip='") == tab("BiasTask('OMEGACAM', chip=['ESO_CCD_#") == {CHIP}
    assert tab("RawScienceFrame.chip.name == 'ESO_CCD_#6") == {CHIP}, 'a name with a character that ends words'
    assert tab("ReduceTask(instrument='NASA42', chip='") & {CHIP} == set(), 'which another camera has'
    assert tab("RawScienceFrame.filter.name == 'R_sd") == {'r_SDSS'}, 'whatever the case'


def test_other_values_of_attributes(night, tab):
    name = context.project.name
    assert tab("context.set_project('") == {name} == tab("RawScienceFrame.project.name == '")
    objects = tab("RawScienceFrame.OBJECT == '")
    assert objects and objects == tab("ReduceTask('OMEGACAM', object='")
    filename, *_ = tab("RawScienceFrame.filename == 'RawSci")
    assert filename.endswith('.fits') and filename in tab(f"ReduceTask('OMEGACAM', raw_filenames=['{filename[:30]}")
    assert tab("ReduceTask('OMEGACAM', rebuild='st") == {'stale'}


def test_nights_that_have_frames(night, tab):
    for typed in ("ReduceTask('OMEGACAM', date='", "RawScienceFrame.select(instrument='OMEGACAM', date='", "check('",
                  "ReduceTask('OMEGACAM', date=('2012-05-31', '", "context.suspects(date='2012"):
        assert tab(typed) == {'2012-05-31'}, typed
    assert not {'2012-05-31'} & (tab("ReduceTask('OMEGACAM', date='2013") | tab("ReduceTask('NASA42', date='"))


def test_what_one_may_not_see_is_not_offered(night, tab, monkeypatch):
    typed = "RawScienceFrame.OBJECT == '", "RawScienceFrame.filename == 'RawSci"
    known = [tab(text) for text in typed]
    become(monkeypatch, 'anonymous')
    assert all(known) and not any(one & tab(text) for one, text in zip(known, typed, strict=True))


def test_loaded_again_it_completes_once(night, shell, tab):
    load_ipython_extension(shell)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert tab("RawScienceFrame.chip.name == '") == {CHIP}


def test_over_several_lines(night, tab):
    assert tab("query = (RawScienceFrame.EXPTIME > 1) & \\\n        (RawScienceFrame.chip.name == '") == {CHIP}


@pytest.mark.parametrize('typed', ["RawScienceFrame.nothing.name == '", "NoSuch.filter.name == '", "ReduceTask(chip=5, x='",
                                   "print('", "nothing('", "RawScienceFrame.EXPTIME == '", "x['", "'"])
def test_where_nothing_is_known_files_are_offered_as_before(tab, home, typed, capsys):
    (home / 'a_file_here').touch()
    assert 'a_file_here' in tab(typed) and not capsys.readouterr().err


@pytest.mark.parametrize(('text', 'place'), [
    ("a = 'b", ("a = ", 'b')), ("a = 'b'", None), ('a = "it\'s', ('a = ', "it's")), (r"'it\'s", ('', r"it\'s")),
    ("# it's\nf('x", ("# it's\nf(", 'x')), ("# it's", None), ("'''a\n'b", ('', "a\n'b")), ("''", None),
    ("'#' + '", ("'#' + ", '')), ('', None)])
def test_where_a_text_is_open(text, place):
    assert in_quotes(text) == place
