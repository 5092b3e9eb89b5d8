-- Vehicles of which a work order says more than their last review knew, or that nobody has reviewed yet.
select work_order.vin
from work_order
left join vehicle_service using (vin)
where vin is not null
  and (%(since)s::timestamptz is null or closed_at is null or closed_at >= %(since)s)
  and (orders_as_of is null or work_order.updated_at > orders_as_of)
union
select vin from vehicle_service where reviewed_at is null
