"""Assembly: the one place where lower rooms are given what they need of upper ones.

Whoever imports this module has a whole house: the user of the process asks, as the settings say.
"""

from awlike.context.asker import Asker
from awlike.corrections.correct import correct_header, undo_correction
from awlike.current import assemble
from awlike.nightly.report import night
from awlike.nightly.trends import trends
from awlike.planning.predecessors import predecessor
from awlike.suspects.night import suspects
from awlike.tasks.why import chosen_because, why
from awlike.tracing.impact import impact


class HouseAsker(Asker):
    """Somebody who asks in a whole house: their products explain themselves."""

    why = staticmethod(why)
    chosen_because = staticmethod(chosen_because)
    predecessor = staticmethod(predecessor)
    impact = staticmethod(impact)
    suspects = staticmethod(suspects)
    night = staticmethod(night)
    trends = staticmethod(trends)
    correct_header = staticmethod(correct_header)
    undo_correction = staticmethod(undo_correction)


assemble(HouseAsker)
