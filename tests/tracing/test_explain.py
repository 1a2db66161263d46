"""Files explain themselves: each tells its whole lineage without a database, and whether it is what was written."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from awlike.context import context
from awlike.errors import HeaderError
from awlike.frames.reduced import ReducedScienceFrame
from awlike.persist.provenance import provenance_of
from awlike.products.product import ProcessTarget
from awlike.query.properties import classes
from awlike.store import server
from awlike.tracing.explain import explain


@pytest.fixture
def red(reduced):
    return ReducedScienceFrame.select_all()[0]


@pytest.fixture
def mail(red, tmp_path):
    """A reduced frame as it arrives by mail."""
    return red.retrieve(tmp_path).rename(tmp_path / 'mail.fits')


def products():
    return [one for name, cls in classes.items() if issubclass(cls, ProcessTarget) and cls.inputs() for one in cls.select_all()]


def steps(provenance):
    return json.loads(json.dumps(provenance.to_dict()))


# --- what a file tells ---


def test_every_product_tells_what_the_database_knows(red, tmp_path):
    told = {}
    for one in products():
        if one.filename:
            told[type(one).__name__] = explanation = explain(one.retrieve(tmp_path))
            assert explanation.intact and steps(explanation.provenance) == steps(provenance_of(one))
            assert explanation.provenance.uses == provenance_of(one).uses
            assert str(explanation.lineage()) == str(one.lineage())
    assert len(told) >= 10


def test_it_prints_what_it_is_its_lineage_and_parameters(red, mail):
    printed = str(explain(mail))
    lines = printed.splitlines()
    assert lines[:3] == [str(mail), f'  is        {red.filename}', f'  observed  {red.DATE_OBS.isoformat()[:19]} UTC']
    assert lines[3].startswith('  made      ') and lines[3].endswith(' UTC by ada')
    assert lines[5] == f'  check     its pixels are those of its digest, {red.digest}'
    assert '\n'.join(f'  {line}' for line in str(red.lineage()).splitlines()) in printed
    assert re.search(r'\n  FRINGE_THRESHOLD_LOW +3 sigma\n', printed)
    assert re.search(f'  OBJECT +{re.escape(red.OBJECT)}', printed)
    assert re.search(r'\n  recipe +Reduce\n', printed)


def test_the_raw_files_are_named_as_they_arrived(red, mail):
    raws = {one.filename: one.raw_file for one in explain(mail).provenance.entities if one.raw_file}
    assert raws[red.raw.filename] == (red.raw.raw_fits.original_name, red.raw.extension, red.raw.raw_fits.digest)
    assert f'21 raw frames, in 21 files that arrived as {red.raw.raw_fits.original_name} ... ' in str(explain(mail))


def test_the_read_noise_without_a_file_is_a_step_with_its_value(red, mail):
    noise, = [one for one in explain(mail).provenance.entities if one.class_name == 'ReadNoise']
    assert noise.filename is None and noise.facts_of('result')['read_noise'] == red.bias.read_noise.read_noise


def test_a_raw_frame_tells_where_it_lay(red, tmp_path):
    explanation = explain(red.raw.retrieve(tmp_path))
    assert explanation.intact and len(explanation.provenance.entities) == 1
    assert f'  from      HDU {red.raw.extension} of {red.raw.raw_fits.original_name}' in str(explanation)
    assert 'its pixels and header are as they were written' in str(explanation) and 'lineage' not in str(explanation)


def test_an_exported_frame_tells_as_well(red, tmp_path):
    explanation = explain(red.export(tmp_path / 'out.fits'))
    assert explanation.intact and steps(explanation.provenance) == steps(provenance_of(red))


def test_a_file_that_was_made_again_tells_the_same(red, tmp_path):
    before = steps(explain(red.retrieve(tmp_path)).provenance)
    context.purge(ReducedScienceFrame.raw == red.raw, commit=True)
    assert steps(explain(red.retrieve(tmp_path)).provenance) == before


def test_the_file_says_it_as_prov(mail, red):
    pytest.importorskip('prov')
    told, known = explain(mail).lineage().to_prov(), red.lineage().to_prov()
    assert told.get_provn().count('used(') == known.get_provn().count('used(') > 40


# --- whether it is what was written ---


def test_gzipped_is_as_good(mail, tmp_path):
    packed = tmp_path / 'mail.fits.gz'
    packed.write_bytes(gzip.compress(mail.read_bytes()))
    assert explain(packed).intact


@pytest.mark.parametrize('checksum', [True, False])
def test_pixels_that_were_changed_are_told(mail, red, checksum):
    with fits.open(mail, mode='update', checksum=checksum) as hdus:
        hdus[0].data[3, 4] += 1
    explanation = explain(mail)
    assert not explanation.intact
    assert explanation.remarks[0].startswith('its pixels were changed: their digest is')
    assert explanation.remarks[0].endswith(f'that of what was made {red.digest}')


def test_a_header_that_was_changed_is_told_and_the_pixels_are_still_good(mail):
    mail.write_bytes(mail.read_bytes().replace(b"PROJECT = 'TEST", b"PROJECT = 'PAST", 1))
    explanation = explain(mail)
    assert explanation.intact and explanation.remarks[1:] == ['its header was changed after it was written']


def test_a_raw_frame_that_was_changed_is_told(red, tmp_path):
    path = red.raw.retrieve(tmp_path)
    content = bytearray(path.read_bytes())
    with fits.open(path) as hdus:
        content[hdus[0].fileinfo()['datLoc'] + 77] ^= 1
    path.write_bytes(content)
    explanation = explain(path)
    assert not explanation.intact and explanation.remarks == ['its pixels and header were changed after they were written']


def test_a_mask_that_was_changed_is_told(red, tmp_path):
    path = red.export(tmp_path / 'out.fits')
    content = bytearray(path.read_bytes())
    with fits.open(path) as hdus:
        content[hdus['MASK'].fileinfo()['datLoc']] ^= 1
    path.write_bytes(content)
    assert explain(path).remarks[1:] == ['MASK was changed after it was written']


def test_a_lineage_that_was_changed_is_not_to_be_relied_on(mail, red):
    content, digest = mail.read_bytes(), red.bias.digest.encode()
    start = content.index(b"EXTNAME = 'PROVENANCE'")
    mail.write_bytes(content[:start] + content[start:].replace(digest, b'0' * 64))
    explanation = explain(mail)
    assert not explanation.intact and 'do not rely on it' in str(explanation)


def test_a_lineage_of_another_file_is_found_out(mail, red, tmp_path):
    other = ReducedScienceFrame.select_all()[1].retrieve(tmp_path)
    with fits.open(mail) as mine, fits.open(other) as theirs:
        fits.HDUList([mine[0], *theirs[1:]]).writeto(tmp_path / 'mixed.fits')
    assert 'its pixels were changed' in explain(tmp_path / 'mixed.fits').remarks[0]


def rewritten(path, column, value):
    """Write the same into a column of the lineage, as another program could, without checksums."""
    with fits.open(path) as hdus:
        table = Table(hdus['PROVENANCE'].data)
        table[column] = [value] * len(table)
        card = hdus['PROVENANCE'].header['PROVVERS']
        hdus['PROVENANCE'] = fits.BinTableHDU(table, fits.Header({'PROVVERS': card}), name='PROVENANCE')
        hdus.writeto(path, overwrite=True)
    return path


def test_a_lineage_without_checksums_is_told_to_be_so(mail):
    assert 'whether its lineage is as it was written cannot be told' in str(explain(rewritten(mail, 'CREATOR', 'eve')))


def test_nothing_in_a_file_does_anything_to_a_terminal(mail):
    explanation = explain(rewritten(mail, 'FILENAME', r'\x1b[31mred\nto the eye'))
    assert '?[31mred?to the eye' in str(explanation) and '?[31mred?to' in str(explanation.lineage())
    assert '\x1b' not in str(explanation) + str(explanation.lineage())


def test_what_was_observed_nobody_knows_when_is_told_without(mail):
    assert '  observed  ' not in str(explain(rewritten(mail, 'DATE_OBS', '')))


def test_compression_that_changes_pixels_is_told(mail, tmp_path):
    packed = tmp_path / 'mail.fits.fz'
    with fits.open(mail) as hdus:
        image = fits.CompImageHDU(hdus[0].data, hdus[0].header, compression_type='RICE_1')
        fits.HDUList([fits.PrimaryHDU(), image, *hdus[1:]]).writeto(packed)
    explanation = explain(packed)
    assert not explanation.intact and 'it was compressed, which changes pixels' in explanation.remarks[0]


# --- what does not tell ---


def test_an_older_product_is_refused_with_what_its_header_tells(mail, red):
    with fits.open(mail) as hdus:
        hdus[:1].writeto(mail, overwrite=True)
    with pytest.raises(HeaderError) as refused:
        explain(mail)
    assert str(refused.value).startswith(f'{mail}: there are no extensions PROVENANCE and MAKING')
    assert f'made by ada from raw {red.raw.filename}, bias {red.bias.filename}' in str(refused.value)
    assert str(refused.value).endswith(f'awe lineage {red.filename}')


@pytest.mark.parametrize(('content', 'said'), [
    (lambda mail: b'', 'the file is empty'),
    (lambda mail: b'a letter', 'not a FITS file'),
    (lambda mail: b'PK\3\4' + bytes(99), 'a zip archive'),
    (lambda mail: gzip.compress(mail)[:-9], 'gzip data is truncated'),
    (lambda mail: mail[:5000], 'cannot be read as FITS'),
    (lambda mail: mail[:100_000], 'truncated: the header of HDU 0'),
    (lambda mail: mail[:-2880], 'truncated: the header of HDU 2'),
], ids=['empty', 'text', 'zip', 'half a gzip', 'cut in the header', 'cut in the image', 'cut in the table'])
def test_what_is_no_whole_file_is_refused(mail, content, said):
    mail.write_bytes(content(mail.read_bytes()))
    with pytest.raises(HeaderError, match=f'{mail.name}: .*({said})'):
        explain(mail)


def test_a_file_of_others_is_refused(red):
    with pytest.raises(HeaderError, match='it is no product of awlike, or was rewritten'):
        explain(server().open_path(red.raw.raw_fits.filename))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(HeaderError, match='nothing.fits: cannot be read'):
        explain(tmp_path / 'nothing.fits')


# --- the command ---


def awe_explain(*words, home):
    """`awe explain` of somebody who has no awlike and may write nowhere."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith('AWLIKE_')}
    return subprocess.run([sys.executable, '-c', 'from awlike.cli import main; main()', 'explain', *map(str, words)],
                          capture_output=True, text=True, cwd=home,
                          env=environment | {'AWLIKE_HOME': str(home / 'nowhere' / 'at' / 'all'), 'HOME': str(home)})


