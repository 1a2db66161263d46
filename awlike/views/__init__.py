"""How things are drawn: arrays and plain values in, figures and text out. Nothing here knows of frames or the database."""
