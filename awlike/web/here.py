"""Here: the project, the level and the date in which a browser works; each browser has its own, in a cookie."""

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from awlike.config import settings
from awlike.context import context
from awlike.context.privileges import LEVELS
from awlike.errors import AwlikeError, NotAllowed
from awlike.nights import instant
from awlike.web.site import Site

if TYPE_CHECKING:
    from awlike.persist.references import Project

COOKIE = 'here'
_LONGEST = 2000  # characters of the cookie


@dataclasses.dataclass
class Here:
    """Where a browser works.

    Attributes
    ----------
    project : str
        The name of the project; empty for none.
    level : int or None
        The level at which others see what is made; None for that of the settings.
    as_of : str
        The date (UTC) as of which the world is seen; empty for now.
    notice : str
        Why the project could not be entered, if so.
    projects : list of Project
        The projects of the person, once `enter` was called.
    is_chosen : bool
        Whether somebody chose the project in this browser; a project of the settings is left silently by who is no member.
    """

    project: str = ''
    level: int | None = None
    as_of: str = ''
    notice: str = ''
    projects: 'list[Project]' = dataclasses.field(default_factory=list)
    is_chosen: bool = True

    def enter(self) -> None:
        """Work in the project; only a member does, and no invitation is accepted in passing."""
        self.projects = sorted(context.projects(), key=lambda project: project.name)
        if not self.project:
            return
        try:
            if self.project not in {project.name for project in self.projects}:
                raise NotAllowed(f'you are no member of project {self.project}: choose another')
            context.set_project(self.project, self.level)
        except AwlikeError as error:
            self.notice, self.project, self.level = str(error) if self.is_chosen else '', '', None

    @property
    def privileges(self) -> int:
        """The level in force."""
        return context.privileges

    @property
    def levels(self) -> list[tuple[int, str]]:
        """The levels that the project allows: number and name."""
        most = context.project.maximum_privileges if self.project else max(LEVELS)
        return [(number, name) for number, name in LEVELS.items() if number <= most]

    def to_cookie(self) -> str:
        """Return what the cookie keeps."""
        from base64 import urlsafe_b64encode
        kept = {'project': self.project, 'level': self.level, 'as_of': self.as_of}
        return urlsafe_b64encode(json.dumps(kept).encode()).decode()


def here_of(request: Request, site: Site) -> Here:
    """Return where the browser of `request` works; without a cookie, where the settings say."""
    kept = _kept(request.cookies.get(site.cookie(COOKIE), ''))
    if kept is None:
        return Here(project=settings().project, is_chosen=False)
    level = kept.get('level')
    return Here(str(kept.get('project') or ''), level if isinstance(level, int) and level in LEVELS else None,
                _date(str(kept.get('as_of') or '')))


def _date(text: str) -> str:
    """Return `text`, or nothing where it is no date."""
    try:
        return text if instant(text or None, 'as_of') else ''
    except AwlikeError:
        return ''


def _kept(text: str) -> dict[str, Any] | None:
    """Return what a cookie keeps; None for what no page of this server wrote."""
    from base64 import urlsafe_b64decode
    if not text or len(text) > _LONGEST:
        return None
    try:
        kept = json.loads(urlsafe_b64decode(text.encode()))
    except (ValueError, RecursionError):
        return None
    return kept if isinstance(kept, dict) else None
