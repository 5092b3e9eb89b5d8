-- What some technicians clocked by day.
select * from technician_day where technician = any(%(technicians)s)
