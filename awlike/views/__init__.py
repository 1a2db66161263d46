"""How things are drawn: plain values in, text, HTML, SVG and pictures out. Nothing here knows of frames or of a database."""
