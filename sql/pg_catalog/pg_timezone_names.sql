-- The time zones of the tz database of Node, at the time of the transaction.
SELECT z.name, z.abbrev, z.utc_offset, z.is_dst
FROM pg_timezone_names() z
