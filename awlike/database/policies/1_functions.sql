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
    RETURN (SELECT object_id FROM public."user" WHERE name = awlike.account_name());
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
    RETURN ARRAY(SELECT project_id FROM public.project_member WHERE user_id = awlike.user_id());
END $$;

-- The projects that one owns.
CREATE OR REPLACE FUNCTION awlike.owned_projects() RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT object_id FROM public.project WHERE owner_id = awlike.user_id());
END $$;

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
    SELECT coalesce(name ~ '^[^/\\.[:cntrl:]][^/\\[:cntrl:]]*$' AND octet_length(name) <= 255, true)
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
    padded bytea := message || '\x80'::bytea;
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
    h bytea := awlike.sha1('\x7d1f0d5e3a0b5f8e9c390a7e3b6f4c11'::bytea
                           || convert_to(array_to_string(names, E'\x1f', 'None'), 'UTF8'));
BEGIN
    h := set_byte(set_byte(h, 6, (get_byte(h, 6) & 15) | 80), 8, (get_byte(h, 8) & 63) | 128);
    RETURN encode(substr(h, 1, 16), 'hex')::uuid;
END $$;

-- Take all rights and policies off a table, and let nobody read or write but by policies.
CREATE OR REPLACE FUNCTION awlike.guard(table_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    policy name;
BEGIN
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', table_name);
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC', table_name);
    FOR policy IN SELECT polname FROM pg_policy WHERE polrelid = format('public.%I', table_name)::regclass LOOP
        EXECUTE format('DROP POLICY %I ON public.%I', policy, table_name);
    END LOOP;
END $$;

-- Tie a column to the objects; `rule` says what follows when one of these is deleted.
CREATE OR REPLACE FUNCTION awlike.tie(table_name text, column_name text, rule text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    constraint_name text := format('fk_%s_%s', table_name, column_name);
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = format('public.%I', table_name)::regclass
                   AND conname = constraint_name) THEN
        EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES public.dbobject (object_id) %s',
                       table_name, constraint_name, column_name, rule);
    END IF;
END $$;

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
    SELECT coalesce(string_agg(format(' AND awlike.is_instant(%I)', attname), ''), '') INTO instants FROM pg_attribute
    WHERE attrelid = format('public.%I', table_name)::regclass AND atttypid = 'timestamp'::regtype AND attnum > 0;
    PERFORM awlike.guard(table_name);
    EXECUTE format('GRANT SELECT, INSERT ON public.%I TO PUBLIC', table_name);
    EXECUTE format('CREATE POLICY seen ON public.%1$I FOR SELECT USING '
                   '(EXISTS (SELECT FROM public.dbobject o WHERE o.object_id = %1$I.object_id))', table_name);
    -- Written in this transaction, and not because it was changed: that would stand in the history.
    EXECUTE format('CREATE POLICY made ON public.%1$I FOR INSERT WITH CHECK '
                   '(EXISTS (SELECT FROM public.dbobject o WHERE o.object_id = %1$I.object_id '
                   'AND o.creator_id = (SELECT awlike.user_id()) AND o.xmin = pg_current_xact_id()::xid) '
                   'AND NOT EXISTS (SELECT FROM public.history h WHERE h.object_id = %1$I.object_id)%2$s)', table_name, instants);
END $$;

-- The table of references of one class: everybody reads them; an account makes new ones, under the id that is theirs.
CREATE OR REPLACE FUNCTION awlike.secure_reference(table_name text, class_name text, identity text[], more text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    parts text;
BEGIN
    SELECT more || coalesce(string_agg(format(' AND awlike.is_instant(%I)', attname), ''), '') INTO more FROM pg_attribute
    WHERE attrelid = format('public.%I', table_name)::regclass AND atttypid = 'timestamp'::regtype AND attnum > 0;
    SELECT string_agg(CASE WHEN a.atttypid = 'timestamp'::regtype THEN format('awlike.as_python(%I)', a.attname)
                           ELSE format('%I::text', a.attname) END, ', ' ORDER BY i.number) INTO parts
    FROM unnest(identity) WITH ORDINALITY AS i (name, number)
    JOIN pg_attribute a ON a.attrelid = format('public.%I', table_name)::regclass AND a.attname = i.name;
    PERFORM awlike.guard(table_name);
    EXECUTE format('GRANT SELECT, INSERT ON public.%I TO PUBLIC', table_name);
    EXECUTE format('CREATE POLICY seen ON public.%I FOR SELECT USING (true)', table_name);
    EXECUTE format('CREATE POLICY made ON public.%I FOR INSERT WITH CHECK ((SELECT awlike.user_id()) IS NOT NULL '
                   'AND object_id = awlike.reference_id(%L, %s) AND %s)', table_name, class_name, parts, more);
END $$;

REVOKE ALL ON FUNCTION awlike.guard(text), awlike.tie(text, text, text), awlike.secure_class(text),
    awlike.secure_reference(text, text, text[], text) FROM PUBLIC;
