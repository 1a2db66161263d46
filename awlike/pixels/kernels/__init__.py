"""Kernels: what numba compiles, once, and keeps on disk. Each module is called as the pixel module that uses it."""
