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
-- Run by `awlike.database.row_security` once the rules of the class are there. A name is taken by a catalogue that everybody
-- reads: a row beside another object, which may be hidden, would keep the name from all others, and nobody would see why.
CREATE OR REPLACE FUNCTION awlike.secure_reference_catalogues() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    CREATE POLICY by_its_adder ON public.reference_catalogue AS RESTRICTIVE FOR INSERT WITH CHECK (
        reference_catalogue.name IS NOT NULL AND reference_catalogue.version > 0
        AND EXISTS (SELECT FROM public.dbobject o WHERE o.object_id = reference_catalogue.object_id
                    AND o.class_name = 'ReferenceCatalogue' AND o.project_id IS NULL)
        AND coalesce(awlike.adder_of(reference_catalogue.name, reference_catalogue.object_id), (SELECT awlike.user_id()))
            = (SELECT awlike.user_id()));
END $$;
REVOKE ALL ON FUNCTION awlike.secure_reference_catalogues() FROM PUBLIC;
