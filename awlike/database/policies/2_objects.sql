-- Objects, their lineage, their history, their dropped files.

SELECT awlike.guard('dbobject'), awlike.guard('lineage'), awlike.guard('history'), awlike.guard('dropped_file');
GRANT SELECT, INSERT ON public.dbobject TO PUBLIC;
GRANT UPDATE (is_valid, timestamp_start, timestamp_end, privileges) ON public.dbobject TO PUBLIC;
GRANT SELECT, INSERT ON public.lineage TO PUBLIC;
GRANT SELECT ON public.history TO PUBLIC;
GRANT SELECT, INSERT ON public.dropped_file TO PUBLIC;

-- Put an index on a column of text in the place of one that would tell of hidden values.
CREATE OR REPLACE FUNCTION awlike.index_in_audiences(column_name text, more text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM awlike.texts('dbobject') t WHERE t = column_name) THEN
        EXECUTE format('DROP INDEX IF EXISTS public.%I', 'ix_dbobject_' || column_name);
        EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON public.dbobject '
                       '(awlike.audience(privileges, project_id, creator_id), %I) %s',
                       'ix_dbobject_audience_' || column_name, column_name, more);
    END IF;
END $$;
REVOKE ALL ON FUNCTION awlike.index_in_audiences(text, text) FROM PUBLIC;

-- What awlike.context.privileges.visible says.
-- The second condition is for indexes, which begin with the audience where they have names, digests or keys: so they lead to
-- no hidden row. The first is for rows that are found in other ways: no condition of a query comes before it.
CREATE POLICY seen ON public.dbobject FOR SELECT USING (
    awlike.is_for(dbobject.privileges, dbobject.project_id, dbobject.creator_id, (SELECT awlike.audiences()))
    AND awlike.audience(dbobject.privileges, dbobject.project_id, dbobject.creator_id)
        = ANY ((SELECT awlike.audiences())::uuid[]));
SELECT awlike.index_in_audiences(c.name, c.more) FROM (VALUES
    ('filename', ''), ('digest', ''), ('reuse_key', ''), ('recipe', 'WHERE recipe IS NOT NULL')) AS c (name, more);
SELECT awlike.seal('dbobject', t), CASE WHEN t IN ('filename', 'digest', 'reuse_key')
    THEN awlike.keep_number_of_values('dbobject', t) ELSE awlike.keep_no_statistics('dbobject', t) END
FROM awlike.texts('dbobject') t WHERE t <> 'class_name';

CREATE POLICY made ON public.dbobject FOR INSERT WITH CHECK (
    dbobject.creator_id = (SELECT awlike.user_id())
    AND awlike.stays_member(dbobject.project_id)
    AND dbobject.privileges BETWEEN 1
        AND (SELECT p.maximum_privileges FROM public.project p WHERE p.object_id = dbobject.project_id)
    AND dbobject.creation_date BETWEEN awlike.utcnow() - interval '1 day' AND awlike.utcnow() + interval '5 minutes'
    AND dbobject.is_valid BETWEEN 0 AND 2
    AND awlike.is_plain_name(dbobject.filename)
    AND awlike.is_instant(dbobject."DATE_OBS")
    AND awlike.is_instant(dbobject.timestamp_start) AND awlike.is_instant(dbobject.timestamp_end)
    AND (dbobject.timestamp_start < dbobject.timestamp_end) IS NOT FALSE);

-- Creator, owner of the project, and from level 2 on its members; what of it they may change says awlike.changed().
CREATE POLICY changed ON public.dbobject FOR UPDATE USING (
    (dbobject.creator_id = (SELECT awlike.user_id())
     OR (dbobject.privileges >= 2 AND dbobject.project_id = ANY ((SELECT awlike.projects())::uuid[]))
     OR (dbobject.privileges >= 3 AND dbobject.project_id = ANY ((SELECT awlike.owned_projects())::uuid[]))))
