-- Who asks, and what policies and triggers need to know. All of this can be executed again at any time.

CREATE SCHEMA IF NOT EXISTS awlike;
REVOKE ALL ON SCHEMA awlike FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA awlike, public TO PUBLIC;

-- The account: the role that one acts as. The server lets nobody set this to a role that is not theirs.
CREATE OR REPLACE FUNCTION awlike.account_name() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE current_setting('role') WHEN 'none' THEN session_user::text ELSE current_setting('role') END
$$;

-- The id of the account; NULL without one. Policies say (SELECT awlike.user_id()), which is asked once in a statement.
CREATE OR REPLACE FUNCTION awlike.user_id() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN (SELECT u.object_id FROM public."user" u WHERE u.name = awlike.account_name());
END $$;

-- The lowest level that is open to whoever asks: with an account 3, without one 4.
CREATE OR REPLACE FUNCTION awlike.open_level() RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN CASE WHEN awlike.user_id() IS NULL THEN 4 ELSE 3 END;
END $$;

-- The projects of which one is a member.
CREATE OR REPLACE FUNCTION awlike.projects() RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT m.project_id FROM public.project_member m WHERE m.user_id = awlike.user_id());
END $$;

-- Whether one is a member of a project, now and until this transaction ends: the end of the membership waits for it. What one
-- saw when the transaction began does not count. Where the membership ended since then, PostgreSQL says that the transaction
-- cannot be serialized.
CREATE OR REPLACE FUNCTION awlike.stays_member(project uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM public.project_member m WHERE m.project_id = project AND m.user_id = awlike.user_id() FOR KEY SHARE;
    RETURN FOUND;
END $$;

-- Keep all memberships that one has until this transaction ends.
CREATE OR REPLACE FUNCTION awlike.keep_memberships() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM public.project_member m WHERE m.user_id = awlike.user_id() ORDER BY m.project_id FOR KEY SHARE;
END $$;

-- The projects that one owns.
CREATE OR REPLACE FUNCTION awlike.owned_projects() RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT p.object_id FROM public.project p WHERE p.owner_id = awlike.user_id());
END $$;

