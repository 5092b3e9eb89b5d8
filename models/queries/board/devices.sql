-- The scanners and diagnostic tools of a site that were heard since a moment, with what they said of themselves.
select
    heard.device,
    newest.state = 'online' as online,
    greatest(heard.last_received_at, newest.received_at) as heard_at
from device_state as heard
left join device as registered using (site, device)
left join lateral (
    select state, received_at
    from device_status
    where (site, source, device) = (heard.site, heard.source, heard.device)
    order by received_at desc
    limit 1
) as newest on true
where heard.site = %(site)s
  and heard.source in ('scanner', 'diagnostic')
  and heard.last_received_at >= %(since)s
  and registered.revoked_at is null
