"""The `awe>` prompt: its banner, its completion by Tab, and its errors."""

import io
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.debugger import InterruptiblePdb
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from sqlalchemy import make_url

from awlike import BiasTask, RawScienceFrame, context
from awlike.prompt.shell import AwePrompts, _marked, banner


@pytest.fixture
def tab(shell):
    """Return the completions of a text by Tab, each without the part before its last dot."""
    def tab(text):
        with provisionalcompleter(), shell.builtin_trap:
            return {found.text.rpartition('.')[2] for found in shell.Completer.completions(text, len(text))}

    return tab


def test_the_banner_tells_user_project_privileges_and_data_base(project):
    shown = banner()
    assert 'user      ada' in shown and 'project   TEST, privileges 2 (Project)' in shown
    assert 'database  sqlite:///' in shown and 'awlike.db' in shown


def test_the_banner_without_a_project_says_what_to_do(home):
    assert '  project   no project is set, and you have none yet: say context.create_project(name)\n' in banner()
    context.create_project('NIGHT')
    assert "  project   no project is set: say context.set_project('NIGHT')\n" in banner()


def test_a_long_line_of_the_banner_goes_on_below_its_value(home, monkeypatch):
    monkeypatch.setattr('awlike.prompt.shell.columns', lambda: 80)
    for name in ('CLUSTERS', 'KIDS', 'OMEGAWHITE', 'ATLAS'):
        context.create_project(name)
    assert ('  project   no project is set: say context.set_project(name); your projects are\n'
            f'{" " * 12}ATLAS, CLUSTERS, KIDS, OMEGAWHITE\n') in banner()


def test_the_banner_shows_no_password(home, monkeypatch):
    engine = SimpleNamespace(engine=SimpleNamespace(url=make_url('postgresql://ada:secret@host/awlike')))
    monkeypatch.setattr('awlike.prompt.shell.context', SimpleNamespace(project=SimpleNamespace(name='P'), privileges=1))
    monkeypatch.setattr('awlike.prompt.shell.database', lambda: engine)
    assert 'postgresql://ada:***@host/awlike' in banner() and 'secret' not in banner()


def test_the_prompt(shell):
    prompts = AwePrompts(shell)
    assert [text for _, text in prompts.in_prompt_tokens()] == ['awe> '] and prompts.out_prompt_tokens() == []
    assert {'RawScienceFrame', 'ReduceTask', 'Pars', 'context', 'ingest', 'simulate'} <= set(shell.user_ns)


def test_the_dates_of_the_tutorial_can_be_typed(shell, capsys):
    shell.run_cell('print(RawScienceFrame.template.start == datetime.datetime(2012, 6, 1, 8, 51, 44))')
    assert "RawScienceFrame.template.start == '2012-06-01T08:51:44'" in capsys.readouterr().out


def test_tab_completes_names(tab):
    assert {'RawScienceFrame', 'RawTwilightFlatFrame'} <= tab('Raw') and tab('ReduceT') == {'ReduceTask'}


def test_tab_completes_attributes_along_links_of_classes(tab):
    assert {'chip', 'filter', 'template', 'EXPTIME', 'DATE_OBS', 'select_all', 'is_valid'} <= tab('RawScienceFrame.')
    assert tab('RawScienceFrame.EXP') == {'EXPTIME'}
    assert not {'chip_id', 'metadata', 'registry', 'mro', 'tables'} & tab('RawScienceFrame.')
    assert {'name', 'instrument'} <= tab('RawScienceFrame.chip.') and 'EXPTIME' not in tab('RawScienceFrame.chip.')
    assert {'name', 'telescope', 'longitude'} <= tab('RawScienceFrame.chip.instrument.')
    assert {'min', 'median', 'npix'} <= tab('RawScienceFrame.imstat.')
    assert {'raw_bias_frames', 'read_noise'} <= tab('ReducedScienceFrame.bias.')
    assert {'like', 'in_', 'between'} <= tab('RawScienceFrame.filter.name.')
    assert tab('query = (RawScienceFrame.filter.na') == {'name'}


