"""Tables: columns with units and texts, in FITS files and in the formats of other programs; without database or data server.

- `columns`: the declaration of a column, and of the columns of a table.
- `binary`: FITS binary tables, written from arrays and read by memory map.
- `reading`: tables of other programs as arrays, whatever their format.
- `formats`: files for other programs, by suffix.
- `documents`: several tables and single values in one VOTable.
- `ldac`: FITS LDAC files, as SCAMP and PSFEx read them.
"""
