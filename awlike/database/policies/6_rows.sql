-- Rows of catalogues, as sources: seen with their catalogue, inserted with it, and removed with it.

-- Whether a position, if there is one, is one with which a query for a region can compute: an infinite one would end it, and
-- with it the queries of all who see the row.
CREATE OR REPLACE FUNCTION awlike.is_place(ra double precision, declination double precision) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (ra > '-infinity' AND ra < 'infinity') IS NOT FALSE
           AND (declination > '-infinity' AND declination < 'infinity') IS NOT FALSE
$$;

CREATE OR REPLACE FUNCTION awlike.secure_rows(table_name text, link text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM awlike.guard(table_name);
    PERFORM awlike.tie(table_name, link, 'ON DELETE CASCADE');
    PERFORM awlike.seal(table_name, t), awlike.keep_no_statistics(table_name, t) FROM awlike.texts(table_name) t;
    EXECUTE format('GRANT SELECT, INSERT ON public.%I TO PUBLIC', table_name);
    EXECUTE format('CREATE POLICY seen ON public.%1$I FOR SELECT USING (EXISTS (SELECT FROM public.dbobject "the object" '
                   'WHERE "the object".object_id = %1$I.%2$I))', table_name, link);
    -- In the transaction that makes the catalogue: a row that comes later would be none of its file.
    EXECUTE format('CREATE POLICY made ON public.%1$I FOR INSERT WITH CHECK '
                   '(EXISTS (SELECT FROM public.dbobject "the object" WHERE "the object".object_id = %1$I.%2$I '
                   'AND "the object".creator_id = (SELECT awlike.user_id()) '
                   'AND "the object".xmin = pg_current_xact_id()::xid) '
                   'AND %1$I.%2$I <> ALL ((SELECT awlike.written_again())::uuid[]) '
                   'AND NOT EXISTS (SELECT FROM public.history "the change" '
                   'WHERE "the change".object_id = %1$I.%2$I) '
                   'AND awlike.is_place(%1$I."RA", %1$I."DEC"))', table_name, link);
END $$;
REVOKE ALL ON FUNCTION awlike.secure_rows(text, text) FROM PUBLIC;
