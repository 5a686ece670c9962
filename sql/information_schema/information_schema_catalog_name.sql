-- The database (PG: 37.3).
SELECT current_database() AS catalog_name
