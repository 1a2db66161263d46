"""Tables of users' own classes on PostgreSQL, without an administrator.

An ordinary account may make no tables. Functions that act as the owner of the database make them instead, and only those
that a declaration can ask for: a new table, ids that refer to classes, columns of a few types that may be empty. The account
that made a table may give it more columns.
"""

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, Index, String, Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from awlike.errors import ConfigError, NotAllowed
from awlike.persist.dbobject import DBObject
from awlike.persist.references import ReferenceObject
from awlike.persist.sky_rows import SkyRow
from awlike.persist.tables import metadata
from awlike.persist.types import COLUMN_TYPES
from awlike.query.properties import classes

if TYPE_CHECKING:
    from awlike.database.schema import State

_REFUSED = 'P0001'  # the code of RAISE EXCEPTION
_DIALECT = postgresql.dialect()
_ADD_CLASS = text('SELECT awlike.add_class(:name, :parent, CAST(:columns AS jsonb), :declared, :identity)')
_ADD_COLUMNS = text('SELECT awlike.add_columns(:name, CAST(:columns AS jsonb))')

# Names are bounded in length so that PostgreSQL does not cut off the names of their indexes, which contain them. Each
# argument has one condition, so that NULL is refused like any other bad value.
_FUNCTIONS = '''
CREATE TABLE IF NOT EXISTS awlike.class_table (
    name text PRIMARY KEY,
    is_object boolean NOT NULL,  -- its rows are objects with lineage, rather than references
    maker text,                  -- an account; NULL is the owner of the database
    declared text,               -- how the class is called
    identity text[]              -- what makes a reference unique
);

CREATE OR REPLACE FUNCTION awlike.put_columns(class_name text, columns jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    one jsonb;
    field text;
    target text;
    clause text;
BEGIN
    IF (jsonb_typeof(columns) = 'array' AND jsonb_array_length(columns) <= 200
        AND octet_length(columns::text) <= 65536) IS NOT TRUE THEN
        RAISE EXCEPTION 'the columns of % are a list of at most 200', class_name;
    END IF;
    FOR one IN SELECT jsonb_array_elements(columns) LOOP
        field := one ->> 'name';
        target := one ->> 'references';
        IF (jsonb_typeof(one) = 'object' AND field COLLATE "C" ~ '^[A-Za-z][A-Za-z0-9_]*$'
            AND length(class_name) + length(field) <= 59 AND field <> 'object_id') IS NOT TRUE THEN
            RAISE EXCEPTION 'a column of % cannot be called %', class_name, coalesce(quote_literal(left(field, 80)), 'so')
                USING HINT = 'a name has letters, digits and _, and is shorter';
        END IF;
        IF (one ->> 'type' = ANY (ARRAY[{types}])) IS NOT TRUE THEN
            RAISE EXCEPTION 'the column %.% has no type that attributes have', class_name, field;
        END IF;
        clause := format('ALTER TABLE public.%I ADD COLUMN %I %s', class_name, field, one ->> 'type');
        IF target IS NOT NULL THEN
            -- Nor to objects: it would keep their creators from deleting them, and tell of those that are hidden.
            IF one ->> 'type' <> 'UUID'
               OR NOT EXISTS (SELECT FROM awlike.class_table c WHERE c.name = target AND NOT c.is_object) THEN
                RAISE EXCEPTION 'the column %.% refers to what is no class of references', class_name, field
                    USING HINT = 'what an object is made from is an Input';
            END IF;
            clause := clause || format(' CONSTRAINT %I REFERENCES public.%I (object_id)',
                                       'fk_' || class_name || '_' || field, target);
        END IF;
        EXECUTE clause;
        IF one -> 'unique' = 'true' THEN
            EXECUTE format('CREATE UNIQUE INDEX %I ON public.%I (%I)',
                           'uq_' || class_name || '_' || field, class_name, field);
        ELSIF one -> 'index' = 'true' THEN
            EXECUTE format('CREATE INDEX %I ON public.%I (%I)', 'ix_' || class_name || '_' || field, class_name, field);
        END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION awlike.put_columns FROM PUBLIC;

CREATE OR REPLACE FUNCTION awlike.secure_own_class(class_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    class awlike.class_table := (SELECT c FROM awlike.class_table c WHERE c.name = class_name);
BEGIN
    IF class.is_object THEN
        PERFORM awlike.secure_class(class_name);
    ELSE
        PERFORM awlike.secure_reference(class_name, class.declared, class.identity, 'true');
    END IF;
END $$;
REVOKE ALL ON FUNCTION awlike.secure_own_class FROM PUBLIC;

-- `declared` is the name of the class as it is declared, `identity` what makes a reference unique.
CREATE OR REPLACE FUNCTION awlike.add_class(class_name text, parent text, columns jsonb, declared text, identity text[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    account text := awlike.account_name();
BEGIN
    LOCK TABLE awlike.class_table IN SHARE ROW EXCLUSIVE MODE;  -- one after the other
    IF NOT EXISTS (SELECT FROM public."user" u WHERE u.name = account) THEN
        RAISE EXCEPTION '% has no account here, so no classes; an administrator opens one by awe user add', account;
    END IF;
    IF (class_name COLLATE "C" ~ '^[a-z][a-z0-9_]*$' AND length(class_name) <= 48
        AND class_name COLLATE "C" !~ '^(pg_|awlike)') IS NOT TRUE THEN
        RAISE EXCEPTION 'a table cannot be called %', coalesce(quote_literal(left(class_name, 80)), 'so')
            USING HINT = 'the name of a class has letters and digits, and is shorter';
    END IF;
    IF to_regclass('public.' || quote_ident(class_name)) IS NOT NULL THEN
        RAISE EXCEPTION 'there is a table % already%; call the class otherwise', class_name,
            coalesce((SELECT ', made by ' || c.maker FROM awlike.class_table c WHERE c.name = class_name), '');
    END IF;
    IF parent IS NOT NULL AND NOT EXISTS (SELECT FROM awlike.class_table c WHERE c.name = parent AND c.is_object) THEN
        RAISE EXCEPTION '% derives from what is no class with a table', class_name;
    END IF;
    IF (SELECT count(*) FROM awlike.class_table c WHERE c.maker = account) >= 200 THEN
        RAISE EXCEPTION '% has made tables for 200 classes; more are made by the owner of the database', account;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (object_id uuid NOT NULL CONSTRAINT %I PRIMARY KEY%s)',
                   class_name, 'pk_' || class_name,
                   CASE WHEN parent IS NULL THEN '' ELSE format(' CONSTRAINT %I REFERENCES public.%I (object_id)',
                                                                'fk_' || class_name || '_object_id', parent) END);
    PERFORM awlike.put_columns(class_name, columns);
    INSERT INTO awlike.class_table AS c VALUES (class_name, parent IS NOT NULL, account, declared, identity)
        ON CONFLICT (name) DO UPDATE SET (is_object, maker, declared, identity) =
            (excluded.is_object, excluded.maker, excluded.declared, excluded.identity);
    PERFORM awlike.secure_own_class(class_name);
END $$;

CREATE OR REPLACE FUNCTION awlike.add_columns(class_name text, columns jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    LOCK TABLE awlike.class_table IN SHARE ROW EXCLUSIVE MODE;  -- one after the other
    IF NOT EXISTS (SELECT FROM awlike.class_table c WHERE c.name = class_name AND c.maker = awlike.account_name()) THEN
        RAISE EXCEPTION 'the table % was made by %: ask there for awe db upgrade', left(class_name, 80),
            coalesce((SELECT c.maker FROM awlike.class_table c WHERE c.name = class_name), 'the owner of the database');
    END IF;
    PERFORM awlike.put_columns(class_name, columns);
    PERFORM awlike.secure_own_class(class_name);
END $$;
'''


