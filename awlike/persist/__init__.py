"""Persistent classes: their declaration, links, lineage and provenance, and the world as of a date."""
