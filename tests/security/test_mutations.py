"""Each rule in the database that is taken away or weakened is missed: the attacks on it get through, and the tests say so."""

import pytest

from tests.security import test_allowed as allowed
from tests.security import test_arrivals as arrivals
from tests.security import test_catalogue as catalogue
from tests.security import test_counting as counting
from tests.security import test_grades as grades
from tests.security import test_header_cards as cards
from tests.security import test_lasting as lasting
from tests.security import test_membership as membership
from tests.security import test_reading as reading
from tests.security import test_writing as writing
from tests.security.world import NOW

pytestmark = pytest.mark.slow
MEMBER = 'project_id = ANY ((SELECT awlike.projects())::uuid[])'
ME = '(SELECT awlike.user_id())'


ANY_ARRIVAL = ('ALTER POLICY made ON arrival WITH CHECK (arrival.user_id = (SELECT awlike.user_id()) '
               'AND awlike.stays_member(arrival.project_id))')
ANY_OFFER = 'DROP TRIGGER accepted ON project_member'


def attack(name):
    return lambda world: writing.test_nothing_is_changed(world, name)


def read(way, user='carl'):
    return lambda world: reading.test_nothing_hidden_is_read(world, user, way)


def seen(user='bob'):
    return lambda world: reading.test_each_sees_the_objects_that_the_rules_say_and_their_rows_everywhere(world, user)


def told(user='carl'):
    return lambda world: reading.test_no_table_tells_of_what_is_hidden(world, user)


def may(user):
    return lambda world: allowed.test_each_object_is_judged_published_and_deleted_by_those_whom_the_rules_allow(world, user)


def unnamed(user):
    return lambda world: allowed.test_without_naming_any_one_changes_those_that_one_may(world, user)


def wrong_arrival(wrong):
    return lambda world: arrivals.test_what_is_forged_or_too_long_is_refused(world, wrong)


def counted(table, column, user='dan'):
    def test(world):
        with world.connect(None) as administrator:
            administrator.execute('ANALYZE')
        counting.test_a_hidden_text_is_not_found_by_what_is_told_of_the_work(world, user, table, column)
    return test


