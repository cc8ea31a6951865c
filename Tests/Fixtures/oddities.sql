-- A PostgreSQL 15 database with as many of its oddities as fit: what a backup has to bring back exactly.
-- Load with: psql --set ON_ERROR_STOP=1 --dbname NAME --file oddities.sql
-- Needs a superuser (event trigger, untrusted casts) and the extensions that come with the server package.
-- The role infisical_ops_oddities belongs to the server, not to the database; it is made if it is missing.
set client_encoding = 'UTF8';
set standard_conforming_strings = on;
set client_min_messages = error;  -- a publication warns where wal_level is not logical
set timezone = 'UTC';

do $$ begin
    if not exists (select from pg_roles where rolname = 'infisical_ops_oddities') then
        create role infisical_ops_oddities nologin;
    end if;
exception when duplicate_object or unique_violation then null;  -- made by another session at the same moment
end $$;

create extension pg_trgm;
create schema ext;
create extension hstore schema ext;
create schema "Ödd ""Schema"".x";
comment on schema "Ödd ""Schema"".x" is 'dots, quotes, blanks and é';

-- Types of our own

create type mood as enum ('sad', 'ok', 'very "happy"', 'ümläut');
alter type mood add value 'between' before 'ok';
create type point3 as (x double precision, y numeric(10, 3), label text);
create type nested as (inside point3, list point3[], feeling mood);
create domain posint as integer not null default 7 check (value > 0);
create domain short_text as varchar(20) collate "C" constraint no_blank check (value !~ '^\s*$');
create domain posints as posint[] check (cardinality(value) < 5);
create type span as range (subtype = double precision, subtype_diff = float8mi, multirange_type_name = spans);
comment on type mood is E'a comment\nwith two lines, a tab\t and a quote ''';

-- Every built-in type

