"""Job: for whom a plan is executed."""

import uuid
from collections.abc import Set
from typing import Protocol

from sqlalchemy import Connection

from awlike.planning.step import Step
from awlike.products.product import ProcessTarget


class Job(Protocol):
    """For whom a plan is executed, as `execute` needs it."""

    @property
    def made(self) -> Set[uuid.UUID]:
        """The ids of the products that were made for the job: those that are asked for are not made once more."""

    def begun(self, step: Step) -> None:
        """Note that `step` is being made."""

    def committing(self, connection: Connection, step: Step, product: ProcessTarget) -> None:
        """Note what is committed, in the transaction that commits it; an exception refuses it."""

    def ended(self, step: Step) -> None:
        """Note the outcome of `step`."""


class NoJob:
    """In place of a job where nobody else looks on."""

    made: Set[uuid.UUID] = frozenset()

    def begun(self, step: Step) -> None:
        """A job notes what is being made."""

    def committing(self, connection: Connection, step: Step, product: ProcessTarget) -> None:
        """A job notes what is committed."""

    def ended(self, step: Step) -> None:
        """A job notes the outcome."""
