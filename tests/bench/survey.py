"""A survey on PostgreSQL without pixels: 1,000,000 raw frames that one sees and 100,000 that one does not, 230,000 products.

Five nights are put in as awlike itself does it, planned and made on paper; the other nights are copies of them, made in the
database: other ids, dates, digests and identities, and so a lineage as consistent as that of the first.
"""

import contextlib
import datetime
import hashlib

from sqlalchemy import DateTime, create_engine, insert, text

from awlike.context import context
from awlike.database.sessions import database
from awlike.digests import text_digest
from awlike.persist.dataobject import DataObject
from awlike.persist.references import Project, Template, User
from awlike.persist.tables import lineage, member
from awlike.products.calibration import CalibrationFrame
from awlike.products.product import ProcessTarget
from awlike.query.properties import classes
from awlike.recipes.reduced import ReduceTask
from tests.bench import archive
from tests.bench.lazy import reduce_on_paper

NIGHTS = 5     # in a block, one for each filter
VISIBLE = 90   # blocks: 1,008,000 raw frames
HIDDEN = 9     # blocks of another project, of the dates of the first nine
REDUCED = 3    # blocks of which the science frames are reduced; those of the last one are in the MyDB of somebody else
GOOD = 10      # nights, the first ones, in which nothing is invalid

_ID = """CREATE FUNCTION pg_temp.copied(id uuid, block integer) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$
    SELECT (lpad(to_hex(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint - (100 - block) * 86400000::bigint),
                 12, '0') || right(replace(id::text, '-', ''), 20))::uuid $$"""


def fill() -> None:
    """Fill the PostgreSQL database in use; a few minutes."""
    archive.fill(NIGHTS * 2240)
    reduce_on_paper(ReduceTask(instrument='OMEGACAM', commit=True))
    with _administrator() as connection:
        connection.execute(text(_ID))
        _lay_out(connection, *_others(connection))
        _copy_templates(connection)
        _copy_keys(connection)
        for table in dict.fromkeys(table for cls in _classes() for table in cls.tables()):
            _copy(connection, table)
        _copy_lineage(connection)
        _spoil(connection)
        connection.commit()
    with _administrator() as connection:
        connection.execution_options(isolation_level='AUTOCOMMIT').execute(text('VACUUM ANALYZE'))


@contextlib.contextmanager
def _administrator():
    """A connection as who owns the server, whom no policy, trigger or foreign key holds up."""
    engine = create_engine(database().engine.url)
    with engine.connect() as connection:
        for setting in ('session_replication_role = replica', 'synchronous_commit = off', "work_mem = '256MB'",
                        "maintenance_work_mem = '512MB'"):
            connection.execute(text(f'SET {setting}'))
        connection.commit()
        yield connection
    engine.dispose()


def _others(connection) -> tuple:
    """Twenty accounts, the first nine of them members of the current project, and two projects of theirs."""
    db = database()
    users = [User(name=f'observer{n}') for n in range(20)]
    projects = [Project(name=name, description='', owner=users[-n], maximum_privileges=5)
                for n, name in enumerate(('PUBLIC', 'SECRET'), 1)]
    db.insert(connection, users)
    db.insert(connection, projects)
    connection.execute(insert(member), [{'project_id': context.project.object_id, 'user_id': u.object_id} for u in users[:9]] +
                       [{'project_id': p.object_id, 'user_id': p.owner.object_id} for p in projects])
    return users, projects


def _lay_out(connection, users, projects) -> None:
    """The blocks: how many days after the first, whose, in which project, at which level, and which frames are reduced."""
    mine, public, secret = context.project, *projects
    rows = []
    for block in range(1, VISIBLE + HIDDEN):
        project, level, creator = mine, 2, context.user
        if block >= VISIBLE:
            project, creator = secret, secret.owner
        elif block >= REDUCED and block % 3 == 0:
            project, level, creator = public, 3, public.owner
        elif block >= REDUCED and block % 3 == 1:
            creator = users[block % 9]
        rows.append({'block': block, 'days': NIGHTS * (block % VISIBLE), 'project': project.object_id, 'level': level,
                     'creator': creator.object_id, 'reduced': block < REDUCED, 'science': 1 if block == REDUCED - 1 else level,
                     'reducer': users[0].object_id if block == REDUCED - 1 else creator.object_id})
    connection.execute(text('CREATE TEMP TABLE block (block int, days int, project uuid, level int, creator uuid, '
                            'reduced bool, science int, reducer uuid)'))
    connection.execute(text('INSERT INTO block VALUES '
                            '(:block, :days, :project, :level, :creator, :reduced, :science, :reducer)'), rows)


def _copy_templates(connection) -> None:
    """The templates of the other nights, and which takes the place of which."""
    first = list(Template.select_all())
    pairs = [(days, one, Template(start=one.start + datetime.timedelta(days=days), id=one.id, name=one.name, type=one.type,
                                  instrument=one.instrument))
             for days in range(0, NIGHTS * VISIBLE, NIGHTS) for one in first]
    database().insert(connection, [new for days, _, new in pairs if days])
    connection.execute(text('CREATE TEMP TABLE other_template (days int, old uuid, new uuid, PRIMARY KEY (days, old))'))
    connection.execute(text('INSERT INTO other_template VALUES (:days, :old, :new)'),
                       [{'days': days, 'old': old.object_id, 'new': new.object_id} for days, old, new in pairs])


