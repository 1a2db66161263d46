-- Cards of headers: seen with the file, the frame or the correction that they belong to, and put in with it. Nobody changes or
-- removes one. What they belong to is never deleted, so no key ties them: each deletion would look through all cards.

SELECT awlike.guard('header_card');
GRANT SELECT, INSERT ON public.header_card TO PUBLIC;
CREATE POLICY seen ON public.header_card FOR SELECT USING (awlike.sees(header_card.object_id));
SELECT awlike.seal('header_card', t), awlike.keep_no_statistics('header_card', t) FROM awlike.texts('header_card') t;
CREATE POLICY made ON public.header_card FOR INSERT WITH CHECK (
    awlike.is_new(header_card.object_id) AND (octet_length(header_card.text) <= 4000) IS NOT FALSE
    AND awlike.is_instant(header_card.instant));