WITH CHECK (
    dbobject.privileges <= (SELECT p.maximum_privileges FROM public.project p WHERE p.object_id = dbobject.project_id)
    AND dbobject.is_valid BETWEEN 0 AND 2
    AND awlike.is_instant(dbobject.timestamp_start) AND awlike.is_instant(dbobject.timestamp_end)
    AND (dbobject.timestamp_start < dbobject.timestamp_end) IS NOT FALSE);

-- One's own, that nobody else need rely on, and that can be made again. What something was made from, the ties keep. A release
-- stays what it is.
CREATE POLICY deleted ON public.dbobject FOR DELETE USING (
    dbobject.privileges <= 2 AND dbobject.class_name <> 'Release' AND dbobject.creator_id = (SELECT awlike.user_id())
    AND awlike.is_my_product(dbobject.object_id));

-- Objects that awlike.withhold() has hidden at some time: it wrote them again, and yet they are not new.
CREATE TABLE IF NOT EXISTS awlike.withheld (
    object_id uuid PRIMARY KEY REFERENCES public.dbobject (object_id) ON DELETE CASCADE
);

-- Whether an object is one's own and was put in by this transaction, which has not written it again since.
CREATE OR REPLACE FUNCTION awlike.is_new(object uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.dbobject o WHERE o.object_id = object AND o.creator_id = awlike.user_id()
                   AND o.xmin = pg_current_xact_id()::xid
                   AND NOT EXISTS (SELECT FROM public.history h WHERE h.object_id = object)
                   AND NOT EXISTS (SELECT FROM awlike.withheld w WHERE w.object_id = object));
END $$;

-- One's own objects that this transaction hid or showed again, and that are not new though it wrote them.
CREATE OR REPLACE FUNCTION awlike.written_again() RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT o.object_id FROM public.dbobject o JOIN awlike.withheld w ON w.object_id = o.object_id
                 WHERE o.creator_id = awlike.user_id() AND o.xmin = pg_current_xact_id()::xid);
END $$;

-- A raw frame is seen by nobody who does not see its file.
CREATE OR REPLACE FUNCTION awlike.has_raw_file() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.dbobject f WHERE f.object_id = NEW.raw_fits_id
                   AND awlike.open_enough(f.privileges, f.project_id, NEW.privileges, NEW.project_id)
                   AND (NEW.privileges > 1 OR f.privileges <> 2 OR NOT row_security_active('public.dbobject')
                        OR awlike.stays_member(f.project_id))) THEN
        RAISE insufficient_privilege
            USING MESSAGE = format('who sees %s could not see the raw file that it names', NEW.object_id);
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER has_raw_file BEFORE INSERT ON public.dbobject
    FOR EACH ROW WHEN (NEW.raw_fits_id IS NOT NULL) EXECUTE FUNCTION awlike.has_raw_file();

-- Levels only go up, by creator or owner of the project; and each change is kept: who, when, from, to,
-- and why, if who changes it says so by set_config('awlike.reason', ...).
CREATE OR REPLACE FUNCTION awlike.changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me uuid := awlike.user_id();
BEGIN
    IF TG_RELID <> 'public.dbobject'::regclass THEN
        RAISE insufficient_privilege USING MESSAGE = 'this belongs to the table of objects';
    ELSIF me IS NULL THEN
        RAISE insufficient_privilege USING MESSAGE = 'objects are changed by accounts alone, under whose name it is kept';
    ELSIF NEW.privileges < OLD.privileges THEN
        RAISE insufficient_privilege USING MESSAGE = 'privileges only go up';
    ELSIF NEW.class_name = 'HeaderCorrection' AND (NEW.is_valid <> OLD.is_valid
          OR (NEW.privileges > OLD.privileges AND pg_trigger_depth() < 2 AND OLD.privileges > 0)) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a correction is taken back by another, and published with its frame';
    ELSIF NEW.privileges > OLD.privileges AND NEW.creator_id <> me AND NEW.class_name <> 'HeaderCorrection'
          AND NOT NEW.project_id = ANY (awlike.owned_projects()) THEN
        RAISE insufficient_privilege USING MESSAGE = 'an object is published by its creator or by the owner of its project';
    END IF;
    INSERT INTO public.history (object_id, attribute, old, new, user_id, date, reason)
    SELECT NEW.object_id, c.attribute, c.old, c.new, me, awlike.utcnow(), nullif(current_setting('awlike.reason', true), '')
    FROM (VALUES
        ('is_valid', OLD.is_valid::text, NEW.is_valid::text),
        ('timestamp_start', to_char(OLD.timestamp_start, 'YYYY-MM-DD HH24:MI:SS.US'),
                            to_char(NEW.timestamp_start, 'YYYY-MM-DD HH24:MI:SS.US')),
        ('timestamp_end', to_char(OLD.timestamp_end, 'YYYY-MM-DD HH24:MI:SS.US'),
                          to_char(NEW.timestamp_end, 'YYYY-MM-DD HH24:MI:SS.US')),
        ('privileges', OLD.privileges::text, NEW.privileges::text)) AS c (attribute, old, new)
    WHERE c.old IS DISTINCT FROM c.new;
    RETURN NULL;
