"""How things are drawn: pictures, graphs and pages of arrays and plain values. It knows nothing of frames or the database."""
