"""Headers of files outside the archive: changed whole or not at all, and changed back.

- `immediate`, `detached`: the classes from which processors of headers derive; `logbook`: tables of observers.
- `writing`: a new header in a file; `undo_log`: what each change replaced.
"""