MUTATIONS = {
    'objects without row security': ('ALTER TABLE dbobject DISABLE ROW LEVEL SECURITY', read('whole rows')),
    'lineage without row security': ('ALTER TABLE lineage DISABLE ROW LEVEL SECURITY',
                                     catalogue.test_every_table_has_row_security),
    'members see level 1': (
        f'ALTER POLICY seen ON dbobject USING (privileges >= (SELECT awlike.open_level()) OR {MEMBER})', seen('ada')),
    'objects seen by a condition that costs something': (
        'ALTER POLICY seen ON dbobject USING (awlike.audience(privileges, project_id, creator_id) '
        '= ANY ((SELECT awlike.audiences())::uuid[]))', counted('dbobject', 'filename')),
    'objects seen by a function that costs something': (
        'ALTER FUNCTION awlike.is_for(integer, uuid, uuid, uuid[]) COST 100', counted('dbobject', 'digest')),
    'rows of a class seen by a function that costs something': (
        'ALTER FUNCTION awlike.sees(uuid) COST 100', counted('raw_fits', 'original_name')),
    'jobs seen by a function that costs something': (
        'ALTER FUNCTION awlike.is_my_job(uuid) COST 100', counted('job_log', 'text')),
    'recipes seen by a function that costs something': (
        'ALTER FUNCTION awlike.sees_recipe(uuid, text, text) COST 100', counted('recipe_source', 'source')),
    'an index on names': ('CREATE INDEX ON dbobject (filename)', counted('dbobject', 'filename')),
    'an index on keys of claims': ('CREATE INDEX ON claim (key)', counted('claim', 'key')),
    'statistics of names': ('ALTER TABLE dbobject ALTER COLUMN filename SET STATISTICS 100', counted('dbobject', 'filename')),
    'a seal that leaks nothing, it is said': (
        'ALTER FUNCTION awlike.sealed(text) LEAKPROOF', counted('dbobject', 'filename')),
    'rows of classes seen by all': (
        "CREATE OR REPLACE FUNCTION awlike.sees(object uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true'", seen('dan')),
    'recipes seen by a digest that one chooses': (
        """CREATE OR REPLACE FUNCTION awlike.sees_recipe(owner uuid, recipe text, source_digest text) RETURNS boolean
           LANGUAGE sql AS 'SELECT owner = awlike.user_id() OR EXISTS (
               SELECT FROM public.dbobject o WHERE o.digest = source_digest)'""",
        reading.test_the_source_of_a_recipe_is_read_by_those_who_see_a_product_of_it_and_by_nobody_else),
    'what was deleted is forgotten': (
        'DROP TRIGGER deleted ON dbobject',
        lambda world: lasting.test_what_was_deleted_leaves_its_id_and_the_name_of_its_file_to_nobody(
            world, False, 'id', 'Blend')),
    'dates as one likes': (
        'DROP TRIGGER inserted ON dbobject',
        lambda world: lasting.test_a_date_of_making_is_that_of_the_clock(world, "interval '-23 hours'")),
    'values of any shape': (
        'ALTER TABLE dbobject DROP CONSTRAINT shape_of_quality',
        lambda world: lasting.test_values_of_another_shape_do_not_come_in(world, 'quality', '[1]')),
    'turns for everybody': (
        'GRANT ALL ON awlike.turn TO PUBLIC', lasting.test_without_an_account_nobody_takes_a_turn_or_keeps_others_from_theirs),
    'anonymous sees level 3': ("CREATE OR REPLACE FUNCTION awlike.open_level() RETURNS integer LANGUAGE sql AS 'SELECT 3'",
                               seen('anonymous')),
    'any creator': (f'ALTER POLICY made ON dbobject WITH CHECK ({MEMBER} AND privileges BETWEEN 1 AND 5)',
                    attack('forge: the creator')),
    'any project': (f'ALTER POLICY made ON dbobject WITH CHECK (creator_id = {ME})', attack('forge: a project of others')),
    'any level to begin with': (f'ALTER POLICY made ON dbobject WITH CHECK (creator_id = {ME} AND {MEMBER})',
                                attack('forge: a level above the maximum of the project')),
    'any date': (f'ALTER POLICY made ON dbobject WITH CHECK (creator_id = {ME} AND {MEMBER})', attack('forge: an old date')),
    'any file name': ('CREATE OR REPLACE FUNCTION awlike.is_plain_name(name text) RETURNS boolean LANGUAGE sql '
                      "AS 'SELECT true'",
                      attack('forge: a file name that leads elsewhere')),
    'owners change what they do not see': (
        'ALTER POLICY changed ON dbobject USING (creator_id = (SELECT awlike.user_id()) '
        f'OR project_id = ANY ((SELECT awlike.owned_projects())::uuid[]) OR privileges >= 2 AND {MEMBER})', unnamed('ada')),
    'no maximum of projects': ('ALTER POLICY changed ON dbobject WITH CHECK (is_valid BETWEEN 0 AND 2)',
                               attack('raise: above the maximum of the project')),
    'all columns can be changed': ('GRANT UPDATE ON dbobject TO PUBLIC', attack('change: creation_date of ones own')),
    'raw data is deleted': (f'ALTER POLICY deleted ON dbobject USING (privileges <= 2 AND creator_id = {ME})', may('bob')),
    'what is published is deleted': (
        f'ALTER POLICY deleted ON dbobject USING (creator_id = {ME} AND awlike.is_my_product(object_id))', may('bob')),
    'what others made is deleted': ('ALTER POLICY deleted ON dbobject USING (privileges <= 2)', may('ada')),
    'what is used is deleted': ('ALTER TABLE lineage DROP CONSTRAINT fk_lineage_input', may('bob')),
    'changes are not kept, and go down': ('DROP TRIGGER changed ON dbobject', attack('raise: down')),
    'products above their inputs': ('DROP TRIGGER published ON dbobject', attack('raise: a product above its inputs')),
    'lineage that is not looked at in the end': ('DROP TRIGGER "A_made_now" ON lineage',
                                                 attack('lineage: from what its audience cannot see')),
    'lineage of what exists': ('ALTER POLICY made ON lineage WITH CHECK (true); DROP TRIGGER "A_made_now" ON lineage',
                               attack('lineage: of what exists')),
    'lineage seen by all': ('ALTER POLICY seen ON lineage USING (true)', seen()),
    'history seen by all': ('ALTER POLICY seen ON history USING (true)', seen()),
    'history written by all': ('GRANT INSERT ON history TO PUBLIC; CREATE POLICY w ON history FOR INSERT WITH CHECK (true)',
                               attack('history: is not forged with a number')),
    'the trigger of the history for all': (
        "GRANT EXECUTE ON FUNCTION awlike.changed() TO PUBLIC",
        lambda world: catalogue.test_no_trigger_of_ours_can_be_hung_on_another_table(world, 'bob')),
    'grades seen by all': ('ALTER POLICY seen ON grade USING (true)', told()),
    'grades seen by a condition that costs something': (
        'ALTER POLICY seen ON grade USING (EXISTS (SELECT FROM dbobject o WHERE o.object_id = grade.object_id))',
        counted('grade', 'comment')),
    'an index on comments': ('CREATE INDEX ON grade (comment)', counted('grade', 'comment')),
    'grades by anybody': ('ALTER POLICY made ON grade WITH CHECK (true)',
                          lambda world: grades.test_a_grader_is_not_forged(world, 'ada')),
    'grades of what others judge': (f'ALTER POLICY made ON grade WITH CHECK (user_id = {ME})',
                                    lambda world: grades.test_one_grades_what_one_may_judge(world, 'dan')),
    'dates of grades as anybody likes': (
        'DROP TRIGGER graded ON grade',
        lambda world: grades.test_date_and_digest_are_those_of_the_database(world, f"{NOW} - interval '1 year'")),
    'grades changed by all': (
        'GRANT UPDATE ON grade TO PUBLIC; CREATE POLICY w ON grade FOR UPDATE USING (true)',
        lambda world: grades.test_nobody_changes_or_removes_a_grade(world, 'bob', "UPDATE grade SET comment = ''")),
    'cards seen by all': ('ALTER POLICY seen ON header_card USING (true)', told()),
    'cards of everybody are seen by nobody': (
        'ALTER POLICY seen ON header_card USING (false)',
        lambda world: cards.test_a_card_is_seen_with_what_it_belongs_to(world, 'bob')),
    'cards seen by a condition that costs something': (
        'ALTER POLICY seen ON header_card USING (EXISTS (SELECT FROM dbobject o WHERE o.object_id = header_card.object_id))',
        counted('header_card', 'text')),
    'an index on cards': ('CREATE INDEX ON header_card (text)', counted('header_card', 'text')),
    'statistics of cards': ('ALTER TABLE header_card ALTER COLUMN text SET STATISTICS 100', counted('header_card', 'text')),
    'cards of what is there': (
        'ALTER POLICY made ON header_card WITH CHECK (awlike.sees(header_card.object_id))',
        lambda world: cards.test_nobody_adds_changes_or_removes_a_card_of_what_is_there(world, 'ada', cards.NEW)),
    'cards changed by all': (
        'GRANT UPDATE ON header_card TO PUBLIC; CREATE POLICY w ON header_card FOR UPDATE USING (true)',
        lambda world: cards.test_nobody_adds_changes_or_removes_a_card_of_what_is_there(
            world, 'ada', "UPDATE header_card SET text = 'x'")),
    'arrivals seen by all': ('ALTER POLICY seen ON arrival USING (true)', told('dan')),
    'arrivals seen by a condition that costs something': (
        'ALTER POLICY seen ON arrival USING (EXISTS (SELECT FROM project_member m WHERE m.project_id = arrival.project_id '
        f'AND m.user_id = {ME}))', counted('arrival', 'path')),
    'an index on paths': ('CREATE INDEX ON arrival (path)', counted('arrival', 'path')),
    'arrivals under the names of others': (
        'ALTER POLICY made ON arrival WITH CHECK (awlike.stays_member(arrival.project_id))', wrong_arrival({'by': 'ada'})),
    'arrivals in any project': (
        f'ALTER POLICY made ON arrival WITH CHECK (arrival.user_id = {ME})',
        lambda world: arrivals.test_one_notes_under_ones_own_name_in_ones_own_project(world, 'dan')),
    'arrivals of any outcome': (ANY_ARRIVAL, wrong_arrival({'outcome': 'lost'})),
    'arrivals of any length': (ANY_ARRIVAL, wrong_arrival({'path': "repeat('x', 5000)"})),
    'arrivals of any date': (ANY_ARRIVAL, wrong_arrival({'date': f"{NOW} - interval '2 days'"})),
    'arrivals changed by all': (
        'GRANT UPDATE ON arrival TO PUBLIC; CREATE POLICY w ON arrival FOR UPDATE USING (true)',
        lambda world: arrivals.test_nobody_changes_or_removes_a_row(world, 'bob', "UPDATE arrival SET reason = 'x'")),
    'raw files that are hidden': ('DROP TRIGGER has_raw_file ON dbobject',
                                  attack('lineage: from a raw file that its audience cannot see')),
    'rows of a class by anybody': ('ALTER POLICY made ON blend WITH CHECK (true)', attack('change: a row for what has none')),
    'rows of a class seen by all': ('ALTER POLICY seen ON raw_fits USING (true)', seen('dan')),
    'members admit members': (f'ALTER POLICY made ON project_member WITH CHECK ({MEMBER}); ' + ANY_OFFER,
                              attack('people: another, as a member who is not the owner')),
    'anybody is a member': ('ALTER POLICY made ON project_member WITH CHECK (true); ' + ANY_OFFER,
                            attack('people: oneself into a project')),
    'owners admit whom they like': (
        'ALTER POLICY made ON project_member WITH CHECK (project_id = ANY ((SELECT awlike.owned_projects())::uuid[])); '
        + ANY_OFFER,
        attack('people: another into ones own project, unasked')),
    'members are removed by members': (f'ALTER POLICY ended ON project_member USING ({MEMBER})',
                                       attack('people: another out of a project of others')),
    'invitations by anybody': ('ALTER POLICY made ON project_offer WITH CHECK (true)',
                               attack('people: an invitation of oneself')),
    'sources by anybody': ('ALTER POLICY made ON project_source WITH CHECK (true)',
                           attack('people: a source of a project of others')),
    'sources by members': (f'ALTER POLICY made ON project_source WITH CHECK ({MEMBER})',
                           attack('people: a source, as a member who is not the owner')),
    'settings by anybody': ('ALTER POLICY made ON project_setting WITH CHECK (true)',
                            attack('people: a setting of a project of others')),
    'settings by members': (f'ALTER POLICY made ON project_setting WITH CHECK ({MEMBER})',
                            attack('people: a setting, as a member who is not the owner')),
    'selections by anybody': ('ALTER POLICY made ON saved_selection WITH CHECK (true)',
                              attack('people: a selection of a project of others')),
    'selections are seen by all': ('ALTER POLICY seen ON saved_selection USING (true)',
                                   membership.test_selections_are_of_the_members_alone),
    'uses of any selection': ('ALTER POLICY made ON selection_use WITH CHECK (true)',
                              attack('people: a use of a selection of others in ones own project')),
    'uses are seen by all members': ('ALTER POLICY seen ON selection_use USING (true)',
                                     membership.test_selections_are_of_the_members_alone),
    'who left deletes': ('DROP POLICY by_members_away ON dbobject; DROP TRIGGER deleted_by_member ON dbobject',
                         membership.test_who_left_changes_nothing_of_the_project),
    'who left changes': ('DROP POLICY by_members ON dbobject', membership.test_who_left_changes_nothing_of_the_project),
    'memberships end and nothing follows': (
        'DROP TRIGGER membership ON project_member', membership.test_who_left_sees_no_product_without_its_inputs),
    'projects of others': ('ALTER POLICY made ON project WITH CHECK (true)', attack('people: a project of another')),
    'accounts by anybody': ('GRANT INSERT ON "user" TO PUBLIC; CREATE POLICY w ON "user" FOR INSERT WITH CHECK (true)',
                            attack('people: an account')),
    'references by any id': ('ALTER POLICY made ON instrument WITH CHECK (true)',
                             attack('references: an instrument with the id of one to come')),
    'jobs seen by all': ('ALTER POLICY own ON job USING (true)', told()),
    'logs seen by all': ('ALTER POLICY own ON job_log USING (true)', told()),
    'claims seen by all': ('ALTER POLICY seen ON claim USING (true)', told()),
    'claims for anybody': ('ALTER POLICY made ON claim WITH CHECK (true)', attack('work: a claim for another')),
    'claims on the files of others': ('DROP TRIGGER claimed ON claim',
                                      lambda world: writing.test_no_claim_makes_others_remove_the_file_of_an_object(world, 3)),
    'recipes seen by all': ('ALTER POLICY seen ON recipe_source USING (true)', told()),
    'files dropped by anybody': (f'ALTER POLICY made ON dropped_file WITH CHECK (user_id = {ME})',
                                 attack('work: the file of another as purged')),
    'a setting is trusted': (
        'CREATE OR REPLACE FUNCTION awlike.account_name() RETURNS text LANGUAGE sql STABLE AS '
        "$$ SELECT coalesce(nullif(current_setting('awlike.account_name', true), ''), session_user::text) $$",
        read('by settings of our own')),
    'names are looked for where the caller says': ('ALTER FUNCTION awlike.user_id() RESET search_path',
                                                  catalogue.test_functions_with_more_rights_than_their_caller_find_nothing_of_the_callers),
    'everybody makes things in public': ('GRANT CREATE ON SCHEMA public TO PUBLIC', attack('made: a table in public')),
}


def test_the_tests_hold_on_what_is_not_weakened(world):
    for _, test in MUTATIONS.values():
        test(world)


@pytest.mark.parametrize('mutation', MUTATIONS)
def test_what_is_weakened_is_missed(world, mutation):
    statement, test = MUTATIONS[mutation]
    with world.connect(None) as administrator:
        administrator.execute(statement)
    world.before, before = world.snapshot(), world.before
    try:
        with pytest.raises(AssertionError):
            test(world)
    finally:
        world.before = before
        world.restore()