def _copy_keys(connection) -> None:
    """The identity of each copy of a product: of its class, its parameters and the digests of its inputs."""
    connection.execute(text('CREATE TEMP TABLE other_key (block int, old uuid, key text)'))
    blocks = connection.execute(text('SELECT block, reduced FROM block')).all()
    digests = dict(connection.execute(text('SELECT object_id, digest FROM dbobject')).all())
    inputs = {}
    for product, role, input_id in connection.execute(
            text('SELECT product, role, input FROM lineage ORDER BY product, role, position')):
        inputs.setdefault(product, {}).setdefault(role, []).append(input_id)
    products = connection.execute(text('SELECT object_id, class_name, process_parameters, reuse_key FROM dbobject '
                                       'WHERE reuse_key IS NOT NULL')).all()
    with connection.connection.cursor() as cursor, cursor.copy('COPY other_key FROM STDIN') as copy:
        for object_id, name, parameters, key in products:
            cls = classes[name]
            head = f'{name}\n{cls.Parameters.model_construct(**parameters).canonical}'
            roles = [(role, [digests[i] for i in inputs[object_id][role]])
                     for role in cls.inputs() if role in inputs[object_id]]
            assert key == _key(head, roles)
            for block, reduced in blocks:
                if reduced or issubclass(cls, CalibrationFrame):
                    copy.write_row((block, object_id, _key(head, roles, f' {block}')))
    connection.execute(text('CREATE INDEX ON other_key (old, block)'))
    connection.execute(text('ANALYZE other_key'))


def _key(head, roles, block='') -> str:
    """The identity as `ProcessTarget.key_for` has it, of inputs of a block."""
    return text_digest('\n'.join([head] + [f'{role} {" ".join(_digest(one, block) for one in digests)}'
                                           for role, digests in roles]))


def _digest(digest, block) -> str:
    return hashlib.md5(f'{digest}{block}'.encode()).hexdigest() if block else digest


def _classes() -> list:
    return [mapper.class_ for mapper in DataObject.__mapper__.self_and_descendants]


def _science() -> str:
    """The names of the classes of products that are no calibrations, for SQL."""
    return ', '.join(f"'{cls.__name__}'" for cls in _classes()
                     if issubclass(cls, ProcessTarget) and not issubclass(cls, CalibrationFrame))


def _copy(connection, table) -> None:
    """Copy the rows of a table of objects for each block."""
    science = f'o.class_name IN ({_science()})'
    special = {
        'digest': "md5(t.digest || ' ' || b.block)", 'reuse_key': 'k.key', 'project_id': 'b.project',
        'filename': "replace(t.filename, replace(t.object_id::text, '-', ''), "
                    "replace(pg_temp.copied(t.object_id, b.block)::text, '-', ''))",
        'creation_date': "t.creation_date - (100 - b.block) * interval '1 day'", 'template_id': 'm.new',
        'creator_id': f'CASE WHEN {science} THEN b.reducer ELSE b.creator END',
        'privileges': f'CASE WHEN {science} THEN b.science ELSE b.level END'}

    def copied(column):
        if column.name in special:
            return special[column.name]
        if column.name in ('object_id', 'raw_fits_id'):
            return f'pg_temp.copied(t.{column.name}, b.block)'
        if isinstance(column.type, DateTime):
            return f't."{column.name}" + b.days * interval \'1 day\''
        return f't."{column.name}"'

    names = ', '.join(f'"{column.name}"' for column in table.columns)
    joins = '' if table.name != 'dbobject' else """LEFT JOIN other_key k ON k.old = t.object_id AND k.block = b.block
        LEFT JOIN other_template m ON m.old = t.template_id AND m.days = b.days"""
    connection.execute(text(f"""INSERT INTO {table.name} ({names}) SELECT {', '.join(map(copied, table.columns))}
        FROM {table.name} t JOIN dbobject o USING (object_id) JOIN block b ON b.reduced OR NOT {science} {joins}
        ORDER BY b.block, o.object_id"""))


def _copy_lineage(connection) -> None:
    connection.execute(text(f"""INSERT INTO {lineage.name} SELECT pg_temp.copied(t.product, b.block), t.role, t.position,
        pg_temp.copied(t.input, b.block) FROM {lineage.name} t JOIN dbobject o ON o.object_id = t.product
        JOIN block b ON b.reduced OR o.class_name NOT IN ({_science()}) ORDER BY 1, 2, 3"""))


def _spoil(connection) -> None:
    """Let one in a thousand raw frames and biases, of later nights than the first ones, be invalid."""
    connection.execute(text("""WITH bad AS (UPDATE dbobject SET is_valid = 0
        WHERE class_name IN ('RawBiasFrame', 'RawScienceFrame', 'BiasFrame') AND hashtext(digest) % 1000 = 0
        AND "DATE_OBS" > :date RETURNING object_id, creation_date, creator_id)
        INSERT INTO history (object_id, attribute, old, new, user_id, date)
        SELECT object_id, 'is_valid', '1', '0', creator_id, creation_date + interval '1 hour' FROM bad"""),
        {'date': archive.FIRST_NIGHT + datetime.timedelta(days=GOOD)})
