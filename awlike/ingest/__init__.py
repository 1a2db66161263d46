"""The ingest of raw files.

`take` stores the files, `objects` makes the persistent objects that they become, and `setups` completes the objects that an
older awlike made.
"""

from awlike.ingest.objects import instrument_of
from awlike.ingest.take import Report, ingest

__all__ = ['Report', 'ingest', 'instrument_of']
