select pg_typeof(txid_current());
select pg_typeof(pg_current_xact_id());
select pg_current_xact_id_if_assigned() is null;
