"""Corrections of headers in the context: say what a card of a raw frame should say."""

from collections.abc import Mapping
from typing import Any

from awlike.arguments import typed
from awlike.context.grades import Grades
from awlike.current import current
from awlike.nights import utcnow
from awlike.persist.dataobject import DataObject


class HeaderCorrections(Grades):
    """Corrections of headers: the part of the context that makes them."""

    @typed
    def correct_header(self, frames: Any, cards: Mapping[str, Any], reason: str = '', commit: bool = True) -> Any:
        """Correct cards in the headers of raw frames. Their files stay as they came; everybody who sees a frame sees this.

        The corrected card counts from then on wherever a frame is read, in queries, and for all that is made. What was made
        from the frame before holds no longer, and is made again when somebody asks for it.

        Parameters
        ----------
        frames : raw frame, query or list of raw frames
            Whose headers: of your own at level 1, and from level 2 on of your projects.
        cards : dict
            The right value by keyword, as ``{'OBJECT': 'NGC 1', 'ESO INS FILT1 NAME': 'r_SDSS'}``; None takes a card out.
        reason : str
            Why.
        commit : bool
            Whether to commit the correction, so that it counts. Default: yes. A correction that is not committed shows by
            `impact()` what would have to be made again.

        Returns
        -------
        HeaderCorrection, or a list of them
            The correction of the frame, or of each of several frames.

        Raises
        ------
        ParameterError
            When there is no reason, or when a header cannot have such a card.
        NotAllowed
            When you may not correct one of the frames; when a card says how the file is to be read; when the camera knows no
            frame with such a header, or one of another kind; when nothing would change. Then nothing is corrected.

        Examples
        --------
        >>> context.correct_header(raw, {'OBJECT': 'NGC 1'}, reason='the observer typed it wrongly')
        """
        return current().correct_header(frames, cards, reason, commit)

    @typed
    def undo_correction(self, frames: Any, reason: str = '', commit: bool = True) -> Any:
        """Take the corrections of raw frames back, by a new correction; see `correct_header`.

        Parameters
        ----------
        frames : raw frame, query or list of raw frames
            Whose headers.
        reason : str
            Why.
        commit : bool
            Whether to commit it. Default: yes.

        Returns
        -------
        HeaderCorrection, or a list of them
        """
        return current().undo_correction(frames, reason, commit)

    def stamp_like(self, obj: DataObject, other: DataObject) -> None:
        """Write you as the maker and the date into `obj`, and the project and the privileges of `other`."""
        obj.creator, obj.project = self.account('make anything'), other.project
        obj.privileges, obj.creation_date = other.privileges, utcnow()
