"""Watch a folder: take files as they come, each once, whoever kills the process when."""

from awlike.watching.watch import Arrived, Watch

__all__ = ['Arrived', 'Watch']
