-- Hours sold to customers of a site within two years, on all of their vehicles.
select customer_ref, sum(hours)
from vehicle_service
join work_order using (vin, site, customer_ref)
join work_order_line using (site, work_order)
where site = %(site)s and customer_ref = any(%(customers)s)
  and not cancelled and closed_at > %(now)s - interval '2 years'
group by customer_ref
