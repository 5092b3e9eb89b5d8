-- Of every open visit with a plate: where it is, how its plate ends, and its code.
select work_order.site, work_order.work_order, right(bare_text(coalesce(work_order.plate, vehicle.plate)), 4), code
from work_order
join visit_ticket using (site, work_order)
left join known_vehicle as vehicle using (site, vin)
where closed_at is null and coalesce(work_order.plate, vehicle.plate) is not null
