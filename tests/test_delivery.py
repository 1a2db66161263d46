"""What leaves the archive with a stack: how it was built, and the folder that is delivered."""

import errno
import json
import re
import subprocess

import numpy as np
import pytest
from astropy.io import fits, votable
from astropy.table import Table
from astropy.wcs import WCS

import awlike.tables.documents
from awlike import deliver
from awlike.context import context
from awlike.current import current
from awlike.errors import ParameterError, StoreError
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.frames.raw import RawScienceFrame
from awlike.persist.dataobject import DataObject
from awlike.persist.provenance import provenance_of
from awlike.processors import delivery
from awlike.products.reference_catalogue import ReferenceCatalogue
from awlike.recipes.source_list import SourceListTask
from tests import paper
from tests.cli.conftest import awe  # noqa: F401 -- a fixture
from tests.paper import statements
from tests.test_stacks import EXPTIMES, NUMBER, made, stack, stack_task, stacked_home  # noqa: F401 -- fixtures


def built(path):
    """The tables of a document by name, and its single values."""
    document = votable.parse(path, verify='exception')
    tables = {table.name: table.array for table in document.iter_tables()}
    metadata, config = document.resources[0].resources
    assert [one.name for one in (document.resources[0], metadata, config)] == ['awlike', 'MetaData', 'Config']
    ids = re.findall(r' ID="([^"]*)"', path.read_text())
    assert len(ids) == len(set(ids)), 'in XML an ID is of one element'
    return tables, {param.name: param.value for param in metadata.params}, {param.name: param.value for param in config.params}


def test_a_document_says_how_a_stack_was_built(stack, tmp_path):  # noqa: F811
    frames = [member.frame for member in stack.regridded_frames]
    context.grade(frames[1], 'B')
    assert stack.write_xml(tmp_path / 'built.xml') == tmp_path / 'built.xml'
    assert votable.validate(str(tmp_path / 'built.xml'), output=None)
    tables, output, config = built(tmp_path / 'built.xml')
    rows = tables['Input_Image_Data']
    assert list(rows['Image_Name']) == [one.filename for one in stack.regridded_frames]
    assert list(rows['Frame_Digest']) == [one.digest for one in frames]
    assert list(rows['Raw_File']) == [f'frame{number}.fits' for number in range(NUMBER)]
    assert list(rows['Grade']) == ['', 'B', '', ''] and list(rows['Graded']) == ['', str(frames[1]), '', '']
    assert list(rows['ExpTime']) == list(EXPTIMES) and rows['Extension'].mask.all()
    assert list(rows['Photometric_Flux_Scaling']) == [one.FLXSCALE for one in stack.regridded_frames]
    real = [np.median(one.weight.data[one.weight.data > 0]) for one in stack.regridded_frames]
    assert np.allclose(rows['Weight'], np.array(real) / sum(real), rtol=0.01) and rows['Weight'].sum() == pytest.approx(1)
    assert list(rows['External_Header_Digest']) == [one.astrom_params.digest for one in stack.regridded_frames]
    assert output['Image_Name'] == stack.filename and output['Image_Digest'] == stack.digest
    assert (output['Rows'], output['Columns']) == stack.data.shape and output['Zero_Point'] == 30
    assert config['COMBINATION'] == 'clipped' and config['CLIP_SIGMA'] == 4 and config['ENSEMBLE'] == 'true'


def test_a_document_has_the_whole_lineage(stack, tmp_path):  # noqa: F811
    tables, output, _ = built(stack.write_xml(tmp_path / 'built.xml'))
    provenance, every = provenance_of(stack), [stack, *stack.ancestors()]
    assert sorted(tables['Lineage']['Object_ID']) == sorted(str(one.object_id) for one in every)
    assert len(tables['Uses']) == len(provenance.uses) - 1
    stars, = ReferenceCatalogue.select_all()
    calibrations = tables['Calibrations']
    assert (str(stars), stars.digest) in zip(calibrations['Name'], calibrations['Digest'], strict=True)
    told = {(row['Class'], row['Name']): (row['Value'], row['Products']) for row in tables['Process_Parameters']}
    assert told['RegriddedFrame', 'BACKGROUND_SUBTRACTION_TYPE'] == ('mesh', NUMBER)
    assert {'BackgroundModel', 'PSFModel', 'AstrometricParameters'} <= {name for name, _ in told}
    digests = {row['Class']: row['Code_Digest'] for row in tables['Software']}
    assert digests['CoaddedRegriddedFrame'] == stack.code_digest == output['Code_Digest'] and 'numpy' in output['Libraries']


