-- One session: what the functions answer, and what it holds then.
select pg_advisory_lock(1)

select pg_try_advisory_lock(1), pg_try_advisory_lock_shared(1)

select locktype, classid, objid, objsubid, mode, granted from pg_locks where locktype = 'advisory' order by mode

select pg_advisory_unlock(1), pg_advisory_unlock(1), pg_advisory_unlock(1)

select pg_advisory_unlock_shared(1), pg_advisory_unlock_shared(1)

select count(*) from pg_locks where locktype = 'advisory'

select pg_advisory_lock(-1), pg_advisory_lock(9223372036854775807), pg_advisory_lock(-9223372036854775808)

select pg_advisory_lock(-1, 2147483647), pg_advisory_lock_shared(-2147483648, 0)

select classid, objid, objsubid, mode from pg_locks where locktype = 'advisory' order by 1, 2, 3, 4

select pg_advisory_unlock(-1, 2147483647), pg_advisory_unlock_shared(-2147483648, 0), pg_advisory_unlock(0, 0)

select pg_advisory_unlock_all()

select count(*) from pg_locks where locktype = 'advisory'

select pg_advisory_lock(null), pg_try_advisory_lock(null), pg_advisory_unlock(null)

select pg_advisory_lock(1, null), pg_try_advisory_xact_lock(null, 1)

select pg_advisory_lock('7'), pg_advisory_unlock('7')

select pg_advisory_lock('x')

select pg_advisory_lock(9223372036854775808)

select pg_advisory_lock(1.5)

select pg_advisory_lock(1, 2::bigint)

select pg_advisory_lock()

select pg_advisory_lock(1, 2, 3)

select pg_advisory_lock(2147483648, 1)

select pg_typeof(pg_advisory_lock(1)), pg_typeof(pg_try_advisory_lock(1)), pg_typeof(pg_advisory_unlock_all())

select n, pg_try_advisory_lock(n), pg_advisory_unlock(n) from generate_series(1, 3) as n

-- Locks of a transaction.
begin

select pg_advisory_xact_lock(1), pg_try_advisory_xact_lock(1), pg_advisory_xact_lock_shared(2)

select pg_advisory_unlock(1), pg_advisory_unlock_shared(2)

savepoint s

select pg_advisory_xact_lock(3), pg_advisory_lock(4)

rollback to s

select objid, mode from pg_locks where locktype = 'advisory' order by 1, 2

commit

select objid, mode from pg_locks where locktype = 'advisory' order by 1, 2

select pg_advisory_unlock_all()

-- A transaction of its own.
select pg_advisory_xact_lock(1)

select count(*) from pg_locks where locktype = 'advisory'

create table job (id int primary key, done boolean)

insert into job select n, n = 2 from generate_series(1, 4) as n

select pg_advisory_lock(id), 1 / (id - 2) from job

select objid, mode from pg_locks where locktype = 'advisory' order by 1, 2

select pg_advisory_unlock_all()

begin

select pg_advisory_lock(1), pg_advisory_xact_lock(2)

select 1/0

select pg_advisory_unlock(1)

rollback

select objid, mode from pg_locks where locktype = 'advisory' order by 1, 2

select pg_advisory_unlock_all()

-- In other places of a statement.
select id from job where not done and pg_try_advisory_lock(id)

select objid from pg_locks where locktype = 'advisory' order by 1

select pg_advisory_unlock_all()

-- SQLite asks first what it can without the row: locks of rows that are not given, as with LIMIT.
select id from job where not done and pg_try_advisory_lock(id) order by id

select objid from pg_locks where locktype = 'advisory' order by 1

update job set done = pg_advisory_unlock(id) returning id, done

insert into job values (5, pg_try_advisory_xact_lock(5)) returning done

select case when pg_try_advisory_lock(9) then 'got it' else 'not' end

select count(*) filter (where pg_try_advisory_lock(10)) from job

select pg_advisory_unlock(10), pg_advisory_unlock(9)

with l as (select pg_try_advisory_lock(11) as got) select got from l

select pg_advisory_unlock_all()

select pg_advisory_lock(12)

discard all

select count(*) from pg_locks where locktype = 'advisory'
