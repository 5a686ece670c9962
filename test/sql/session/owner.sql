-- There is one owner of everything: to name it changes nothing.
CREATE SCHEMA depot;
CREATE TABLE depot.shelf (id serial PRIMARY KEY);
CREATE VIEW depot.all_shelves AS SELECT id FROM depot.shelf;
ALTER SCHEMA depot OWNER TO postgres;
ALTER SCHEMA depot OWNER TO CURRENT_USER;
ALTER SCHEMA no_such OWNER TO postgres;
ALTER SCHEMA depot OWNER TO no_such_role;
ALTER SCHEMA depot OWNER TO pg_monitor;
ALTER TABLE depot.shelf OWNER TO postgres;
ALTER TABLE depot.shelf_id_seq OWNER TO postgres;
ALTER TABLE depot.all_shelves OWNER TO postgres;
ALTER VIEW depot.all_shelves OWNER TO postgres;
ALTER SEQUENCE depot.shelf_id_seq OWNER TO postgres;
ALTER TABLE depot.shelf OWNER TO no_such_role;
