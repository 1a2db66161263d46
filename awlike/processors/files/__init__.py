"""Work on many files, one after the other or in several processes: what runs a processor that a user writes.

- `descriptor`: ``q.toml``, which says where the files of a collection lie; `sources`: files by patterns and folders.
- `processor`: `FileProcessor`, the class to derive from; `options`: the options that each processor has.
- `running`: each file in turn; `gathering`: what processors in several processes gathered, as one; `report`: what is told.
- `main`: `procmain`, which a script calls; `connection`: tables of a database.
"""
