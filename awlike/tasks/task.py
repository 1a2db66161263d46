"""Task: the requests of a recipe, planned and made. A recipe is a subclass with a docstring, a `target` and a verb or two."""

import contextlib
import dataclasses
import datetime
import logging
from collections.abc import Generator, Hashable, Iterable
from typing import Any, cast

from awlike import nights
from awlike.arguments import typed
from awlike.cameras.known import camera
from awlike.config import settings
from awlike.context import context
from awlike.errors import NotAllowed, NotFound, ProcessingError
from awlike.garbage import no_collection
from awlike.planning.beforehand import is_imported
from awlike.planning.counting import Counting
from awlike.planning.eras import Eras
from awlike.planning.nearest import LEVELS
from awlike.planning.parameters_in_force import ParametersInForce, makers
from awlike.planning.plan import Plan
from awlike.planning.raw_sets import alike_sets, set_night
from awlike.planning.request import Members, Request, of_frame, of_set, zone_of
from awlike.planning.resolve import REBUILD, Bad, Resolver
from awlike.planning.reuse import MissedLimits
from awlike.planning.step import Step
from awlike.products.calibration import CalibrationFrame
from awlike.products.code_digest import source_digest
from awlike.products.frame import Frame
from awlike.products.product import ProcessTarget
from awlike.progress import Progress
from awlike.query.criteria import Rule
from awlike.query.query import Query
from awlike.remedies import to_type
from awlike.spelling import counted
from awlike.tasks.execute import execute
from awlike.tasks.selected import Selected
from awlike.tasks.task_arguments import (
    ARGUMENTS,
    attribute_of_groups,
    given_frames,
    grouped,
    instrument_of,
    names_of,
    one_of,
)

log = logging.getLogger('awlike')

Night = str | datetime.date


