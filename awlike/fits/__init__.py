"""FITS files in and out, by modules that know no database and no data server.

- `finding`: the FITS files in folders.
- `opening`: a file of any compression, opened; refused with a reason where it is damaged.
- `content`, `hdus`: the types of its bytes and of its HDUs.
- `structure`, `unpacking`, `pixel_checks`: what the headers declare and a compressed file holds, within limits.
- `headers`: the header of one detector.
- `images`: the pixels, whole or some rows at a time.
- `integrity`, `checksums`: whether a file is whole, and as it was written.
- `small_tables`: tables as bytes, to append to a file.
"""
