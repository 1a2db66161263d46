-- What became of files that arrived: noted by members of a project under their own name, for the members. No row changes.

SELECT awlike.guard('arrival');
GRANT SELECT, INSERT ON public.arrival TO PUBLIC;
SELECT awlike.seal('arrival', t), awlike.keep_no_statistics('arrival', t) FROM awlike.texts('arrival') t;
CREATE POLICY seen ON public.arrival FOR SELECT USING (
    awlike.sees_use(2, arrival.project_id, arrival.user_id, (SELECT awlike.audiences())));
CREATE POLICY made ON public.arrival FOR INSERT WITH CHECK (
    arrival.user_id = (SELECT awlike.user_id()) AND awlike.stays_member(arrival.project_id)
    AND arrival.outcome IN ('ingested', 'known', 'refused')
    AND octet_length(arrival.path) <= 4096 AND (octet_length(arrival.reason) <= 4000) IS NOT FALSE
    AND (octet_length(arrival.watched) <= 4096) IS NOT FALSE
    AND (octet_length(arrival.kind) <= 100) IS NOT FALSE AND awlike.is_instant(arrival.observed)
    AND arrival.date BETWEEN awlike.utcnow() - interval '1 day' AND awlike.utcnow() + interval '5 minutes');
