"""Provenance: the whole lineage of an object as plain values, which can leave the database: into a file, or as W3C PROV."""

import dataclasses
from typing import NamedTuple

from awlike.persist.links import inputs_of
from awlike.persist.trees import unfolded
from awlike.terminal import Readable, printable


class RecordedFact(NamedTuple):
    """One thing that is known of how an object was made."""

    kind: str
    """'parameter', 'result', or 'making': code, libraries, recipe, time that it took."""
    name: str
    value: object
    """A JSON value."""
    unit: str = ''


class RecordedFile(NamedTuple):
    """The file as it arrived from the telescope, in which a raw frame lies."""

    name: str
    hdu: int
    digest: str


@dataclasses.dataclass(frozen=True)
class Entity:
    """An object of a lineage: a raw frame or a product. Dates are in ISO form, UTC; what is not known is None."""

    step: int
    class_name: str
    object_id: str
    name: str
    filename: str | None
    digest: str | None
    DATE_OBS: str | None
    creation_date: str | None
    creator: str | None
    raw_file: RecordedFile | None = None
    facts: tuple[RecordedFact, ...] = ()
    is_valid: int | None = dataclasses.field(default=None, compare=False)  # what people think of it today

    @classmethod
    def of(cls, obj, step: int) -> 'Entity':
        """The entity that `obj` is, number `step`."""
        dates = (getattr(obj, name, None) for name in ('DATE_OBS', 'creation_date'))
        return cls(step, type(obj).__name__, str(obj.object_id), str(obj), obj.filename, obj.digest,
                   *(date and date.isoformat() for date in dates), obj.creator and obj.creator.name,
                   obj.raw_file(), tuple(obj.how_made()), obj.is_valid)

    def __str__(self):
        return self.name

    def facts_of(self, kind: str) -> dict:
        """The values of the facts of a kind, by name."""
        return {fact.name: fact.value for fact in self.facts if fact.kind == kind}


class Use(NamedTuple):
    """That the product of step `user` was made from that of step `step`. Of the one that it is all about `user` is 0."""

    step: int
    user: int
    role: str
    position: int


@dataclasses.dataclass(frozen=True)
class Provenance:
    """A lineage: its objects by number, and who was made from whom.

    The steps are numbered, and the uses in order, as the tree of `obj.lineage()` reads: first the product that it is all
    about, number 1; then its first input, followed by what that was made from; and so on. What is used again is not
    followed again.
    """

    entities: tuple[Entity, ...]
    uses: tuple[Use, ...]

    @property
    def target(self) -> Entity:
        """What it is all about."""
        return self.entities[0]

    def inputs(self) -> dict[int, list[tuple[str, int, Entity]]]:
        """By step what its product was made from directly: role, position, entity."""
        found = {}
        for use in self.uses[1:]:
            found.setdefault(use.user, []).append((use.role, use.position, self.entities[use.step - 1]))
        return found

    def to_dict(self) -> list[dict]:
        """The steps as JSON values, each with its facts by kind and its inputs."""
        inputs = self.inputs()
        return [{name: getattr(one, name) for name in (
                    'step', 'class_name', 'object_id', 'name', 'filename', 'digest', 'DATE_OBS', 'creation_date', 'creator')}
                | ({'raw_file': one.raw_file._asdict()} if one.raw_file else {})
                | {kind + 's' * (kind != 'making'): facts for kind in ('parameter', 'result', 'making')
                   if (facts := one.facts_of(kind))}
                | {'inputs': [{'role': role, 'position': position, 'step': entity.step}
                              for role, position, entity in inputs.get(one.step, ())]}
                for one in self.entities]

    def to_prov(self):
        """It as a `prov.model.ProvDocument`; see `awlike.persist.lineage.Tree.to_prov`."""
        from awlike.persist.w3c_prov import document
        return document(self)


def provenance_of(obj) -> Provenance:
    """The provenance of `obj`, committed or not. Who sees it sees its ancestors."""
    _kept = list(obj.ancestors())  # read, and kept, together rather than one by one
    entities, uses, waiting = {}, [], [(0, '', 0, obj)]
    while waiting:
        user, role, position, one = waiting.pop()
        known = entities.get(one.object_id)
        entity = known or entities.setdefault(one.object_id, Entity.of(one, len(entities) + 1))
        uses.append(Use(entity.step, user, role, position))
        if known is None:
            waiting += [(entity.step, *use) for use in reversed(list(inputs_of(one)))]
    return Provenance(tuple(entities.values()), tuple(uses))


class ProvenanceTree(Readable):
    """The tree of a provenance; it reads as that of the object itself, without a database."""

    def __init__(self, provenance: Provenance):
        self._provenance = provenance

    def root(self):
        """The tree, as a `Node`."""
        inputs = {step: _by_role(uses) for step, uses in self._provenance.inputs().items()}
        return unfolded(self._provenance.target, lambda one: inputs.get(one.step, {}), lambda one: one.class_name)

    def lines(self):
        """The lines of the tree."""
        return self.root().lines()

    def __str__(self):
        return '\n'.join(map(printable, self.lines()))

    def to_prov(self):
        """It in the terms of the W3C; see `awlike.persist.lineage.Tree.to_prov`."""
        return self._provenance.to_prov()


def _by_role(uses) -> dict:
    found = {}
    for role, _, one in uses:
        found.setdefault(role, []).append(one)
    return found
