-- Grades: seen as the frame is, given by whoever may judge it, under their own name and at the time of the database's clock,
-- of the content that the frame has. Nobody changes or removes one.

SELECT awlike.guard('grade'), awlike.tie('grade', 'object_id', 'ON DELETE CASCADE');
GRANT SELECT, INSERT ON public.grade TO PUBLIC;
CREATE POLICY seen ON public.grade FOR SELECT USING (awlike.sees(grade.object_id));
SELECT awlike.seal('grade', t), awlike.keep_no_statistics('grade', t) FROM awlike.texts('grade') t;

-- Whether a text is one line that acts on no terminal: it has no control character and none that turns the direction of a text.
CREATE OR REPLACE FUNCTION awlike.is_line(value text, longest integer) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(length(value) <= longest AND value COLLATE "C" !~ (
        E'[\u0001-\u001F\u007F-\u009F\u00AD\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]'), false)
$$;

-- Whether a value is a list of at most so many codes.
CREATE OR REPLACE FUNCTION awlike.is_list_of_codes(value json, most integer) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN json_typeof(value) = 'array' AND json_array_length(value) <= most
                THEN NOT EXISTS (SELECT FROM json_array_elements(value) code WHERE json_typeof(code.value) <> 'string'
                                 OR (code.value #>> '{}') COLLATE "C" !~ '^[A-Za-z0-9_-]{1,40}$')
                ELSE false END
$$;

-- Whether a value is a list of at most so many positions, each two numbers.
CREATE OR REPLACE FUNCTION awlike.is_list_of_positions(value json, most integer) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN json_typeof(value) = 'array' AND json_array_length(value) <= most
                THEN NOT EXISTS (SELECT FROM json_array_elements(value) pair
                                 WHERE CASE WHEN json_typeof(pair.value) = 'array' AND json_array_length(pair.value) = 2
                                       THEN json_typeof(pair.value -> 0) <> 'number'
                                            OR json_typeof(pair.value -> 1) <> 'number'
                                            OR length(pair.value::text) > 60
                                            OR abs((pair.value ->> 0)::float8) >= 'infinity' -- JSON has 1e999
                                            OR abs((pair.value ->> 1)::float8) >= 'infinity'
                                       ELSE true END)
                ELSE false END
$$;

CREATE POLICY made ON public.grade FOR INSERT WITH CHECK (
    grade.user_id = (SELECT awlike.user_id())
    AND (grade.grade IN ('A', 'B', 'C', 'D')) IS NOT FALSE
    AND awlike.is_list_of_codes(grade.reasons, 20) AND awlike.is_line(grade.comment, 2000)
    AND awlike.is_list_of_positions(grade.positions, 1000)
    AND EXISTS (SELECT FROM public.dbobject o WHERE o.object_id = grade.object_id AND o.project_id IS NOT NULL
                AND CASE WHEN o.privileges = 1 THEN o.creator_id = (SELECT awlike.user_id())
                    ELSE o.project_id = ANY ((SELECT awlike.owned_projects())::uuid[])
                         OR awlike.stays_member(o.project_id) END));

-- When it was given says the clock of the database, and of which content the object.
CREATE OR REPLACE FUNCTION awlike.graded() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_RELID <> 'public.grade'::regclass THEN
        RAISE insufficient_privilege USING MESSAGE = 'this belongs to the table of grades';
    END IF;
    NEW.date := awlike.utcnow();
    NEW.digest := (SELECT o.digest FROM public.dbobject o WHERE o.object_id = NEW.object_id);
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER graded BEFORE INSERT ON public.grade
    FOR EACH ROW WHEN (row_security_active('public.grade'::regclass::oid)) EXECUTE FUNCTION awlike.graded();
REVOKE ALL ON FUNCTION awlike.graded() FROM PUBLIC;
