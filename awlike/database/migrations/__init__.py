"""Revisions of the schema, applied by `awe db upgrade` with Alembic.

A revision is for what does not follow from the declarations: a column that cannot be empty, a type that changes, values
that are computed anew. New tables and columns that may be empty need none. A revision is a file
``versions/NNNN_what_it_does.py``, numbered in order; `awlike.database.schema.HEAD` is the number of the last.

It runs in the one transaction of the whole upgrade, on SQLite as on PostgreSQL, so it commits nothing. It names tables and
columns by text rather than by the classes, which later versions change. What SQLite cannot alter, it alters by
``op.batch_alter_table``; foreign keys are checked at the end. On PostgreSQL, policies and functions are put on anew
after it.
"""
