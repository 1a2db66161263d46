-- Who is let into a project, who leaves it, and whose frames serve for its products.

SELECT awlike.guard('project_offer'), awlike.guard('project_source');

-- An offer is made by one side, and seen and ended by both: the owner of the project, and the person.
GRANT SELECT, INSERT ON public.project_offer TO PUBLIC;
CREATE POLICY seen ON public.project_offer FOR SELECT USING (
    project_offer.user_id = (SELECT awlike.user_id())
    OR project_offer.project_id = ANY ((SELECT awlike.owned_projects())::uuid[]));
CREATE POLICY made ON public.project_offer FOR INSERT WITH CHECK (
    EXISTS (SELECT FROM public."user" u WHERE u.object_id = project_offer.user_id)
    AND EXISTS (SELECT FROM public.project p WHERE p.object_id = project_offer.project_id)
    AND CASE WHEN project_offer.by_owner THEN project_offer.project_id = ANY ((SELECT awlike.owned_projects())::uuid[])
             ELSE project_offer.user_id = (SELECT awlike.user_id()) END);
CREATE POLICY ended ON public.project_offer FOR DELETE USING (
    project_offer.user_id = (SELECT awlike.user_id())
    OR project_offer.project_id = ANY ((SELECT awlike.owned_projects())::uuid[]));

-- A member leaves, or the owner removes a member. The owner stays.
CREATE POLICY ended ON public.project_member FOR DELETE USING (
    (project_member.user_id = (SELECT awlike.user_id())
     OR project_member.project_id = ANY ((SELECT awlike.owned_projects())::uuid[]))
    AND NOT EXISTS (SELECT FROM public.project p
                    WHERE p.object_id = project_member.project_id AND p.owner_id = project_member.user_id));

-- Give the objects at level 1 of `who` the level 0, which nobody sees, as long as they descend from what `who` does not see
-- any more, and level 1 again afterwards. As awlike.context.offers.withhold.
CREATE OR REPLACE FUNCTION awlike.withhold(who uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE own AS (
        SELECT o.object_id, o.raw_fits_id, o.privileges FROM public.dbobject o WHERE o.creator_id = who AND o.privileges <= 1),
    made AS (
        SELECT l.product, l.input FROM public.lineage l JOIN own ON own.object_id = l.product
        UNION ALL SELECT own.object_id, own.raw_fits_id FROM own WHERE own.raw_fits_id IS NOT NULL),
    hidden AS (
        SELECT made.product FROM made JOIN public.dbobject i ON i.object_id = made.input
        WHERE i.privileges = 2 AND NOT EXISTS (SELECT FROM public.project_member m
                                               WHERE m.user_id = who AND m.project_id = i.project_id)
        UNION SELECT made.product FROM made JOIN hidden ON hidden.product = made.input)
    UPDATE public.dbobject o SET privileges = 1 - own.privileges FROM own
    WHERE o.object_id = own.object_id
    AND own.privileges = CASE WHEN own.object_id IN (SELECT hidden.product FROM hidden) THEN 1 ELSE 0 END;
$$;

-- When somebody becomes a member, offers end. When a membership ends, so do claims by which others would have to wait.
CREATE OR REPLACE FUNCTION awlike.membership() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    who uuid := coalesce(NEW.user_id, OLD.user_id);
    which uuid := coalesce(NEW.project_id, OLD.project_id);
BEGIN
    IF TG_RELID <> 'public.project_member'::regclass THEN
        RAISE insufficient_privilege USING MESSAGE = 'this belongs to the table of members';
    END IF;
    DELETE FROM public.project_offer f WHERE f.project_id = which AND f.user_id = who;
    IF TG_OP = 'DELETE' THEN
        DELETE FROM public.claim c WHERE c.project_id = which AND c.user_id = who;
    END IF;
    PERFORM awlike.withhold(who);
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER membership AFTER INSERT OR DELETE ON public.project_member
    FOR EACH ROW EXECUTE FUNCTION awlike.membership();
REVOKE ALL ON FUNCTION awlike.withhold(uuid), awlike.membership() FROM PUBLIC;

-- Whoever left a project changes nothing there but their own at level 1, and publishes and deletes nothing of the project.
CREATE POLICY by_members ON public.dbobject AS RESTRICTIVE FOR UPDATE USING (
    dbobject.privileges = 1 OR dbobject.project_id IS NULL OR (dbobject.privileges >= 2
                                AND (dbobject.project_id = ANY ((SELECT awlike.projects())::uuid[])
                                     OR dbobject.project_id = ANY ((SELECT awlike.owned_projects())::uuid[]))))
WITH CHECK (
    dbobject.privileges = 1 OR dbobject.project_id IS NULL OR (dbobject.privileges >= 2
                                AND (dbobject.project_id = ANY ((SELECT awlike.projects())::uuid[])
                                     OR dbobject.project_id = ANY ((SELECT awlike.owned_projects())::uuid[]))));
CREATE POLICY by_members_away ON public.dbobject AS RESTRICTIVE FOR DELETE USING (
    dbobject.privileges = 1 OR dbobject.project_id IS NULL
    OR (dbobject.privileges >= 2 AND dbobject.project_id = ANY ((SELECT awlike.projects())::uuid[])));

-- The owner of a project names its sources and withdraws them; sources of all projects, which have no project, the owner of
-- the database. Rows stay, so that the sources of a past date are known.
GRANT SELECT, INSERT ON public.project_source TO PUBLIC;
GRANT UPDATE (ended, ended_by) ON public.project_source TO PUBLIC;
CREATE POLICY seen ON public.project_source FOR SELECT USING (
    project_source.project_id IS NULL
    OR project_source.project_id = ANY ((SELECT awlike.projects())::uuid[])
    OR project_source.project_id = ANY ((SELECT awlike.owned_projects())::uuid[]));
CREATE POLICY made ON public.project_source FOR INSERT WITH CHECK (
    project_source.project_id = ANY ((SELECT awlike.owned_projects())::uuid[])
    AND project_source.user_id = (SELECT awlike.user_id())
    AND project_source.date BETWEEN awlike.utcnow() - interval '1 day' AND awlike.utcnow() + interval '5 minutes'
    AND project_source.ended IS NULL AND project_source.ended_by IS NULL);
CREATE POLICY ended ON public.project_source FOR UPDATE USING (
    project_source.project_id = ANY ((SELECT awlike.owned_projects())::uuid[]) AND project_source.ended IS NULL)
WITH CHECK (
    project_source.project_id = ANY ((SELECT awlike.owned_projects())::uuid[])
    AND project_source.ended_by = (SELECT awlike.user_id())
    AND project_source.ended BETWEEN project_source.date AND awlike.utcnow() + interval '5 minutes'
    AND project_source.ended > awlike.utcnow() - interval '1 day');
