"""An archive that version 0.1.0 made: a night that needs every correction, the database alone, without its files."""

import gzip
import importlib.util
import json
import sqlite3
from pathlib import Path

import pytest

from awlike.context import context
from awlike.database import upgrade
from awlike.database.sessions import database, use
from awlike.errors import ConfigError
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.weight import WeightFrame
from awlike.products.code_digest import code_digest
from awlike.products.product import ProcessTarget
from awlike.products.raw import RawFrame
from awlike.query.properties import classes
from awlike.tasks.known import tasks
from tests import paper
from tests.cli.conftest import process
from tests.database.test_migrations import as_owner

ARCHIVE = Path(__file__).with_name('made_by_0_1_0.sql.gz')


def revision():
    """The revision that writes the digests of code anew."""
    path, = (upgrade.FOLDER / 'versions').glob('0002_*.py')
    spec = importlib.util.spec_from_file_location('revision_0002', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def archive(home):
    """The archive of version 0.1.0, in use."""
    use(None)
    with sqlite3.connect(home / 'awlike.db') as connection:
        connection.executescript(gzip.decompress(ARCHIVE.read_bytes()).decode())
    return database


def unchanged():
    """The classes whose code is still that of revision 0002."""
    return [classes[name] for name, (_, digest) in revision().DIGESTS.items() if code_digest(classes[name]) == digest]


@pytest.mark.sqlite
def test_it_asks_for_the_upgrade(archive):
    with pytest.raises(ConfigError, match='is of version 0001, and this awlike needs .*: back it up, then bring it there by '
                                          'awe db upgrade'):
        len(ProcessTarget.select_all())


@pytest.mark.sqlite
def test_after_the_upgrade_each_product_has_the_digest_of_the_code_that_makes_it(archive):
    upgrade.upgrade(database(), tell=lambda _: None)
    digests = {name: now for name, (_, now) in revision().DIGESTS.items()}
    products = list(ProcessTarget.select_all())
    assert len(products) == 54 and {type(one).__name__ for one in products} == set(digests)
    assert all(one.code_digest == digests[type(one).__name__] for one in products)


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.parametrize('step', ['Gain', 'Fringe', 'Illumination', 'Reduce'])
def test_after_the_upgrade_nothing_is_stale_whose_code_is_what_it_was(archive, step):
    upgrade.upgrade(database(), tell=lambda _: None)
    context.set_project('TEST')
    plan = tasks()[step]('OMEGACAM', commit=True, rebuild='stale').plan()
    same = unchanged()
    own = [one for one in plan.to_make if one.reason == 'code differs' and not one.why.path]  # and not that of an input
    assert plan.targets and not [str(one) for one in own if one.cls in same]
    if len(same) == len(revision().DIGESTS):
        assert not plan.to_make and not plan.failed


@pytest.mark.slow
@pytest.mark.sqlite
def test_after_the_upgrade_frames_have_no_setup_and_awlike_says_how_they_get_one(archive):
    number = 'raw frames have no setup, or no name of the exposure: awe db setups reads them from the stored files'
    assert number not in process('db', 'upgrade', '--dry-run').stdout
    done = process('db', 'upgrade')
    assert {'table setup of Setup', 'column dbobject.setup_id', 'column dbobject.TEMPERATURE'} <= set(done.stdout.splitlines())
    assert f'{len(RawFrame.select_all())} {number}\n' in done.stdout and done.returncode == 0
    assert len(RawFrame.setup == None) == len(RawFrame.TEMPERATURE == None) == len(RawFrame.select_all())  # noqa: E711
    assert 'no setup' not in process('db', 'upgrade').stdout
    done = process('db', 'setups', '--json')
    assert done.returncode == 1 and json.loads(done.stdout)['failed'], 'the archive comes without its files'


def test_digests_of_code_are_written_anew_on_every_database(project):
    before, now = revision().DIGESTS['BiasFrame']
    bias = paper.bias(code_digest=before)
    other = paper.hot(bias, code_digest='another')
    with as_owner() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    upgrade.upgrade(database(), tell=lambda _: None)
    use(None)
    assert type(bias).get(bias.object_id).code_digest == now and type(other).get(other.object_id).code_digest == 'another'
    assert context.history(bias) == []


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.parametrize('step', ['Gain', 'Fringe', 'Illumination', 'Reduce'])
def test_after_the_upgrade_everything_holds_as_long_as_nobody_asks_for_new_code(archive, step):
    """But for weights made with a dark: they lack the raw frame, which says which pixels are too hot in the dark."""
    upgrade.upgrade(database(), tell=lambda _: None)
    context.set_project('TEST')
    plan = tasks()[step]('OMEGACAM', commit=True).plan()
    assert all('raw' in str(one) or one.reason == 'missing' for one in plan.to_make if one.cls is WeightFrame), str(plan)
    assert {one.cls for one in plan.to_make} == ({WeightFrame, ReducedScienceFrame} if step == 'Reduce' else set())
    assert plan.targets and not plan.failed, str(plan)
