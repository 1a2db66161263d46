"""fsck compares the rows of source lists with their files, and fills them anew."""

import pytest
from sqlalchemy import delete, update

from awlike.database.sessions import database
from awlike.frames.raw import RawScienceFrame
from awlike.frames.source_list import Source
from awlike.persist.ids import new_id
from awlike.products.making import produce
from awlike.tasks.commit import commit_product
from awlike.tracing.fsck import fsck
from tests.catalogues import DetectedList
from tests.databases import by_hand


@pytest.fixture
def made(night):
    raw = RawScienceFrame.select_all()[0]
    product = produce(DetectedList, {'raw': raw}, DetectedList.Parameters())
    commit_product(product)
    return product


TABLE = Source.__table__
CHANGES = [delete(TABLE), delete(TABLE).where(TABLE.c.SID == 7), update(TABLE).where(TABLE.c.SID == 7).values(RA=3.0),
           update(TABLE).where(TABLE.c.SID == 7).values(FLUX_APER_2=None), update(TABLE).where(TABLE.c.SID == 7).values(hpx=1)]


@pytest.mark.parametrize('change', CHANGES, ids=range(len(CHANGES)))
def test_rows_that_differ_from_the_file_are_found_and_filled_anew(made, change):
    assert fsck() == [] and len(Source.source_list == made) == 1000
    with by_hand() as connection:
        connection.execute(change)
    finding, = fsck()
    assert finding.kind == 'wrong rows' and str(made) in finding.text
    if database().sees_all():
        assert fsck(mend=True)[0].mended and fsck() == [] and len(Source.source_list == made) == 1000
    else:
        assert 'administrator' in finding.remedy and not fsck(mend=True)[0].mended


@pytest.mark.sqlite
def test_rows_of_no_list_are_told(made):
    with by_hand() as connection:
        connection.execute(update(TABLE).where(TABLE.c.SID == 7).values(source_list_id=new_id()))
    assert {finding.kind for finding in fsck()} == {'broken link', 'wrong rows'}
