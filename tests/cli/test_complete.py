"""Completion in a shell: quick, from the database as it is, and silent when there is none."""

import os
import subprocess
import sys

import pytest

from awlike import RawBiasFrame
from awlike.cli import complete
from awlike.config import settings
from awlike.database import sessions
from awlike.tasks.known import standard_tasks


def offered(*words, home):
    """Return the completions of the last of `words` in bash."""
    done = subprocess.run([sys.executable, '-c', 'from awlike.cli import main; main()'], capture_output=True, text=True,
                          cwd=home,
                          env=os.environ | {'COMP_WORDS': ' '.join(['awe', *words]), 'COMP_CWORD': str(len(words)),
                                            '_AWE_COMPLETE': 'complete_bash', '_TYPER_COMPLETE_ARGS': ''})
    return done.stdout.split()


@pytest.mark.slow
def test_a_shell_asks_for_commands_options_and_values(night, home):
    assert offered('ing', home=home) == ['ingest'] and '--rebuild' in offered('run', '--', home=home)
    assert offered('run', 'Reduce', '--chip', 'ESO', home=home) == ['ESO_CCD_#65']
    assert offered('list', 'RawB', home=home) == ['RawBiasFrame']


def test_values_of_the_database(night):
    assert complete.instruments('') == ['OMEGACAM'] and complete.instruments('x') == []
    assert complete.chips('ESO') == ['ESO_CCD_#65'] and complete.filters('r_') == ['r_SDSS']
    assert complete.projects('T') == ['TEST']
    assert complete.kinds('Raw') == ['RawBiasFrame', 'RawDomeFlatFrame', 'RawFits', 'RawScienceFrame', 'RawTwilightFlatFrame']
    name = RawBiasFrame.select_all()[0].filename
    assert complete.filenames(name[:-8]) == [name] and complete.filenames('') == []
    assert complete.filenames("'; DROP TABLE dbobject; --") == []


def test_steps_also_of_a_chain_and_of_ones_own(home):
    assert complete.steps('') == sorted(standard_tasks())
    assert complete.steps('Bias>Re') == ['Bias>ReadNoise', 'Bias>Reduce', 'Bias>Regrid']
    (home / 'recipes').mkdir()
    (home / 'recipes/mine.py').write_text('class MineTask(Task):\n    pass\n')
    assert complete.steps('Mi') == ['Mine']


def test_without_a_database_there_is_silence_and_none_is_made(home):
    assert complete.instruments('') == [] and complete.steps('Redu') == ['Reduce']
    assert not list(home.iterdir())


@pytest.mark.parametrize('content', [b'', b'no database' * 100])
def test_a_damaged_database_is_silence(home, content):
    (home / 'awlike.db').write_bytes(content)
    assert complete.chips('') == []


def test_settings_without_meaning_are_silence(home):
    (home / 'awlike.toml').write_text('nonsense')
    settings.cache_clear()
    assert complete.projects('') == [] and complete.steps('Redu') == ['Reduce']


def test_a_database_that_somebody_writes_to_answers(night):
    with sessions.database().transaction():
        assert complete.instruments('') == ['OMEGACAM']
