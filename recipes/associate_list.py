"""Associate the sources of several lists that are the same on the sky; source lists that are missing are made, too."""

from typing import Any

from awlike.declare import Request, Task
from awlike.frames.associate_list import AssociateList
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame
from awlike.frames.source_list import SourceList


class AssociateTask(Task):
    """Associate the sources of several lists that are the same on the sky; source lists that are missing are made, too.

    `source_lists` are the source lists themselves, as objects or by name; or the other arguments select the frames whose source
    lists are associated.
    """

    target = AssociateList

    def __init__(self, *arguments: Any, source_lists: Any = None, **named: Any) -> None:
        super().__init__(*arguments, **(named if source_lists is None else named | {'frames': source_lists}))

    def requests(self) -> list[Request]:
        return self.one_for_all(self.raw_frames(RawScienceFrame, ScienceFrame, SourceList))
