-- Saved selections: of a project, seen, made and ended by its members. Rows stay, so that the rules of a past date are known.

SELECT awlike.guard('saved_selection'), awlike.guard('selection_use');
GRANT SELECT, INSERT ON public.saved_selection, public.selection_use TO PUBLIC;
GRANT UPDATE (ended, ended_by) ON public.saved_selection TO PUBLIC;
CREATE POLICY seen ON public.saved_selection FOR SELECT USING (
    awlike.is_for(2, saved_selection.project_id, NULL, (SELECT awlike.audiences())));
CREATE POLICY made ON public.saved_selection FOR INSERT WITH CHECK (
    awlike.stays_member(saved_selection.project_id)
    AND saved_selection.user_id = (SELECT awlike.user_id())
    AND saved_selection.name COLLATE "C" ~ '^[A-Za-z0-9]([A-Za-z0-9_.+ -]{0,58}[A-Za-z0-9_.+-])?$'
    AND saved_selection.class_name COLLATE "C" ~ '^[A-Za-z_][A-Za-z0-9_]{0,99}$'
    AND length(saved_selection.rule) BETWEEN 1 AND 1000000
    AND saved_selection.date BETWEEN awlike.utcnow() - interval '1 day' AND awlike.utcnow() + interval '5 minutes'
    AND saved_selection.ended IS NULL AND saved_selection.ended_by IS NULL);
CREATE POLICY ended ON public.saved_selection FOR UPDATE USING (
    saved_selection.project_id = ANY ((SELECT awlike.projects())::uuid[]) AND saved_selection.ended IS NULL)
WITH CHECK (
    awlike.stays_member(saved_selection.project_id)
    AND saved_selection.ended_by = (SELECT awlike.user_id())
    AND saved_selection.ended BETWEEN saved_selection.date AND awlike.utcnow() + interval '5 minutes'
    AND saved_selection.ended > awlike.utcnow() - interval '1 day');

-- Whether a selection is one of a project.
CREATE OR REPLACE FUNCTION awlike.is_selection_of(selection uuid, project uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.saved_selection s WHERE s.id = selection AND s.project_id = project);
END $$;
-- The members of a use are named as its products are seen: at level 1 by who made them alone, else by the members. It costs
-- next to nothing, as awlike.is_for(), so that no condition of a query comes before it.
CREATE OR REPLACE FUNCTION awlike.sees_use(level integer, project uuid, account uuid, audiences uuid[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1e-9 AS $$
BEGIN
    RETURN awlike.audience(least(level, 2), project, account) OPERATOR(pg_catalog.=) ANY (audiences);
END $$;
CREATE POLICY seen ON public.selection_use FOR SELECT USING (
    awlike.sees_use(selection_use.privileges, selection_use.project_id, selection_use.user_id, (SELECT awlike.audiences())));
CREATE POLICY made ON public.selection_use FOR INSERT WITH CHECK (
    awlike.stays_member(selection_use.project_id)
    AND selection_use.user_id = (SELECT awlike.user_id())
    AND awlike.is_selection_of(selection_use.selection_id, selection_use.project_id)
    AND selection_use.privileges BETWEEN 1 AND 5
    AND awlike.is_list_of('string', selection_use.members)
    AND length(selection_use.task) <= 200
    AND selection_use.date BETWEEN awlike.utcnow() - interval '1 day' AND awlike.utcnow() + interval '5 minutes');

SELECT awlike.seal(c.name, t), awlike.keep_no_statistics(c.name, t)
FROM (VALUES ('saved_selection'), ('selection_use')) AS c (name), awlike.texts(c.name) t;
