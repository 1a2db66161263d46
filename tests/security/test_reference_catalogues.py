"""Reference catalogues, by plain SQL: read by every role, added under free names, removed by their adder, kept for lineage."""

import pytest

from tests.security.world import ACCOUNTS, ANONYMOUS, NOW, edge, new

OBJECT = ('INSERT INTO dbobject (object_id, class_name, creation_date, creator_id, project_id, privileges, is_valid, '
          "quality_flags, digest, filename) VALUES ('{{new}}', '{}', " + NOW + ", '{{{}}}', {}, {}, 1, 0, 'd', 'stars.fits')")
ROW = ("INSERT INTO reference_catalogue (object_id, name, version, number, bands, files) "
       "VALUES ('{{new}}', '{}', {}, 1, '[\"g\"]', '[]')")


def added(by='bob', name='GAIA', version=1, cls='ReferenceCatalogue', project='NULL', level=4):
    """The statements that add a catalogue."""
    return 'BEGIN', OBJECT.format(cls, by, project, level), ROW.format(name, version), 'COMMIT'


@pytest.fixture
def gaia(world):
    """A catalogue that bob added; gone again in the end."""
    assert world.attack('bob', *added()).error is None
    yield world.names['new']
    with world.connect(None) as administrator:
        administrator.execute("DELETE FROM lineage WHERE input IN (SELECT object_id FROM reference_catalogue); "
                              "DELETE FROM dbobject WHERE class_name = 'ReferenceCatalogue'; DELETE FROM awlike.gone")


def there(world):
    return [name for name, in world.ask('SELECT name FROM reference_catalogue')]


@pytest.mark.parametrize('user', [*ACCOUNTS, ANONYMOUS])
def test_every_role_reads_it(world, gaia, user):
    outcome = world.run(user, 'SELECT name FROM reference_catalogue JOIN dbobject USING (object_id)')
    assert outcome.rows == [[('GAIA',)]]


@pytest.mark.parametrize('user, statements', [
    ('bob', added(cls='Blend')), ('bob', added(by='ada')), ('bob', added(level=5)), ('bob', added(level=2)),
    (ANONYMOUS, added()), (ANONYMOUS, added(by=ANONYMOUS)), ('bob', added(cls='RawBiasFrame'))])
def test_nothing_else_goes_without_a_project(world, user, statements):
    outcome = world.attack(user, *statements)
    assert 'row-level security' in str(outcome.error) and there(world) == []


def test_a_name_is_its_adders(world, gaia):
    other = [statement.replace('{new}', '{nothing}').replace('stars', 'more') for statement in added('carl', version=2)]
    assert 'row-level security' in str(world.attack('carl', *other).error) and there(world) == ['GAIA']


@pytest.mark.parametrize('user', ['ada', 'carl', 'dan', ANONYMOUS])
@pytest.mark.parametrize('statement', [
    "DELETE FROM dbobject WHERE object_id = '{new}'", "UPDATE dbobject SET is_valid = 0 WHERE object_id = '{new}'",
    "DELETE FROM reference_catalogue", "UPDATE reference_catalogue SET name = 'MINE'"])
def test_others_neither_remove_nor_judge_nor_rename_it(world, gaia, user, statement):
    outcome = world.attack(user, statement)
    assert outcome.error is not None or outcome.counts == [0]
    assert world.ask('SELECT is_valid, name FROM dbobject JOIN reference_catalogue USING (object_id)') == [(1, 'GAIA')]


@pytest.mark.parametrize('statement', ["UPDATE dbobject SET privileges = 5 WHERE object_id = '{new}'",
                                       "UPDATE dbobject SET privileges = 1 WHERE object_id = '{new}'",
                                       "UPDATE reference_catalogue SET name = 'OTHER'"])
def test_its_adder_neither_hides_nor_renames_it(world, gaia, statement):
    outcome = world.attack('bob', statement)
    assert outcome.error is not None or outcome.counts == [0]
    assert world.ask("SELECT privileges, name FROM dbobject JOIN reference_catalogue USING (object_id)") == [(4, 'GAIA')]


@pytest.mark.parametrize('user', [*ACCOUNTS, ANONYMOUS])
def test_everybody_knows_the_administrators_and_no_account_is_one(world, user):
    (found,), = world.run(user, 'SELECT awlike.administrators()').rows[0]
    assert len(found) == 1 and not set(found) & {world.names[one] for one in ACCOUNTS}


