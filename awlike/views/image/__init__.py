"""Images as people look at them: the window with its keys, panels beside the image, thumbnails."""
