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
        UNION SELECT made.product FROM made JOIN hidden ON hidden.product = made.input),
    changed AS (  -- what was published meanwhile, for whose end this waits, stays so
        UPDATE public.dbobject o SET privileges = 1 - own.privileges FROM own
        WHERE o.object_id = own.object_id AND o.privileges = own.privileges
        AND own.privileges = CASE WHEN own.object_id IN (SELECT hidden.product FROM hidden) THEN 1 ELSE 0 END
        RETURNING o.object_id)
    INSERT INTO awlike.withheld AS w SELECT changed.object_id FROM changed ON CONFLICT DO NOTHING;
$$;

-- Whoever becomes a member takes up an offer that stands now, not one that stood when the transaction began.
CREATE OR REPLACE FUNCTION awlike.accepted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_RELID <> 'public.project_member'::regclass THEN
        RAISE insufficient_privilege USING MESSAGE = 'this belongs to the table of members';
    END IF;
    DELETE FROM public.project_offer f WHERE f.project_id = NEW.project_id AND f.user_id = NEW.user_id
        AND f.by_owner = (NEW.user_id = awlike.user_id());
    IF NOT FOUND AND NOT EXISTS (
        SELECT FROM public.project p WHERE p.object_id = NEW.project_id AND p.owner_id = NEW.user_id) THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody is invited any more, or asks any more, to become this member';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER accepted AFTER INSERT ON public.project_member FOR EACH ROW
    WHEN (row_security_active('public.project_member'::regclass::oid)) EXECUTE FUNCTION awlike.accepted();

-- When somebody becomes a member, offers end. When a membership ends, so do claims by which others would have to wait. Each
-- statement here sees what was committed before it; in a transaction that is not READ COMMITTED it would not.
CREATE OR REPLACE FUNCTION awlike.membership() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    who uuid := coalesce(NEW.user_id, OLD.user_id);
    which uuid := coalesce(NEW.project_id, OLD.project_id);
BEGIN
    IF TG_RELID <> 'public.project_member'::regclass THEN
        RAISE insufficient_privilege USING MESSAGE = 'this belongs to the table of members';
    ELSIF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE feature_not_supported USING MESSAGE = 'memberships begin and end in transactions that are READ COMMITTED';
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
REVOKE ALL ON FUNCTION awlike.withhold(uuid), awlike.accepted(), awlike.membership() FROM PUBLIC;

-- The sessions of an account that hold locks by which the end of a membership would have to wait, since before `since`.
CREATE OR REPLACE FUNCTION awlike.changes_of(who uuid, since timestamptz) RETURNS SETOF integer
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT pg_stat_clear_snapshot();
    SELECT a.pid FROM pg_stat_activity a JOIN public."user" u ON u.name = a.usename
    WHERE u.object_id = who AND a.datname = current_database() AND a.pid <> pg_backend_pid()
    AND a.xact_start >= since IS NOT TRUE  -- hidden where the owner of the database has no rights of the account
    AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.granted AND l.mode <> 'AccessShareLock'
                AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                AND l.relation IN ('public.project_member'::regclass, 'public.project_offer'::regclass,
                                   'public.dbobject'::regclass, 'public.claim'::regclass))
$$;

-- End the sessions of an account that are in the midst of changing objects, claims, members or offers, and began that before
-- `since`; return how many go on, because the owner of the database may not end them.
CREATE OR REPLACE FUNCTION awlike.end_changes(who uuid, since timestamptz) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    one integer;
    left_over integer := 0;
BEGIN
    FOR one IN SELECT awlike.changes_of(who, since) LOOP
        BEGIN
            PERFORM pg_terminate_backend(one, 2000);
        EXCEPTION WHEN insufficient_privilege THEN
            left_over := left_over + 1;
        END;
    END LOOP;
    RETURN left_over;
END $$;

-- Whether somebody is a member, or keeps everybody from asking by a lock on the table of members, held or awaited.
CREATE OR REPLACE FUNCTION awlike.may_be_member(project uuid, who uuid) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '500ms' AS $$
BEGIN
    FOR attempt IN 1 .. 10 LOOP
        BEGIN
            RETURN EXISTS (SELECT FROM public.project_member m
                           WHERE m.project_id = may_be_member.project AND m.user_id = who);
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            PERFORM pg_stat_clear_snapshot();
            IF EXISTS (SELECT FROM pg_stat_activity a JOIN public."user" u ON u.name = a.usename
                       JOIN pg_locks l ON l.pid = a.pid WHERE u.object_id = who AND a.datname = current_database()
                       AND l.mode = 'AccessExclusiveLock' AND l.relation = 'public.project_member'::regclass
                       AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())) THEN
                RETURN true;
            END IF;
        END;
    END LOOP;
    RAISE object_in_use USING MESSAGE = 'somebody holds a lock on the table of members',
        HINT = 'an administrator ends that session by pg_terminate_backend, see pg_locks';
END $$;

