-- Vehicles whose published reminders are not what is open now, or with `anew` all; no payload where none is open.
with open as (
    select site, vin,
        jsonb_build_object(
            'site', site, 'vin', vin,
            'reminders', jsonb_agg(
                jsonb_build_object(
                    'item', item, 'state', state, 'raised_at', raised_at,
                    'due_km', due_km, 'due_on', due_on, 'projected_on', projected_on
                ) order by item, raised_at
            )
        )::text as payload
    from service_reminder
    where closed_at is null and state not in ('withheld', 'suppressed') and vin ~ '^[A-Za-z0-9._-]{1,64}$'
    group by site, vin
)
select site, vin, payload, md5(payload) as fingerprint
from open full join reminder_publication as published using (site, vin)
where %(anew)s or payload is null or fingerprint is distinct from md5(payload)
order by site, vin