-- Who sees what has these privileges, as an id: everybody, every account, a project, or a person. The ids of projects and
-- people follow from their names, so that none of them equals another.
CREATE OR REPLACE FUNCTION awlike.audience(level integer, project uuid, creator uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN level >= 4 THEN '00000000-0000-0000-0000-000000000004'::uuid
            WHEN level = 3 THEN '00000000-0000-0000-0000-000000000003'::uuid
            WHEN level = 2 THEN project
            WHEN level = 1 THEN creator END;

-- The audiences of which one is a part.
CREATE OR REPLACE FUNCTION awlike.audiences() RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF awlike.open_level() > 3 THEN
        RETURN ARRAY['00000000-0000-0000-0000-000000000004'::uuid];
    END IF;
    RETURN awlike.projects() || ARRAY[awlike.user_id(), '00000000-0000-0000-0000-000000000003',
                                      '00000000-0000-0000-0000-000000000004'];
END $$;

-- The next functions keep conditions of queries away from hidden rows. PostgreSQL would evaluate a condition that it calls
-- leakproof, such as filename < 'm', before a policy that costs more, and EXPLAIN ANALYZE would tell of how many hidden rows it
-- was true. Of conditions on a row it evaluates the cheapest first, so these cost next to nothing, as far as it knows.
CREATE OR REPLACE FUNCTION awlike.is_for(level integer, project uuid, creator uuid, audiences uuid[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1e-9 AS $$
BEGIN
    RETURN awlike.audience(level, project, creator) OPERATOR(pg_catalog.=) ANY (audiences);
END $$;

-- Whether one sees an object.
CREATE OR REPLACE FUNCTION awlike.sees(object uuid) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER COST 1e-9 SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN (SELECT awlike.audience(o.privileges, o.project_id, o.creator_id) FROM public.dbobject o
            WHERE o.object_id = object) = ANY (awlike.audiences());
END $$;

-- A text as it is. PostgreSQL does not know that nothing leaks from this function, so that an index on what it returns keeps
-- values unique and serves no condition on rows that may be hidden.
CREATE OR REPLACE FUNCTION awlike.sealed(value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$ BEGIN RETURN value; END $$;
-- Whether an object is one's own and was made from others. (Of the objects of others it says nothing.)
CREATE OR REPLACE FUNCTION awlike.is_my_product(object uuid) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.dbobject o WHERE o.object_id = object AND o.creator_id = awlike.user_id()
                   AND EXISTS (SELECT FROM public.lineage l WHERE l.product = object));
END $$;

-- Whether all who see a product at `level` in `project`, its creator apart, see an input of these privileges too.
CREATE OR REPLACE FUNCTION awlike.open_enough(privileges integer, input_project uuid, level integer, project uuid)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN level >= 3 THEN privileges >= least(level, 4)
                WHEN level = 2 THEN privileges >= 3 OR (privileges = 2 AND input_project = project)
                ELSE true END
$$;

-- Whether an instant, if there is one, is one that programs can read: not infinity, nor before or after all calendars.
CREATE OR REPLACE FUNCTION awlike.is_instant(instant timestamp) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(instant BETWEEN timestamp '0001-01-01' AND timestamp '9999-12-31', true)
$$;

-- Whether the name of a file, if there is one, leads nowhere else.
CREATE OR REPLACE FUNCTION awlike.is_plain_name(name text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(name ~ E'^[^/\\\\.[:cntrl:]][^/\\\\[:cntrl:]]*$' AND octet_length(name) <= 255, true)
$$;

-- Instants as awlike keeps them: UTC without a zone.
CREATE OR REPLACE FUNCTION awlike.utcnow() RETURNS timestamp
LANGUAGE sql VOLATILE AS $$ SELECT clock_timestamp() AT TIME ZONE 'utc' $$;

-- An instant as Python writes it.
CREATE OR REPLACE FUNCTION awlike.as_python(instant timestamp) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_char(instant, CASE WHEN extract(microseconds FROM instant)::bigint % 1000000 = 0 THEN 'YYYY-MM-DD HH24:MI:SS'
                                 ELSE 'YYYY-MM-DD HH24:MI:SS.US' END)
$$;

-- FIPS 180-4, section 6.1; for ids, which are short and few. PostgreSQL itself has later digests alone.
CREATE OR REPLACE FUNCTION awlike.sha1(message bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    whole bigint := 4294967295;
    h bigint[] := ARRAY[1732584193, 4023233417, 2562383102, 271733878, 3285377520];
    a bigint; b bigint; c bigint; d bigint; e bigint; f bigint; k bigint; t bigint;
    w bigint[];
    padded bytea := message || E'\\x80'::bytea;
BEGIN
    padded := padded || decode(repeat('00', (119 - length(message) % 64) % 64), 'hex') || int8send(length(message)::bigint * 8);
    FOR start IN 0 .. length(padded) - 64 BY 64 LOOP
        FOR i IN 0 .. 15 LOOP
            w[i] := (get_byte(padded, start + 4 * i)::bigint << 24) | (get_byte(padded, start + 4 * i + 1) << 16)
                    | (get_byte(padded, start + 4 * i + 2) << 8) | get_byte(padded, start + 4 * i + 3);
        END LOOP;
        FOR i IN 16 .. 79 LOOP
            t := w[i - 3] # w[i - 8] # w[i - 14] # w[i - 16];
            w[i] := ((t << 1) | (t >> 31)) & whole;
        END LOOP;
        a := h[1]; b := h[2]; c := h[3]; d := h[4]; e := h[5];
        FOR i IN 0 .. 79 LOOP
            IF i < 20 THEN f := (b & c) | ((whole - b) & d); k := 1518500249;
            ELSIF i < 40 THEN f := b # c # d; k := 1859775393;
            ELSIF i < 60 THEN f := (b & c) | (b & d) | (c & d); k := 2400959708;
            ELSE f := b # c # d; k := 3395469782;
            END IF;
            t := ((((a << 5) | (a >> 27)) & whole) + f + e + k + w[i]) & whole;
            e := d; d := c; c := ((b << 30) | (b >> 2)) & whole; b := a; a := t;
        END LOOP;
        h := ARRAY[(h[1] + a) & whole, (h[2] + b) & whole, (h[3] + c) & whole, (h[4] + d) & whole, (h[5] + e) & whole];
    END LOOP;
    RETURN substr(int8send(h[1]), 5) || substr(int8send(h[2]), 5) || substr(int8send(h[3]), 5) || substr(int8send(h[4]), 5)
           || substr(int8send(h[5]), 5);
END $$;

-- The id of a reference, from its class and what makes it unique: as awlike.persist.ids.reference_id.
CREATE OR REPLACE FUNCTION awlike.reference_id(VARIADIC names text[]) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    h bytea := awlike.sha1(E'\\x7d1f0d5e3a0b5f8e9c390a7e3b6f4c11'::bytea
                           || convert_to(array_to_string(names, E'\x1f', 'None'), 'UTF8'));
BEGIN
    h := set_byte(set_byte(h, 6, (get_byte(h, 6) & 15) | 80), 8, (get_byte(h, 8) & 63) | 128);
    RETURN encode(substr(h, 1, 16), 'hex')::uuid;
END $$;

-- The name of a setup, from its settings: as awlike.persist.references.setup_name, and NULL where they are no table of texts.
-- The names of settings have no blanks; their values have no other white space, and nothing that Python writes as an escape.
CREATE OR REPLACE FUNCTION awlike.setup_name(settings json) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF json_typeof(settings) <> 'object' OR EXISTS (
        SELECT FROM json_each(settings) s WHERE json_typeof(s.value) <> 'string' OR s.key !~ '^[A-Za-z0-9_-]+$') THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT string_agg(s.key || '=' || CASE
                WHEN strpos(s.value, ' ') = 0 AND s.value !~ '^[''"]' THEN s.value
                WHEN strpos(s.value, '''') > 0 AND strpos(s.value, '"') = 0
                    THEN '"' || replace(s.value, E'\\', E'\\\\') || '"'
                ELSE '''' || replace(replace(s.value, E'\\', E'\\\\'), '''', E'\\''') || '''' END, ' ' ORDER BY s.ordinality)
            FROM json_each_text(settings) WITH ORDINALITY AS s);
END $$;

-- The name of a readout, from what is told of its amplifiers: as awlike.persist.references.readout_name, and NULL where that is
-- no list of tables of plain values. The digest is that of the text as it was sent.
CREATE OR REPLACE FUNCTION awlike.readout_name(amplifiers json) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF json_typeof(amplifiers) <> 'array' OR EXISTS (
        SELECT FROM json_array_elements(amplifiers) a WHERE json_typeof(a.value) <> 'object') THEN
        RETURN NULL;
    ELSIF EXISTS (SELECT FROM json_array_elements(amplifiers) a, json_each(a.value) e
                  WHERE json_typeof(e.value) IN ('object', 'array') OR length(e.value::text) > 1000) THEN
        RETURN NULL;
    END IF;
    RETURN json_array_length(amplifiers) || ' amplifiers, '
           || left(encode(sha256(convert_to(amplifiers::text, 'UTF8')), 'hex'), 16);
END $$;

-- Take all rights and policies off a table, and let nobody read or write but by policies.
CREATE OR REPLACE FUNCTION awlike.guard(table_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    policy name;
BEGIN
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', table_name);
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC', table_name);
    FOR policy IN SELECT p.polname FROM pg_policy p WHERE p.polrelid = format('public.%I', table_name)::regclass LOOP
        EXECUTE format('DROP POLICY %I ON public.%I', policy, table_name);
    END LOOP;
END $$;

-- Tie a column to the objects; `rule` says what follows when one of these is deleted.
CREATE OR REPLACE FUNCTION awlike.tie(table_name text, column_name text, rule text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    constraint_name text := format('fk_%s_%s', table_name, column_name);
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = format('public.%I', table_name)::regclass
                   AND c.conname = constraint_name) THEN
        EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES public.dbobject (object_id) %s',
                       table_name, constraint_name, column_name, rule);
    END IF;
END $$;

-- Keep no statistics of a column, out of which the planner would tell of hidden values by what it expects.
CREATE OR REPLACE FUNCTION awlike.keep_no_statistics(table_name text, column_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = format('public.%I', table_name)::regclass
               AND a.attname = column_name AND a.attstattarget = 0) THEN
        RETURN;
    ELSIF to_regproc('pg_clear_attribute_stats') IS NOT NULL THEN
        EXECUTE 'SELECT pg_clear_attribute_stats($1, $2, $3, false)' USING 'public', table_name, column_name;
    ELSE
        EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I SET STATISTICS 1', table_name, column_name);
        EXECUTE format('ANALYZE public.%I (%I)', table_name, column_name);
    END IF;
    EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I SET STATISTICS 0', table_name, column_name);
END $$;

-- Let the planner know of a column only that nearly all of its values differ: without that it would use no index on it. Before
-- PostgreSQL 18 that goes with the least and the greatest value of a sample.
CREATE OR REPLACE FUNCTION awlike.keep_number_of_values(table_name text, column_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF to_regproc('pg_restore_attribute_stats') IS NOT NULL THEN
        PERFORM awlike.keep_no_statistics(table_name, column_name);
        EXECUTE format('SELECT pg_restore_attribute_stats(''schemaname'', ''public'', ''relname'', %L, ''attname'', %L, '
                       '''inherited'', false, ''null_frac'', 0::real, ''avg_width'', 40, ''n_distinct'', -0.9::real)',
                       table_name, column_name);
    ELSE
        EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I SET STATISTICS 1', table_name, column_name);
        EXECUTE format('ANALYZE public.%I (%I)', table_name, column_name);
    END IF;
END $$;

-- Take off all indexes on a column of text alone; if one of them keeps the column unique, a sealed index does so from now on.
CREATE OR REPLACE FUNCTION awlike.seal(table_name text, column_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found record;
    name text := format('sealed_%s_%s', table_name, column_name);
BEGIN
    FOR found IN SELECT i.indexrelid::regclass AS index, i.indisunique AS is_unique, c.conname AS of_constraint
                 FROM pg_index i
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND i.indkey::text = a.attnum::text
                 LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid AND c.contype IN ('p', 'u')
                 WHERE i.indrelid = format('public.%I', table_name)::regclass AND a.attname = column_name LOOP
        IF found.of_constraint IS NULL THEN
            EXECUTE format('DROP INDEX %s', found.index);
        ELSE
            EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT %I', table_name, found.of_constraint);
        END IF;
        IF found.is_unique THEN
            EXECUTE format('CREATE UNIQUE INDEX IF NOT EXISTS %I ON public.%I (awlike.sealed(%I))', name, table_name, column_name);
            EXECUTE format('ALTER INDEX public.%I ALTER COLUMN 1 SET STATISTICS 0', name);
        END IF;
    END LOOP;
END $$;

-- The columns of a table in which there is text of any kind.
CREATE OR REPLACE FUNCTION awlike.texts(table_name text) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT a.attname::text FROM pg_attribute a
    WHERE a.attrelid = format('public.%I', table_name)::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'json'::regtype, 'jsonb'::regtype)
$$;

-- The table of one class: its rows are seen with their objects, come with them, and go with them.
CREATE OR REPLACE FUNCTION awlike.secure_class(table_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    tie record;
    instants text;
BEGIN
    FOR tie IN SELECT c.conname, c.confrelid::regclass AS parent FROM pg_constraint c
               JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum] AND a.attname = 'object_id'
               WHERE c.conrelid = format('public.%I', table_name)::regclass AND c.contype = 'f' AND c.confdeltype <> 'c' LOOP
        EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT %I, ADD CONSTRAINT %I FOREIGN KEY (object_id) '
                       'REFERENCES %s (object_id) ON DELETE CASCADE', table_name, tie.conname, tie.conname, tie.parent);
    END LOOP;
    SELECT coalesce(string_agg(format(' AND awlike.is_instant(%I.%I)', table_name, a.attname), ''), '') INTO instants
    FROM pg_attribute a
    WHERE a.attrelid = format('public.%I', table_name)::regclass AND a.atttypid = 'timestamp'::regtype AND a.attnum > 0;
    PERFORM awlike.guard(table_name);
    PERFORM awlike.seal(table_name, t), awlike.keep_no_statistics(table_name, t) FROM awlike.texts(table_name) t;
    EXECUTE format('GRANT SELECT, INSERT ON public.%I TO PUBLIC', table_name);
    -- Numbers of hidden rows can be counted; of text nothing is told.
    EXECUTE format('CREATE POLICY seen ON public.%1$I FOR SELECT USING (' ||
                   CASE WHEN EXISTS (SELECT FROM awlike.texts(table_name)) THEN 'awlike.sees(%1$I.object_id))'
                        ELSE 'EXISTS (SELECT FROM public.dbobject "the object" '
                             'WHERE "the object".object_id = %1$I.object_id))' END, table_name);
    EXECUTE format('CREATE POLICY made ON public.%1$I FOR INSERT WITH CHECK (awlike.is_new(%1$I.object_id)%2$s)',
                   table_name, instants);
END $$;

-- The table of references of one class: everybody reads them; an account makes new ones, under the id that is theirs.
CREATE OR REPLACE FUNCTION awlike.secure_reference(table_name text, class_name text, identity text[], more text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    parts text;
BEGIN
    SELECT more || coalesce(string_agg(format(' AND awlike.is_instant(%I.%I)', table_name, a.attname), ''), '') INTO more
    FROM pg_attribute a
    WHERE a.attrelid = format('public.%I', table_name)::regclass AND a.atttypid = 'timestamp'::regtype AND a.attnum > 0;
    SELECT more || coalesce(string_agg(format(' AND %I.name IS NOT NULL', table_name), ''), '') INTO more
    FROM pg_attribute a
    WHERE a.attrelid = format('public.%I', table_name)::regclass AND a.attname = 'name' AND a.attname = ANY (identity);
    SELECT string_agg(format(CASE WHEN a.atttypid = 'timestamp'::regtype THEN 'awlike.as_python(%I.%I)' ELSE '%I.%I::text' END,
                             table_name, a.attname), ', ' ORDER BY i.number) INTO parts
    FROM unnest(identity) WITH ORDINALITY AS i (name, number)
    JOIN pg_attribute a ON a.attrelid = format('public.%I', table_name)::regclass AND a.attname = i.name;
    PERFORM awlike.guard(table_name);
    EXECUTE format('GRANT SELECT, INSERT ON public.%I TO PUBLIC', table_name);
    EXECUTE format('CREATE POLICY seen ON public.%I FOR SELECT USING (true)', table_name);
    EXECUTE format('CREATE POLICY made ON public.%1$I FOR INSERT WITH CHECK ((SELECT awlike.user_id()) IS NOT NULL '
                   'AND %1$I.object_id = awlike.reference_id(%2$L, %3$s) AND %4$s)', table_name, class_name, parts, more);
END $$;

REVOKE ALL ON FUNCTION awlike.guard(text), awlike.tie(text, text, text), awlike.keep_no_statistics(text, text),
    awlike.keep_number_of_values(text, text), awlike.seal(text, text), awlike.texts(text), awlike.secure_class(text),
    awlike.secure_reference(text, text, text[], text) FROM PUBLIC;