def test_a_document_names_who_was_left_out_whatever_they_are_called(stack, tmp_path):  # noqa: F811
    other, = made(stack_task(pars={'CoaddedRegriddedFrame.COMBINATION': 'sum'}, commit=False))
    other.members_left_out = {'<b>&"]]>\x1b[31m\x00\ud800.fits': 'it has no "sky" & <no> stars\n'}
    tables, output, _ = built(other.write_xml(tmp_path / 'built.xml'))
    assert list(tables['Left_Out']['Name']) == ['<b>&"]]>?[31m??.fits']
    assert list(tables['Left_Out']['Why']) == ['it has no "sky" & <no> stars?']
    assert 'Zero_Point' not in output and 'no zero point' in output['Warning'] and 'Image_Name' not in output


def test_a_document_takes_as_many_statements_for_many_members_as_for_few(stack, tmp_path):  # noqa: F811
    few, = made(stack_task(frames=list(ImportedScienceFrame.select_all())[:2],
                           pars={'CoaddedRegriddedFrame.MINIMUM_MEMBERS': 1}))
    counts = []
    for name in (few.filename, stack.filename):
        current().session().expunge_all()  # nothing is known of before
        one = (type(stack).filename == name).one()
        with statements() as sent:
            one.write_xml(tmp_path / 'built.xml')
        counts.append(len(sent))
    assert counts[0] == pytest.approx(counts[1], abs=3) and counts[1] < 100, counts


# --- delivery ---

@pytest.fixture
def place(tmp_path):
    """An empty folder."""
    (tmp_path / 'place').mkdir()
    return tmp_path / 'place'


def test_a_delivery_has_all_that_belongs_to_a_stack(stack, place, awe):  # noqa: F811
    name, folder = stack.filename.removesuffix('.fits'), place / 'field'
    ends = ['.fits', '.png', '.weight.fits', '.xml']
    folder.mkdir()
    assert {one.name for one in deliver(stack, folder)} == {f'{name}{end}' for end in ends} | {'SHA256SUMS'}
    sources, = made(SourceListTask(frames=[stack], commit=True))
    status, out, _ = awe('deliver', stack.filename, '--into', str(place / 'other'))
    assert status == 0 and len(out.splitlines()) == 6 and sorted(one.name for one in place.glob('.*')) == []
    other = place / 'other'
    assert subprocess.run(['sha256sum', '--check', '--strict', 'SHA256SUMS'], cwd=other, capture_output=True).returncode == 0
    assert len((other / 'SHA256SUMS').read_text().splitlines()) == 5
    assert len(Table.read(other / f'{name}.cat.fits', 1)) == len(sources.sources.whole())
    assert np.array_equal(fits.getdata(other / f'{name}.fits'), stack.data, equal_nan=True)
    with fits.open(other / f'{name}.weight.fits', checksum=True) as hdus:
        assert np.array_equal(hdus[0].data, stack.weight.data) and hdus[0].header['BUNIT'] == 'adu-2'
        assert np.allclose(WCS(hdus[0].header).wcs_pix2world(9, 7, 0), stack.wcs.wcs_pix2world(9, 7, 0), rtol=0, atol=1e-10)
    assert (other / f'{name}.png').read_bytes().startswith(b'\x89PNG')
    assert built(other / f'{name}.xml')[1]['Image_Digest'] == stack.digest


def test_nothing_is_left_where_the_disk_is_full_in_the_middle(stack, place, monkeypatch):  # noqa: F811
    def full(path, document):
        path.write_text('half')
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(awlike.tables.documents, 'write_document', full)
    with pytest.raises(StoreError, match='field cannot be written: No space left on device; nothing of it is kept'):
        deliver(stack, place / 'field')
    assert list(place.iterdir()) == []


