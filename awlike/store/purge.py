"""Virtual data: the file of a product that can be made again need not be kept."""

import dataclasses
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from awlike.database.sessions import database
from awlike.nights import utcnow
from awlike.parallel import ahead
from awlike.persist.tables import dropped_file
from awlike.progress import Progress
from awlike.spelling import counted
from awlike.store.in_use import server
from awlike.terminal import Safe


@dataclasses.dataclass
class Freed(Safe):
    """The result of a purge: the space that it frees, or would free.

    Attributes
    ----------
    objects : list
        The products whose files are dropped.
    kept : dict
        For each reason to keep a file, the number of products that keep theirs.
    committed : bool
        Whether the files were dropped, or the purge only tried.
    """

    objects: list[Any]
    kept: dict[str, int]
    committed: bool

    @property
    def bytes(self) -> int:
        """The space that the purge frees."""
        return sum(obj.size for obj in self.objects)

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values, for machines."""
        return {'committed': self.committed, 'bytes': self.bytes, 'files': [obj.filename for obj in self.objects],
                'kept': self.kept}

    def __str__(self) -> str:
        done = 'dropped' if self.committed else 'can be dropped, nothing is done until it is asked for with commit'
        lines = [f'{counted(len(self.objects), "file")} of {self.bytes / 1e6:.1f} MB {done}; '
                 'each is made again when it is used']
        lines += [f'  {number} kept: {reason}' for reason, number in self.kept.items()]
        return '\n'.join(lines)

    __repr__ = __str__


class Asked:
    """Tell which of many files are stored. The data server is asked once for each file, for `filenames` together."""

    def __init__(self, filenames: Iterable[str]) -> None:
        self._known: dict[str, bool] = {}
        self(filenames)

    def __call__(self, filenames: Iterable[str]) -> set[str]:
        filenames = set(filenames)
        if new := filenames - self._known.keys():
            stored = server().has_all(new)
            self._known |= {name: name in stored for name in new}
        return {name for name in filenames if self._known[name]}


def purge(objects: Sequence[Any], may_change: Callable[[Any], bool], user_id: uuid.UUID, commit: bool,
          kept_for: Mapping[uuid.UUID, str] = MappingProxyType({})) -> Freed:
    """Drop the files of the `objects` that can be made again.

    Parameters
    ----------
    may_change : callable
        Returns whether the user may drop the file of an object.
    user_id : UUID
        The user who purges.
    commit : bool
        Whether to drop the files, rather than only to report.
    kept_for : dict
        By id, why the file of an object is kept whatever it is. Default: none is.
    """
    freed, kept, stored = [], {}, Asked(obj.filename for obj in objects if obj.filename)
    with Progress('purge', len(objects)) as progress:
        for obj in objects:
            reason = obj.why_keep_file(stored) or kept_for.get(obj.object_id, '')
            reason = reason or ('' if may_change(obj) else 'neither yours nor of a project of yours')
            if reason:
                kept[reason] = kept.get(reason, 0) + 1
            else:
                freed.append(obj)
            progress.advance()
    if commit and freed:
        db, now = database(), utcnow()
        with db.transaction() as connection:
            for obj in freed:
                db.insert_row_absent(connection, dropped_file, {
                    'object_id': obj.object_id, 'reason': 'purged', 'user_id': user_id, 'date': now})
        names = [obj.filename for obj in freed]
        with ahead(server().remove, names, server().streams) as removed:
            for _, future in removed:  # rows first: a crash here leaves unneeded files, and loses no file
                future.result()
    return Freed(freed, kept, commit)