END $$;
-- What changes nothing writes nothing: so whatever was written again stands in the history. (Of PostgreSQL's own function
-- for this that is not true after a column was added: it compares rows as they lie on disk.)
CREATE OR REPLACE FUNCTION awlike.unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN CASE WHEN row_security_active('public.dbobject') THEN NULL ELSE NEW END;
END $$;
CREATE OR REPLACE TRIGGER unchanged BEFORE UPDATE ON public.dbobject FOR EACH ROW
    WHEN ((OLD.is_valid, OLD.timestamp_start, OLD.timestamp_end, OLD.privileges)
          IS NOT DISTINCT FROM (NEW.is_valid, NEW.timestamp_start, NEW.timestamp_end, NEW.privileges))
    EXECUTE FUNCTION awlike.unchanged();
CREATE OR REPLACE TRIGGER changed AFTER UPDATE ON public.dbobject  -- level 0: what awlike.withhold() hides and shows
    FOR EACH ROW WHEN (least(OLD.privileges, NEW.privileges) > 0) EXECUTE FUNCTION awlike.changed();

-- When all is done that a transaction does: who sees what was published sees all that it was made from.
-- It looks past policies: who leaves a project in the same transaction sees its objects no more.
CREATE OR REPLACE FUNCTION awlike.published() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_RELID <> 'public.dbobject'::regclass THEN
        RAISE insufficient_privilege USING MESSAGE = 'this belongs to the table of objects';
    ELSIF EXISTS (
        SELECT FROM public.dbobject o
        JOIN (SELECT l.product, l.input FROM public.lineage l WHERE l.product = NEW.object_id
              UNION ALL SELECT NEW.object_id, NEW.raw_fits_id WHERE NEW.raw_fits_id IS NOT NULL) AS made
        ON made.product = o.object_id
        LEFT JOIN public.dbobject i ON i.object_id = made.input
        WHERE o.object_id = NEW.object_id
        AND awlike.open_enough(i.privileges, i.project_id, o.privileges, o.project_id) IS NOT TRUE) THEN
        RAISE insufficient_privilege
            USING MESSAGE = format('%s cannot be published before what it was made from', NEW.object_id);
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS published ON public.dbobject;
CREATE CONSTRAINT TRIGGER published AFTER UPDATE ON public.dbobject DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.privileges IS DISTINCT FROM NEW.privileges) EXECUTE FUNCTION awlike.published();

-- Lineage is seen with its product. It comes before its product, in one transaction, and never after.
CREATE POLICY seen ON public.lineage FOR SELECT USING (
    EXISTS (SELECT FROM public.dbobject o WHERE o.object_id = lineage.product));
CREATE POLICY made ON public.lineage FOR INSERT WITH CHECK (
    EXISTS (SELECT FROM public.dbobject i WHERE i.object_id = lineage.input)
    AND NOT EXISTS (SELECT FROM public.dbobject o WHERE o.object_id = lineage.product));

