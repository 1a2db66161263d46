"""Raw files in: each file whole or not at all, each content once."""

from awlike.ingest.objects import instrument_of
from awlike.ingest.take import Report, ingest

__all__ = ['Report', 'ingest', 'instrument_of']
