"""Many frames as one: their common astrometry and their common zero points, from overlaps and reference stars."""
