create table a (id int primary key, n int)

create table b (id int primary key, aid int)

create sequence sq

insert into a select i, i % 2 from generate_series(1, 4) i

insert into b values (1, 1), (2, 1), (3, 9)

-- what cannot be locked
select * from a group by id for update

select n from a group by n for update

select distinct n from a for no key update

select distinct on (n) n from a for no key update

select count(*) from a for share

select 1 from a having true for share

select row_number() over () from a for key share

select id from a union select id from b for update

select id from a union all (select id from b for update)

select generate_series(1, 2) from a for update

values (1) for update

select * from sq for update

-- OF
select * from a for update of b

select * from a x for update of a

select * from a x, b for update of public.b

select 'x' for update of a

select * from a, a b for update of zz nowait

select a.id, g from a, generate_series(1, 1) g where id = 1 for update of g

select a.id, g from a, generate_series(1, 1) g where id = 1 for update of a

with c as (select * from a) select * from c order by id for update

with c as (select * from a) select * from c for update of c

select * from (values (1)) v for update

select * from (values (1)) v for update of v

-- outer joins
select a.id, b.id from a left join b on a.id = b.aid for update

select a.id, b.id from a left join b on a.id = b.aid for update of b

select a.id, b.id from a left join b on a.id = b.aid order by 1, 2 for update of a

select a.id, b.id from a right join b on a.id = b.aid for update of a

select a.id, b.id from a full join b on a.id = b.aid for update of a

select * from a left join (select * from b) s on true for update

-- subqueries
select * from (select n from a group by n) s for update

select * from (select id from a order by id limit 1) s for update

select * from (select id from a union select id from b) s for update

select a.id from a join b using (id) order by 1 for update

select a.id from a where id in (select aid from b for update) order by id

select exists (select 1 from a for update)

select (select id from a order by id desc limit 1 for share) as last

-- several clauses
select a.id from a order by id limit 1 for update of a for share of a nowait

select a.id, b.id from a, b where a.id = b.aid order by 1, 2 for no key update of a skip locked for key share of b

select id from a for update limit 2

select id from a order by id limit 2 offset 1 for update skip locked

select id from a order by n desc, id limit 2 for update nowait

select id, n + 1 as n from a where n = 1 order by 2, 1 for update

select 1 for update

-- in changes
insert into a select id + 10, aid from b for update

update a set n = 7 where id = (select id from b order by id limit 1 for update skip locked) returning *

with c as (select id from a order by id desc limit 1 for update skip locked) delete from a using c where a.id = c.id returning a.id

insert into b (id, aid) select id + 100, '5' from a where id = 2 for update returning *

-- where nothing may be written
begin read only

select * from a for update

rollback

begin read only

select * from a for no key update of a

rollback

begin read only

select * from (select * from a for key share) s

rollback

begin read only

select (select id from a limit 1 for share)

rollback

begin read only

with c as (select id from a for share) select * from c, b for update of b

rollback

begin read only

select * from generate_series(1, 1) for update

rollback

set default_transaction_read_only = on

select * from a for update

reset default_transaction_read_only

-- cursors
begin

declare c cursor for select id from a order by id for update

fetch 2 from c

commit

declare d cursor with hold for select id from a for update
