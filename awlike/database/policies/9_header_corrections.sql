-- Corrections of headers: made by whoever may judge the frame, for all who see the frame. What of the frame follows, the
-- database changes itself, once, with the correction; nobody else changes it.

-- Whether a card may be corrected: a keyword that a header has, of no card that says how a file is to be read, of no sum and of
-- no text without an end, as awlike.corrections.cards says.
CREATE OR REPLACE FUNCTION awlike.is_corrected_keyword(keyword text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT keyword COLLATE "C" ~ '^([A-Z0-9_-]{1,8}|[A-Z0-9_-]+( [A-Z0-9_-]+)+)$' AND keyword COLLATE "C" !~ (
        '^(SIMPLE|XTENSION|BITPIX|NAXIS[0-9]*|EXTEND|PCOUNT|GCOUNT|GROUPS|END|THEAP|TFIELDS|T(FORM|TYPE|DIM|HEAP)[0-9]+|'
        'Z(IMAGE|BITPIX|NAXIS[0-9]*|CMPTYPE|TILE[0-9]+|NAME[0-9]+|VAL[0-9]+|SIMPLE|EXTEND|TENSION|PCOUNT|GCOUNT|QUANTIZ|DITHER0)|'
        'BZERO|BSCALE|BLANK|ZBLANK|ZSCALE|ZZERO|T(ZERO|SCAL|NULL)[0-9]+|Z?(DATASUM|CHECKSUM)|ZHECKSUM|'
        'COMMENT|HISTORY|CONTINUE|LONGSTRN)$')
$$;

-- Whether a value can stand in a card.
CREATE OR REPLACE FUNCTION awlike.is_card_value(value json) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE json_typeof(value)
           WHEN 'string' THEN (value #>> '{}') COLLATE "C" ~ '^[ -~]{0,68}$'
           WHEN 'number' THEN length(value::text) <= 68 AND abs((value #>> '{}')::float8) < 'infinity'::float8
           ELSE json_typeof(value) IN ('boolean', 'null') END
$$;

-- Let a frame follow a correction that is put in just now.
CREATE OR REPLACE FUNCTION awlike.corrected() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    correction record;
    frame record;
    change record;
    was text;
    me uuid := awlike.user_id();
BEGIN
    IF TG_RELID <> to_regclass('public.header_correction') THEN
        RAISE insufficient_privilege USING MESSAGE = 'this belongs to the table of corrections';
    END IF;
    SELECT o.project_id, o.privileges, o.creation_date INTO correction FROM public.dbobject o
    WHERE o.object_id = NEW.object_id AND o.class_name = 'HeaderCorrection' AND awlike.is_new(o.object_id);
    SELECT o.project_id, o.privileges, o.creator_id INTO frame FROM public.dbobject o
    WHERE o.object_id = NEW.frame_id AND o.raw_fits_id IS NOT NULL FOR NO KEY UPDATE;
    IF (correction.project_id = frame.project_id AND correction.privileges = frame.privileges
        AND CASE WHEN frame.privileges = 1 THEN frame.creator_id = me
            WHEN frame.privileges >= 2 THEN awlike.stays_member(frame.project_id) ELSE false END) IS NOT TRUE THEN
        RAISE insufficient_privilege USING MESSAGE =
            'a header is corrected by whoever may judge the frame, and all who see the frame see the correction';
    ELSIF EXISTS (SELECT FROM public.header_correction h JOIN public.dbobject o ON o.object_id = h.object_id
                  WHERE h.frame_id = NEW.frame_id AND o.creation_date >= correction.creation_date) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a correction comes after those that there are';
    ELSIF (json_typeof(NEW.cards) = 'object' AND json_typeof(NEW.in_force) = 'object' AND json_typeof(NEW.changes) = 'object'
           AND octet_length(NEW.cards::text || NEW.in_force::text || NEW.changes::text) < 100000
           AND awlike.is_line(NEW.reason, 2000)
           AND NOT EXISTS (SELECT FROM json_each(NEW.cards) c WHERE json_typeof(c.value) <> 'array'
                           OR json_array_length(CASE json_typeof(c.value) WHEN 'array' THEN c.value ELSE '[]' END) <> 2
                           OR NOT awlike.is_corrected_keyword(c.key))
           AND NOT EXISTS (SELECT FROM json_each(NEW.in_force) c
                           WHERE NOT awlike.is_corrected_keyword(c.key) OR NOT awlike.is_card_value(c.value))
           AND NOT EXISTS (SELECT FROM json_each(NEW.changes) c WHERE json_typeof(c.value) <> 'array'
                           OR json_array_length(CASE json_typeof(c.value) WHEN 'array' THEN c.value ELSE '[]' END) <> 2
                           OR c.key <> ALL (ARRAY['DATE_OBS', 'MJD_OBS', 'EXPTIME', 'OBJECT', 'OBSERVER', 'TEMPERATURE',
                               'AIRMASS', 'trim', 'prescan_x', 'overscan_x', 'prescan_y', 'overscan_y', 'astrom', 'chip_id',
                               'filter_id', 'setup_id', 'template_id', 'observing_block_id', 'readout_id']))) IS NOT TRUE THEN
        RAISE insufficient_privilege USING MESSAGE = 'a correction has cards, what is in force, what follows, and a reason';
    END IF;
    FOR change IN SELECT c.key AS its_name, c.value -> 1 AS as_json, c.value ->> 1 AS as_text FROM json_each(NEW.changes) c LOOP
        IF change.its_name = 'DATE_OBS' AND (change.as_text IS NULL OR NOT awlike.is_instant(change.as_text::timestamp)) THEN
            RAISE insufficient_privilege USING MESSAGE = 'a frame has a date';
        END IF;
        EXECUTE format('SELECT o.%I::text FROM public.dbobject o WHERE o.object_id = $1', change.its_name)
            INTO was USING NEW.frame_id;
        EXECUTE format('UPDATE public.dbobject o SET %1$I = (json_populate_record(NULL::public.dbobject, '
                       'json_build_object(%1$L, $2))).%1$I WHERE o.object_id = $1', change.its_name)
            USING NEW.frame_id, change.as_json;
        INSERT INTO public.history (object_id, attribute, old, new, user_id, date, reason)
        VALUES (NEW.frame_id, change.its_name, was, change.as_text, me, awlike.utcnow(), NEW.reason);
    END LOOP;
    RETURN NEW;
END $$;

-- Whoever sees a frame sees its corrections: they are raised with it.
CREATE OR REPLACE FUNCTION awlike.raise_corrections() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_RELID <> 'public.dbobject'::regclass THEN
        RAISE insufficient_privilege USING MESSAGE = 'this belongs to the table of objects';
    END IF;
    UPDATE public.dbobject o SET privileges = NEW.privileges FROM public.header_correction h
    WHERE h.frame_id = NEW.object_id AND o.object_id = h.object_id AND o.privileges < NEW.privileges;
    RETURN NULL;
END $$;

-- Run by `awlike.database.row_security` once the rules of the class are there.
CREATE OR REPLACE FUNCTION awlike.secure_header_corrections() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM awlike.tie('header_correction', 'frame_id', '');
    CREATE OR REPLACE TRIGGER corrected BEFORE INSERT ON public.header_correction
        FOR EACH ROW EXECUTE FUNCTION awlike.corrected();
    CREATE OR REPLACE TRIGGER raise_corrections AFTER UPDATE ON public.dbobject FOR EACH ROW
        WHEN (OLD.privileges < NEW.privileges AND NEW.raw_fits_id IS NOT NULL) EXECUTE FUNCTION awlike.raise_corrections();
END $$;
REVOKE ALL ON FUNCTION awlike.corrected(), awlike.raise_corrections(), awlike.secure_header_corrections() FROM PUBLIC;