create table every_type (
    id integer primary key,
    c_bool boolean, c_bytea bytea, c_char "char", c_name name, c_int8 bigint, c_int2 smallint, c_int2vector int2vector,
    c_int4 integer, c_text text, c_oid oid, c_tid tid, c_xid xid, c_cid cid, c_oidvector oidvector, c_json json,
    c_xml xml, c_xid8 xid8, c_point point, c_lseg lseg, c_path path, c_box box, c_polygon polygon, c_line line,
    c_circle circle, c_float4 real, c_float8 double precision, c_money money, c_macaddr macaddr, c_macaddr8 macaddr8,
    c_inet inet, c_cidr cidr, c_bpchar character(5), c_varchar varchar(300), c_date date, c_time time,
    c_time3 time(3), c_timestamp timestamp, c_timestamptz timestamptz, c_timestamptz0 timestamptz(0),
    c_interval interval, c_interval_part interval day to second(3), c_timetz timetz, c_bit bit(7), c_varbit varbit(100),
    c_numeric numeric, c_numeric_scale numeric(12, 4), c_numeric_negative numeric(3, -2),
    c_uuid uuid, c_pg_lsn pg_lsn, c_tsvector tsvector, c_tsquery tsquery, c_jsonb jsonb, c_jsonpath jsonpath,
    c_snapshot pg_snapshot, c_old_snapshot txid_snapshot, c_refcursor refcursor, c_aclitem aclitem,
    c_int4range int4range, c_numrange numrange, c_tsrange tsrange, c_tstzrange tstzrange, c_daterange daterange,
    c_int8range int8range, c_int4multirange int4multirange, c_nummultirange nummultirange,
    c_tsmultirange tsmultirange, c_tstzmultirange tstzmultirange, c_datemultirange datemultirange,
    c_int8multirange int8multirange,
    c_regclass regclass, c_regtype regtype, c_regproc regproc, c_regprocedure regprocedure, c_regoper regoper,
    c_regoperator regoperator, c_regrole regrole, c_regnamespace regnamespace, c_regconfig regconfig,
    c_regdictionary regdictionary, c_regcollation regcollation,
    c_mood mood, c_point3 point3, c_nested nested, c_posint posint, c_short short_text, c_posints posints,
    c_span span, c_spans spans, c_hstore ext.hstore,
    a_bool boolean[], a_bytea bytea[], a_int8 bigint[], a_int4 integer[][], a_text text[], a_numeric numeric[],
    a_float8 double precision[], a_timestamptz timestamptz[], a_interval interval[], a_uuid uuid[], a_jsonb jsonb[],
    a_xml xml[], a_inet inet[], a_date date[], a_mood mood[], a_point3 point3[], a_int4range int4range[],
    a_posint posint[], a_regclass regclass[], a_box box[], a_bit varbit[], a_money money[], a_bpchar character(3)[],
    a_nummultirange nummultirange[]
);
insert into every_type values (
    1, true, '\x00ff', 'x', 'a name', 9223372036854775807, 32767, '1 2 3', 2147483647, E'tab\tnewline\ncr\rback\\slash',
    4294967295, '(4294967295,65535)', '4294967295', '7', '26 25', '{"a" :  [1,2 ],"a":"twice"}',
    '<?xml version="1.0"?><a b="c">text<!-- note --><![CDATA[<>]]></a>', '18446744073709551615', '(1.5,-2.5)',
    '[(0,0),(1,1)]', '[(0,0),(1,1),(2,0)]', '(2,2),(1,1)', '((0,0),(1,1),(2,0))', '{1,-1,0}', '<(1,2),3.5>',
    3.4028235e38, 1.7976931348623157e308, '92233720368547758.07', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05',
    '192.168.1.7/24', '2001:db8::/32', 'ab', repeat('ä', 300), '5874897-12-31', '24:00:00', '12:34:56.789',
    '294276-12-31 23:59:59.999999', '4714-11-24 00:00:00+00 BC', '2000-01-01 00:00:00+00',
    '178000000 years 11 mons -40 days 23:59:59.999999', '3 days 04:05:06.789', '23:59:59.999999-15:59', B'1010101',
    B'', 'NaN', 12345678.9012, 99900,
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'FFFFFFFF/FFFFFFFF', 'a:1A fat:2B,4C cat:5', 'fat & (rat | !cat:A) <2> x:*',
    '{"k": [1, 2.50, null, true, "\u00e9\ud83d\ude00"], "": {}}', 'strict $.a[*] ? (@.b > 1).c', '10:20:10,14,15',
    '10:20:10,14,15', 'a cursor', 'postgres=r/postgres',
    '[1,10)', '(,1.5]', '[2000-01-01,infinity]', '(-infinity,2000-01-01 00:00:00+00]', 'empty', '(,)',
    '{[1,3),[5,7)}', '{}', '{[2000-01-01,2000-02-01)}', '{(,)}', '{[2000-01-01,)}', '{(,9223372036854775807)}',
    'pg_class', 'timestamp with time zone', 'pg_catalog.now', 'pg_catalog.substr(text,integer)',
    'pg_catalog.||/', 'pg_catalog.+(integer,integer)', 'postgres', 'pg_catalog', 'english', 'simple', '"C"',
    'very "happy"', '(1e-300,2.500,"a ""quoted"" (label), ok")',
    row(row(1, 2, null)::point3, array[row(1, 2, 'x')::point3, null], 'sad'), 1, 'short', '{1,2,3}', '[-1.5,Infinity)',
    '{[1,2),[3,4]}', 'a=>1, "b c"=>NULL, "quote\""=>"\\"',
    '{t,f,NULL}', array['\x00'::bytea, '\xff27225c', null], '{-9223372036854775808,0}', '[-1:0][5:6]={{1,2},{3,NULL}}',
    array['', 'NULL', null, 'a "b" \ c', E'line\nbreak', '{}', ','], '{NaN,Infinity,-Infinity,1e131,0.000}',
    '{NaN,Infinity,-Infinity,-0,5e-324}', '{infinity,-infinity,2000-02-29 12:00:00+05:45}', '{-1 day,1 mon -1 day 00:00:00.000001}',
    '{00000000-0000-0000-0000-000000000000}', array['null'::jsonb, '"x"', '[]', null], array['<a/>'::xml, 'text'], '{::1,0.0.0.0/0}',
    '{4714-11-24 BC,infinity}', '{sad,between,ümläut,"very \"happy\""}', array[row(1, 2, '{}')::point3], '{empty,"[1,2)"}',
    '{1,2}', '{pg_class,pg_type}', '{(1,1),(0,0);(2,2),(1,1)}', array[B'', B'1'], '{1.00,-2.00}', '{a,"b  "}', '{"{[1,2]}","{}"}');
