-- Deferrable foreign keys and SET CONSTRAINTS.

create table parent (id int primary key, code text unique)

create table late (id int primary key, parent int constraint late_key references parent deferrable initially deferred)

create table soon (id int primary key, parent int constraint soon_key references parent deferrable)

create table never (id int primary key, parent int constraint never_key references parent)

insert into parent values (1, 'a'), (2, 'b')

-- As declared: immediate keys where the statement ends, deferred ones at COMMIT.

insert into soon values (1, 9)

insert into late values (1, 9)

insert into never values (1, 9)

select count(*) from late

begin

insert into late values (1, 9)

insert into soon values (1, 1)

insert into soon values (2, 9)

select 1

rollback

begin

insert into late values (1, 9)

insert into parent values (9, 'i')

commit

begin

insert into late values (2, 10)

commit

begin

delete from parent where id = 9

commit

begin

delete from parent where id = 9

update late set parent = 1

commit

-- SET CONSTRAINTS by name.

begin

set constraints soon_key deferred

insert into soon values (3, 30)

insert into parent values (30, null)

commit

begin

set constraints soon_key deferred

insert into soon values (4, 40)

set constraints soon_key immediate

insert into parent values (40, null)

rollback

begin

set constraints soon_key deferred

insert into soon values (4, 40)

commit

begin

set constraints late_key immediate

insert into late values (4, 40)

commit

-- The setting ends with the transaction.

begin

insert into soon values (4, 40)

rollback

-- ALL.

begin

set constraints all deferred

insert into soon values (5, 50)

insert into late values (5, 50)

insert into never values (5, 50)

rollback

begin

set constraints all deferred

insert into soon values (5, 50)

insert into late values (5, 51)

set constraints late_key immediate

rollback

begin

set constraints all deferred

insert into soon values (5, 50)

insert into late values (5, 51)

insert into parent values (51, null)

set constraints late_key immediate

insert into late values (6, 52)

rollback

begin

set constraints late_key immediate

set constraints all deferred

insert into late values (6, 52)

set constraints all immediate

rollback

begin

set constraints all immediate

set constraints soon_key, late_key deferred

insert into late values (6, 52)

insert into soon values (6, 52)

insert into parent values (52, null)

commit

select * from soon order by id

select * from late order by id

-- Changes of what is pointed at.

begin

update parent set id = 53 where id = 52

commit

begin

set constraints all immediate

update parent set id = 53 where id = 52

rollback

begin

set constraints all deferred

update parent set id = 53 where id = 52

update soon set parent = 53 where parent = 52

update late set parent = 53 where parent = 52

set constraints all immediate

commit

begin

set constraints soon_key deferred

delete from parent where id = 30

insert into parent values (30, 'again')

commit

-- Savepoints undo both the rows and the setting.

begin

savepoint s

set constraints soon_key deferred

insert into soon values (7, 70)

rollback to s

insert into soon values (7, 70)

rollback

begin

set constraints soon_key deferred

savepoint s

insert into soon values (7, 70)

set constraints soon_key immediate

rollback to s

insert into soon values (7, 71)

insert into parent values (71, null)

commit

begin

savepoint s

set constraints soon_key deferred

release s

insert into soon values (8, 80)

insert into parent values (80, null)

commit

begin

set constraints soon_key deferred

insert into soon values (9, 90)

savepoint s

delete from soon where id = 9

set constraints all immediate

rollback to s

set constraints all immediate

rollback

-- Rows that point at rows of their own table.

create table tree (id int primary key, parent int constraint tree_key references tree deferrable)

insert into tree values (1, 2), (2, 1)

begin

set constraints tree_key deferred

insert into tree values (3, 4)

insert into tree values (4, null)

commit

delete from tree where id = 4

delete from tree where id in (3, 4)

-- Actions are never deferred.

create table follows (id int primary key, parent int constraint follows_key references parent on delete cascade deferrable initially deferred)

create table holds (id int primary key, parent int constraint holds_key references parent on delete restrict deferrable initially deferred)

insert into parent values (100, null), (101, null)

insert into follows values (1, 100)

insert into holds values (1, 101)

begin

delete from parent where id = 100

select count(*) from follows

delete from parent where id = 101

rollback

-- Names.

set constraints nobody deferred

set constraints nobody immediate

begin

set constraints never_key deferred

rollback

begin

set constraints never_key immediate

commit

begin

set constraints parent_pkey deferred

rollback

begin

set constraints nowhere.late_key deferred

rollback

begin

set constraints soon_key, nobody deferred

rollback

begin

set constraints pg_catalog.late_key deferred

rollback

-- A constraint of the same name on two tables.

create table twin (id int primary key, parent int constraint soon_key references parent)

begin

set constraints soon_key deferred

rollback

begin

set constraints soon_key immediate

commit

drop table twin

-- Tables made in the transaction.

begin

set constraints all deferred

create table newer (id int primary key, parent int constraint newer_key references parent deferrable)

insert into newer values (1, 200)

insert into parent values (200, null)

commit

insert into newer values (2, 201)

begin read only

set constraints all deferred

set constraints all immediate

commit

-- Declarations.

create table wrong (x int references parent deferrable not deferrable)

create table wrong (x int references parent deferrable deferrable)

create table wrong (x int references parent not deferrable initially deferred)

create table wrong (x int references parent initially deferred not deferrable)

create table wrong (x int references parent initially deferred initially immediate)

create table wrong (x int deferrable references parent)

create table wrong (x int check (x > 0) deferrable)

create table wrong (x int check (x > 0) initially deferred)

create table wrong (x int default 3 not deferrable)

create table wrong (x int not null initially immediate)

create table wrong (x int, foreign key (x) references parent not deferrable initially deferred)

create table fine (x int references parent initially deferred, y int references parent initially immediate deferrable, z int references parent not deferrable initially immediate)

select conname, condeferrable, condeferred, pg_get_constraintdef(oid) from pg_constraint where conrelid = 'fine'::regclass order by 1
