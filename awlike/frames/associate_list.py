"""AssociateList: which sources of several lists are the same on the sky, and Association, a row of such a list."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from awlike.declare import (
    Catalogue,
    ContentTable,
    Filter,
    FromMembers,
    Input,
    Inputs,
    NotFound,
    ProcessTarget,
    Reference,
    SkyRow,
    attribute,
    column,
    parameter,
)
from awlike.frames.source_list import Source, SourceList

if TYPE_CHECKING:
    from awlike.query.query import Query

COLUMNS = [
    column('AID', 'i4', 'number of the group, from 1'),
    column('SLID', 'i4', 'number of the source list among source_lists, from 1'),
    column('SID', 'i4', 'number of the source in that list', ucd='meta.id'),
    column('FLAG', 'i4', '1 if another source lay within the search distance, too, else 0', ucd='meta.code'),
    column('RA', 'f8', 'right ascension of the source, ICRS', unit='deg', ucd='pos.eq.ra;meta.main'),
    column('DEC', 'f8', 'declination of the source, ICRS', unit='deg', ucd='pos.eq.dec;meta.main'),
]


class AssociateList(Catalogue, ProcessTarget):
    """Groups of sources of several lists that are the same on the sky; no group has two sources of one list.

    Each row of `associations` is an `Association` in the database. A source without a partner is in no group.
    """

    source_lists = Input(SourceList, 'the source lists, in the order of date', many=True)
    filter = Reference(Filter, 'the filter; none where the lists have several', optional=True)
    associations = ContentTable('the sources of each group', COLUMNS)
    number_of_groups = attribute(int, 'how many groups there are')
    number_of_sources = attribute(int, 'how many sources are in a group')

    class Parameters(FromMembers):
        TYPE: Literal['chain', 'master', 'matched'] = parameter(
            'chain', 'chain: each list with the groups before it; master: each with one list; matched: all with all, and only '
            'groups of all lists')
        SEARCH_DISTANCE: float = parameter(1.0, 'sources at most so far apart are compared', unit='arcsec', gt=0, le=3600)
        FLAG_MASK: int = parameter(0, 'sources with any of these bits of FLAGS are left out', ge=0)
        SINGLE_OUT_CLOSEST_PAIRS: bool = parameter(True, 'each source is in one group at most, with the closest; False: each '
                                                   'pair is a group')
        MASTER: int = parameter(1, 'of type master: number of the list, in the order of date, with which others are compared',
                                ge=1)

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        import numpy as np

        from awlike.declare import ProcessingError
        from awlike.sky.association import associate
        lists = [one.sources.whole() for one in inputs.source_lists]
        if len(lists) < max(2, params.MASTER):
            raise ProcessingError(f'{len(lists)} source list is there: associate two or more, and at least MASTER '
                                  f'({params.MASTER})')
        order = np.arange(len(lists))
        if params.TYPE == 'master':
            order = np.roll(order[:params.MASTER], 1).tolist() + order[params.MASTER:].tolist()
        groups = associate([_places(lists[number], params.FLAG_MASK) for number in order], params.SEARCH_DISTANCE, params.TYPE,
                           params.SINGLE_OUT_CLOSEST_PAIRS)
        table = _table(lists, groups, np.asarray(order))
        return {'associations': table, 'number_of_groups': int(table['AID'].max(initial=0)),
                'number_of_sources': len(table['AID'])}

    def group(self, AID: int) -> 'Query':
        """Return the query for the sources of a group.

        Raises
        ------
        NotFound
            When there is no such group.
        """
        rows = (Association.associate_list == self) & (Association.AID == AID)
        members = sorted((row.SLID, row.SID) for row in rows)
        if not members:
            raise NotFound(f'{self} has no group {AID}: they are numbered from 1 to {self.number_of_groups}')
        return _sources(self.source_lists, members)

    def group_of(self, source: Source) -> 'Query':
        """Return the query for the sources that are the same as `source`, itself among them.

        Raises
        ------
        NotFound
            When the source has no partner, or its list is not among `source_lists`.
        """
        found = (source.associations() & (Association.associate_list == self)).first()
        if found is None:
            raise NotFound(f'{source} is in no group of {self}')
        return self.group(found.AID)


class Association(SkyRow, of=AssociateList, table='associations', link='associate_list'):
    """A source of a group, as an `AssociateList` has it."""

    TO_SHOW = 'AID', 'SLID', 'SID', 'FLAG', 'RA', 'DEC'
    INDEXED: ClassVar[tuple[str, ...]] = ('AID',)

    @property
    def source(self) -> Source:
        """The source."""
        return _sources(self.associate_list.source_lists, [(self.SLID, self.SID)]).one()

    def group(self) -> 'Query':
        """Return the query for all sources of the group."""
        return self.associate_list.group(self.AID)


def associations_of(source: Source) -> 'Query':
    """Return the query for the rows that are `source` in the associations that you see."""
    found = ~Association.select_all()
    for one in AssociateList.made_from(source.source_list):
        number = one.source_lists.index(source.source_list) + 1
        found |= (Association.associate_list == one) & (Association.SLID == number) & (Association.SID == source.SID)
    return found


def _sources(lists: list[SourceList], members: list[tuple[int, int]]) -> 'Query':
    """Return the query for sources, each named by the number of its list and its own."""
    found = None
    for number, SID in members:
        one = (Source.source_list == lists[number - 1]) & (Source.SID == SID)
        found = one if found is None else found | one
    assert found is not None, 'a group has members'
    return found


def _places(table: Any, mask: int) -> Any:
    """Return the places of the sources of a list, without those that `mask` leaves out."""
    import numpy as np

    from awlike.sky.association import Places
    spoilt = (table['FLAGS'] & mask) != 0
    return Places.of(np.where(spoilt, np.nan, table['RA']), np.where(spoilt, np.nan, table['DEC']))


def _table(lists: list[Any], groups: Any, order: Any) -> dict[str, Any]:
    """Return the columns of the associations: groups in the order of their first source, lists in the order of date."""
    import numpy as np
    number = order[groups.list]
    by = np.lexsort((number, groups.group))
    number, rows = number[by], groups.row[by]
    found = {name: np.empty(len(rows), lists[0][name].dtype) for name in ('SID', 'RA', 'DEC')}
    for which, table in enumerate(lists):
        mine = number == which
        for name, values in found.items():
            values[mine] = table[name][rows[mine]]
    return {'AID': groups.group[by], 'SLID': number + 1, 'FLAG': (~groups.is_alone[by]).astype(np.int32), **found}
