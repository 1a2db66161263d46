"""Context: who asks, and who sees what. It bounds what is seen, stamps what is made, and changes the little that can change."""

from awlike.context.acting import Context, context
from awlike.context.changes import Change
from awlike.context.people import CurrentProject

__all__ = ['Change', 'Context', 'CurrentProject', 'context']
