"""A walk through the pages in a browser, the chromium of the system; skipped where there is none."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

from awlike.frames.reduced import ReducedScienceFrame

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason='no chromium'), pytest.mark.slow, pytest.mark.sqlite]
PATIENCE = 180_000  # ms: other work on the machine is no failure
CODE = "from awlike.cli import main; main()"


@contextlib.contextmanager
def served(folder):
    """Run `awe web` in a process of its own; yield its address and the process."""
    log = folder / 'web.log'
    with open(log, 'w') as out:
        process = subprocess.Popen([sys.executable, '-c', CODE, 'web', '--port', '0', '--no-browser'], stdout=out, stderr=out,
                                   env=os.environ | {'AWLIKE_DPU_WORKERS': '1'})
        try:
            until = time.monotonic() + 180
            while not (found := re.search(r'http://127\.0\.0\.1:\d+/\?token=\S+', log.read_text())):
                assert process.poll() is None and time.monotonic() < until, log.read_text()
                time.sleep(0.2)
            yield found.group(), process
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def page(reduced):
    """A page of a browser that has the token; it notes what is asked of whom, and what the browser complains of."""
    playwright = pytest.importorskip('playwright.sync_api')
    with served(reduced) as (address, process), playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=['--no-sandbox'])
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.complaints, page.asked, page.server = [], [], process
        page.on('console', lambda told: page.complaints.append(told.text) if told.type in ('error', 'warning') else None)
        page.on('pageerror', lambda error: page.complaints.append(str(error)))
        page.on('request', lambda request: page.asked.append(request.url))
        page.goto(address)
        yield page
        browser.close()


def test_a_walk_from_a_list_to_a_job(page):
    from playwright.sync_api import expect  # `wait_for_function` evaluates, which the pages forbid
    base, red = re.match(r'http://[^/]+', page.url).group(), ReducedScienceFrame.select_all().first()
    page.goto(f'{base}/ReducedScienceFrame')
    page.select_option('select[name=chip]', red.chip.name)  # the list alone is loaded anew
    page.wait_for_url(re.compile('chip='))
    page.locator('#list tbody a').first.click()
    page.wait_for_selector('#image img')
    page.hover('.frame', position={'x': 60, 'y': 60})
    expect(page.locator('#readout')).to_contain_text('value', timeout=PATIENCE)
    page.focus('.frame')
    page.keyboard.press('+')
    expect(page.locator('#image img')).to_have_attribute('src', re.compile('zone='), timeout=PATIENCE)
    page.select_option('select[name=stretch]', 'asinh')
    expect(page.locator('#image img')).to_have_attribute('src', re.compile('stretch=asinh'), timeout=PATIENCE)
    page.click('.tabs a:has-text("Lineage")')
    page.wait_for_selector('.drawing svg a')
    page.click('a:has-text("all the way up")')
    page.locator('.drawing svg a:has-text("RawBiasFrame ×")').click()
    page.wait_for_selector('#members tbody tr')
    page.goto(f'{base}/calibrations?instrument=OMEGACAM')
    page.wait_for_selector('svg.timeline .part')
    page.goto(f'{base}/process?task=Bias&instrument=OMEGACAM&rebuild=all')
    page.click('button:has-text("Run exactly this plan")')
    page.wait_for_selector('#log')
    page.wait_for_selector('#state.done')
    page.wait_for_selector('.card a:has-text("BiasFrame")')
    page.goto(f'{base}/jobs')
    page.wait_for_selector('.state.done')
    assert all(url.startswith((base, 'data:')) for url in page.asked), page.asked
    assert not page.complaints, page.complaints


def test_frames_are_graded_by_keys(page):
    from playwright.sync_api import expect
    base = re.match(r'http://[^/]+', page.url).group()
    frames = list(ReducedScienceFrame.select_all().order_by('DATE_OBS', 'object_id'))

    def turn(frame):
        expect(page.locator('.pictures h2')).to_contain_text(frame.filename, timeout=PATIENCE)

    page.goto(f'{base}/grade')
    turn(frames[0])
    page.fill('input[name=comment]', 'a b c d n p z are letters here')
    page.keyboard.press('n')
    turn(frames[0])
    page.locator('h1').click()  # leaves the field
    page.keyboard.press('c')
    turn(frames[1])
    page.keyboard.press('n')
    turn(frames[2])
    page.keyboard.press('p')
    turn(frames[1])
    page.keyboard.press('z')
    turn(frames[0])
    given = list(frames[0].grades())
    assert [one.grade for one in given] == ['C', None] and given[0].comment == 'a b c d n p z are letters heren'
    assert not page.complaints, page.complaints


def test_it_stops_in_seconds_with_a_log_open(page):
    base = re.match(r'http://[^/]+', page.url).group()
    page.goto(f'{base}/process?task=Bias&instrument=OMEGACAM&rebuild=all')
    page.click('button:has-text("Run exactly this plan")')
    page.wait_for_selector('#log[data-stream], #state.done')
    begun = time.monotonic()
    page.server.send_signal(signal.SIGTERM)
    assert page.server.wait(timeout=60) == 0 and time.monotonic() - begun < 30


def test_without_javascript_the_forms_still_work(reduced):
    playwright = pytest.importorskip('playwright.sync_api')
    with served(reduced) as (address, _), playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=['--no-sandbox'])
        page = browser.new_context(java_script_enabled=False).new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.goto(f'{address.partition("?")[0]}RawBiasFrame')
        page.fill('input[name=date]', '2012-05-31')
        page.select_option('select[name=instrument]', 'OMEGACAM')
        page.click('.filters button')
        assert 'date=2012-05-31' in page.url and page.locator('#list tbody tr').count() > 0
        browser.close()