def test_what_is_there_is_never_touched(stack, place, monkeypatch):  # noqa: F811
    monkeypatch.chdir(place)
    with pytest.raises(StoreError, match='in use'):
        deliver(stack, '.')
    monkeypatch.setattr(delivery, '_fill', lambda *_: pytest.fail('something was written'))
    (place / 'full').mkdir()
    (place / 'full' / 'mine').write_text('mine')
    for folder, why in ((place / 'full', 'is not empty'), (place / 'full' / 'mine', 'is a file'),
                        (place / 'a' / 'b', 'make it first')):
        with pytest.raises(StoreError, match=why):
            deliver(stack, folder)
    with pytest.raises(ParameterError, match='is no stack'):
        deliver(stack.regridded_frames[0], place / 'new')
    assert [one.name for one in place.rglob('*')] == ['full', 'mine']


def test_a_folder_that_somebody_fills_meanwhile_is_theirs(stack, place, monkeypatch):  # noqa: F811
    def fill(folder, *_):
        (folder / 'ours').write_text('ours')
        (place / 'field').mkdir()
        (place / 'field' / 'theirs').write_text('theirs')

    monkeypatch.setattr(delivery, '_fill', fill)
    with pytest.raises(StoreError, match='made by somebody else meanwhile'):
        deliver(stack, place / 'field')
    assert [one.name for one in place.rglob('*')] == ['field', 'theirs']


@pytest.mark.parametrize('name', ['../x.fits', 'a/b.fits', '.x.fits', '-rf.fits', 'a\nb.fits', 'a\\b.fits', '\x1b[31m.fits'])
def test_a_hostile_name_makes_no_file(name):
    class Named:
        filename, is_committed = name, True

    with pytest.raises(StoreError, match='must be a plain file name'):
        delivery._stem(Named())


@pytest.mark.parametrize('name', ['../x.fits', 'lineage.json', 'ro-crate-metadata.json', 'SHA256SUMS'])
def test_no_member_of_a_release_takes_the_place_of_another_file(project, place, name):
    """On a server people give names to their objects by SQL; a member called as the checksums was left out, and nobody told."""
    raw = paper.insert(paper.raw(raw_fits=paper.file(name)))
    made = context.release('DR1', RawScienceFrame.object_id == raw.object_id)
    with pytest.raises(StoreError, match='cannot be the name of a file that is delivered'):
        deliver(made, place / 'DR1')
    assert not list(place.iterdir())


def test_a_release_is_delivered_whole_with_lineage_and_checksums(stack, tmp_path):  # noqa: F811
    made = context.release('DR1', DataObject.object_id.in_([stack.object_id, *(
        member.frame.object_id for member in stack.regridded_frames)]), 'four frames & their stack')
    names = {one.name for one in deliver(made, tmp_path / 'DR1')}
    members = {one.filename: one for one in made.members()}
    assert names == {*members, 'lineage.json', 'ro-crate-metadata.json', 'SHA256SUMS'} and len(members) == NUMBER + 1
    assert not subprocess.run(['sha256sum', '--check', '--quiet', 'SHA256SUMS'], cwd=tmp_path / 'DR1', check=False).returncode
    assert all((tmp_path / 'DR1' / name).read_bytes() == one._path().read_bytes() for name, one in members.items())
    lineages = json.loads((tmp_path / 'DR1/lineage.json').read_text())
    assert set(lineages) == {str(one.object_id) for one in members.values()}
    assert stack.regridded_frames[0].frame.digest in json.dumps(lineages[str(stack.object_id)])
    graph = {one['@id']: one for one in json.loads((tmp_path / 'DR1/ro-crate-metadata.json').read_text())['@graph']}
    assert graph['ro-crate-metadata.json']['about'] == {'@id': './'} and graph['./']['name'] == 'DR1'
    assert {one['@id'] for one in graph['./']['hasPart']} == {*members, 'lineage.json'}
    assert graph['./']['description'] == 'four frames & their stack' and graph[stack.filename]['@type'] == 'File'


def test_a_release_is_the_same_after_its_files_are_lost(stack, tmp_path):  # noqa: F811
    made = context.release('AGAIN', DataObject.object_id == stack.object_id)
    before = deliver(made, tmp_path / 'before')
    stack._path().unlink()
    after = deliver(made, tmp_path / 'after')
    assert [one.name for one in before] == [one.name for one in after]
    again = tmp_path / 'after' / stack.filename
    assert again.read_bytes() == (tmp_path / 'before' / stack.filename).read_bytes()
