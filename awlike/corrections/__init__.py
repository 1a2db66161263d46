"""Corrections of the headers of raw frames: which cards may change, what of a frame follows from them, and their making."""
