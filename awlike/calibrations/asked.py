"""Asked: the questions of one place to the resolver, which calibration serves at which date, and the answers."""

import datetime
import itertools
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from awlike.calibrations.candidate import Candidate, Key, PlaceChoice, Served, together
from awlike.calibrations.leads import Kind, has_half_nights, in_words, leads, raw_frames_in_words
from awlike.calibrations.moments import Moments, runs
from awlike.cameras.known import camera
from awlike.nights import local, night_of
from awlike.persist.intervention import Intervention
from awlike.planning.found import Found
from awlike.planning.nearest import PLAN
from awlike.planning.raw_sets import RawSet
from awlike.planning.request import Request
from awlike.planning.resolve import Resolver
from awlike.planning.step import Step

Nights = tuple[datetime.date, datetime.date]
Stream = tuple[float | None, float | None]
"""Exposure time and temperature, for kinds that are chosen by them."""


class Answer(NamedTuple):
    """The calibration that serves at a date, and its level; or the reason for which none serves."""

    key: Key | None
    level: str | None
    why_not: str = ''


class Observed(NamedTuple):
    """When a science frame, a calibration or a set of raw frames was observed, and how."""

    date: datetime.datetime
    EXPTIME: float | None = None
    TEMPERATURE: float | None = None


class Asked:
    """The questions about one place and setup, and their answers.

    Parameters
    ----------
    resolver : Resolver
        Answers.
    cls : type
        The class of the calibrations.
    request : Request
        The place and the setup; its date does not matter.

    Attributes
    ----------
    dates : (datetime.datetime, datetime.datetime)
        The first and the last date of all that was observed there.
    science, own : list of Observed
        The science frames; the calibrations and sets, each of which is asked for at its own date.
    found : list of Found
        The calibrations that exist there.
    sets : dict
        The sets of raw frames from which one calibration each can be made, by the ids of the frames.
    raws : dict
        The ids of the raw frames of each of `found`, by id, for a class that is made from raw frames.
    steps : dict
        The answers, by request.
    """

    def __init__(self, resolver: Resolver, cls: Kind, request: Request) -> None:
        self.resolver, self.cls, self.request = resolver, cls, request.for_class(cls)
        self.zone = camera(request.instrument.name).zone
        self.dates = request.date, request.date
        self.science: list[Observed] = []
        self.own: list[Observed] = []
        self.found: list[Found] = []
        self.sets: dict[Key, RawSet] = {}
        self.raws: dict[uuid.UUID, Key] = {}
        self.steps: dict[Request, Step | None] = {}
        self._moments: dict[Stream, Moments] = {}

    def at(self, observed: Observed) -> Request:
        """Return the request for a calibration that serves what was `observed`."""
        return self.request.at(observed.date, self.request.setup, *self._stream(observed))

    def _stream(self, observed: Observed) -> Stream:
        by = self.cls.chosen_by()
        return observed.EXPTIME if 'EXPTIME' in by else None, observed.TEMPERATURE if 'TEMPERATURE' in by else None

    def night(self, date: datetime.datetime) -> datetime.date:
        """Return the observing night of `date`."""
        return night_of(date, self.zone)

    def interventions(self) -> list[Intervention]:
        """Return the interventions that concern the class or the kinds that it follows, in order of time."""
        found = {one.object_id: one for lead in leads(self.cls)
                 for one in self.resolver.chooser.eras.of(lead, self.request.for_class(lead)).interventions}
        return sorted(found.values(), key=lambda one: one.date)

    # --- the questions ---

    def prepare(self, span: Nights | None) -> None:
        """Find the dates at which to ask: those observed, and the nights between them, or in `span`."""
        by_hand = [one for lead in leads(self.cls) for one in self.resolver.by_hand.of(lead, self.request.for_class(lead))]
        cuts = [*(one.date for one in self.interventions()), *(end for one in by_hand for end in (one.start, one.end))]
        for observed, number in itertools.chain(zip(self.science, itertools.repeat(1)), zip(self.own, itertools.repeat(0))):
            stream = self._stream(observed)
            if stream not in self._moments:
                self._moments[stream] = Moments(self.zone, cuts)
            self._moments[stream].add(observed.date, number)
        if self._moments and not self.cls.chosen_by():
            dates = [one.date for one in (*self.science, *self.own)]
            self._moments[None, None].fill(*(span or (self.night(min(dates)), self.night(max(dates)))))

    def questions(self) -> list[Request]:
        """Return what to ask first."""
        return [self.at(Observed(date, *stream)) for stream, moments in self._moments.items() for date in moments.questions()]

    def doubts(self) -> list[Request]:
        """Return what to ask after the first answers."""
        answers = self._answers()
        return [self.at(Observed(date, *stream)) for stream, moments in self._moments.items()
                for date in moments.doubtful(answers[stream])]

    # --- the answers ---

    def answer(self, request: Request) -> Answer:
        """Return the answer to `request`."""
        step = self.steps[request]
        if step is None or step.error is not None:
            return Answer(None, None, '' if step is None else str(step.error))
        chosen = self.resolver.chosen(self.cls, request)
        return Answer(step.found.object_id if step.found else step.raws, chosen.level if chosen else PLAN)

    def _answers(self) -> dict[Stream, dict[datetime.datetime, Answer]]:
        """Return the answers by exposure time and temperature, and by date."""
        found: dict[Stream, dict[datetime.datetime, Answer]] = {stream: {} for stream in self._moments}
        for request in self.steps:
            found[request.EXPTIME, request.TEMPERATURE][request.date] = self.answer(request)
        return found

    def choice(self) -> PlaceChoice:
        """Return the candidates, each with what it serves, and the science frames."""
        candidates, served = self._candidates(), []
        for stream, answers in self._answers().items():
            cells = self._moments[stream].cells()
            for answer, run in runs(cells, answers, lambda answer: answer.level):
                assert answer.key is not None
                candidates[answer.key].runs.append(run)
            for cell in cells:
                for date, count in cell.frames.items():
                    answer = answers.get(date) or answers[min(cell.frames)]
                    candidate = None if answer.key is None else candidates[answer.key]
                    served.append(Served(date, cell.night, count, candidate, answer.why_not))
        for one in candidates.values():
            one.runs = together(one.runs)
        for frames in served:
            if frames.candidate is not None:
                frames.candidate.frames += frames.count
        place = self.request
        return PlaceChoice(self.cls, place.instrument, place.chip, place.filter, place.setup, candidates.values(), served,
                           self.interventions())

    def _candidates(self) -> dict[Key, Candidate]:
        """Return all calibrations that exist, all that serve, and all sets from which none was made, by key."""
        known: dict[Key, Candidate] = {one.object_id: self._existing(one) for one in self.found}
        for key, step in self._chosen():
            if key not in known:
                known[key] = self._existing(step.found) if step.found is not None else self._candidate(
                    key, step.date, about=raw_frames_in_words(step))
        for key, one in self.sets.items():
            if key not in known and key not in self.raws.values():
                known[key] = self._candidate(key, one.date, about=in_words(self.cls, len(one.frames)))
        return known

    def _chosen(self) -> Iterator[tuple[Key, Step]]:
        for request, step in self.steps.items():
            key = self.answer(request).key
            if key is not None and step is not None:
                yield key, step

    def _existing(self, found: Found) -> Candidate:
        return self._candidate(found.object_id, found.DATE_OBS, found=found, by_hand=self.resolver.by_hand.interval(found))

    def _candidate(self, key: Key, date: datetime.datetime, **rest: Any) -> Candidate:
        hour = local(date, self.zone).hour
        part = ('morning' if hour < 12 else 'evening' if hour > 16 else '') if has_half_nights(self.cls) else ''
        return Candidate(key, date, self.night(date), part, **rest)
