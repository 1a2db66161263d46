-- Reference catalogues: of no project, read by every role, removed by who added them as long as no lineage names them. A name
-- belongs to who added it first.

CREATE POLICY made_for_all ON public.dbobject FOR INSERT WITH CHECK (
    dbobject.class_name = 'ReferenceCatalogue'
    AND dbobject.creator_id = (SELECT awlike.user_id())
    AND dbobject.project_id IS NULL AND dbobject.privileges = 4
    AND dbobject.creation_date BETWEEN awlike.utcnow() - interval '1 day' AND awlike.utcnow() + interval '5 minutes'
    AND dbobject.is_valid BETWEEN 0 AND 2
    AND awlike.is_plain_name(dbobject.filename)
    AND dbobject."DATE_OBS" IS NULL AND dbobject.timestamp_start IS NULL AND dbobject.timestamp_end IS NULL);  -- it has none

CREATE POLICY judged_by_adder ON public.dbobject FOR UPDATE USING (
    dbobject.class_name = 'ReferenceCatalogue' AND dbobject.project_id IS NULL
    AND dbobject.creator_id = (SELECT awlike.user_id()))
WITH CHECK (  -- the conditions of all rules for changes are joined by OR: this one must let nothing else through
    dbobject.class_name = 'ReferenceCatalogue' AND dbobject.project_id IS NULL
    AND dbobject.creator_id = (SELECT awlike.user_id())
    AND dbobject.privileges = 4 AND dbobject.is_valid BETWEEN 0 AND 2
    AND dbobject.timestamp_start IS NULL AND dbobject.timestamp_end IS NULL);

CREATE POLICY removed_by_adder ON public.dbobject FOR DELETE USING (
    dbobject.class_name = 'ReferenceCatalogue' AND dbobject.project_id IS NULL
    AND dbobject.creator_id = (SELECT awlike.user_id()));

-- Whose a name is; NULL when it is nobody's.
CREATE OR REPLACE FUNCTION awlike.adder_of(catalogue text, but uuid) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN (SELECT o.creator_id FROM public.reference_catalogue r JOIN public.dbobject o ON o.object_id = r.object_id
            WHERE r.name = catalogue AND r.object_id <> but ORDER BY r.version LIMIT 1);
END $$;
-- The accounts that the rules do not bind: those of the owner of the tables, and superusers. Their catalogues serve everybody.
CREATE OR REPLACE FUNCTION awlike.administrators() RETURNS uuid[]
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT u.object_id FROM public."user" u JOIN pg_roles r ON r.rolname = u.name
                 WHERE r.rolsuper OR r.rolbypassrls OR pg_has_role(r.oid, (
                     SELECT c.relowner FROM pg_class c WHERE c.oid = 'public.dbobject'::regclass), 'USAGE'))
$$;

-- Whether a value is a list of texts, or of objects, as `kind` says.
CREATE OR REPLACE FUNCTION awlike.is_list_of(kind text, value json) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN json_typeof(value) = 'array'
                THEN NOT EXISTS (SELECT FROM json_array_elements(value) member WHERE json_typeof(member) <> kind)
                ELSE false END
$$;

-- Run by `awlike.database.row_security` once the rules of the class are there. A catalogue is in the list of everybody: it has
-- what the list shows, and a name as `check_name` says, by which it can be asked for. A name is taken by a catalogue that
-- everybody reads: a row beside another object, which may be hidden, would keep the name from all others, and nobody would see
-- why.
CREATE OR REPLACE FUNCTION awlike.secure_reference_catalogues() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    CREATE POLICY by_its_adder ON public.reference_catalogue AS RESTRICTIVE FOR INSERT WITH CHECK (
        (reference_catalogue.name COLLATE "C" ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$' AND reference_catalogue.version > 0
         AND reference_catalogue.number > 0 AND awlike.is_list_of('string', reference_catalogue.bands)
         AND (reference_catalogue.fastest >= 0 AND reference_catalogue.fastest < 'infinity') IS NOT FALSE
         AND awlike.is_list_of('object', reference_catalogue.files)) IS TRUE
        AND EXISTS (SELECT FROM public.dbobject o WHERE o.object_id = reference_catalogue.object_id
                    AND o.class_name = 'ReferenceCatalogue' AND o.project_id IS NULL
                    AND o.filename IS NOT NULL AND o.digest IS NOT NULL)
        AND coalesce(awlike.adder_of(reference_catalogue.name, reference_catalogue.object_id), (SELECT awlike.user_id()))
            = (SELECT awlike.user_id()));
END $$;
REVOKE ALL ON FUNCTION awlike.secure_reference_catalogues() FROM PUBLIC;
