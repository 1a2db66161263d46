"""A night as a whole: what came in, what was refused, what was made, how it went; read by few statements, whatever its size."""
