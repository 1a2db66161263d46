"""Notices: what somebody must know reaches a command, a webhook or mail that the settings name."""

from awlike.notices.outbox import FAILED, NIGHT, TEST, UNREACHABLE, Notice, notices, tell_of

__all__ = ['FAILED', 'NIGHT', 'TEST', 'UNREACHABLE', 'Notice', 'notices', 'tell_of']
