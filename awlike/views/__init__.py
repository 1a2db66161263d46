"""How things are drawn: arrays and plain values in; text, HTML, SVG, figures and pictures out. It knows nothing of frames."""