-- That who asks sees the input, the policy above has asked: so this looks past policies, which would be asked for each edge. Of
-- a product at level 1 it asks once more, and keeps the memberships on which that depends: one of them may have ended since.
CREATE OR REPLACE FUNCTION awlike.made_now() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    made record;
    good boolean;
BEGIN
    IF TG_RELID <> 'public.lineage'::regclass THEN
        RAISE insufficient_privilege USING MESSAGE = 'this belongs to the table of lineage';
    END IF;
    SELECT o.privileges AS product_level, i.privileges AS part_level, i.project_id AS part_project, o.creator_id AS me,
           awlike.open_enough(i.privileges, i.project_id, o.privileges, o.project_id) AS good
    INTO made FROM public.dbobject o JOIN public.dbobject i ON i.object_id = NEW.input
    WHERE o.object_id = NEW.product AND o.xmin = pg_current_xact_id()::xid
    AND o.creator_id = (SELECT u.object_id FROM public."user" u WHERE u.name = awlike.account_name())
    AND NOT EXISTS (SELECT FROM public.history h WHERE h.object_id = NEW.product)
    AND NOT EXISTS (SELECT FROM awlike.withheld w WHERE w.object_id = NEW.product);
    good := made.good;
    IF made.product_level <= 1 AND made.part_level = 2 THEN
        good := awlike.stays_member(made.part_project);
    ELSIF made.product_level <= 1 AND made.part_level <= 1 THEN  -- it may descend from what a project shares
        PERFORM awlike.keep_memberships();
        good := EXISTS (SELECT FROM public.dbobject i
                        WHERE i.object_id = NEW.input AND i.creator_id = made.me AND i.privileges >= 1);
    END IF;
    IF good IS NOT TRUE THEN
        RAISE insufficient_privilege USING MESSAGE = format(
            'lineage comes with its product, and who sees the product sees its inputs: not so of %s', NEW.product);
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS "A_made_now" ON public.lineage;  -- of all that fires at the end the first, by its name
CREATE CONSTRAINT TRIGGER "A_made_now" AFTER INSERT ON public.lineage DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (row_security_active('public.lineage'::regclass::oid)) EXECUTE FUNCTION awlike.made_now();

SELECT awlike.tie('lineage', 'product', 'ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED'),
       awlike.tie('lineage', 'input', ''),
       awlike.tie('history', 'object_id', 'ON DELETE CASCADE'),
       awlike.tie('dropped_file', 'object_id', 'ON DELETE CASCADE');

CREATE POLICY seen ON public.history FOR SELECT USING (awlike.sees(history.object_id));
SELECT awlike.keep_no_statistics('history', t) FROM awlike.texts('history') t;

-- Files of products that can be made again: noted by who may change these, and there again for whoever made it so.
CREATE POLICY seen ON public.dropped_file FOR SELECT USING (
    EXISTS (SELECT FROM public.dbobject o WHERE o.object_id = dropped_file.object_id));
CREATE POLICY made ON public.dropped_file FOR INSERT WITH CHECK (
    dropped_file.user_id = (SELECT awlike.user_id()) AND dropped_file.reason IN ('purged', 'lost')
    AND EXISTS (SELECT FROM public.lineage l WHERE l.product = dropped_file.object_id)
    AND EXISTS (SELECT FROM public.dbobject o WHERE o.object_id = dropped_file.object_id
                AND CASE WHEN o.privileges = 1 THEN o.creator_id = (SELECT awlike.user_id())
                    ELSE o.project_id = ANY ((SELECT awlike.owned_projects())::uuid[])
                         OR awlike.stays_member(o.project_id) END));
CREATE POLICY ended ON public.dropped_file FOR DELETE USING (
    (SELECT awlike.user_id()) IS NOT NULL
    AND EXISTS (SELECT FROM public.dbobject o WHERE o.object_id = dropped_file.object_id));

REVOKE ALL ON FUNCTION awlike.has_raw_file(), awlike.unchanged(), awlike.changed(), awlike.published(),
    awlike.made_now() FROM PUBLIC;