def class_of(table: Table) -> type[DBObject] | None:
    """Return the class that has its attributes in `table`; None for a table of no single class."""
    return next((cls for cls in classes.values() if cls.__dict__.get('__table__') is table), None)


def is_own(table: Table) -> bool:
    """Return whether `table` belongs to a class that a user declared, rather than to a class of awlike."""
    cls = class_of(table)
    return cls is not None and not cls.__module__.startswith('awlike.')


def is_sealed(index: Index) -> bool:
    """Return whether rules on PostgreSQL replace `index`: it is on one text of objects, which may be hidden."""
    assert index.table is not None
    cls = class_of(metadata.tables[index.table.name])  # Alembic has copies of the tables
    return (cls is not None and not issubclass(cls, ReferenceObject) and len(index.columns) == 1
            and isinstance(next(iter(index.columns)).type, String))


def install(connection: Connection) -> None:
    """Make the functions, or make them anew, and note which tables belong to classes. The connection is the owner's."""
    types = ', '.join(f"'{name}'" for name in sorted({_type(kind) for kind in COLUMN_TYPES.values()}))
    connection.exec_driver_sql(_FUNCTIONS.replace('{types}', types), execution_options={'no_parameters': True})
    rows = [{'name': table.name, 'is_object': table.name == 'dbobject' or _parent(table) is not None,
             'declared': cls.__name__, 'identity': _identity(cls)}
            for table in metadata.sorted_tables if (cls := class_of(table)) and not issubclass(cls, SkyRow)]
    connection.execute(text('INSERT INTO awlike.class_table (name, is_object, declared, identity) '
                            'VALUES (:name, :is_object, :declared, :identity) ON CONFLICT DO NOTHING'), rows)


