-- What lasts: ids and names of files are given once, dates of making are those of the clock, and values have their shapes.

-- Objects that were deleted.
CREATE TABLE IF NOT EXISTS awlike.gone (object_id uuid PRIMARY KEY, filename text UNIQUE);

CREATE OR REPLACE FUNCTION awlike.deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_RELID <> 'public.dbobject'::regclass THEN
        RAISE insufficient_privilege USING MESSAGE = 'this belongs to the table of objects';
    END IF;
    INSERT INTO awlike.gone AS g VALUES (OLD.object_id, OLD.filename) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER deleted AFTER DELETE ON public.dbobject FOR EACH ROW EXECUTE FUNCTION awlike.deleted();

-- An account decides no date of making: what waited for a while, as for a database that was away, was made now.
CREATE OR REPLACE FUNCTION awlike.inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    now timestamp := awlike.utcnow();
BEGIN
    IF TG_RELID <> 'public.dbobject'::regclass THEN
        RAISE insufficient_privilege USING MESSAGE = 'this belongs to the table of objects';
    ELSIF EXISTS (SELECT FROM awlike.gone g WHERE g.object_id = NEW.object_id)
          OR EXISTS (SELECT FROM awlike.gone g WHERE g.filename = NEW.filename) THEN
        RAISE insufficient_privilege USING MESSAGE = 'an id and the name of a file are given once, also of what was deleted';
    END IF;
    IF NEW.creation_date BETWEEN now - interval '1 day' AND now - interval '10 minutes'
       OR NEW.creation_date BETWEEN now AND now + interval '5 minutes' THEN
        NEW.creation_date := now;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER inserted BEFORE INSERT ON public.dbobject
    FOR EACH ROW WHEN (row_security_active('public.dbobject'::regclass::oid)) EXECUTE FUNCTION awlike.inserted();

-- Turns: transactions of accounts that want the same come one after the other, each when the one before has ended. Advisory
-- locks would do the same, and everybody could take them, without an account as well.
CREATE TABLE IF NOT EXISTS awlike.turn (what text PRIMARY KEY);

CREATE OR REPLACE FUNCTION awlike.take_turn(what text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    mine text := left(what, 200);
BEGIN
    IF awlike.user_id() IS NULL THEN
        RAISE insufficient_privilege USING MESSAGE = 'an account takes turns, and you have none here';
    END IF;
    INSERT INTO awlike.turn AS t VALUES (mine);  -- waits for whoever has inserted the same
    DELETE FROM awlike.turn t WHERE t.what = mine;
END $$;

-- Keep a condition on the rows of a table. What was there before and does not meet it stays: awlike warns of it.
CREATE OR REPLACE FUNCTION awlike.insist(table_name text, constraint_name text, condition text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = format('public.%I', table_name)::regclass
               AND c.conname = constraint_name AND c.convalidated) THEN
        RETURN;
    END IF;
    EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT IF EXISTS %I, ADD CONSTRAINT %I CHECK (%s) NOT VALID',
                   table_name, constraint_name, constraint_name, condition);
    BEGIN
        EXECUTE format('ALTER TABLE public.%I VALIDATE CONSTRAINT %I', table_name, constraint_name);
    EXCEPTION WHEN check_violation THEN
        NULL;  -- see awlike.misshapen()
    END;
END $$;

-- What does not have its shape, of which nobody may rely on anything: its id, and the condition that it does not meet.
CREATE OR REPLACE FUNCTION awlike.misshapen() RETURNS TABLE (object uuid, shape text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    broken record;
BEGIN
    FOR broken IN SELECT c.conname, c.conrelid::regclass AS of_table, pg_get_expr(c.conbin, c.conrelid) AS condition
                  FROM pg_constraint c WHERE c.conrelid IN ('public.dbobject'::regclass, 'public.setup'::regclass)
                  AND c.contype = 'c' AND NOT c.convalidated LOOP
        RETURN QUERY EXECUTE format('SELECT o.object_id, %L::text FROM %s o WHERE (%s) IS FALSE LIMIT 10',
                                    broken.conname, broken.of_table, broken.condition);
    END LOOP;
END $$;

SELECT awlike.insist('dbobject', 'shape_of_' || a.attname, format('json_typeof(%I) IN (''object'', ''null'')', a.attname))
FROM pg_attribute a WHERE a.attrelid = 'public.dbobject'::regclass AND a.atttypid = 'json'::regtype
AND a.attname IN ('process_parameters', 'quality', 'calibration_levels', 'reference_choices', 'members_left_out', 'imported', 'data_keys');

-- Setups and readouts are named by their values. So nobody takes the name of one that is to come for other values.
SELECT awlike.insist('setup', 'named_by_values', '(awlike.setup_name("values") = name) IS TRUE');

REVOKE ALL ON FUNCTION awlike.deleted(), awlike.inserted(), awlike.insist(text, text, text), awlike.misshapen() FROM PUBLIC;
