"""Cameras: what a camera is, which camera wrote a file, and what the header of a raw file says."""
