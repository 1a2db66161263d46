-- Who works with whom, and on what: accounts, members, claims, jobs, recipes.

SELECT awlike.guard('user'), awlike.guard('project_member'), awlike.guard('claim'), awlike.guard('job'),
       awlike.guard('job_step'), awlike.guard('job_log'), awlike.guard('recipe_source');

GRANT SELECT ON public."user" TO PUBLIC;
CREATE POLICY seen ON public."user" FOR SELECT USING (true);

GRANT SELECT, INSERT ON public.project_member TO PUBLIC;
CREATE POLICY seen ON public.project_member FOR SELECT USING (
    project_member.project_id = ANY ((SELECT awlike.projects())::uuid[]));
-- Both sides agree: the owner lets in somebody who asks, and whoever is invited accepts. How it ends, 5_trust.sql says.
CREATE POLICY made ON public.project_member FOR INSERT WITH CHECK (
    CASE WHEN project_member.user_id = (SELECT awlike.user_id())
         THEN project_member.project_id = ANY ((SELECT awlike.owned_projects())::uuid[])
              OR EXISTS (SELECT FROM public.project_offer f WHERE f.project_id = project_member.project_id
                         AND f.user_id = project_member.user_id AND f.by_owner)
         ELSE project_member.project_id = ANY ((SELECT awlike.owned_projects())::uuid[])
              AND EXISTS (SELECT FROM public.project_offer f WHERE f.project_id = project_member.project_id
                          AND f.user_id = project_member.user_id AND NOT f.by_owner) END);

-- A claim is seen by those who could reuse what is made, and its key begins with who they are: nobody blocks others' work
-- by a claim that they do not see. It is taken over after half a minute of silence; of one's own at once.
GRANT SELECT, INSERT ON public.claim TO PUBLIC;
GRANT UPDATE (owner, place, pid, user_id, filename, heartbeat) ON public.claim TO PUBLIC;
CREATE POLICY seen ON public.claim FOR SELECT USING (
    awlike.is_for(claim.privileges, claim.project_id, claim.user_id, (SELECT awlike.audiences()))
    AND (SELECT awlike.user_id()) IS NOT NULL);
SELECT awlike.seal('claim', t), awlike.keep_no_statistics('claim', t) FROM awlike.texts('claim') t;
CREATE POLICY made ON public.claim FOR INSERT WITH CHECK (
    claim.user_id = (SELECT awlike.user_id())
    AND CASE claim.privileges
        WHEN 1 THEN claim.project_id IS NULL AND starts_with(claim.key, '1:' || claim.user_id || ':')
        WHEN 2 THEN awlike.stays_member(claim.project_id) AND starts_with(claim.key, '2:' || claim.project_id || ':')
        WHEN 3 THEN claim.project_id IS NULL AND starts_with(claim.key, '3:')
        WHEN 4 THEN claim.project_id IS NULL AND starts_with(claim.key, '4:') END);
CREATE POLICY taken ON public.claim FOR UPDATE USING (
    claim.user_id = (SELECT awlike.user_id())
    OR (claim.heartbeat < awlike.utcnow() - interval '30 seconds' AND (SELECT awlike.user_id()) IS NOT NULL
        AND (claim.privileges >= 3
             OR (claim.privileges = 2 AND claim.project_id = ANY ((SELECT awlike.projects())::uuid[])))))
WITH CHECK (
    claim.user_id = (SELECT awlike.user_id())
    AND CASE claim.privileges WHEN 2 THEN awlike.stays_member(claim.project_id) ELSE true END);
CREATE POLICY ended ON public.claim FOR DELETE USING (
    claim.user_id = (SELECT awlike.user_id())
    OR (claim.heartbeat < awlike.utcnow() - interval '30 seconds' AND (SELECT awlike.user_id()) IS NOT NULL
        AND (claim.privileges >= 3
             OR (claim.privileges = 2 AND claim.project_id = ANY ((SELECT awlike.projects())::uuid[])))));

