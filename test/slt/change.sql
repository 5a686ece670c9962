create table p (id int primary key, name varchar(5) not null, n numeric(5, 2) check (n > 0), u text unique)

create table k (id int primary key, p int references p (id) on delete cascade, note text default 'none')

insert into p values (1, 'one', 1, 'a'), (2, 'two', 2, 'b')

insert into p (id, name) values (3, 'three'), (4, 'four') returning id, name, n

insert into p values (1, 'x', 1, 'z')

insert into p values (9, 'x', 1, 'a')

insert into p values (9, null, 1, 'z')

insert into p values (9, 'toolong', 1, 'z')

insert into p values (9, 'x', -1, 'z')

insert into p values (9, 'x', 1000, 'z')

insert into p values (9, 'x', 1)

insert into p (id, nope) values (1, 2)

insert into p (id, id) values (1, 2)

insert into p (id, name) values (1)

insert into p (id) values (1, 2)

insert into k (id, p) values (1, 1), (2, 2) returning *

insert into k (id, p) values (3, 99)

insert into p values (1, 'uno', 5, 'a') on conflict (id) do update set name = excluded.name, n = p.n + excluded.n returning id, name, n

insert into p values (1, 'no', 5, 'a') on conflict do nothing

insert into p values (1, 'no', 5, 'q') on conflict (name) do nothing

insert into p (id, name) select id + 100, 'c' from p where id < 3 returning id

update p set n = n + 1 where id = 2 returning *

update p set id = 1 where id = 2

update p set name = null where id = 1

update p set nope = 1

update p set n = n * 2 from k where k.p = p.id and k.id = 1

select id, n from p order by id

delete from p where id = 1

select * from k order by id

delete from k using p where k.p = p.id and p.name = 'two' returning k.id

select count(*) from k

update p set id = 7 where id = 4 returning id

delete from p

select count(*) from p

create table p (id int)

create table if not exists p (id int)

drop table missing

drop table if exists missing

drop table p

drop table k, p

create table q (id int primary key, id int)

create table q (id nope)

create table q (a int, b int, primary key (a, b), unique (b))

insert into q values (1, 1), (1, 2)

insert into q values (1, 2)

insert into q values (2, 2)

create index q_b on q (b desc) where a > 0

create unique index on q (a, b)

alter table q add column c text default 'x'

select * from q order by a, b

alter table q drop column c

alter table q rename column b to bb

select bb from q order by bb

truncate q

select * from q

insert into q values (1, 1); insert into q values (2, 2); select count(*) from q

insert into q values (3, 3); insert into q values (1, 1); select 1

select count(*) from q
