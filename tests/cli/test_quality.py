"""``awe quality``: list, show and export reports."""

import json

from awlike.context import context
from awlike.frames.quality_report import QualityReport
from awlike.recipes.quality_report import QualityTask
from tests.measured import INSTRUMENT


def test_reports_are_listed_shown_and_exported(awe, measured, tmp_path):
    name = measured.filename
    status, _, said = awe('quality', 'show', name)
    assert status == 2 and f'awe run Quality --instrument {INSTRUMENT} --frame {name} --commit' in said
    context.set_project('TEST')
    QualityTask(frames=[measured], commit=True).execute()
    report, = QualityReport.select_all()

    status, printed, said = awe('quality', 'list')
    assert status == 0 and printed.splitlines()[0].split()[:5] == ['DATE_OBS', 'filter', 'chip', 'verdict', 'seeing']
    assert name in printed and '1 QualityReport' in said
    told, = json.loads(awe('quality', 'list', '--json')[1])
    assert told['seeing'] == report.seeing and told['frame'] == name and 'headline' in told['verdict']
    assert json.loads(awe('quality', 'list', '--chip', 'none', '--json')[1]) == []

    status, printed, _ = awe('quality', 'show', name)
    assert status == 0 and printed.startswith(name) and 'at most 2' in printed and 'not measured' in printed
    told = json.loads(awe('quality', 'show', str(report.object_id), '--json')[1])
    assert {one['name'] for one in told['values']} >= {'seeing', 'depth', 'psf_chi2'}

    status, printed, _ = awe('quality', 'export', name, tmp_path)
    page, = tmp_path.glob('*.html')
    assert status == 0 and printed.strip() == str(page) and '<script' not in page.read_text()
    assert json.loads(awe('quality', 'export', name, tmp_path / 'x.html', '--json')[1]) == {'file': str(tmp_path / 'x.html')}
    assert awe('quality', 'export', name, tmp_path / 'pages')[0] == 0 and (tmp_path / 'pages' / page.name).is_file()
    for wrong in ('no/x.html', 'no/x'):
        assert awe('quality', 'export', name, tmp_path / wrong)[0] == 2


def test_what_has_no_report_is_told(awe, measured):
    status, _, said = awe('quality', 'show', measured.psf.filename)
    assert status == 2 and 'has no quality report' in said
    assert awe('quality', 'show', 'none such')[0] == 2