class Task:
    """One pipeline step over many targets."""

    target: type[ProcessTarget]
    """The class of the products."""
    of: tuple[type[Frame], ...] = ()
    """The classes of the frames that are asked for; a recipe with `requests` of its own has none."""

    def __init_subclass__(cls) -> None:
        cls.__doc__ = f'{(cls.__doc__ or cls.__name__).rstrip()}\n{ARGUMENTS}'

    @typed
    def __init__(self, instrument: str | None = None, date: Night | tuple[Night, Night] | None = None,
                 chip: str | Iterable[str] | None = None, filter: str | Iterable[str] | None = None,
                 object: str | None = None, template: str | datetime.datetime | None = None,
                 raw_filenames: str | Iterable[str] | None = None, pars: dict[str, Any] | None = None,
                 commit: bool = False, rebuild: str = 'missing', calibration_level: str | None = None,
                 frames: Any = None, selection: Any = None, group_by: str | None = None) -> None:
        self.frames = None if frames is None else given_frames(frames)
        self.selected = None if selection is None else Selected(selection)
        self.instrument = instrument_of(instrument, self.frames, self.selected)
        self.date, self.template = None if date is None else nights.parse(date), nights.instant(template, 'template')
        self.chip, self.filter, self.object = names_of('chip', chip), names_of('filter', filter), object
        self.raw_filenames = names_of('raw_filenames', raw_filenames)
        self.commit, self.rebuild = one_of('commit', commit, (True, False)), one_of('rebuild', rebuild, REBUILD)
        self.calibration_level = one_of('calibration_level', calibration_level or settings().calibration_level, LEVELS)
        self.group_by = group_by if group_by is None else attribute_of_groups(group_by)
        self._parameters = ParametersInForce(pars)
        self._plan: Plan | None = None
        self._made: list[Step] = []
        self._kinds: tuple[type[Frame], ...] = ()
        self._counting: Counting | None = None

    @classmethod
    def step(cls) -> str:
        """Return the identifier of this step, as ``'Reduce'``."""
        return cls.__name__.removesuffix('Task')

    @classmethod
    def recipe(cls) -> str:
        """Return the name of this recipe; with the digest of its source where it is a user's own."""
        if cls.__module__.startswith('awlike.'):
            return cls.step()
        return f'{cls.step()} {source_digest(cls)[:16]}'

    # --- the verbs of recipes ---

    def requests(self) -> list[Request]:
        """Return what is asked for: a product of each frame of the classes `of`, unless a recipe has its own rule."""
        if not self.of:
            raise NotImplementedError
        return self.one_for_each(self.raw_frames(*self.of))

    def raw_frames(self, *kinds: type[Frame]) -> list[Any]:
        """Return the valid raw frames of the classes `kinds` that the arguments of this task select, each in order of time.

        Of a kind that is made, as `ScienceFrame`, those are selected that were imported, that `frames` names, or that a
        saved selection selects.
        """
        kinds = self._kinds = kinds if self.selected is None else self.selected.kinds(kinds)
        frames = [frame for cls in kinds for frame in self._usable(cls)]
        if self.selected is not None:
            self.selected.chose(frames)
        selected = set(frames)
        left = [one for one in self.frames or () if one not in selected]
        if left:
            names = ' or '.join(cls.__name__ for cls in kinds)
            raise NotFound(f'{len(left)} of {counted(len(self.frames or ()), "frame")} given are no valid {names} that the '
                           f'other arguments select, as {left[0]}: look at its class, its validity, and the other arguments')
        asked = self.raw_filenames or []
        missing = set(asked) - {frame.filename for frame in frames}
        if missing:
            names = ' or '.join(cls.__name__ for cls in kinds)
            what = to_type('raw_filenames', 'names (--raw-filename)')
            how = to_type(f'{kinds[0].__name__}.filename.like("...")', f'awe list {kinds[0].__name__} --names')
            raise NotFound(f'{len(missing)} of {len(asked)} {what} are no valid {names} '
                           f'that the other arguments select, as {min(missing)}: look for them by {how}')
        return frames

    def one_for_each(self, frames: Iterable[Frame], grid: Hashable = None, together: bool = False) -> list[Request]:
        """Ask for a product of each raw or science frame.

        Parameters
        ----------
        frames : iterable of Frame
            The frames.
        grid : hashable, optional
            The pixel grid of products that are resampled.
        together : bool
            Whether the frames are an ensemble: inputs that are `of_ensemble` are products of all of them. Default: no.
        """
        frames = list(frames)
        ensemble = Members(frames) if together else None
        return [of_frame(frame, grid, ensemble) for frame in frames]

    def one_for_all(self, frames: Iterable[Frame], grid: Hashable = None) -> list[Request]:
        """Ask for one product of all `frames`, the members of a set, or of each group of them; for none without frames."""
        return [of_set(some, grid) for some in grouped(frames, self.group_by)]

    def one_for_each_night(self, raws: Iterable[Any], from_them: bool = True) -> list[Request]:
        """Ask for a calibration for each set of `raws`, the frames of one chip, filter, setup and night.

        Parameters
        ----------
        raws : iterable of RawFrame
            The frames; the frames of one set come in order of time.
        from_them : bool
            Whether the calibration is made from the frames themselves, or is the one that serves for them.
        """
        eras, has_filter = Eras(self._rules()), 'filter' in self.target.__properties__
        cls = cast(type[CalibrationFrame], self.target)
        groups: dict[tuple, list[Any]] = {}
        for raw in raws:
            request = of_frame(raw).for_class(cls)
            place = raw.chip, raw.filter if has_filter else None, raw.setup
            groups.setdefault((*place, eras.of(cls, request).number(raw.DATE_OBS),
                               set_night(type(raw), raw.DATE_OBS, zone_of(raw.instrument))), []).append(raw)
        tolerance = camera(self.instrument).temperature_tolerance
        return [dataclasses.replace(of_frame(group[len(group) // 2]).for_class(cls), of=tuple(group) if from_them else None)
                for members in groups.values()
                for group in alike_sets(members, type(members[0]), tolerance)]

    # --- asking and doing ---

    def plan(self) -> Plan:
        """Tell what would be reused and what made, and why; change nothing.

        Returns
        -------
        awlike.planning.plan.Plan
            With `to_make` and `to_reuse`; print it.
        """
        return self._planned()

    def _planned(self, requests: list[Request] | None = None, bad: Bad | None = None) -> Plan:
        """Return the plan for `requests`, by default for all; `bad` are calibrations that were just made and are no good."""
        if self.commit:
            context.audience()  # refuse now rather than after an hour
        own_recipe = self.recipe() if self.recipe() != self.step() else None
        with no_collection(), Progress(f'plan {self}', len(makers(self.target))) as progress:
            resolver = Resolver(self._parameters, self.commit, self.rebuild, own_recipe, progress, self.calibration_level, bad)
            self._counting = resolver.candidates.counting
            plan = resolver.plan(self.target, self.requests() if requests is None else requests)
        plan.title = str(self)
        if self.selected is not None:
            for step in plan.targets:
                step.selected_by = str(self.selected)
        if not plan.targets and not plan.left_out.lines():
            plan.empty_because = self._explain()
        return plan

    def plan_again(self, plan: Plan, bad: Bad) -> Plan:
        """Return the plan for the targets of `plan` that failed, without the calibrations `bad`, which missed their limits."""
        failed = {request for request, step in plan.answers.items() if step.error is not None}
        return self._planned([request for request in self.requests() if request in failed], bad)

    @typed
    def execute(self) -> None:
        """Make what is missing. All that can be made is made; then one error tells what failed.

        Where a calibration is made and misses its limits, the next one serves in its place.
        """
        plan = self._plan = self.plan()
        if not plan.targets:
            log.warning('%s', plan)
            return
        self.note_use()
        made = self._made = self._executed(plan)
        bad: Bad = {}
        while new := missed_limits(made):
            bad |= new
            again = self.plan_again(plan, bad)
            made = self._executed(again)
            self._made += made
            plan = self._plan = plan.followed_by(again)
        reused = sum(step.reused for step in plan.targets)
        existed = [f'{reused:,} existed already'] if reused else []
        log.info('%s: %s', self, ', '.join([f'{len(self._made):,} made', *existed]))
        if plan.failed:
            raise ProcessingError(self.report(plan))

    def note_use(self) -> None:
        """Note in the database the selection that chose the frames, if one did, and its members now."""
        if self.selected is not None and self.commit:
            self.selected.note_use(self.step())

    def _executed(self, plan: Plan) -> list[Step]:
        """Do the steps of `plan`; return those that made something."""
        for text in plan.last_resorts:
            log.warning('%s', text)
        with self._telling_of_interruption(plan), Progress(str(self), len(plan.to_make)) as progress:
            return execute(plan, self.commit, progress, self.recipe())

    @contextlib.contextmanager
    def _telling_of_interruption(self, plan: Plan) -> Generator[None, None, None]:
        """Say how much of `plan` is made, when somebody loses patience."""
        number = len(plan.to_make)
        try:
            yield
        except KeyboardInterrupt:
            made = sum(step.product is not None for step in plan.steps)
            log.warning('%s: interrupted, %d of %d are made and %s', self, made, number,
                        'kept: ask again to go on from there' if self.commit else 'nothing of it is kept')
            raise

    @property
    def made(self) -> list[Any]:
        """The products that `execute` made, calibrations included, in order."""
        return [step.existing for step in self._made]

    @property
    def products(self) -> list[Any]:
        """The products that were asked for: made by `execute`, or found to exist."""
        return [step.existing for step in self._plan.targets if step.known and step.error is None] if self._plan else []

    @property
    def failures(self) -> list[tuple[str, str]]:
        """The targets that `execute` could not make, and why."""
        return _failures(self._plan) if self._plan else []

    def report(self, plan: Plan) -> str:
        """Return which targets of `plan` could not be made, and why. A reason that several targets share stands once."""
        lines = [f'{self}: {len(plan.failed)} of {counted(len(plan.targets), "target")} could not be made']
        reasons: dict[str, list[str]] = {}
        for of, reason in _failures(plan):
            reasons.setdefault(reason, []).append(of)
        for reason, names in reasons.items():
            shown = ', '.join(names[:3]) + (f' and {len(names) - 3} more' if len(names) > 3 else '')
            lines.append(f'  {shown}:\n    {reason}')
        return '\n'.join(lines)

    # --- selecting ---

    def _rules(self) -> Counting:
        """Return the rules by which frames count for the plan that is made just now, or would be made."""
        return self._counting or Counting(self.commit)

    def _usable(self, cls: Any) -> list[Any]:
        """Return the frames of class `cls` that this task selects and may use, in order of time.

        Frames that `frames` or `raw_filenames` name are a choice of the user, whatever their project. Others are of sources.
        The plan tells what is left out.

        Raises
        ------
        NotAllowed
            When not all who would see the products see a frame that is named.
        """
        counting, query = self._rules(), self._query(cls)
        if self.raw_filenames is None and self.frames is None:
            return counting.of_use(cls, counting.of_sources(query).order_by('DATE_OBS'))
        frames = list(query.order_by('DATE_OBS'))
        if len(counting.of_use(cls, frames)) < len(frames):
            names = 'frames' if self.raw_filenames is None else to_type('raw_filenames', '--raw-filename')
            raise NotAllowed(f'{names} names frames that cannot be used: {"; ".join(counting.left_out.lines(cls))}')
        return frames

    def _query(self, cls: Any) -> Query:
        """Return the query for the valid frames of class `cls` that the arguments of this task select."""
        properties = cls.__properties__
        query = (cls.instrument.name == self.instrument) & (cls.is_valid > 0)
        for name in ('chip', 'filter'):
            value = getattr(self, name)
            if value is not None and name in properties:
                query &= getattr(cls, name).name.in_(value)
        if self.object is not None:
            query &= cls.OBJECT.like(self.object)
        if self.template is not None and 'template' in properties:
            query &= cls.template.start == self.template
        if self.date is not None:
            start, end = nights.span(*self.date, camera(self.instrument).zone)
            query &= (cls.DATE_OBS >= start) & (cls.DATE_OBS < end)  # noqa: SIM300 -- an attribute, no constant
        if self.raw_filenames is not None:
            query &= cls.filename.in_(self.raw_filenames)
        if self.frames is not None:
            query &= cls.object_id.in_([one.object_id for one in self.frames])
        if self.selected is not None:
            query = self.selected.narrow(query)
        elif self.frames is None and issubclass(cls, ProcessTarget):
            query &= Query(cls, Rule(is_imported, 'imported', {}))
        return query

    def _explain(self) -> str:
        """Return which condition leaves nothing of the raw frames."""
        return '\n'.join(str(self._query(cls).explain()) for cls in self._kinds)

    def __str__(self) -> str:
        return type(self).__name__ + (f' of selection {self.selected}' if self.selected is not None else '')


def missed_limits(made: Iterable[Step]) -> Bad:
    """Return the errors of the calibrations of the steps `made` that missed their limits, by class and raw frames."""
    return {(step.cls, step.raws): step.error for step in made if isinstance(step.error, MissedLimits)}


def _failures(plan: Plan) -> list[tuple[str, str]]:
    return [(str(step.request), str(step.error)) for step in plan.failed]