def test_its_adder_judges_and_removes_it(world, gaia):
    assert world.attack('bob', "UPDATE dbobject SET is_valid = 0 WHERE object_id = '{new}'").counts == [1]
    assert world.attack('bob', "DELETE FROM dbobject WHERE object_id = '{new}'").counts == [1] and there(world) == []


def test_nobody_removes_what_lineage_names_also_where_the_product_is_hidden(world, gaia):
    made = world.attack('carl', 'BEGIN', edge('{nothing}', '{new}', role='reference'),
                        new('{nothing}', creator='{carl}', project='{GAMMA}', level='1'), 'COMMIT')
    assert made.error is None
    assert 'fk_lineage_input' in str(world.attack('bob', "DELETE FROM dbobject WHERE object_id = '{new}'").error)
    assert there(world) == ['GAIA']
    with world.connect(None) as administrator:
        administrator.execute(f"DELETE FROM dbobject WHERE object_id = '{world.names['nothing']}'")


@pytest.mark.parametrize('column', ['"DATE_OBS"', 'timestamp_start', 'timestamp_end'])
@pytest.mark.parametrize('instant', ['infinity', '0044-03-15 BC'])
def test_it_has_no_date_that_would_keep_everybody_from_reading_it(world, column, instant):
    begin, put, beside, _ = added()
    dated = put.replace('filename)', f'filename, {column})').replace("'stars.fits')", f"'stars.fits', '{instant}')")
    assert 'row-level security' in str(world.attack('bob', begin, dated, beside, 'COMMIT').error) and there(world) == []


@pytest.mark.parametrize('column', ['timestamp_start', 'timestamp_end'])
def test_its_adder_gives_it_no_date_later(world, gaia, column):
    outcome = world.attack('bob', f"UPDATE dbobject SET {column} = 'infinity' WHERE object_id = '{{new}}'")
    assert 'row-level security' in str(outcome.error)
    assert world.ask(f"SELECT {column} FROM dbobject JOIN reference_catalogue USING (object_id)") == [(None,)]


@pytest.mark.parametrize('level', ['1', '2', '4'])
@pytest.mark.parametrize('cls', ['Blend', 'ReferenceCatalogue'])
def test_no_object_of_a_project_takes_a_name(world, cls, level):
    outcome = world.attack('bob', 'BEGIN', new(class_name=cls, level=level), ROW.format('GAIA', 1), 'COMMIT')
    assert 'row-level security' in str(outcome.error) and there(world) == []
    world.stands_as_before()


@pytest.mark.parametrize('name', ['GAIA@2', 'a b', '', 'x' * 61, '../x', '--help', '.x', 'Gäia', 'GAIA\n', 'GAIA\x1b[2J'])
def test_a_name_is_one_by_which_it_can_be_asked_for(world, name):
    assert 'row-level security' in str(world.attack('bob', *added(name=name)).error) and there(world) == []


@pytest.mark.parametrize('column, values', [
    ('number', ['NULL', '0', '-5']), ('version', ['NULL', '0']), ('fastest', ["'nan'", "'infinity'", '-1']),
    ('bands', ['NULL', "'5'", "'null'", """'"gr"'""", "'[1]'", "'[null]'", "'[[]]'", """'{{"a": 1}}'"""]),
    ('files', ['NULL', "'5'", "'[5]'", "'[null]'", """'{{"a": 1}}'"""])])
def test_it_says_of_itself_what_the_list_for_everybody_shows(world, column, values):
    begin, put, _, commit = added()
    good = {'name': "'GAIA'", 'version': '1', 'number': '1', 'bands': "'[]'", 'files': "'[]'", 'fastest': '1'}
    for value in values:
        row = good | {column: value}
        names, said = ', '.join(row), ', '.join(row.values())
        beside = f"INSERT INTO reference_catalogue (object_id, {names}) VALUES ('{{new}}', {said})"
        assert 'row-level security' in str(world.attack('bob', begin, put, beside, commit).error), value
        assert there(world) == [], value


@pytest.mark.parametrize('without', ["'d'", "'stars.fits'"])
def test_it_has_a_file_and_a_digest(world, without):
    begin, put, beside, commit = added()
    outcome = world.attack('bob', begin, put.replace(without, 'NULL'), beside, commit)
    assert 'row-level security' in str(outcome.error) and there(world) == []
