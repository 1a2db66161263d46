"""One odd row, as after a change by hand, keeps nobody from anything; what looks at it names it."""

import logging

import pytest
from sqlalchemy import text

from awlike.database.sessions import database
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame
from awlike.recipes.bias import BiasTask
from awlike.tracing.fsck import fsck
from tests import paper

ODD = [('process_parameters', value) for value in ('[1]', '"x"', '7', '{"MAXIMUM_STDEV": "much", "SIGMA_CLIP": []}')] + [
    ('quality', value) for value in ('[1]', '"x"', '{"MAXIMUM_STDEV": "much", "compared with": 7}')] + [
    ('calibration_levels', value) for value in ('[1]', '{"bias": 7}', '{"bias": {"level": "plan"}}')] + [
    ('imported', value) for value in ('[1]', '"x"', '{"EXPTIME": "long"}')] + [
    ('filename', None)]
SHAPED_YET_WRONG = 'much'


@pytest.mark.slow
@pytest.mark.sqlite  # PostgreSQL does not let such values in
@pytest.mark.parametrize(('column', 'value'), ODD)
def test_everything_goes_on_beside_an_odd_row(project, column, value, caplog):
    frames = paper.raws(10, RawBiasFrame)
    odd, good = paper.bias(frames), paper.bias(paper.raws(3, RawBiasFrame))
    with database().transaction() as connection:
        connection.execute(text(f'UPDATE dbobject SET {column} = :value, quality_flags = 1 WHERE object_id = :id'),
                           {'value': value, 'id': odd.object_id.bytes})
    database().session.expunge_all()
    with caplog.at_level(logging.WARNING, logger='awlike'):
        found = list(BiasFrame.select_all())
        assert {one.object_id for one in found} == {odd.object_id, good.object_id}
        for one in found:
            assert one.info() is None and one.facts().to_dict() and str(one)
        assert BiasTask('OMEGACAM').plan().targets
        findings = fsck(mend=True)
    told = f'{caplog.text} {" ".join(map(str, findings))}'
    if column != 'filename' and SHAPED_YET_WRONG not in value:
        assert f'{odd.filename}: what the database has of its {column} is no table' in told
        assert any(finding.kind == 'odd value' and column in finding.text for finding in findings)
    if column == 'filename':
        assert any(str(BiasFrame.get(odd.object_id)) in finding.text for finding in findings)


@pytest.mark.sqlite
@pytest.mark.parametrize('value', ['{"q": ' + '9' * 5000 + '}', '{"q": ' + '[' * 3000 + ']' * 3000 + '}'])
@pytest.mark.parametrize(('column', 'of_raw'), [('quality', False), ('astrom', True)])
def test_json_that_python_does_not_read_stops_nobody(project, column, of_raw, value):
    frames = paper.raws(3, RawBiasFrame)
    bias = paper.bias(frames)
    odd = frames[0] if of_raw else bias
    table = next(one.name for one in type(odd).tables() if column in one.c)
    with database().transaction() as connection:
        connection.execute(text(f'UPDATE {table} SET {column} = :value WHERE object_id = :id'),
                           {'value': value, 'id': odd.object_id.bytes})
    database().session.expunge_all()
    assert len(list(BiasFrame.select_all())) == 1 and len(list(RawBiasFrame.select_all())) == 3
    assert type(odd).get(odd.object_id).facts().to_dict() and BiasTask('OMEGACAM').plan().targets
    fsck()


@pytest.mark.sqlite  # PostgreSQL refuses such setups
@pytest.mark.parametrize('values', ['[1]', '"x"', '7', '{"READMODE": 7}', '{"READMODE": "slow"}', '{"WINDOW": "[1:2,1:2]"}',
                                    None])
def test_a_setup_whose_values_do_not_give_its_name_keeps_nobody_from_a_plan(project, values, caplog):
    frames = paper.raws(10, RawBiasFrame, setup={'READMODE': 'fast'})
    with database().transaction() as connection:
        connection.execute(text('UPDATE setup SET "values" = :values'), {'values': values})
    database().session.expunge_all()
    assert BiasTask('OMEGACAM').plan().targets
    assert [type(raw).get(raw.object_id).setup.settings for raw in frames[:1]] == [{}]
    assert 'the setup READMODE=fast does not give its name' in caplog.text


@pytest.mark.sqlite  # PostgreSQL does not let such values in
@pytest.mark.parametrize('value', ['[1]', '"x"', '7'])
def test_a_raw_frame_whose_data_id_is_odd_goes_on_without_it(project, value, caplog):
    odd, good = paper.raws(2, RawBiasFrame, data_id={'run': 4192})
    with database().transaction() as connection:
        connection.execute(text('UPDATE dbobject SET data_keys = :value WHERE object_id = :id'),
                           {'value': value, 'id': odd.object_id.bytes})
    database().session.expunge_all()
    assert {one.object_id: one.data_id for one in RawBiasFrame.select_all()} == {
        odd.object_id: {}, good.object_id: {'run': 4192}}
    assert [one.object_id for one in RawBiasFrame.data_id.run == 4192] == [good.object_id]
    assert 'what the database has of its data_keys is no table' in caplog.text
    assert [finding.text for finding in fsck() if finding.kind == 'odd value'] == [
        f'{odd.filename}: its data_keys is no table of names and values, and counts as absent']
