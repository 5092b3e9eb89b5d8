-- The quarantined messages that a filter means, for whatever is asked of them.
with found as (
    select *, octet_length(payload) as payload_bytes, substr(payload, 1, 200) as preview
    from quarantined_message
    where (%(status)s::text is null or status = %(status)s)
      and (%(site)s::text is null or site = %(site)s)
      and (%(device)s::text is null or device = %(device)s)
      and (%(topic)s::text is null or topic ~ %(topic)s)
      and (%(reason)s::text is null or reason ilike %(reason)s)
      and (%(sites)s::text[] is null or site = any(%(sites)s))
      and (%(ids)s::bigint[] is null or id = any(%(ids)s))
      and (%(since)s::timestamptz is null or received_at >= %(since)s)
      and (%(until)s::timestamptz is null or received_at < %(until)s)
)
