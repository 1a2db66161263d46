"""The web, with a client in this process: a small night, ingested and reduced once, in a home of its own for each test."""

import pytest
from starlette.testclient import TestClient

from awlike.config import settings
from awlike.context import context
from awlike.ingest import ingest
from awlike.recipes.reduced import ReduceTask
from awlike.web.app import application
from awlike.web.identity import Alone, Password, Proxy
from awlike.web.logins import Logins
from awlike.web.site import Site
from tests.conftest import home_in

HOST = 'http://127.0.0.1'
SAME = {'origin': HOST, 'sec-fetch-site': 'same-origin'}


@pytest.fixture(scope='session')
def reduced_home(tmp_path_factory, small_night, on):
    """The folder of an awlike with the small night, reduced, in project TEST of ada, to be copied."""
    with home_in(tmp_path_factory.mktemp('reduced') / 'awlike', on) as folder:
        ingest(small_night, how='refer')
        ReduceTask('OMEGACAM', commit=True).execute()
    return folder


@pytest.fixture
def reduced(home, reduced_home, on, monkeypatch):
    """A small night, reduced, in project TEST, which the settings name."""
    on.copy(reduced_home, home)
    monkeypatch.setenv('AWLIKE_PROJECT', 'TEST')
    settings.cache_clear()
    context.set_project('TEST')
    return home


def browser(site, **options) -> TestClient:
    """Return a browser of its own at `site`."""
    return TestClient(application(site), base_url=HOST, follow_redirects=False, **options)


def entered(site) -> TestClient:
    """Return a browser of the person who has the token."""
    client = browser(site)
    assert client.get('/', params={'token': site.identity.token}).status_code == 303
    return client


@pytest.fixture
def site():
    """A site for one person, ada."""
    return Site(Alone('ada'))


@pytest.fixture
def web(reduced, site):
    """The browser of ada."""
    return entered(site)


def behind_proxy(user) -> TestClient:
    """Return the browser of `user`, whom a proxy names."""
    client = browser(Site(Proxy('x-remote-user', ('testclient',))))
    client.headers['x-remote-user'] = user
    return client


def with_passwords(opens) -> TestClient:
    """Return a browser at a site where `opens` says which passwords are right."""
    return browser(Site(Password(Logins(opens))))