def secure_others(connection: Connection) -> None:
    """Put the rules on the tables of classes that are not declared in this process. The connection is the owner's."""
    connection.execute(text('SELECT awlike.secure_own_class(name) FROM awlike.class_table '
                            "WHERE name <> ALL (:known) AND to_regclass('public.' || quote_ident(name)) IS NOT NULL"),
                       {'known': list(metadata.tables)})


def refuse_taken_names(connection: Connection) -> None:
    """Refuse a database in which a user's own class has the table name of an awlike class. The connection is the owner's."""
    if connection.scalar(text("SELECT to_regclass('awlike.class_table')")) is None:
        return
    for name, maker in connection.execute(text('SELECT name, maker FROM awlike.class_table WHERE maker IS NOT NULL')):
        if name in metadata.tables and not is_own(metadata.tables[name]):
            raise ConfigError(f'the table {name} was made by {maker} for a class of their own, and awlike has one of that '
                              f'name: ALTER TABLE {name} RENAME TO another name, and let them call their class so')


def add(connection: Connection, found: 'State') -> list[str]:
    """Let the database add the tables and columns that `found` lacks, all of own classes; return them in words.

    Raises
    ------
    NotAllowed
        When the database refuses, with its reason.
    """
    try:
        for table in found.tables:
            columns = [_described(column) for column in table.columns if not column.primary_key]
            cls = class_of(table)
            assert cls is not None  # no other tables are lacking here
            connection.execute(_ADD_CLASS, {'name': table.name, 'parent': _parent(table), 'columns': json.dumps(columns),
                                            'declared': cls.__name__, 'identity': _identity(cls)})
        for table, column in found.columns:
            connection.execute(_ADD_COLUMNS, {'name': table.name, 'columns': json.dumps([_described(column)])})
    except DBAPIError as error:
        if getattr(error.orig, 'sqlstate', None) != _REFUSED:
            raise
        refusal: Any = error.orig  # an error of psycopg
        raise NotAllowed(refusal.diag.message_primary) from error
    return found.names


def _described(column: Column) -> dict[str, Any]:
    """Return the description of `column` that the functions take."""
    alone = [index for index in column.table.indexes if list(index.columns) == [column]]
    return {'name': column.name, 'type': _type(column.type),
            'references': next((key.column.table.name for key in column.foreign_keys), None),
            'index': any(not index.unique for index in alone),
            'unique': bool(column.unique)}


def _identity(cls: type[DBObject]) -> list[str]:
    """Return the columns that make an object of `cls` unique, if `cls` is a reference class."""
    names = () if _parent(cls.__table__) or cls.__tablename__ == 'dbobject' else cls.identity
    return [getattr(cls.__properties__[name], 'column', name) for name in names]


def _type(kind: TypeEngine) -> str:
    return kind.compile(_DIALECT)


def _parent(table: Table) -> str | None:
    """Return the name of the table of the parent class, to which the key of `table` refers."""
    return next((key.column.table.name for key in table.c.object_id.foreign_keys), None)
