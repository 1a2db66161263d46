"""How things are drawn: arrays and plain values in; text, HTML, SVG and figures out. It knows nothing of frames."""
