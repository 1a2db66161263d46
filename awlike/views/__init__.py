"""How things are drawn: arrays and plain values in; figures, pictures, pages and text out. It knows nothing of frames."""
