"""Suspects: raw frames that differ from those beside which they should be alike."""
