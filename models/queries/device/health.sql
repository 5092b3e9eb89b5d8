-- Every device that is registered or was heard, with its state, its clock and what is wrong with it.
with refused as (
    select site, device, count(*) as quarantined
    from quarantined_message
    where status = 'new' and site is not null and device is not null
    group by site, device
),
known as (
    select site, device from device
    union select site, device from device_state
    union select site, device from refused
)
select
    known.site,
    known.device,
    coalesce(registered.source, heard.source) as source,
    registered.device is not null as registered,
    registered.added_at,
    registered.revoked_at,
    registered.vin,
    registered.revoked_at is null and newest.state = 'online' as online,
    newest.received_at as since,
    newest.firmware,
    heard.last_received_at,
    heard.offset_seconds,
    heard.messages_per_minute,
    coalesce(refused.quarantined, 0) as quarantined,
    calibration.due as calibration_due,
    registered.known_as
from known
left join device as registered using (site, device)
left join device_state as heard using (site, device)
left join refused using (site, device)
-- By when it reached us, not by the device's clock: a last will carries the time its device connected.
left join lateral (
    select status.state, status.received_at, status.firmware
    from device_status as status
    where status.site = known.site
      and status.device = known.device
      and status.source = coalesce(registered.source, heard.source)
    order by status.received_at desc
    limit 1
) as newest on true
left join lateral (
    select report.tool_calibration_due as due
    from diagnostic_report as report
    where report.site = known.site
      and report.device = known.device
      and report.tool_calibration_due is not null
    order by report.at desc
    limit 1
) as calibration on true
where %(sites)s::text[] is null or known.site = any(%(sites)s)
order by known.site, known.device