-- Nobody seems alive for longer than they are. And nobody makes others remove a file that an object has: whoever takes
-- over removes what a claim names, so it names no such file, and none that another claim names.
CREATE OR REPLACE FUNCTION awlike.claimed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_RELID <> 'public.claim'::regclass THEN
        RAISE insufficient_privilege USING MESSAGE = 'this belongs to the table of claims';
    ELSIF NOT awlike.is_plain_name(NEW.filename) THEN
        RAISE insufficient_privilege USING MESSAGE = format('%s is no name of a file', quote_literal(NEW.filename));
    END IF;
    NEW.heartbeat := least(NEW.heartbeat, awlike.utcnow());
    IF EXISTS (SELECT FROM public.dbobject o WHERE o.filename = NEW.filename)
       OR EXISTS (SELECT FROM public.claim c WHERE c.filename = NEW.filename AND c.key <> NEW.key) THEN
        NEW.filename := NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER claimed BEFORE INSERT OR UPDATE ON public.claim FOR EACH ROW EXECUTE FUNCTION awlike.claimed();
REVOKE ALL ON FUNCTION awlike.claimed() FROM PUBLIC;

GRANT SELECT, INSERT ON public.job, public.job_step, public.job_log TO PUBLIC;
CREATE POLICY own ON public.job USING (
    awlike.is_for(1, NULL, job.user_id, (SELECT ARRAY[awlike.user_id()])) AND job.user_id = (SELECT awlike.user_id()));
-- These say at no cost, as awlike.sees() does, whether a job is one's own, and whether a recipe is.
CREATE OR REPLACE FUNCTION awlike.is_my_job(job uuid) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1e-9 SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.job j WHERE j.id = job);
END $$;
CREATE OR REPLACE FUNCTION awlike.sees_recipe(owner uuid, recipe text, source_digest text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1e-9 SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN owner = awlike.user_id() OR EXISTS (
        SELECT FROM public.dbobject o WHERE o.creator_id = owner  -- nobody else says what was made by it
        AND o.recipe = sees_recipe.recipe || ' ' || left(source_digest, 16));
END $$;
CREATE POLICY own ON public.job_step USING (awlike.is_my_job(job_step.job_id));
CREATE POLICY own ON public.job_log USING (awlike.is_my_job(job_log.job_id));
SELECT awlike.seal(c.name, t), awlike.keep_no_statistics(c.name, t)
FROM (VALUES ('job'), ('job_step'), ('job_log')) AS c (name), awlike.texts(c.name) t;

-- The source of a recipe is seen by its owner and by whoever sees a product that it made.
GRANT SELECT, INSERT ON public.recipe_source TO PUBLIC;
CREATE POLICY seen ON public.recipe_source FOR SELECT USING (
    awlike.sees_recipe(recipe_source.user_id, recipe_source.name, recipe_source.digest));
CREATE POLICY made ON public.recipe_source FOR INSERT WITH CHECK (recipe_source.user_id = (SELECT awlike.user_id()));
ALTER TABLE public.recipe_source DROP CONSTRAINT IF EXISTS pk_recipe_source;
CREATE UNIQUE INDEX IF NOT EXISTS sealed_recipe_source_digest
    ON public.recipe_source (user_id, awlike.sealed(digest));
ALTER INDEX public.sealed_recipe_source_digest ALTER COLUMN 2 SET STATISTICS 0;
SELECT awlike.keep_no_statistics('recipe_source', t) FROM awlike.texts('recipe_source') t;

-- Let an account in. Whoever may delete from a table, or update all of it, can also lock it: so accounts alone may. The owner of
-- the database gets the right to end sessions of the account, see awlike.end_membership(). A role that may make roles could
-- take that right anyhow; of roles that somebody else made it has none.
CREATE OR REPLACE FUNCTION awlike.admit(account text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), account);
    IF account <> 'anonymous' THEN
        EXECUTE format('GRANT DELETE ON public.dbobject, public.dropped_file, public.claim TO %I', account);
        EXECUTE format('GRANT DELETE ON public.project_member, public.project_offer TO %I', account);
        EXECUTE format('GRANT UPDATE, DELETE ON public.job, public.job_step, public.job_log TO %I', account);
    END IF;
    IF NOT pg_has_role(account, 'USAGE') THEN
        BEGIN
            EXECUTE format(CASE WHEN current_setting('server_version_num')::integer < 160000 THEN 'GRANT %I TO %I'
                           ELSE 'GRANT %I TO %I WITH INHERIT TRUE, SET FALSE' END, account, current_user);
        EXCEPTION WHEN insufficient_privilege OR invalid_grant_operation THEN
            NULL;
        END;
    END IF;
END $$;
REVOKE ALL ON FUNCTION awlike.admit(text) FROM PUBLIC;
SELECT awlike.admit(u.name) FROM public."user" u JOIN pg_roles r ON r.rolname = u.name;
