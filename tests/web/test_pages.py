"""What the pages show: the same as the prompt."""

import io
import json

import pytest
from PIL import Image
from sqlalchemy import event

from awlike.context import context
from awlike.database.sessions import database
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.products.inspect import view_of
from awlike.tasks.chain import Chain
from tests.web.conftest import SAME, entered


@pytest.fixture
def red(web):
    return ReducedScienceFrame.select_all().first()


def address(obj, *more):
    return '/'.join(['', type(obj).__name__, str(obj.object_id), *more])


def test_all_pages_answer(web, red):
    bias = red.bias
    def refused(name):
        pytest.fail(f'a page has {name} in its JSON')
    for path in ('/', '/here', '/jobs', '/process', '/calibrations', f'/calibrations/{bias.object_id}', '/sky',
                 '/night/2012-05-31', '/ScienceFrame', '/RawFrame', '/Chip', '/Project', '/Source', '/DataObject',
                 '/ReferenceCatalogue',
                 address(red), address(red.raw), address(red.chip), address(red, 'image'), address(red, 'lineage'),
                 address(red, 'why'), address(red, 'impact'), address(red.raw, 'lineage')):
        answer = web.get(path)
        assert answer.status_code == 200 and '<h1' in answer.text, path
        if path != '/':
            json.loads(web.get(f'{path}.json').content, parse_constant=refused)


def test_a_list_is_filtered_sorted_and_leafed_through(web):
    rows = web.get('/RawScienceFrame.json', params={'sort': '-DATE_OBS', 'size': '2'}).json()
    every = list(RawScienceFrame.select_all().order_by('-DATE_OBS'))
    assert rows['count'] == len(every)
    assert [row['object_id'] for row in rows['rows']] == [str(one.object_id) for one in every[:2]]
    second = web.get('/RawScienceFrame.json', params={'sort': '-DATE_OBS', 'size': '2', 'page': '2'}).json()
    assert [row['object_id'] for row in second['rows']] == [str(one.object_id) for one in every[2:4]]
    one = every[0]
    for criterion, value in (('chip', one.chip.name), ('chip.name', 'ESO*'), ('EXPTIME', f'{one.EXPTIME}'), ('EXPTIME', '>1'),
                             ('EXPTIME', '1..1e4'), ('DATE_OBS', '2012-05-31..2012-06-03'), ('filename', one.filename),
                             ('date', '2012-05-31'), ('is_valid', '!=0'), ('imstat.median', '>0')):
        found = web.get('/RawScienceFrame.json', params={criterion: value, 'instrument': 'OMEGACAM'}).json()
        assert found['count'] > 0, (criterion, value)
    for criterion, value in (('chip', 'none such'), ('EXPTIME', '<0'), ('OBJECT', 'no such *'), ('is_valid', '0')):
        assert web.get('/RawScienceFrame.json', params={criterion: value}).json()['count'] == 0, criterion
    assert web.get('/RawScienceFrame', params={'chip': ''}).status_code == 200, 'an empty field is no criterion'


@pytest.mark.parametrize('query', ['no_such=1', 'EXPTIME=long', 'sort=no_such', 'columns=no_such', 'page=0', 'page=x',
                                   'object=a', 'DATE_OBS=yesterday', 'only=others', 'imstat=1', 'size=-1', 'descends_from=x'])
def test_a_criterion_without_a_meaning_is_refused(web, query):
    path = '/Chip.json' if query.startswith('object') else '/ReducedScienceFrame.json'
    answer = web.get(f'{path}?{query}')
    assert answer.status_code in (400, 404) and answer.json()['error']


def test_columns_are_chosen(web):
    rows = web.get('/RawScienceFrame.json', params={'columns': 'OBJECT, chip imstat.median'}).json()['rows']
    assert set(rows[0]) == {'object_id', 'OBJECT', 'chip', 'imstat.median'}


def test_a_list_takes_few_statements_however_many_rows(web):
    def statements(size):
        told = []
        listen = lambda *arguments: told.append(arguments[2])  # noqa: E731
        event.listen(database().engine, 'before_cursor_execute', listen)
        assert web.get('/RawBiasFrame', params={'size': str(size)}).status_code == 200
        event.remove(database().engine, 'before_cursor_execute', listen)
        return len(told)
    assert statements(2) == statements(9) <= 12


def test_a_frame_page_has_the_facts(web, red):
    page = web.get(address(red)).text
    assert red.filename in page and address(red.bias) in page and 'plan' in page
    assert web.get(address(red) + '.json').json() == json.loads(json.dumps(red.facts().to_dict(), default=str))
    assert len(web.get(address(red.bias)).text) and f'used_by={red.bias.object_id}' in web.get(address(red.bias)).text


