"""Functions that numba compiles once and keeps on disk. A module here has the name of the pixel module that calls it."""
