// Operator classes of PostgreSQL 15: oid, access method, name, family oid, family name, input type,
// d if it is the type's default. Recorded from PostgreSQL 15.

export const OPERATOR_CLASS_FACTS = `
  1978 btree int4_ops 1976 integer_ops 23 d
  1979 btree int2_ops 1976 integer_ops 21 d
  1981 btree oid_ops 1989 oid_ops 26 d
  3122 btree date_ops 434 datetime_ops 1082 d
  3123 btree float8_ops 1970 float_ops 701 d
  3124 btree int8_ops 1976 integer_ops 20 d
  3125 btree numeric_ops 1988 numeric_ops 1700 d
  3126 btree text_ops 1994 text_ops 25 d
  3127 btree timestamptz_ops 434 datetime_ops 1184 d
  3128 btree timestamp_ops 434 datetime_ops 1114 d
  4217 btree text_pattern_ops 2095 text_pattern_ops 25
  4218 btree varchar_pattern_ops 2095 text_pattern_ops 25
  4219 btree bpchar_pattern_ops 2097 bpchar_pattern_ops 1042
  10000 btree array_ops 397 array_ops 2277 d
  10001 hash array_ops 627 array_ops 2277 d
  10002 btree bit_ops 423 bit_ops 1560 d
  10003 btree bool_ops 424 bool_ops 16 d
  10004 btree bpchar_ops 426 bpchar_ops 1042 d
  10005 hash bpchar_ops 427 bpchar_ops 1042 d
  10006 btree bytea_ops 428 bytea_ops 17 d
  10007 btree char_ops 429 char_ops 18 d
  10008 hash char_ops 431 char_ops 18 d
  10009 btree cidr_ops 1974 network_ops 869
  10010 hash cidr_ops 1975 network_ops 869
  10011 hash date_ops 435 date_ops 1082 d
  10012 btree float4_ops 1970 float_ops 700 d
  10013 hash float4_ops 1971 float_ops 700 d
  10014 hash float8_ops 1971 float_ops 701 d
  10015 btree inet_ops 1974 network_ops 869 d
  10016 hash inet_ops 1975 network_ops 869 d
  10017 gist inet_ops 3550 network_ops 869
  10019 hash int2_ops 1977 integer_ops 21 d
  10020 hash int4_ops 1977 integer_ops 23 d
  10021 hash int8_ops 1977 integer_ops 20 d
  10022 btree interval_ops 1982 interval_ops 1186 d
  10023 hash interval_ops 1983 interval_ops 1186 d
  10024 btree macaddr_ops 1984 macaddr_ops 829 d
  10025 hash macaddr_ops 1985 macaddr_ops 829 d
  10026 btree macaddr8_ops 3371 macaddr8_ops 774 d
  10027 hash macaddr8_ops 3372 macaddr8_ops 774 d
  10028 btree name_ops 1994 text_ops 19 d
  10029 hash name_ops 1995 text_ops 19 d
  10030 hash numeric_ops 1998 numeric_ops 1700 d
  10031 hash oid_ops 1990 oid_ops 26 d
  10032 btree oidvector_ops 1991 oidvector_ops 30 d
  10033 hash oidvector_ops 1992 oidvector_ops 30 d
  10034 btree record_ops 2994 record_ops 2249 d
  10035 hash record_ops 6194 record_ops 2249 d
  10036 btree record_image_ops 3194 record_image_ops 2249
  10037 hash text_ops 1995 text_ops 25 d
  10038 btree time_ops 1996 time_ops 1083 d
  10039 hash time_ops 1997 time_ops 1083 d
  10040 hash timestamptz_ops 1999 timestamptz_ops 1184 d
  10041 btree timetz_ops 2000 timetz_ops 1266 d
  10042 hash timetz_ops 2001 timetz_ops 1266 d
  10043 btree varbit_ops 2002 varbit_ops 1562 d
  10044 btree varchar_ops 1994 text_ops 25
  10045 hash varchar_ops 1995 text_ops 25
  10046 hash timestamp_ops 2040 timestamp_ops 1114 d
  10047 btree money_ops 2099 money_ops 790 d
  10048 hash bool_ops 2222 bool_ops 16 d
  10049 hash bytea_ops 2223 bytea_ops 17 d
  10050 btree tid_ops 2789 tid_ops 27 d
  10051 hash xid_ops 2225 xid_ops 28 d
  10052 hash xid8_ops 5032 xid8_ops 5069 d
  10053 btree xid8_ops 5067 xid8_ops 5069 d
  10054 hash cid_ops 2226 cid_ops 29 d
  10055 hash tid_ops 2227 tid_ops 27 d
  10056 hash text_pattern_ops 2229 text_pattern_ops 25
  10057 hash varchar_pattern_ops 2229 text_pattern_ops 25
  10058 hash bpchar_pattern_ops 2231 bpchar_pattern_ops 1042
  10059 hash aclitem_ops 2235 aclitem_ops 1033 d
  10060 gist box_ops 2593 box_ops 603 d
  10061 gist point_ops 1029 point_ops 600 d
  10062 gist poly_ops 2594 poly_ops 604 d
  10063 gist circle_ops 2595 circle_ops 718 d
  10064 gin array_ops 2745 array_ops 2277 d
  10065 btree uuid_ops 2968 uuid_ops 2950 d
  10066 hash uuid_ops 2969 uuid_ops 2950 d
  10067 btree pg_lsn_ops 3253 pg_lsn_ops 3220 d
  10068 hash pg_lsn_ops 3254 pg_lsn_ops 3220 d
  10069 btree enum_ops 3522 enum_ops 3500 d
  10070 hash enum_ops 3523 enum_ops 3500 d
  10071 btree tsvector_ops 3626 tsvector_ops 3614 d
  10072 gist tsvector_ops 3655 tsvector_ops 3614 d
  10073 gin tsvector_ops 3659 tsvector_ops 3614 d
  10074 btree tsquery_ops 3683 tsquery_ops 3615 d
  10075 gist tsquery_ops 3702 tsquery_ops 3615 d
  10076 btree range_ops 3901 range_ops 3831 d
  10077 hash range_ops 3903 range_ops 3831 d
  10078 gist range_ops 3919 range_ops 3831 d
  10080 btree multirange_ops 4199 multirange_ops 4537 d
  10081 hash multirange_ops 4225 multirange_ops 4537 d
  10082 gist multirange_ops 6158 multirange_ops 4537 d
  10088 btree jsonb_ops 4033 jsonb_ops 3802 d
  10089 hash jsonb_ops 4034 jsonb_ops 3802 d
  10090 gin jsonb_ops 4036 jsonb_ops 3802 d
  10091 gin jsonb_path_ops 4037 jsonb_path_ops 3802
`;
