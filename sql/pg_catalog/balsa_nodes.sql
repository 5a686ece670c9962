select * from pg_catalog.balsa_nodes()
