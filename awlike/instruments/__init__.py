"""Instruments: one file a camera. A file has a `Camera` called CAMERA, or several in CAMERAS that have much in common.

All modules in this folder are found by themselves; a new camera is a new file and nothing else.
"""
