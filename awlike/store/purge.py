"""Virtual data: the files of products that can be made again need not be kept."""

import dataclasses

from awlike.database.sessions import database
from awlike.nights import utcnow
from awlike.parallel import ahead
from awlike.persist.tables import dropped_file
from awlike.progress import Progress
from awlike.store.in_use import server


@dataclasses.dataclass
class Freed:
    """What a purge frees, or would free.

    Attributes
    ----------
    objects : list
        The products whose files are dropped.
    kept : dict
        Why the others keep theirs: the reason, and how many it is true of.
    committed : bool
        Whether it was done, or only tried.
    """

    objects: list
    kept: dict
    committed: bool

    @property
    def bytes(self) -> int:
        """The space that it frees."""
        return sum(obj.size for obj in self.objects)

    def to_dict(self) -> dict:
        """The same as JSON values, for machines."""
        return {'committed': self.committed, 'bytes': self.bytes, 'files': [obj.filename for obj in self.objects],
                'kept': self.kept}

    def __str__(self):
        done = 'dropped' if self.committed else 'can be dropped, nothing is done until it is asked for with commit'
        lines = [f'{len(self.objects)} files of {self.bytes / 1e6:.1f} MB {done}; each is made again when it is used']
        lines += [f'  {number} kept: {reason}' for reason, number in self.kept.items()]
        return '\n'.join(lines)

    __repr__ = __str__


class Asked:
    """Which of many files are stored; each is asked for once, those of `filenames` together."""

    def __init__(self, filenames):
        self._known = {}
        self(filenames)

    def __call__(self, filenames) -> set[str]:
        filenames = set(filenames)
        if new := filenames - self._known.keys():
            there = server().has_all(new)
            self._known |= {name: name in there for name in new}
        return {name for name in filenames if self._known[name]}


def purge(objects, may_change, user_id, commit: bool) -> Freed:
    """Drop the files of those of `objects` that can be made again.

    Parameters
    ----------
    may_change : callable
        Says of an object whether the user may drop its file.
    user_id : UUID
        Who does it.
    commit : bool
        Whether to do it, rather than to tell what would be done.
    """
    freed, kept, stored = [], {}, Asked(obj.filename for obj in objects if obj.filename)
    with Progress('purge', len(objects)) as progress:
        for obj in objects:
            reason = obj.why_keep_file(stored) or ('' if may_change(obj) else 'neither yours nor of a project of yours')
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
            for _, future in removed:  # the rows first: a crash here leaves files that are kept for nothing, and loses none
                future.result()
    return Freed(freed, kept, commit)
