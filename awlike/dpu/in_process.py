"""The command `lpu`: tasks in this process, called as jobs are."""

import datetime
from typing import Any

from awlike.arguments import typed
from awlike.dpu.own_recipes import step_of
from awlike.tasks.chain import Chain
from awlike.tasks.task import Task


class LPU:
    """Runs tasks in this process, with the arguments of `dpu.run`."""

    @typed
    def run(self, step: str | type[Task], instrument: str | None = None,
            date: str | datetime.date | tuple[str | datetime.date, str | datetime.date] | None = None,
            chip: str | list[str] | None = None, filter: str | list[str] | None = None, object: str | None = None,
            template: str | datetime.datetime | None = None, raw_filenames: str | list[str] | None = None,
            pars: dict[str, Any] | None = None, commit: bool = False, rebuild: str = 'missing',
            calibration_level: str | None = None, frames: Any = None) -> list:
        """Run a step, or several in order, in this process; the arguments are the same as for `dpu.run`.

        Returns
        -------
        list
            The products that the last step was asked for.

        Raises
        ------
        ProcessingError
            At the end, with the targets that failed and the reasons; the other targets are made.
        """
        chain = Chain(step_of(step), instrument=instrument, date=date, chip=chip, filter=filter, object=object,
                      template=template, raw_filenames=raw_filenames, pars=pars, commit=commit, rebuild=rebuild,
                      calibration_level=calibration_level, frames=frames)
        chain.execute()
        return chain.products
