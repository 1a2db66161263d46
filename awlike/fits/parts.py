"""The parts of a product in its FITS file: further images and tables behind the first image, before its lineage."""

from typing import Any

PART = 'AWEPART'
"""The keyword that marks an extension as a part: 'PLANE' or 'TABLE'."""
PART_COMMENT = 'a part of what the product contains'


def mark(header: Any, kind: str) -> None:
    """Note in the header of an extension that the extension is a part of a product."""
    header[PART] = (kind, PART_COMMENT)


def parts_of(hdus: Any) -> dict[str, Any]:
    """Return the HDUs of an open file that are parts, by their EXTNAME, in order."""
    return {hdu.name: hdu for hdu in hdus if PART in hdu.header}
