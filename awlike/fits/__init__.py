"""FITS files in and out: opening, headers, images, checksums, tables."""
