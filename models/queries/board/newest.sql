-- When the newest message of a site reached us.
select received_at from site_pulse where site = %(site)s