def test_tab_completes_attributes_along_links_of_instances(night, shell, tab):
    BiasTask(instrument='OMEGACAM', commit=True).execute()
    shell.run_cell('raw = RawScienceFrame.select_all().first(); bias = BiasFrame.select_all().first()', silent=True)
    assert {'filter', 'EXPTIME', 'info', 'retrieve', 'lineage'} <= tab('raw.')
    assert 'object_id' in tab('raw.') and not {'chip_id', 'metadata', 'registry', 'session'} & tab('raw.')
    assert {'name', 'mag_id', 'central_wavelength'} <= tab('raw.filter.')
    assert {'min', 'median', 'npix'} <= tab('raw.imstat.')
    assert {'raw_bias_frames', 'read_noise', 'process_params', 'timestamp_start'} <= tab('bias.')
    assert 'EXPTIME' in tab('bias.raw_bias_frames[0].') and 'SIGMA_CLIP' in tab('bias.process_params.')


def test_tab_completes_what_a_query_can_do(tab, shell):
    shell.run_cell('query = RawScienceFrame.EXPTIME > 1', silent=True)
    assert {'max', 'min', 'first', 'table', 'explain', 'order_by', 'project_only'} <= tab('query.')


def test_errors_are_told_in_a_few_lines(shell, capsys):
    shell.run_cell('context.set_project("NONE")')
    shown = capsys.readouterr()
    assert shown.out == ("NotFound: there is no project 'NONE': there are none; "
                         "context.create_project('NONE') makes a new one\n") and not shown.err
    shell.run_cell('RawScienceFrame.filtr')
    shown = capsys.readouterr().out
    assert shown.startswith("UnknownAttribute: RawScienceFrame has no attribute 'filtr': did you mean filter")
    shell.run_cell('1 / 0')
    assert 'ZeroDivisionError' in capsys.readouterr().out and 'RawScienceFrame' in shell.user_ns


def test_the_traceback_is_there_for_who_asks(shell, capsys):
    shell.run_cell('context.set_project("NONE")')
    capsys.readouterr()
    shell.run_line_magic('tb', '')
    assert 'set_project' in capsys.readouterr().out


def test_a_query_shows_itself_without_reading_all(night, shell, capsys):
    shell.run_cell('RawFrame.select_all()')
    shown = capsys.readouterr().out
    assert shown.startswith('35 RawFrame') and '... and 30 more' in shown


