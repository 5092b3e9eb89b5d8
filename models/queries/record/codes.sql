-- The trouble codes that tools of the site reported of an order's car during its visit, or of the order itself.
select corrected_at as at, code, status, trouble_code.device
from diagnostic_report
join trouble_code using (site, device, event_id, at)
where diagnostic_report.site = %(site)s
    and diagnostic_report.vin = %(vin)s
    and diagnostic_report.at >= %(since)s::timestamptz - interval '2 days'
    and diagnostic_report.at < %(until)s::timestamptz + interval '2 days'
    and (
        diagnostic_report.work_order = %(work_order)s
        or diagnostic_report.work_order is null and corrected_at between %(since)s and %(until)s
    )
order by corrected_at, code, array_position(array['permanent', 'confirmed', 'pending'], status)
