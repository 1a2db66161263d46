"""The tables of no single class: lineage, members of projects, selections, history, grades, cards, claims, files, jobs."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from awlike.persist.types import Id

metadata = MetaData(naming_convention={
    'ix': 'ix_%(table_name)s_%(column_0_N_name)s', 'pk': 'pk_%(table_name)s',
    'uq': 'uq_%(table_name)s_%(column_0_name)s', 'fk': 'fk_%(table_name)s_%(column_0_name)s',
})

# One table for the lineage of all classes. The primary key serves the way up, the index the way down; both cover
# the query, so that neither touches anything else (SQLite keeps the rows in the key itself).
lineage = Table(
    'lineage', metadata,
    Column('product', Id, nullable=False),
    Column('role', String, nullable=False),
    Column('position', Integer, nullable=False),
    Column('input', Id, nullable=False),
    PrimaryKeyConstraint('product', 'role', 'position'),
    Index('ix_lineage_input', 'input', 'product', 'role'),
    sqlite_with_rowid=False,
)

member = Table(
    'project_member', metadata,
    Column('project_id', Id, nullable=False),
    Column('user_id', Id, nullable=False),
    PrimaryKeyConstraint('project_id', 'user_id'),
    sqlite_with_rowid=False,
)

# Offers of membership: the owner of a project invites somebody (`by_owner`), or somebody asks to be let in. An offer becomes a
# membership when the other side agrees.
offer = Table(
    'project_offer', metadata,
    Column('project_id', Id, nullable=False),
    Column('user_id', Id, nullable=False),
    Column('by_owner', Boolean, nullable=False),
    PrimaryKeyConstraint('project_id', 'user_id', 'by_owner'),
    sqlite_with_rowid=False,
)

# The sources of a project: other projects whose frames serve for its products unasked. A row without `project_id` names a
# source of all projects. No row is deleted: `ended` and `ended_by` say when a source was withdrawn, and by whom.
source = Table(
    'project_source', metadata,
    Column('id', Id, primary_key=True),
    Column('project_id', Id, ForeignKey('project.object_id'), index=True),
    Column('source_id', Id, ForeignKey('project.object_id'), nullable=False),
    Column('user_id', Id, ForeignKey('user.object_id'), nullable=False),
    Column('date', DateTime, nullable=False),
    Column('ended_by', Id, ForeignKey('user.object_id')),
    Column('ended', DateTime),
)

# The settings of a project, which hold for all its members, by name. No row is deleted: `ended` and `ended_by` say when another
# value took its place, or none.
project_setting = Table(
    'project_setting', metadata,
    Column('id', Id, primary_key=True),
    Column('project_id', Id, ForeignKey('project.object_id'), nullable=False, index=True),
    Column('name', String, nullable=False),
    Column('value', String, nullable=False),
    Column('user_id', Id, ForeignKey('user.object_id'), nullable=False),
    Column('date', DateTime, nullable=False),
    Column('ended_by', Id, ForeignKey('user.object_id')),
    Column('ended', DateTime),
)

# What people think of frames. No row changes and none is deleted: a newer one of the same person takes the place of an older.
# `grade` is empty where the person withdraws the grade. `digest` is the digest of the content that the person saw.
grade = Table(
    'grade', metadata,
    Column('id', Id, primary_key=True),
    Column('object_id', Id, nullable=False, index=True),
    Column('digest', String, nullable=False),
    Column('grade', String),
    Column('reasons', JSON, nullable=False),
    Column('comment', Text, nullable=False),
    Column('positions', JSON, nullable=False),
    Column('user_id', Id, ForeignKey('user.object_id'), nullable=False),
    Column('date', DateTime, nullable=False),
)

# The cards of the headers of raw frames, and of their corrections. Cards that all frames of a file have in common belong to the
# file. The key is a digest of the keyword, so that what a query of one card needs lies together.
header_card = Table(
    'header_card', metadata,
    Column('keyword', BigInteger, nullable=False),
    Column('object_id', Id, nullable=False),
    Column('number', Float(53)),
    Column('text', Text().with_variant(Text(collation='C'), 'postgresql')),
    Column('instant', DateTime),
    PrimaryKeyConstraint('keyword', 'object_id'),
    sqlite_with_rowid=False,
)

# What became of files that arrived: `outcome` is ingested, known or refused. Of files that somebody ingests only the refused
# are noted; of a watched folder (`watched`) all files, with size and time of the last change, so that each is taken once.
# `observed` is the date in the header, where it could be read.
arrival = Table(
    'arrival', metadata,
    Column('id', Id, primary_key=True),
    Column('project_id', Id, ForeignKey('project.object_id'), nullable=False, index=True),
    Column('user_id', Id, ForeignKey('user.object_id'), nullable=False),
    Column('date', DateTime, nullable=False, index=True),
    Column('path', Text, nullable=False),
    Column('size', BigInteger),
    Column('modified', BigInteger),
    Column('watched', Text),
    Column('outcome', String, nullable=False),
    Column('kind', String),
    Column('reason', Text),
    Column('observed', DateTime),
    Column('raw_fits_id', Id),
)

# The saved selections of a project: each a rule (`awlike.query.rules`) that selects objects of a class. No row is deleted: a
# changed rule is another row, and `ended` and `ended_by` say when the earlier one ended, and by whom.
saved_selection = Table(
    'saved_selection', metadata,
    Column('id', Id, primary_key=True),
    Column('project_id', Id, ForeignKey('project.object_id'), nullable=False, index=True),
    Column('name', String, nullable=False),
    Column('class_name', String, nullable=False),
    Column('rule', Text, nullable=False),
    Column('user_id', Id, ForeignKey('user.object_id'), nullable=False),
    Column('date', DateTime, nullable=False),
    Column('ended_by', Id, ForeignKey('user.object_id')),
    Column('ended', DateTime),
)

# The uses of selections: by which task, and the ids of the members then. `privileges` are the privileges of the products.
selection_use = Table(
    'selection_use', metadata,
    Column('id', Id, primary_key=True),
    Column('selection_id', Id, ForeignKey('saved_selection.id'), nullable=False, index=True),
    Column('project_id', Id, ForeignKey('project.object_id'), nullable=False),
    Column('privileges', Integer, nullable=False),
    Column('user_id', Id, ForeignKey('user.object_id'), nullable=False),
    Column('date', DateTime, nullable=False),
    Column('task', String, nullable=False),
    Column('members', JSON, nullable=False),
)

INTERVAL_CHANGED = "attribute IN ('timestamp_start', 'timestamp_end')"

# Changes after commit: the object, the attribute, its old and new value, the user, the date, and a reason where one was given.
history = Table(
    'history', metadata,
    Column('number', Integer, primary_key=True),
    Column('object_id', Id, nullable=False, index=True),
    Column('attribute', String, nullable=False),
    Column('old', Text),
    Column('new', Text),
    Column('user_id', Id, ForeignKey('user.object_id'), nullable=False),
    Column('date', DateTime, nullable=False),
    Column('reason', Text),
    # Few of the changes concern an interval, and each plan asks for these.
    Index('ix_history_interval', 'object_id', sqlite_where=text(INTERVAL_CHANGED), postgresql_where=text(INTERVAL_CHANGED)),
)

# Products in the making. `key` names the product and the people for whom it is made; `privileges` and `project_id` name these
# people in a way that a database understands. `filename` is the file that is being stored: whoever takes over from a maker
# that died removes it.
claim = Table(
    'claim', metadata,
    Column('key', String, primary_key=True),
    Column('owner', String, nullable=False),
    Column('place', String, nullable=False),
    Column('pid', Integer, nullable=False),
    Column('user_id', Id, ForeignKey('user.object_id'), nullable=False),
    Column('project_id', Id, ForeignKey('project.object_id')),
    Column('privileges', Integer),
    Column('filename', String),
    Column('heartbeat', DateTime, nullable=False, index=True),
)

# Products without a file: dropped on purpose ('purged'), or found missing ('lost').
dropped_file = Table(
    'dropped_file', metadata,
    Column('object_id', Id, primary_key=True),
    Column('reason', String, nullable=False),
    Column('user_id', Id, ForeignKey('user.object_id'), nullable=False),
    Column('date', DateTime, nullable=False),
)

# Tasks that run elsewhere. Each user's jobs count from 1, so that a number tells nothing of the jobs of others.
job = Table(
    'job', metadata,
    Column('id', Id, primary_key=True),
    Column('user_id', Id, ForeignKey('user.object_id'), nullable=False),
    Column('number', Integer, nullable=False),
    Column('project_id', Id, ForeignKey('project.object_id')),
    Column('privileges', Integer, nullable=False),
    Column('step', String, nullable=False),
    Column('arguments', JSON, nullable=False),
    Column('status', String, nullable=False),
    Column('place', String),
    Column('reason', Text),
    Column('cancelled', Boolean, nullable=False, default=False),
    Column('submitted', DateTime, nullable=False),
    Column('started', DateTime),
    Column('ended', DateTime),
    Column('heartbeat', DateTime),
    UniqueConstraint('user_id', 'number'),
)

# The steps of the plan of a job: the status of each, and its reason.
job_step = Table(
    'job_step', metadata,
    Column('job_id', Id, ForeignKey('job.id', ondelete='CASCADE'), nullable=False),
    Column('number', Integer, nullable=False),
    Column('class_name', String, nullable=False),
    Column('place', String, nullable=False),
    Column('is_target', Boolean, nullable=False),
    Column('status', String, nullable=False),
    Column('object_id', Id),
    Column('reason', Text),
    PrimaryKeyConstraint('job_id', 'number'),
)

# The messages of a job, and where each arose, in the order of the ids.
job_log = Table(
    'job_log', metadata,
    Column('id', Id, primary_key=True),
    Column('job_id', Id, ForeignKey('job.id', ondelete='CASCADE'), nullable=False),
    Column('date', DateTime, nullable=False),
    Column('level', String, nullable=False),
    Column('place', String, nullable=False),
    Column('text', Text, nullable=False),
    Index('ix_job_log_job', 'job_id', 'id'),
)

# The sources of users' own recipes by digest; the products that a recipe made name its digest.
recipe_source = Table(
    'recipe_source', metadata,
    Column('user_id', Id, ForeignKey('user.object_id'), nullable=False),
    Column('digest', String, nullable=False),
    Column('name', String, nullable=False),
    Column('source', Text, nullable=False),
    PrimaryKeyConstraint('user_id', 'digest'),  # so that nobody gives a digest to another source, for others
)
