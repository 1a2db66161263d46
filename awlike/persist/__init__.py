"""Persistent classes, their links and lineage, and the database below them."""