def test_the_table_of_a_stack_of_inputs(web, red):
    found = web.get('/RawBiasFrame.json', params={'used_by': str(red.bias.object_id)}).json()
    assert found['count'] == len(red.bias.raw_bias_frames)


def test_the_file_is_the_file(web, red):
    answer = web.get(address(red, 'file'))
    assert answer.content == red._path().read_bytes()
    assert answer.headers['content-disposition'] == f'attachment; filename="{red.filename}"'


def test_a_picture_has_the_size_of_its_zone_and_comes_once(web, red):
    answer = web.get(address(red, 'preview.png'))
    assert Image.open(io.BytesIO(answer.content)).size == red.data.shape[::-1]
    part = web.get(address(red, 'preview.png'), params={'zone': '2,12,3,33', 'stretch': 'asinh', 'mask': '1'})
    assert Image.open(io.BytesIO(part.content)).size == (10, 30)
    again = web.get(address(red, 'preview.png'), headers={'if-none-match': answer.headers['etag']})
    assert again.status_code == 304 and not again.content and 'private' in answer.headers['cache-control']
    for query in ('zone=1,2,3', 'zone=900,901,1,2', 'stretch=none', 'size=1', 'size=1e9', 'vmin=nan', 'vmin=5&vmax=1'):
        assert web.get(address(red, 'preview.png') + f'?{query}').status_code == 400, query


def test_the_value_under_the_mouse_is_that_of_the_image_window(web, red):
    told = web.get(address(red, 'at.json'), params={'x': '5', 'y': '7'}).json()
    assert told['text'] == view_of(red).at(5, 7) and f'{red.data[7, 5]:.6g}' in told['text']
    assert web.get(address(red, 'at.json'), params={'x': '-5', 'y': '7'}).json()['text'] == ''


def test_plots_are_drawn(web, red):
    assert web.get(address(red, 'panels.png')).content.startswith(b'\x89PNG')


def test_a_lost_file_is_told_and_nothing_is_made_for_a_look(web, red):
    from awlike.store import server
    server().delete(red.filename) if hasattr(server(), 'delete') else red._path().unlink()
    assert 'not on the data server' in web.get(address(red)).text
    assert web.get(address(red, 'preview.png')).status_code == 404
    assert web.get(address(red, 'file')).status_code == 503
    assert not server().has(red.filename)


def test_lineage_begins_with_a_step_and_goes_on(web, red):
    page = web.get(address(red, 'lineage')).text
    assert '<svg' in page and 'BiasFrame' in page and '<style' not in page
    number = len(red.ancestors())
    assert f'<strong>{number}</strong>' in page
    every = web.get(address(red, 'lineage'), params={'up': 'all'}).text
    assert f'RawBiasFrame × {len(red.bias.raw_bias_frames)}' in every
    found = web.get(address(red, 'lineage'), params={'up': 'all', 'find': 'RawBias'}).text
    assert f'<strong>{len(red.bias.raw_bias_frames)}</strong> found' in found and 'class="n' in found and ' found"' in found
    assert web.get(address(red, 'lineage') + '.json').json() == red.lineage().to_dict()
    for query in ('up=x', 'down=-1', 'up=1000', 'down=all'):
        assert web.get(address(red, 'lineage') + f'?{query}').status_code == 400, query


def test_what_is_invalid_is_red_down_to_the_product(web, red):
    assert 'tainted' not in web.get(address(red, 'lineage') + '?up=all').text
    context.update_is_valid(red.bias.raw_bias_frames[0], 0)
    page = web.get(address(red, 'lineage') + '?up=all').text
    assert 'middle tainted' in page and 'invalid' in page
    why = web.get(address(red, 'why')).text
    assert 'does not hold' in why and 'invalid ancestor' in why


def test_why_and_impact(web, red):
    assert f'{red.filename} holds' in web.get(address(red, 'why')).text
    told = web.get(address(red, 'why') + '.json').json()
    assert told['holds'] and 'bias' in told['chosen']
    assert web.get(address(red.raw, 'why')).status_code == 404
    impact = web.get(address(red.bias, 'impact') + '.json').json()
    assert impact['products'] == len(red.bias.impact()) if hasattr(red.bias, 'impact') else impact['products'] > 0


def test_the_past_is_shown_as_the_past(web, red):
    before = web.get('/ReducedScienceFrame.json').json()['count']
    assert before > 0
    answer = web.post('/here', data={'as_of': '2012-06-01', 'project': 'TEST', 'next': '/jobs'}, headers=SAME)
    assert answer.headers['location'] == '/jobs'
    assert web.get('/ReducedScienceFrame.json').json()['count'] == 0
    page = web.get('/').text
    assert 'class="past"' in page and '2012-06-01' in page
    assert web.get(address(red)).status_code == 404
    assert web.post(f'/calibrations/{red.bias.object_id}/valid', data={'is_valid': '0'}, headers=SAME).status_code in (403, 404)
    asked = {'task': 'Bias', 'instrument': 'OMEGACAM', 'commit': 'true'}
    assert web.post('/process', data=asked, headers=SAME).status_code == 403
    web.post('/here', data={'as_of': '', 'project': 'TEST'}, headers=SAME)
    assert web.get('/ReducedScienceFrame.json').json()['count'] == before
    assert web.post('/here', data={'as_of': 'yesterday'}, headers=SAME).status_code == 400