insert into every_type (id, c_posint) values (2, 1);
insert into every_type (id, c_posint, c_char, c_text, c_varchar, c_bytea, c_numeric, c_float4, c_float8, c_date,
    c_timestamp, c_timestamptz, c_interval, c_json, c_jsonb, c_xml, a_text, a_int4, c_hstore, c_varbit, c_int8, c_time, c_money,
    c_int4multirange, c_tsvector, c_path, c_name, c_bpchar) values
    (3, 3, '', '', '', '', 'Infinity', 'NaN', 'NaN', 'infinity', 'infinity', 'infinity', '-178000000 years', 'null', 'null',
        '', '{}', '{}', '', B'1', -9223372036854775808, '00:00', '-92233720368547758.08', '{}', '', '((0,0))', '', ''),
    (4, 4, E'\\377', E'\\N', E'\\.', '\x5c', '-Infinity', 'Infinity', '-Infinity', '-infinity', '-infinity', '-infinity', '-1 mon +1 day',
        '""', '""', 'just text', '{NULL}', '{{{1}},{{2}}}', '""=>""', B'01', 0, '23:59:59.999999', '0', '{(,)}', '''a ''''b''', '[(1,2)]', 'N', '     '),
    (5, 5, '\', 'NULL', 'null', '\x4e554c4c', 0.000, '-0', '-0', '0001-01-01 BC', '4714-11-24 00:00:00 BC', '1970-01-01 00:00:00+00',
        '00:00:00', '[]', '[]', '<a>ö</a>', '{""}', '{NULL,1}', NULL, B'11111111', 1, '12:00', '0.01', '{[1,2)}', 'x', NULL, 'é', 'é'),
    (6, 6, 'é', E'\u0001\u0008\u000b\u007f\u0080\u2028\ufeff😀e\u0301', E'a\\tb', '\x0a0d09', 1e131000::numeric, 1.4e-45, 5e-324, '2000-02-29', '1999-12-31 23:59:59.999999',
        '2000-01-01 00:00:00.000001+00', '1 year 2 mons -3 days +04:05:06.789012', '1e400', '1e400', '<x/>', '[5:5]={x}', '[0:1]={1,2}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (7, 7, 'N', '\N', repeat('0', 300), decode(repeat('5c4e0a', 30), 'hex'),
        ('-0.' || repeat('0', 16000) || '123')::numeric, 1.17549435e-38, 2.2250738585072014e-308, '1582-10-15', NULL, NULL, NULL,
        '{"a":1}', '{"b": 1, "a": 1}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- All byte values, in one value and one by one; all code points of one plane
create table bytes (number integer primary key, value bytea not null);
insert into bytes select n, decode(lpad(to_hex(n), 2, '0'), 'hex') from generate_series(0, 255) n;
insert into bytes select 256, string_agg(value, '' order by number) from bytes;
create table code_points (number integer primary key, value text);
insert into code_points select n, chr(n) from generate_series(1, 1114111, 37) n where n < 55296 or n > 57343;
insert into code_points select -n, chr(n) from generate_series(1, 300) n;

-- Large values: in line, compressed, out of line, both compressions
create table toasted (
    id integer primary key, plain text, main text, external text, extended text, pglz text compression pglz, lz4 text,
    bytes bytea
);
alter table toasted alter plain set storage plain, alter main set storage main, alter external set storage external;
do $$ begin
    alter table toasted alter lz4 set compression lz4;
exception when feature_not_supported then null;
end $$;
insert into toasted
select n, repeat('p', n), repeat('main ', 100 * n), repeat('external ', 1000 * n), repeat('extended ', 10000 * n),
    repeat('pglz', 1000 * n), repeat('lz4', 1000 * n),
    (select string_agg(sha512((n || '/' || i)::bytea), '') from generate_series(1, 300 * n) i)
from generate_series(1, 20) n;
insert into toasted values (0, '', '', '', '', '', '', '');
insert into toasted (id) values (-1);
insert into toasted (id, extended, bytes)
    select 99, repeat('much ', 1200000), (select string_agg(sha512(i::text::bytea), '') from generate_series(1, 90000) i);

-- Tables without columns, with and without rows; a table whose columns are all dropped
create table zero_columns ();
insert into zero_columns default values;
insert into zero_columns default values;
insert into zero_columns default values;
create table zero_columns_empty ();
create table all_dropped (a integer, b text);
insert into all_dropped values (1, 'x'), (2, 'y');
alter table all_dropped drop column a, drop column b;

-- Dropped columns, columns added with a default that no row stores, renamed columns
create table dropped_columns (gone integer, id integer primary key, "also gone" text, kept text, last integer);
insert into dropped_columns select n, n, 'gone ' || n, 'kept ' || n, -n from generate_series(1, 50) n;
alter table dropped_columns drop column gone, drop column "also gone";
alter table dropped_columns add column added integer not null default 42, add column added_null text;
alter table dropped_columns rename column last to "Last One";
insert into dropped_columns values (51, 'kept 51', -51, 43, 'there');

-- Generated and identity columns
create table generated_columns (
    id bigint generated always as identity (start with 1000 increment by 7) primary key,
    other integer generated by default as identity (start with -5 increment by -1 minvalue -100 maxvalue -1 cycle) unique,
    price numeric(10, 2) not null, tax numeric(10, 2) generated always as (price * 0.19) stored,
    label text generated always as ('no. ' || price::integer) stored, note text default 'a ''default'''
);
insert into generated_columns (price) select n * 1.11 from generate_series(1, 30) n;
insert into generated_columns (id, other, price) overriding system value values (5, 500, 3.33);
create table only_generated (value integer generated always as (6 * 7) stored);
insert into only_generated default values;
insert into only_generated default values;

-- Sequences
create sequence called_once;
select nextval('called_once');
create sequence never_called start 17;
create sequence descending increment -3 minvalue -1000 maxvalue 10 start 10 cycle cache 5;
select nextval('descending'), nextval('descending');
create sequence small_cycle as smallint minvalue 1 maxvalue 3 cycle;
select nextval('small_cycle') from generate_series(1, 5);
create sequence set_not_called;
select setval('set_not_called', 4711, false);
create unlogged sequence unlogged_sequence;
create sequence "Se ""quence"" ö";
select setval('"Se ""quence"" ö"', 9223372036854775807);
create table serial_column (id bigserial primary key, small smallserial, note text);
insert into serial_column (note) select 'row ' || n from generate_series(1, 12) n;
alter sequence called_once owned by serial_column.note;
comment on sequence descending is 'downwards';

-- Keys in circles, deferrable, composite, to itself, with actions, not validated
create table ring_a (id integer primary key, b_id integer not null, parent integer references ring_a (id));
create table ring_b (id integer primary key, a_id integer not null references ring_a (id) deferrable initially deferred);
alter table ring_a add foreign key (b_id) references ring_b (id) deferrable initially deferred;
begin;
insert into ring_a select n, n % 40 + 1, nullif(n, 1) - case when n = 1 then 0 else 1 end from generate_series(1, 40) n;
insert into ring_b select n, 41 - n from generate_series(1, 40) n;
commit;
create table composite_key (a integer, b text, primary key (b, a) include (c), c integer, unique nulls not distinct (c));
insert into composite_key values (1, 'x', 1), (2, 'x', 2), (1, 'y', null);
create table refers (
    a integer, b text, other integer references ring_b on update cascade on delete set null deferrable,
    foreign key (b, a) references composite_key match full on delete set null (a)
);
insert into refers values (1, 'x', 1), (null, null, null);
create table late_checks (n integer, m integer, constraint positive check (n > 0) no inherit);
insert into late_checks values (1, -1), (2, -2);
alter table late_checks add constraint "not ""valid""" check (m > 0) not valid;
alter table late_checks add constraint not_valid_key foreign key (m) references ring_a (id) not valid;
create table excluded (
    room integer, during tstzrange, point point,
    constraint no_overlap exclude using gist (during with &&, point with ~=) where (room > 0) deferrable initially deferred
);
insert into excluded values (1, '[2020-01-01,2020-01-02)', '(1,1)'), (1, '[2020-01-02,2020-01-03)', '(1,1)'),
    (0, '[2020-01-01,2020-01-09)', '(1,1)'), (0, '[2020-01-01,2020-01-09)', '(1,1)');

-- Inheritance
create table parent (id integer, name text default 'parent', check (id > 0));
create table second_parent (extra text collate "POSIX");
create table child (own integer[]) inherits (parent, second_parent);
create table grandchild (name text default 'grandchild' not null) inherits (child);
insert into parent values (1, 'in the parent');
insert into child values (2, 'in the child', 'extra', '{1,2}');
insert into grandchild (id, own) values (3, null);
alter table child alter column name set default 'changed';

-- Partitions: several levels, list, hash and range, default, a column order of their own, detached
create table measured (at timestamptz not null, region text not null, value numeric, id integer) partition by range (at);
create table measured_2020 partition of measured for values from ('2020-01-01') to ('2021-01-01') partition by list (region);
create table measured_2020_eu partition of measured_2020 for values in ('eu', 'uk') partition by hash (id);
create table measured_2020_eu_0 partition of measured_2020_eu for values with (modulus 2, remainder 0);
create table measured_2020_eu_1 partition of measured_2020_eu for values with (modulus 2, remainder 1);
create table measured_2020_other partition of measured_2020 default;
create table measured_old (id integer, dropped text, value numeric, region text not null, at timestamptz not null);
alter table measured_old drop column dropped;
alter table measured attach partition measured_old for values from (minvalue) to ('2020-01-01');
create table "Measured, ""default""" partition of measured default;
create index on measured (region, at desc nulls last);
alter table measured add primary key (at, region, id);
create statistics measured_statistics (ndistinct, dependencies, mcv) on region, value from measured;
insert into measured select timestamptz '2018-01-01 00:00:00+00' + n * interval '37 hours',
    (array['eu', 'uk', 'us', ''])[n % 4 + 1], n / 7.0, n from generate_series(1, 900) n;
create table detached partition of measured for values from ('2030-01-01') to ('2031-01-01');
insert into measured values ('2030-06-01', 'eu', 1, 1);
alter table measured detach partition detached;
create table partitioned_but_alone (id integer) partition by list (id);

-- Odd names
create table "Ödd ""Schema"".x"."täble ""with"" 'quotes'. and\backslash" (
    "select" integer primary key, "ÄÖÜ" text, "a ""b""" text, " " text, "dot.ted" text, "$1" text, "ab%s{}" text, "😀" text);
insert into "Ödd ""Schema"".x"."täble ""with"" 'quotes'. and\backslash" values (1, 'Ä', '"', ' ', '.', '$', '%s', '😀');
create table "UPPER" ("Id" integer, "ID" integer, "id" integer);
insert into "UPPER" values (1, 2, 3);
create table "select" ("from" integer, "where" text, xmin_ integer);
insert into "select" values (1, 'x', 2);
create table "a.b" (x integer);
insert into "a.b" values (1);
create table "sixty-three bytes: ............................................" (x integer);
insert into "sixty-three bytes: ............................................" values (63);
create table "-- comment; drop table x; /*" (x text default $$'; --$$);
insert into "-- comment; drop table x; /*" default values;

-- Indexes
create table indexed (id integer, doc jsonb, words tsvector, name text, address inet, at timestamptz, area box, tags text[]);
insert into indexed select n, jsonb_build_object('n', n, 'tags', array[n % 3, n % 5]),
    to_tsvector('english', 'the quick brown foxes number ' || n), 'name ' || n % 17, ('10.0.' || n % 200 || '.1')::inet,
    timestamptz '2020-01-01 00:00:00+00' + n * interval '1 hour', box(point(n, n), point(n + 1, n + 1)), array['t' || n % 7]
from generate_series(1, 400) n;
create unique index indexed_part on indexed (id desc nulls last) include (name) where id > 100;
create index "indexed ""expression""" on indexed (lower(name) collate "C" text_pattern_ops, (doc ->> 'n'));
create index indexed_gin on indexed using gin (doc jsonb_path_ops) with (fastupdate = off);
create index indexed_words on indexed using gin (words);
create index indexed_trigrams on indexed using gin (name gin_trgm_ops);
create index indexed_brin on indexed using brin (at) with (pages_per_range = 4);
create index indexed_gist on indexed using gist (area);
create index indexed_spgist on indexed using spgist (address inet_ops);
create index indexed_hash on indexed using hash (name);
create unique index indexed_nulls on indexed (id, at) nulls not distinct;
alter index "indexed ""expression""" alter column 2 set statistics 500;
alter table indexed cluster on indexed_nulls;
alter table indexed alter column name set statistics 300, alter column id set (n_distinct = -0.5);
alter table indexed set (fillfactor = 70, autovacuum_enabled = false);
alter table indexed replica identity full;
create statistics "expression statistics" on (lower(name)), id from indexed;
comment on index indexed_brin is 'an index comment';

-- Functions, aggregates, operators, casts, text search, collations
create function add_mood(mood, integer) returns mood language sql immutable strict parallel safe cost 5
    as $body$ select (enum_range(null::mood))[(array_position(enum_range(null::mood), $1) + $2 - 1) % 5 + 1] $body$;
create function standard_body(a integer, b integer default 2, out total integer, out text) language sql
    begin atomic select a + b as total, 'x' as text; end;
create function many_rows(variadic list integer[]) returns table (n integer, square bigint) language plpgsql stable
    security definer set search_path = public, pg_temp set work_mem = '5MB' rows 5 as $$
begin
    return query select x, x::bigint * x from unnest(list) x;  -- a comment with a $ and a 'quote'
end $$;
create procedure nothing(inout x integer) language plpgsql as $$ begin x := x + 1; end $$;
create operator +^ (leftarg = mood, rightarg = integer, function = add_mood);
create aggregate concatenated(text) (sfunc = textcat, stype = text, initcond = '<');
create function mood_number(mood) returns integer language sql immutable as 'select array_position(enum_range(null::mood), $1)';
create cast (mood as integer) with function mood_number(mood) as assignment;
create collation numeric_order (provider = icu, locale = 'en-u-kn-true');
create collation no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create collation "Plain C" from "C";
create text search dictionary plain (template = pg_catalog.simple, stopwords = 'english');
create text search configuration ours (copy = pg_catalog.english);
alter text search configuration ours alter mapping for asciiword with plain, english_stem;
create table collated (a text collate numeric_order unique, b text collate no_case primary key, c text collate "en-x-icu", d text collate "Plain C");
insert into collated values ('a10', 'Hello', 'ä', 'Z'), ('a9', 'World', 'Z', 'ä');
comment on function add_mood(mood, integer) is 'adds';
comment on operator +^ (mood, integer) is 'an operator';

-- Views that depend on each other; materialised views, one empty, one never filled
create view view_one as select id, kept from dropped_columns where id < 10 with local check option;
create view view_two (number, text_) with (security_barrier) as select id, upper(kept) from view_one;
create recursive view counting (n) as values (1) union all select n + 1 from counting where n < 5;
create view by_primary_key as select id, kept, count(*) over () from dropped_columns group by id;
create materialized view z_first as select number, text_ from view_two with data;
create unique index on z_first (number);
create materialized view a_second as select number * 2 as doubled from z_first;
create materialized view m_third as select sum(doubled) from a_second, only_generated;
create materialized view unpopulated as select * from a_second with no data;
create view view_of_materialised as select * from m_third;
comment on materialized view a_second is 'depends on a later name';
alter view view_one alter column kept set default 'by the view';

-- Triggers, rules, event trigger
create table journal (at serial, note text);
create function note_it() returns trigger language plpgsql as $$
begin
    insert into journal (note) values (tg_name || ' ' || tg_op || coalesce(' ' || tg_argv[0], ''));
    return coalesce(new, old);
end $$;
create table watched (id integer primary key, value text);
create trigger "watch ""rows""" before insert or update of value on watched for each row when (new.id > 0) execute function note_it('an ''argument''');
create trigger watch_statement after delete on watched referencing old table as gone for each statement execute function note_it();
create constraint trigger watch_late after insert on watched deferrable initially deferred for each row execute function note_it('late');
create trigger watch_disabled after insert on watched for each row execute function note_it('disabled');
alter table watched disable trigger watch_disabled;
create trigger watch_always after update on watched for each row execute function note_it('always');
alter table watched enable always trigger watch_always;
create trigger watch_partitions after insert on measured for each row execute function note_it('partition');
insert into watched values (1, 'one'), (2, 'two');
update watched set value = 'TWO' where id = 2;
delete from watched where id = 1;
create trigger instead instead of insert on view_two for each row execute function note_it('instead');
create rule no_delete as on delete to collated do instead nothing;
create rule also_log as on insert to refers where new.a > 100 do also insert into journal (note) values ('rule');
comment on trigger watch_late on watched is 'a trigger comment';
create function on_ddl() returns event_trigger language plpgsql as $$ begin perform 1; end $$;
create event trigger watch_ddl on ddl_command_end when tag in ('CREATE FOREIGN TABLE') execute function on_ddl();

-- Row security, rights, default rights
create table guarded (id integer, owner_name text default current_user);
insert into guarded select n, 'nobody' from generate_series(1, 5) n;
alter table guarded enable row level security;
alter table guarded force row level security;
create policy see_little on guarded for select to infisical_ops_oddities using (id < 3);
create policy write_little on guarded as restrictive for insert with check (owner_name = current_user);
grant select (id), insert, update (owner_name) on guarded to infisical_ops_oddities;
grant all on "UPPER" to infisical_ops_oddities with grant option;
grant usage on sequence called_once to public;
grant usage on schema "Ödd ""Schema"".x" to infisical_ops_oddities;
revoke all on function many_rows(integer[]) from public;
grant execute on function many_rows(integer[]) to infisical_ops_oddities;
revoke usage on type mood from public;
alter default privileges in schema "Ödd ""Schema"".x" grant select on tables to infisical_ops_oddities;
alter default privileges revoke execute on functions from public;
create table owned_by_other (x integer);
insert into owned_by_other values (1);
alter table owned_by_other owner to infisical_ops_oddities;

-- Unlogged tables keep rows in a dump; typed tables; a foreign table has none of its own
create unlogged table unlogged_rows (id integer primary key, note text);
insert into unlogged_rows select n, 'unlogged ' || n from generate_series(1, 9) n;
create type pair as (a integer, b text);
create table typed of pair (primary key (a), b with options default 'typed');
insert into typed (a) values (1);
insert into typed values (2, 'two');

-- Comments everywhere, a security label apart
comment on table every_type is 'a table of every type; it''s "complete"';
comment on column every_type.c_text is E'a column\\comment';
comment on constraint positive on late_checks is 'a constraint comment';
comment on policy see_little on guarded is 'a policy comment';
comment on rule no_delete on collated is 'a rule comment';
comment on domain posint is 'a domain comment';
comment on collation numeric_order is 'a collation comment';

-- Publications travel with the schema
create publication some_rows for table watched (id, value) where (id > 1), table journal with (publish = 'insert');

-- A table with a system-like column order and many columns
do $$
begin
    execute 'create table wide (' || (select string_agg(format('c%s integer', n), ', ') from generate_series(1, 500) n) || ')';
    execute 'insert into wide (c1, c250, c500) values (1, 250, 500), (null, null, null)';
end $$;

-- A table of many blocks, updated and deleted in, so that its heap has gaps and dead rows
create table many_blocks (id integer primary key, filler text, touched boolean default false);
insert into many_blocks select n, md5(n::text) || repeat('.', n % 200), false from generate_series(1, 20000) n;
delete from many_blocks where id % 5 = 0 or id between 6000 and 9000;
update many_blocks set touched = true where id % 7 = 0;

refresh materialized view z_first;
