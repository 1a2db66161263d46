"""Quality, grades and selections in a browser: what is shown, who grades, and what is refused."""

import datetime

import pytest

from awlike.context import context
from awlike.frames.raw import RawBiasFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.recipes.quality_report import QualityTask
from tests.web.conftest import HOST, SAME, behind_proxy, browser

EVIL = '<script>alert(1)</script>'
WHEN = datetime.datetime(2020, 1, 1)


@pytest.fixture
def red(web):
    return ReducedScienceFrame.select_all().order_by('DATE_OBS')[0]


def at(obj, end=''):
    return f'/{type(obj).__name__}/{obj.object_id}{end}'


def grade(web, obj, grade, headers=SAME, **fields):
    return web.post(at(obj, '/grade'), data={'grade': grade, **fields}, headers=headers)


# --- grades ---

def test_a_grade_is_given_and_shown(web, red):
    answer = grade(web, red, 'B', comment=f'fine & {EVIL}', reasons=['clouds', 'seeing'])
    assert answer.status_code == 303 and answer.headers['location'] == at(red)
    given, = red.grades()
    assert (given.grade, given.user_name, given.reasons) == ('B', 'ada', ('clouds', 'seeing'))
    page = web.get(at(red)).text
    assert EVIL not in page and 'fine &amp; &lt;script&gt;' in page and 'poor seeing' in page
    told = web.get(at(red, '/grades.json')).json()
    assert told['grade'] == 'B' and told['grades'][0]['comment'] == f'fine & {EVIL}'
    assert EVIL not in web.get(at(red, '/grades')).text
    assert grade(web, red, '').status_code == 303 and red.grade is None, 'an empty grade withdraws'
    assert len(red.grades()) == 2


@pytest.mark.parametrize('fields', [{'grade': 'E'}, {'grade': 'a'}, {'grade': 'AB'}, {}, {'grade': 'A', 'reasons': 'none such'},
                                    {'grade': 'A', 'comment': 'x' * 2001}, {'grade': 'A', 'comment': 'two\nlines\x1b[2J'}])
def test_a_wrong_grade_is_refused(web, red, fields):
    assert web.post(at(red, '/grade'), data=fields, headers=SAME).status_code == 400
    assert not len(red.grades())


@pytest.mark.parametrize('headers', [
    {'sec-fetch-site': 'cross-site'}, {'sec-fetch-site': 'same-site'}, {'origin': 'http://evil.example'}, {'origin': 'null'},
    {'origin': f'{HOST}:81'}, {'origin': HOST, 'sec-fetch-site': 'cross-site'}])
def test_another_site_grades_nothing(web, red, headers):
    assert grade(web, red, 'A', headers).status_code == 403
    for path in ('/selections', '/selections/X/remove'):
        assert web.post(path, data={'name': 'X', 'rule': 'RawScienceFrame.select_all()'}, headers=headers).status_code == 403
    assert not len(red.grades()) and not len(context.selections())


def test_nothing_is_graded_by_get(web, red):
    assert web.get(at(red, '/grade'), params={'grade': 'A'}).status_code in (404, 405)
    assert web.get('/grade', params={'grade': 'A', 'frame': str(red.object_id)}).status_code in (200, 400)
    assert web.get('/selections', params={'name': 'X', 'rule': 'RawScienceFrame.select_all()'}).status_code == 200
    assert web.get('/selections/X/remove').status_code in (404, 405)
    assert not len(red.grades()) and not len(context.selections())


def test_nobody_grades_in_the_name_of_another(web, red):
    for fields in ({'user': 'bob'}, {'user_id': '00000000-0000-0000-0000-000000000000'}, {'user_name': 'bob'},
                   {'date': '2001-01-01'}, {'digest': 'x'}, {'object_id': 'x'}):
        assert grade(web, red, 'A', **fields).status_code == 303
    given = list(red.grades())
    assert {one.user_name for one in given} == {'ada'} and {one.digest for one in given} == {red.digest}
    assert all(one.date > WHEN for one in given)
    web.headers['x-remote-user'] = 'bob'
    grade(web, red, 'D')
    assert red.grades()[-1].user_name == 'ada', 'a header that no proxy sent names nobody'