def test_the_date_is_that_of_one_browser(web, site):
    other = entered(site)
    web.post('/here', data={'as_of': '2012-06-01'}, headers=SAME)
    assert web.get('/RawBiasFrame.json').json()['count'] == 0 < other.get('/RawBiasFrame.json').json()['count']
    assert context.moment is None and len(RawBiasFrame.select_all()) > 0


def test_the_plan_is_that_of_the_prompt(web):
    query = {'task': 'Reduce', 'instrument': 'OMEGACAM', 'rebuild': 'all'}
    page, told = web.get('/process', params=query).text, web.get('/process.json', params=query).json()
    plan, = Chain('Reduce', instrument='OMEGACAM', rebuild='all', commit=True).plan()
    assert told['plans'][0]['make'] == json.loads(json.dumps(plan.to_dict()['make'])) and told['plans'][0]['make']
    assert 'asked for' in page and plan.summary.partition(';')[0] in page and told['digest'] in page
    changed = web.get('/process', params=query | {'par.FlatFrame.SIGMA_CLIP': '', 'par.BiasFrame.SIGMA_CLIP': '3.5'})
    assert 'BiasFrame.SIGMA_CLIP = 3.5' in changed.text and 'parameters differ' in changed.text
    for wrong in ({'task': 'Nothing', 'instrument': 'OMEGACAM'}, {'task': 'Reduce'}, query | {'par.BiasFrame.SIGMA_CLIP': 'x'},
                  query | {'date': 'x'}, query | {'chip': 'none'}):
        answer = web.get('/process', params=wrong)
        assert answer.status_code == 200 and 'role="alert"' in answer.text or 'nothing to do' in answer.text, wrong
        assert 'Run exactly this plan' not in answer.text or 'nothing to do' in answer.text


def test_a_plan_that_changed_meanwhile_is_not_run(web, red):
    query = {'task': 'Reduce', 'instrument': 'OMEGACAM', 'rebuild': 'missing', 'commit': 'true'}
    digest = web.get('/process.json', params=query).json()['digest']
    context.update_is_valid(red.bias, 0)
    answer = web.post('/process', data=query | {'plan': digest}, headers=SAME)
    assert answer.status_code == 409 and 'has changed' in answer.text and web.get('/jobs.json').json()['count'] == 0


def test_an_interval_is_changed_after_its_effect_is_told(web, red):
    bias, where = red.bias, f'/calibrations/{red.bias.object_id}'
    told = web.get(where + '.json', params={'end': bias.timestamp_start.replace(hour=23).isoformat()}).json()
    assert told['is_change'] and told['impact']['products'] > 0 and told['would_lose_it']
    page = web.get('/calibrations', params={'instrument': 'OMEGACAM'}).text
    assert '<svg' in page and where in page
    answer = web.post(where, data={'end': '2013-01-01'}, headers=SAME)
    assert answer.status_code == 303 and str(BiasFrame.get(bias.object_id).timestamp_end) == '2013-01-01 00:00:00'
    assert web.post(where, data={'start': '2014-01-01'}, headers=SAME).status_code == 400
    assert web.post(f'{where}/valid', data={'is_valid': '0', 'reason': 'light'}, headers=SAME).status_code == 303
    assert BiasFrame.get(bias.object_id).is_valid == 0
    assert web.get('/calibrations', params={'kinds': 'RawBiasFrame'}).status_code == 400


def test_the_sky_has_a_footprint_for_each_frame(web):
    told = web.get('/sky.json').json()
    assert told['count'] == len(RawScienceFrame.select_all()) and len(told['rows'][0]['corners']) == 4
    assert web.get('/sky').text.count('<polygon') == told['count']
    assert web.get('/sky', params={'ra': '10', 'dec': '80', 'width': '3'}).text.count('<polygon') == 0
    for query in ('ra=x', 'dec=100', 'width=0', 'width=1e9', 'kind=Chip'):
        assert web.get(f'/sky?{query}').status_code == 400, query


def test_a_name_leads_to_its_object(web, red):
    assert web.get('/find', params={'name': red.filename}).headers['location'] == address(red)
    assert web.get('/find', params={'name': str(red.object_id)}).headers['location'] == address(red)
    assert web.get('/find', params={'name': 'none such'}).status_code == 404