-- End a membership, of one's own or in a project that one owns; return whether there was one. Whoever is in the midst of a
-- change has three seconds to come to an end. Then that session is ended, so that nobody stays by an open transaction. Of
-- somebody who is no member nothing ends: everybody owns a project who likes to.
CREATE OR REPLACE FUNCTION awlike.end_membership(project uuid, who uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '500ms' AS $$
DECLARE
    began timestamptz := clock_timestamp();
    left_over integer;
BEGIN
    IF (who = awlike.user_id() OR project = ANY (awlike.owned_projects())) IS NOT TRUE
       OR EXISTS (SELECT FROM public.project p WHERE p.object_id = project AND p.owner_id = who) THEN
        RAISE insufficient_privilege USING MESSAGE =
            'a membership is ended by the member or by the owner of the project, and the owner stays';
    ELSIF NOT awlike.may_be_member(project, who) THEN
        RETURN false;
    END IF;
    WHILE clock_timestamp() < began + interval '3 seconds' AND EXISTS (SELECT FROM awlike.changes_of(who, began)) LOOP
        PERFORM pg_sleep(0.05);
    END LOOP;
    left_over := awlike.end_changes(who, began);
    FOR attempt IN 1 .. 10 LOOP
        BEGIN
            DELETE FROM public.project_member m WHERE m.project_id = end_membership.project AND m.user_id = who;
            RETURN FOUND;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            left_over := awlike.end_changes(who, clock_timestamp());
        END;
    END LOOP;
    RAISE object_in_use USING MESSAGE = format(
        'somebody holds locks that keep this membership from ending; sessions of the member that the owner of the database may '
        'not end: %s', left_over), HINT = 'an administrator ends them by pg_terminate_backend, see pg_stat_activity';
END $$;
REVOKE ALL ON FUNCTION awlike.end_changes(uuid, timestamptz), awlike.changes_of(uuid, timestamptz),
    awlike.may_be_member(uuid, uuid) FROM PUBLIC;

-- Whoever left a project changes nothing there but their own at level 1, and publishes and deletes nothing of the project.
CREATE POLICY by_members ON public.dbobject AS RESTRICTIVE FOR UPDATE USING (
    dbobject.privileges = 1 OR dbobject.project_id IS NULL OR (dbobject.privileges >= 2
                                AND (dbobject.project_id = ANY ((SELECT awlike.projects())::uuid[])
                                     OR dbobject.project_id = ANY ((SELECT awlike.owned_projects())::uuid[]))))
WITH CHECK (
    dbobject.privileges = 1 OR dbobject.project_id IS NULL
    OR (dbobject.privileges >= 2
        AND (dbobject.project_id = ANY ((SELECT awlike.owned_projects())::uuid[])
             OR awlike.stays_member(dbobject.project_id))));
CREATE POLICY by_members_away ON public.dbobject AS RESTRICTIVE FOR DELETE USING (
    dbobject.privileges = 1 OR dbobject.project_id IS NULL
    OR (dbobject.privileges >= 2 AND dbobject.project_id = ANY ((SELECT awlike.projects())::uuid[])));

-- What is deleted was the project's until the end of the transaction that deletes it, and so is who deletes it.
CREATE OR REPLACE FUNCTION awlike.deleted_by_member() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT awlike.stays_member(OLD.project_id) THEN
        RAISE insufficient_privilege USING MESSAGE = 'who deletes what belongs to a project is its member';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER deleted_by_member AFTER DELETE ON public.dbobject FOR EACH ROW
    WHEN (OLD.privileges >= 2 AND OLD.project_id IS NOT NULL AND row_security_active('public.dbobject'::regclass::oid))
    EXECUTE FUNCTION awlike.deleted_by_member();
CREATE OR REPLACE TRIGGER deleted_by_member AFTER DELETE ON public.claim FOR EACH ROW
    WHEN (OLD.privileges = 2 AND row_security_active('public.claim'::regclass::oid))
    EXECUTE FUNCTION awlike.deleted_by_member();
REVOKE ALL ON FUNCTION awlike.deleted_by_member() FROM PUBLIC;

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

-- The owner of a project sets what holds for its members, who read it. Rows stay, so that the settings of a past date are known.
SELECT awlike.guard('project_setting');
GRANT SELECT, INSERT ON public.project_setting TO PUBLIC;
GRANT UPDATE (ended, ended_by) ON public.project_setting TO PUBLIC;
-- It costs next to nothing, so that no condition of a query comes before it.
CREATE OR REPLACE FUNCTION awlike.knows_settings_of(project uuid) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1e-9 SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN project = ANY (awlike.projects()) OR project = ANY (awlike.owned_projects());
END $$;
CREATE POLICY seen ON public.project_setting FOR SELECT USING (awlike.knows_settings_of(project_setting.project_id));
CREATE POLICY made ON public.project_setting FOR INSERT WITH CHECK (
    project_setting.project_id = ANY ((SELECT awlike.owned_projects())::uuid[])
    AND project_setting.user_id = (SELECT awlike.user_id())
    AND project_setting.date BETWEEN awlike.utcnow() - interval '1 day' AND awlike.utcnow() + interval '5 minutes'
    AND project_setting.ended IS NULL AND project_setting.ended_by IS NULL);
CREATE POLICY ended ON public.project_setting FOR UPDATE USING (
    project_setting.project_id = ANY ((SELECT awlike.owned_projects())::uuid[]) AND project_setting.ended IS NULL)
WITH CHECK (
    project_setting.project_id = ANY ((SELECT awlike.owned_projects())::uuid[])
    AND project_setting.ended_by = (SELECT awlike.user_id())
    AND project_setting.ended BETWEEN project_setting.date AND awlike.utcnow() + interval '5 minutes'
    AND project_setting.ended > awlike.utcnow() - interval '1 day');
SELECT awlike.seal('project_setting', t), awlike.keep_no_statistics('project_setting', t)
FROM awlike.texts('project_setting') t;