def test_who_does_not_see_a_frame_neither_grades_it_nor_learns_of_it(reduced):
    ada, bob = behind_proxy('ada'), behind_proxy('bob')
    red = ReducedScienceFrame.select_all()[0]
    assert grade(ada, red, 'A').status_code == 303
    for end in ('/quality', '/quality.json', '/grades', '/grades.json'):
        assert bob.get(at(red, end)).status_code == 404, end
    assert grade(bob, red, 'D').status_code == 404 and len(red.grades()) == 1
    assert bob.get('/grade.json').json()['count'] == 0
    assert bob.get('/grade', params={'frame': str(red.object_id)}).status_code == 404
    assert red.filename not in bob.get('/grade').text


def test_a_stranger_grades_nothing(reduced, site):
    red = ReducedScienceFrame.select_all()[0]
    stranger = browser(site)
    assert grade(stranger, red, 'A').status_code == 401 and not len(red.grades())
    for path in ('/grade', '/selections', '/quality.css', at(red, '/quality')):
        assert stranger.get(path).status_code == 401


def test_nobody_grades_in_the_past(web, red):
    web.post('/here', data={'project': 'TEST', 'as_of': '2030-01-01'}, headers=SAME)
    assert 'Grade it' not in web.get(at(red)).text
    assert grade(web, red, 'A').status_code == 403 and not len(red.grades())


@pytest.mark.parametrize('onward', ['https://evil.example', '//evil.example', '/\\evil.example', '/a\r\nset-cookie: x=1'])
def test_a_grade_leads_to_no_other_site(web, red, onward):
    answer = grade(web, red, 'A', next=onward)
    assert answer.status_code == 303 and answer.headers['location'] in ('/', at(red)) and 'set-cookie' not in answer.headers


def test_what_has_no_content_is_not_graded(web):
    for path in ('/Chip', '/Filter'):
        row = web.get(f'{path}.json').json()['rows'][0]
        assert web.post(f"{path}/{row['object_id']}/grade", data={'grade': 'A'}, headers=SAME).status_code == 404


# --- the queue ---

def test_the_queue_goes_through_what_nobody_graded(web):
    frames = list(ReducedScienceFrame.select_all().order_by('DATE_OBS', 'object_id'))
    told = web.get('/grade.json').json()
    assert told['count'] == len(frames) and [one['object_id'] for one in told['rows']] == [str(one.object_id) for one in frames]
    page = web.get('/grade').text
    assert frames[0].filename in page and 'data-key="a"' in page and 'data-key="n"' in page and 'data-key="p"' not in page
    onward = f'/grade?frame={frames[1].object_id}&last={frames[0].object_id}'
    assert onward.replace('&', '&amp;') in page
    assert grade(web, frames[0], 'C', next=onward).headers['location'] == onward
    page = web.get(onward).text
    assert frames[1].filename in page and f'action="{at(frames[0], "/grade")}"' in page and 'data-key="z"' in page
    assert web.get('/grade.json').json()['count'] == len(frames) - 1
    assert grade(web, frames[0], '', next=f'/grade?frame={frames[0].object_id}').status_code == 303
    assert frames[0].grade is None and web.get('/grade.json').json()['count'] == len(frames)


def test_all_chips_of_an_exposure_are_graded_at_once(web, red):
    exposure = list(ReducedScienceFrame.DATE_OBS == red.DATE_OBS)
    assert grade(web, red, 'D', exposure='1').status_code == 303
    assert [one.grade for one in exposure] == ['D'] * len(exposure)
    assert len(ReducedScienceFrame.grade == 'D') == len(exposure) < len(ReducedScienceFrame.select_all())


def test_the_queue_is_narrowed_as_lists_are(web, red):
    some = web.get('/grade.json', params={'chip': red.chip.name}).json()
    assert some['count'] == len(ReducedScienceFrame.chip.name == red.chip.name)
    assert web.get('/grade.json', params={'class': 'RawBiasFrame'}).json()['count'] == len(RawBiasFrame.select_all())
    assert web.get('/grade', params={'class': 'RawBiasFrame', 'chip': 'none such'}).text.count('Nothing is left to grade')
    for query in ({'class': 'Chip'}, {'no_such': '1'}, {'frame': 'x'}):
        assert web.get('/grade', params=query).status_code in (400, 404), query
    assert web.get('/grade', params={'class': EVIL}).status_code == 404
    assert EVIL not in web.get('/grade', params={'class': 'ReducedScienceFrame', 'OBJECT': EVIL}).text


