-- Abbreviations that the input of timestamps takes (PG: the set Default).
SELECT z.abbrev, z.utc_offset, z.is_dst
FROM pg_timezone_abbrevs() z
