"""The cameras that awlike knows, one file a camera.

A file has a `Camera` called CAMERA, or several similar cameras in CAMERAS. `awlike.cameras.known` finds the files of this
folder by itself: a new camera is a new file and nothing else.
"""
