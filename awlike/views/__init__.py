"""Drawing: arrays and plain values in; text, HTML, SVG and figures out. This room knows nothing of frames."""