@pytest.mark.slow
def test_the_command_needs_no_database_and_makes_none(mail, red, tmp_path):
    home = tmp_path / 'nobody'
    home.mkdir()
    done = awe_explain(mail, home=home)
    assert (done.returncode, done.stderr) == (0, '') and done.stdout == f'{explain(mail)}\n'
    assert list(home.iterdir()) == []


@pytest.mark.slow
def test_the_command_tells_of_several_files_and_what_is_wrong(mail, red, tmp_path):
    changed = shutil.copy(mail, tmp_path / 'changed.fits')
    with fits.open(changed, mode='update') as hdus:
        hdus[0].data[0, 0] = np.nan
    done = awe_explain(mail, changed, '--json', home=tmp_path)
    told = json.loads(done.stdout)
    assert done.returncode == 1 and [one['intact'] for one in told] == [True, False]
    assert [one['file'] for one in told] == [str(mail), str(changed)]
    assert told[0]['steps'][0]['filename'] == red.filename and told[0]['steps'][0]['parameters']['OVERSCAN_CORRECTION'] == 6
    nothing = tmp_path / 'nothing.fits'
    done = awe_explain(mail, nothing, home=tmp_path)
    assert done.returncode == 2 and done.stdout.startswith(str(mail))
    assert done.stderr == f'awe: {nothing}: cannot be read (No such file or directory); check path and permissions\n'
