"""Tracing: what an invalidation would cost, where two products part, and whether all files are there and whole."""
