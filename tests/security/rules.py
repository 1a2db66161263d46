"""The rules of who may see and do what, in plain Python: written from the design, not from the SQL that enforces them."""

import dataclasses

ANONYMOUS = 'anonymous'


@dataclasses.dataclass(eq=False)
class Project:
    """People who share data; its owner is a member."""

    name: str
    owner: str
    maximum: int
    members: set


@dataclasses.dataclass(eq=False)
class Thing:
    """What the rules ask of an object: what it was made from, and of a raw frame the file that it lies in."""

    object_id: object
    creator: str
    project: Project
    level: int
    parts: list = dataclasses.field(default_factory=list)
    file: 'Thing | None' = None
    kind: str = 'Blend'
    is_valid: int = 1
    changes: list = dataclasses.field(default_factory=list)  # attribute, old, new, user

    @property
    def is_raw(self) -> bool:
        """Whether it cannot be made again."""
        return not self.parts

    @property
    def needed(self) -> list:
        """What all who see it must see."""
        return self.parts + ([self.file] if self.file else [])

    def ancestors(self) -> set:
        """All that it was made from, down to the raw files."""
        return {one for part in self.needed for one in {part} | part.ancestors()}


def sees(user: str, thing: Thing) -> bool:
    """Level 1 is for the creator, 2 for the members of the project, 3 for every account, 4 and 5 for everybody.

    Who left a project sees nothing of their own at level 1 that was made from what they do not see any more.
    """
    if thing.level >= 4:
        return True
    if user == ANONYMOUS:
        return False
    return {3: True, 2: user in thing.project.members,
            1: user == thing.creator and all(sees(user, one) for one in thing.needed)}[thing.level]


def audience_sees(creator: str, project: Project, level: int, part: Thing) -> bool:
    """Whether all who see what `creator` makes in `project` at `level` see `part`, whoever joins later."""
    if level == 1:
        return sees(creator, part)
    if level == 2:
        return part.level >= 3 or part.level == 2 and part.project is project
    return part.level >= min(level, 4)


def may_make(user: str, project: Project, level: int, parts) -> bool:
    """A member makes what the project allows, from what the audience sees."""
    return (user in project.members and 1 <= level <= project.maximum
            and all(sees(user, part) and audience_sees(user, project, level, part) for part in parts))


def may_publish(user: str, thing: Thing) -> bool:
    """The owner of the project, and the creator as long as they are a member."""
    return user == thing.project.owner or user == thing.creator and user in thing.project.members


def may_raise(user: str, thing: Thing, level: int) -> bool:
    """Creator or owner of the project raise one object, alone, as far as project and inputs allow."""
    return (sees(user, thing) and may_publish(user, thing) and thing.level < level <= thing.project.maximum
            and all(audience_sees(thing.creator, thing.project, level, part) for part in thing.needed))


def may_judge(user: str, thing: Thing) -> bool:
    """Creator of what is theirs alone, owner of the project, and, of what they share, its members."""
    return sees(user, thing) and (user == thing.project.owner or thing.level == 1 and user == thing.creator
                                  or thing.level >= 2 and user in thing.project.members)


def may_delete(user: str, thing: Thing, things) -> bool:
    """One's own product at level 1 or 2 that nothing was made from, also nothing that one does not see."""
    return (user == thing.creator and sees(user, thing) and thing.level <= 2 and not thing.is_raw
            and not any(thing in other.parts for other in things))