def test_a_session_from_banner_to_exit(home):
    typed = ('context.create_project("NIGHT")',
             'len(RawScienceFrame.select_all())', 'bool(RawScienceFrame.EXPTIME > 1)', 'exit')
    done = subprocess.run([sys.executable, '-c', 'from awlike.cli import main; main()'], input='\n'.join(typed),
                          capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith('awlike '), done.stderr
    assert done.stdout.count('awe> ') == 4 and 'awe> 0\n' in done.stdout
    assert 'QueryError: a query is neither true nor false' in done.stdout and 'Traceback' not in done.stdout
    assert RawScienceFrame.select_all().exists() is False


def test_a_notebook_gets_the_names_and_the_short_errors(home, monkeypatch):
    monkeypatch.setattr(sys, 'displayhook', sys.displayhook)
    shell = InteractiveShell()
    shell.run_line_magic('load_ext', 'awlike')
    with capture_output() as shown:
        shell.run_cell('print(RawScienceFrame.__name__, ReduceTask.__name__); bool(RawScienceFrame.EXPTIME > 1)')
    assert shown.stdout.startswith('RawScienceFrame ReduceTask\nQueryError: ') and 'Traceback' not in shown.stdout


# --- how results are shown ---

def test_an_object_shows_what_it_is_and_in_a_list_its_name(night, shell, capsys):
    shell.run_cell('raw = RawScienceFrame.select_all()[0]')
    shell.run_cell('raw')
    shown = capsys.readouterr().out
    assert 'what it is\n  instrument ' in shown and '360 s' in shown and '\nfile\n' not in shown
    shell.run_cell('[raw, raw]')
    assert capsys.readouterr().out == '[<{0}>, <{0}>]\n'.format(RawScienceFrame.select_all()[0]).replace(', ', ',\n ')


@pytest.mark.parametrize('typed', ['RawScienceFrame.select_all()', 'raw', 'raw.lineage()', 'ReduceTask("OMEGACAM").plan()',
                                   'impact(raw)', 'RawScienceFrame.select_all().explain()', 'raw.info()'])
def test_at_a_terminal_it_is_in_colour_and_repr_is_plain(night, shell, capsys, monkeypatch, typed):
    shell.run_cell('raw = RawScienceFrame.select_all()[0]', silent=True)
    shell.run_cell(typed)
    plain = capsys.readouterr().out
    assert '\x1b' not in plain
    monkeypatch.setenv('TERM', 'xterm')
    monkeypatch.setenv('COLUMNS', '120')
    monkeypatch.delenv('NO_COLOR', raising=False)
    monkeypatch.setattr('awlike.terminal._is_terminal', lambda: True)
    shell.run_cell(typed)
    painted = capsys.readouterr().out
    assert '\x1b[' in painted and '\x1b' not in shell.ev(f'repr({typed})')
    assert re.sub(r'\x1b\[[\d;]*m', '', painted).split() == plain.split()


# --- looking into an error ---


@pytest.fixture
def debug(shell, monkeypatch, capsys):
    """Return the output of ``%debug`` for the commands that are typed into it."""
    def debug(*typed):
        monkeypatch.setattr('sys.stdin', io.StringIO('\n'.join([*typed, 'q', ''])))
        monkeypatch.setattr(shell.InteractiveTB, 'pdb', InterruptiblePdb(stdin=sys.stdin, stdout=sys.stdout))
        capsys.readouterr()
        shell.debugger(force=True)
        return capsys.readouterr().out

    return debug


def test_debug_goes_to_the_place_of_the_last_error(shell, debug):
    shell.run_cell('1 / 0')
    shell.run_cell('context.set_project("NONE")')
    shown = debug('p name', 'where')
    assert "'NONE'" in shown and 'people.py' in shown and 'set_project' in shown and 'ZeroDivision' not in shown


def test_pdb_on_opens_it_each_time(shell, monkeypatch):
    opened = []
    monkeypatch.setattr(shell.InteractiveTB, 'debugger', lambda force: opened.append(force))
    shell.run_cell('context.set_project("NONE")')
    assert opened == []
    shell.call_pdb = True
    shell.run_cell('context.set_project("NONE")')
    assert opened == [True]


def test_xmode_verbose_shows_it_all(shell, capsys):
    shell.run_line_magic('xmode', 'Verbose')
    shell.run_cell('context.set_project("NONE")')
    shown = capsys.readouterr().out
    assert 'Traceback (most recent call last)' in shown and 'people.py' in shown


def test_an_interruption_is_a_word(shell, capsys):
    shell.run_cell('raise KeyboardInterrupt')
    assert capsys.readouterr().out == 'KeyboardInterrupt\n'


def test_the_name_of_an_error_is_red_at_a_terminal_alone(shell, monkeypatch):
    shell.colors = 'linux'
    assert _marked(shell, 'NotFound') == 'NotFound', 'the output is captured, no terminal'
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: True, raising=False)
    assert _marked(shell, 'NotFound') == '\x1b[1;31mNotFound\x1b[0m'
    monkeypatch.setenv('NO_COLOR', '1')
    assert _marked(shell, 'NotFound') == 'NotFound'


def test_a_mistyped_argument_is_told_in_a_line(shell, capsys):
    shell.run_cell('ReduceTask(instrumnt="OMEGACAM")')
    shown = capsys.readouterr().out
    assert shown.startswith("ParameterError: ReduceTask has no argument 'instrumnt' (did you mean instrument?)")
    assert shown.count('\n') == 1
