"""The examples of the manual, as scripts that people run, in one process and in several."""

import os
import subprocess
import sys

import pytest
from astropy.io import fits

from tests.processors.plates import write_collection

HEAD = 'import os\nfrom awlike import processors as api\n'
SIZES = HEAD + '''
class SizeChecker(api.FileProcessor):
    @staticmethod
    def addOptions(optParser):
        api.FileProcessor.addOptions(optParser)
        optParser.add_option("--expected", help="Bytes", action="store", type="int", dest="expected", default=5760)
    def _createAuxiliaries(self, dd):
        self.mess = []
    def process(self, srcName):
        found = os.path.getsize(srcName)
        if found != self.opts.expected:
            self.mess.append((srcName, self.opts.expected, found))
if __name__ == "__main__":
    res = api.procmain(SizeChecker, "plates/q", "import")
    res.mess.sort(key=lambda rec: abs(rec[1] - rec[2]))
    for name, expected, found in res.mess:
        print("%10d %10d %8d %s" % (expected, found, expected - found, os.path.basename(name)))
'''
SILLY = HEAD + '''
class SillyProcessor(api.HeaderProcessor):
    def _isProcessed(self, srcName):
        return "NUMPIXELS" in self.getPrimaryHeader(srcName)
    def _mungeHeader(self, srcName, hdr):
        hdr.set("HIERARCH NUMPIXELS", hdr["NAXIS1"] * hdr["NAXIS2"])
        api.addHistoryCard(hdr, "Adding NUMPIXELS header", "NUMPIXELS")
        return hdr
if __name__ == "__main__":
    api.procmain(SillyProcessor, "plates/q", "import")
'''
LINKS = HEAD + '''
class LinkAdder(api.ImmediateHeaderProcessor):
    def _createAuxiliaries(self, dd):
        self.staticBase = dd.rd.getById("dl").getURL("static")
    def _isProcessed(self, srcName):
        hdr = self.getPrimaryHeader(srcName)
        return hdr.get("FN-PRE", "").startswith("http")
    def _changeHeader(self, srcName, hdr):
        baseName = os.path.splitext(os.path.basename(srcName))[0]
        hdr.set("FN-WEDGE", "%s/wedges/%sw.fits" % (self.staticBase, baseName), after="FILENAME")
        hdr.set("FN-PRE", "%s/jpegs/%s.jpg" % (self.staticBase, baseName), after="FN-WEDGE")
        api.addHistoryCard(hdr, "Adding wedge and jpeg links", "wedge and jpeg")
if __name__ == "__main__":
    res = api.procmain(LinkAdder, "plates/q", "import")
'''
PICTURES = HEAD + '''
import numpy
from io import BytesIO
from PIL import Image
from awlike.processors import fitstools, imgtools
class PreviewMaker(api.PreviewMaker):
    def getPreviewData(self, srcName):
        pixels = numpy.array(list(fitstools.iterScaledRows(os.path.join(api.getConfig("inputsDir"), srcName), destSize=20)))
        im = Image.open(BytesIO(imgtools.jpegFromNumpyArray(pixels)))
        rendered = BytesIO()
        im.resize((10, 8)).save(rendered, format="jpeg")
        return rendered.getvalue()
if __name__ == "__main__":
    api.procmain(PreviewMaker, "plates/q", "import")
'''
LISTED = HEAD + '''
class Lister(api.FileProcessor):
    def _createAuxiliaries(self, dd):
        self.conn = api.getDBConnection("trustedquery")
        api.FileProcessor._createAuxiliaries(self, dd)
    def iterIdentifiers(self):
        with api.getTableConn() as conn:
            for r in conn.queryToDicts("select 'a' || 'b' as accref union select :other", {"other": "cd"}):
                yield r["accref"]
    def process(self, srcName):
        return next(self.conn.query("select upper(%(name)s)", {"name": srcName}))[0]
if __name__ == "__main__":
    print(api.procmain(Lister, "plates/q", "import").results)
'''


def run(folder, text, *words, name='script.py'):
    """Write a script into `folder`, run it there, and return the finished process."""
    (folder / name).write_text(text)
    settings = os.environ | {'AWLIKE_HOME': str(folder / 'home')}
    return subprocess.run([sys.executable, name, *words], cwd=folder, env=settings, capture_output=True, text=True)


@pytest.fixture
def collection(tmp_path):
    """A folder with a collection of three plates and a file that is none."""
    write_collection(tmp_path, 3)
    with open(tmp_path / 'plates/q.toml', 'a') as file:
        file.write('[services.dl]\nurl = "http://example.org/dl"\n')
    return tmp_path


@pytest.mark.parametrize('processes', ['1', *(pytest.param(number, marks=pytest.mark.slow) for number in '24')])
def test_the_manual(collection, processes):
    data, j = collection / 'plates/data', ('-j', processes)
    done = run(collection, SIZES, *j)
    assert done.stdout.splitlines() == ['4 files processed, 0 files with errors',
                                        '      5760         20     5740 plate9.fits'] and done.returncode == 0, done.stderr
    done = run(collection, SILLY, '--apply', *j)
    assert done.returncode == 1 and done.stdout == '4 files processed, 1 files with errors\n', done.stderr
    done = run(collection, LINKS, *j)
    assert done.returncode == 1 and 'plate9.fits failed: NotFits' in done.stderr
    for number in range(3):
        header = fits.getheader(data / f'plate{number}.fits')
        assert header['NUMPIXELS'] == 720 and header['FN-PRE'] == f'http://example.org/dl/static/jpegs/plate{number}.jpg'
        assert [line[11:] for line in header['HISTORY']] == ['Adding NUMPIXELS header', 'Adding wedge and jpeg links']
    done = run(collection, PICTURES, *j)
    assert done.returncode == 1 and len(list((collection / 'plates/previews').iterdir())) == 3, done.stderr


@pytest.mark.slow
def test_identifiers_out_of_the_database(collection):
    done = run(collection, LISTED, '-j', '2')
    assert done.stdout.splitlines()[-1] == "[('ab', 'AB'), ('cd', 'CD')]", done.stderr


@pytest.mark.slow
def test_ctrl_c_leaves_whole_files(collection):
    import signal
    import time
    slow = SILLY.replace('return hdr', 'import time; print("at work", flush=True)\n'
                         '        time.sleep(0.01 if "plate0" in srcName else 60)\n        return hdr')
    (collection / 'script.py').write_text(slow)
    settings = os.environ | {'AWLIKE_HOME': str(collection / 'home')}
    with subprocess.Popen([sys.executable, 'script.py', '--apply', '-j', '2'], cwd=collection, env=settings, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as script:
        for _ in range(3):
            script.stdout.readline()
        time.sleep(0.5)
        os.killpg(script.pid, signal.SIGINT)
        _, told = script.communicate(timeout=60)
    assert script.returncode == 130 and 'interrupted' in told and 'Traceback' not in told
    assert {path.name for path in (collection / 'plates/data').iterdir()} <= {
        'plate0.fits', 'plate0.fits.hdr', 'plate1.fits', 'plate2.fits', 'plate9.fits', '.headers'}
