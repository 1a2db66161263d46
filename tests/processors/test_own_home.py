"""Homes in folders of data: what counts of them, and what must not."""

import pytest

from awlike.config import settings
from awlike.errors import NotAllowed
from awlike.processors.own_home import existing_home, home_in, own_home
from awlike.tasks.known import tasks

CODE = 'from pathlib import Path\nPath(__file__).with_name("ran").touch()\n'


def test_a_folder_of_data_runs_no_code(home, tmp_path):
    strange = tmp_path / 'input/.awlike'
    (strange / 'recipes').mkdir(parents=True)
    (strange / 'recipes/evil.py').write_text(CODE)
    (strange / 'awlike.db').touch()
    assert home_in(tmp_path / 'input') == strange
    for work in (existing_home, own_home):
        with pytest.raises(NotAllowed, match='recipes.*AWLIKE_HOME'), work(strange):
            tasks()
    assert not (strange / 'recipes/ran').exists()


def test_recipes_of_the_user_count_in_a_home_of_a_run_and_afterwards(home, tmp_path):
    mine = settings().home / 'recipes'
    mine.mkdir()
    (mine / 'own.py').write_text(CODE)
    for work in (own_home, existing_home):
        with work(tmp_path / 'output/.awlike'):
            assert settings().home == tmp_path / 'output/.awlike' and tasks()
    assert (mine / 'ran').exists()