# --- quality ---

def test_the_quality_of_a_frame_is_a_page(web, red):
    page = web.get(at(red, '/quality'))
    assert page.status_code == 200 and f'awe run Quality --instrument OMEGACAM --frame {red}' in page.text
    assert web.get(at(red, '/quality.json')).json() is None
    QualityTask(frames=[red], commit=True).execute()
    page = web.get(at(red, '/quality')).text
    assert '<svg' in page and 'seeing' in page and ' style=' not in page and '<style' not in page
    told = web.get(at(red, '/quality.json')).json()
    assert told['frame'] == red.filename and {one['name'] for one in told['values']} >= {'seeing', 'depth'}
    row, = web.get('/QualityReport.json').json()['rows']
    report = f"/QualityReport/{row['object_id']}"
    assert web.get(f'{report}/quality').status_code == web.get(report).status_code == 200
    for columns, status in (('1', 200), ('2', 200), ('9', 400), ('0', 200), ('x', 400), ('1.5', 400)):
        assert web.get(f'{report}/panels.png', params={'columns': columns}).status_code == status, columns
    assert web.get('/quality.css').headers['content-type'].startswith('text/css')
    assert web.get(at(red.raw, '/quality')).status_code == 404


# --- selections ---

def test_a_selection_is_saved_shown_and_removed(web, red):
    grade(web, red, 'A')
    rule = "ReducedScienceFrame.grade <= 'B'"
    answer = web.post('/selections', data={'name': 'GOOD', 'rule': rule}, headers=SAME)
    assert answer.status_code == 303 and answer.headers['location'] == '/selections/GOOD'
    assert context.selection('GOOD').members() == [red]
    assert 'GOOD' in web.get('/selections').text and web.get('/selections.json').json()['rows'][0]['rule'] == rule
    page, told = web.get('/selections/GOOD').text, web.get('/selections/GOOD.json').json()
    assert red.filename in page and told['count'] == 1 and told['rows'][0]['object_id'] == str(red.object_id)
    assert web.post('/selections/GOOD/remove', headers=SAME).status_code == 303
    assert web.get('/selections/GOOD').status_code == 404 and web.get('/selections.json').json()['count'] == 0


@pytest.mark.parametrize('rule', ['', '__import__("os").system("true")', 'context.set_project("X")', EVIL, 'RawScienceFrame',
                                  'RawScienceFrame.no_such > 1', '(' * 500])
def test_a_rule_that_is_none_is_refused_and_not_run(web, rule):
    answer = web.post('/selections', data={'name': 'X', 'rule': rule}, headers=SAME)
    assert answer.status_code == 400 and EVIL not in answer.text and not len(context.selections())


def test_selections_are_those_of_the_project_and_of_members_alone(reduced):
    ada, bob = behind_proxy('ada'), behind_proxy('bob')
    mine = {'name': 'MINE', 'rule': 'RawScienceFrame.select_all()'}
    assert ada.post('/selections', data=mine, headers=SAME).status_code == 303
    assert bob.get('/selections.json').json()['count'] == 0 and 'choose one in the bar' in bob.get('/selections').text
    for answer in (bob.get('/selections/MINE'), bob.post('/selections/MINE/remove', headers=SAME),
                   bob.post('/selections', data={'name': 'X', 'rule': 'RawScienceFrame.select_all()'}, headers=SAME)):
        assert answer.status_code in (400, 403, 404)
    assert len(context.selections()) == 1


# --- corrections ---

def test_corrections_of_a_header_are_shown(web, red):
    context.correct_header(red.raw, {'OBJECT': EVIL}, reason=f'hostile {EVIL}')
    page = web.get(at(red.raw)).text
    assert 'Corrections of its header' in page and EVIL not in page and 'hostile &lt;script&gt;' in page
    assert 'Corrections of its header' not in web.get(at(red)).text
