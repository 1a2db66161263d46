"""Provenance: the whole lineage of an object as plain values, which can leave the database, in a file or as W3C PROV."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from awlike.characters import printable
from awlike.persist.links import inputs_of
from awlike.persist.trees import unfolded
from awlike.terminal import Readable

if TYPE_CHECKING:
    from awlike.persist.dataobject import DataObject
    from awlike.views.tree import Node


class RecordedFact(NamedTuple):
    """A fact of the making of an object."""

    kind: str
    """'parameter', 'result', or 'making': code, libraries, recipe, duration."""
    name: str
    value: Any
    """A JSON value."""
    unit: str = ''


class RecordedFile(NamedTuple):
    """The file, as it arrived from the telescope, that contains a raw frame."""

    name: str
    hdu: int
    digest: str


@dataclasses.dataclass(frozen=True)
class Entity:
    """An object of a lineage: a raw frame or a product. Dates are in ISO form, UTC; an unknown value is None."""

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
    is_valid: int | None = dataclasses.field(default=None, compare=False)  # the judgement of people today

    @classmethod
    def of(cls, obj: 'DataObject', step: int) -> 'Entity':
        """Return `obj` as the entity with number `step`."""
        observed, created = (date and date.isoformat() for date in (
            getattr(obj, name, None) for name in ('DATE_OBS', 'creation_date')))
        return cls(step, type(obj).__name__, str(obj.object_id), str(obj), obj.filename, obj.digest, observed, created,
                   obj.creator.name if obj.creator else None, obj.raw_file(), tuple(obj.how_made()), obj.is_valid)

    def __str__(self) -> str:
        return self.name

    @property
    def left_out(self) -> dict[str, str]:
        """The inputs that a person switched off, by role, each with the process parameter that did so."""
        return self.facts_of('making').get('left_out', {})

    def facts_of(self, kind: str) -> dict:
        """Return the values of the facts of a kind, by name."""
        return {fact.name: fact.value for fact in self.facts if fact.kind == kind}


class Use(NamedTuple):
    """The object of step `step` is an input of the product of step `user`; `user` is 0 for the target of the lineage."""

    step: int
    user: int
    role: str
    position: int


@dataclasses.dataclass(frozen=True)
class Provenance:
    """A lineage: its objects by number, and their uses as inputs.

    The numbers of the steps, and the uses, follow the tree of `obj.lineage()`: first the target, number 1; then its first
    input, followed by the inputs of that input; and so on. The inputs of an object are followed at its first use only.
    """

    entities: tuple[Entity, ...]
    uses: tuple[Use, ...]

    @property
    def target(self) -> Entity:
        """The object whose lineage it is."""
        return self.entities[0]

    def inputs(self) -> dict[int, list[tuple[str, int, Entity]]]:
        """Return the direct inputs of each product by its step, as (role, position, entity)."""
        found: dict[int, list[tuple[str, int, Entity]]] = {}
        for use in self.uses[1:]:
            found.setdefault(use.user, []).append((use.role, use.position, self.entities[use.step - 1]))
        return found

    def to_dict(self) -> list[dict]:
        """Return the steps as JSON values, each with its facts by kind and its inputs."""
        inputs = self.inputs()
        return [{name: getattr(entity, name) for name in (
                    'step', 'class_name', 'object_id', 'name', 'filename', 'digest', 'DATE_OBS', 'creation_date', 'creator')}
                | ({'raw_file': entity.raw_file._asdict()} if entity.raw_file else {})
                | {kind + 's' * (kind != 'making'): facts for kind in ('parameter', 'result', 'making')
                   if (facts := entity.facts_of(kind))}
                | {'inputs': [{'role': role, 'position': position, 'step': used.step}
                              for role, position, used in inputs.get(entity.step, ())]}
                for entity in self.entities]

    def to_prov(self) -> Any:
        """Return it as a `prov.model.ProvDocument`; see `awlike.persist.lineage_tree.Tree.to_prov`."""
        from awlike.persist.w3c_prov import document
        return document(self)


def provenance_of(obj: 'DataObject') -> Provenance:
    """Return the provenance of `obj`, committed or not. Whoever sees an object sees its ancestors."""
    _ancestors = list(obj.ancestors())  # read, and kept, together rather than one by one
    entities: dict[Any, Entity] = {}
    uses, waiting = [], [(0, '', 0, obj)]
    while waiting:
        user, role, position, used = waiting.pop()
        known = entities.get(used.object_id)
        entity = known or entities.setdefault(used.object_id, Entity.of(used, len(entities) + 1))
        uses.append(Use(entity.step, user, role, position))
        if known is None:
            waiting += [(entity.step, *use) for use in reversed(list(inputs_of(used)))]
    return Provenance(tuple(entities.values()), tuple(uses))


class ProvenanceTree(Readable):
    """The tree of a provenance; it reads like the tree of the object itself, without a database."""

    def __init__(self, provenance: Provenance) -> None:
        self._provenance = provenance

    def root(self) -> 'Node':
        """Return the root of the tree."""
        inputs = {step: _by_role(uses) for step, uses in self._provenance.inputs().items()}
        return unfolded(self._provenance.target, lambda entity: inputs.get(entity.step, {}), lambda entity: entity.class_name)

    def lines(self) -> Iterator[str]:
        """Return the lines of the tree."""
        return self.root().lines()

    def __str__(self) -> str:
        return '\n'.join(map(printable, self.lines()))

    def to_prov(self) -> Any:
        """Return the provenance in the terms of the W3C; see `awlike.persist.lineage_tree.Tree.to_prov`."""
        return self._provenance.to_prov()


def _by_role(uses: Iterable[tuple[str, int, Entity]]) -> dict[str, list[Entity]]:
    found: dict[str, list[Entity]] = {}
    for role, _, entity in uses:
        found.setdefault(role, []).append(entity)
    return found
