// The functions that pg_type names (input, output, ...), so that regproc shows them: oid, name,
// number of arguments, result type, argument types, volatility, strictness. Recorded from
// PostgreSQL 15.

export const TYPE_FUNCTION_FACTS = `
  31 byteaout 1 2275 17 i t
  33 charout 1 2275 18 i t
  34 namein 1 19 2275 i t
  35 nameout 1 2275 19 i t
  38 int2in 1 21 2275 i t
  39 int2out 1 2275 21 i t
  40 int2vectorin 1 22 2275 i t
  41 int2vectorout 1 2275 22 i t
  42 int4in 1 23 2275 i t
  43 int4out 1 2275 23 i t
  44 regprocin 1 24 2275 s t
  45 regprocout 1 2275 24 s t
  46 textin 1 25 2275 i t
  47 textout 1 2275 25 i t
  48 tidin 1 27 2275 i t
  49 tidout 1 2275 27 i t
  50 xidin 1 28 2275 i t
  51 xidout 1 2275 28 i t
  52 cidin 1 29 2275 i t
  53 cidout 1 2275 29 i t
  54 oidvectorin 1 30 2275 i t
  55 oidvectorout 1 2275 30 i t
  86 pg_ddl_command_in 1 32 2275 i t
  87 pg_ddl_command_out 1 2275 32 i t
  88 pg_ddl_command_recv 1 32 2281 i t
  90 pg_ddl_command_send 1 17 32 i t
  109 unknownin 1 705 2275 i t
  110 unknownout 1 2275 705 i t
  117 point_in 1 600 2275 i t
  118 point_out 1 2275 600 i t
  119 lseg_in 1 601 2275 i t
  120 lseg_out 1 2275 601 i t
  121 path_in 1 602 2275 i t
  122 path_out 1 2275 602 i t
  123 box_in 1 603 2275 i t
  124 box_out 1 2275 603 i t
  195 pg_node_tree_in 1 194 2275 i t
  196 pg_node_tree_out 1 2275 194 i t
  197 pg_node_tree_recv 1 194 2281 s t
  198 pg_node_tree_send 1 17 194 s t
  200 float4in 1 700 2275 i t
  201 float4out 1 2275 700 i t
  214 float8in 1 701 2275 i t
  215 float8out 1 2275 701 i t
  267 table_am_handler_in 1 269 2275 i f
  268 table_am_handler_out 1 2275 269 i t
  321 json_in 1 114 2275 i t
  322 json_out 1 2275 114 i t
  323 json_recv 1 114 2281 i t
  324 json_send 1 17 114 i t
  326 index_am_handler_in 1 325 2275 i f
  327 index_am_handler_out 1 2275 325 i t
  347 poly_in 1 604 2275 i t
  348 poly_out 1 2275 604 i t
  436 macaddr_in 1 829 2275 i t
  437 macaddr_out 1 2275 829 i t
  460 int8in 1 20 2275 i t
  461 int8out 1 2275 20 i t
  750 array_in 3 2277 2275 26 23 s t
  751 array_out 1 2275 2277 s t
  886 cash_in 1 790 2275 s t
  887 cash_out 1 2275 790 s t
  910 inet_in 1 869 2275 i t
  911 inet_out 1 2275 869 i t
  1031 aclitemin 1 1033 2275 s t
  1032 aclitemout 1 2275 1033 s t
  1044 bpcharin 3 1042 2275 26 23 i t
  1045 bpcharout 1 2275 1042 i t
  1046 varcharin 3 1043 2275 26 23 i t
  1047 varcharout 1 2275 1043 i t
  1084 date_in 1 1082 2275 s t
  1085 date_out 1 2275 1082 s t
  1143 time_in 3 1083 2275 26 23 s t
  1144 time_out 1 2275 1083 i t
  1150 timestamptz_in 3 1184 2275 26 23 s t
  1151 timestamptz_out 1 2275 1184 s t
  1160 interval_in 3 1186 2275 26 23 s t
  1161 interval_out 1 2275 1186 s t
  1242 boolin 1 16 2275 i t
  1243 boolout 1 2275 16 i t
  1244 byteain 1 17 2275 i t
  1245 charin 1 18 2275 i t
  1267 cidr_in 1 650 2275 i t
  1312 timestamp_in 3 1114 2275 26 23 s t
  1313 timestamp_out 1 2275 1114 s t
  1350 timetz_in 3 1266 2275 26 23 s t
  1351 timetz_out 1 2275 1266 i t
  1427 cidr_out 1 2275 650 i t
  1450 circle_in 1 718 2275 i t
  1451 circle_out 1 2275 718 i t
  1490 line_in 1 628 2275 i t
  1491 line_out 1 2275 628 i t
  1564 bit_in 3 1560 2275 26 23 i t
  1565 bit_out 1 2275 1560 i t
  1579 varbit_in 3 1562 2275 26 23 i t
  1580 varbit_out 1 2275 1562 i t
  1701 numeric_in 3 1700 2275 26 23 i t
  1702 numeric_out 1 2275 1700 i t
  1798 oidin 1 26 2275 i t
  1799 oidout 1 2275 26 i t
  2212 regprocedurein 1 2202 2275 s t
  2213 regprocedureout 1 2275 2202 s t
  2214 regoperin 1 2203 2275 s t
  2215 regoperout 1 2275 2203 s t
  2216 regoperatorin 1 2204 2275 s t
  2217 regoperatorout 1 2275 2204 s t
  2218 regclassin 1 2205 2275 s t
  2219 regclassout 1 2275 2205 s t
  2220 regtypein 1 2206 2275 s t
  2221 regtypeout 1 2275 2206 s t
  2290 record_in 3 2249 2275 26 23 s t
  2291 record_out 1 2275 2249 s t
  2292 cstring_in 1 2275 2275 i t
  2293 cstring_out 1 2275 2275 i t
  2294 any_in 1 2276 2275 i t
  2295 any_out 1 2275 2276 i t
  2296 anyarray_in 1 2277 2275 i t
  2297 anyarray_out 1 2275 2277 s t
  2298 void_in 1 2278 2275 i t
  2299 void_out 1 2275 2278 i t
  2300 trigger_in 1 2279 2275 i f
  2301 trigger_out 1 2275 2279 i t
  2302 language_handler_in 1 2280 2275 i f
  2303 language_handler_out 1 2275 2280 i t
  2304 internal_in 1 2281 2275 i f
  2305 internal_out 1 2275 2281 i t
  2312 anyelement_in 1 2283 2275 i t
  2313 anyelement_out 1 2275 2283 i t
  2400 array_recv 3 2277 2281 26 23 s t
  2401 array_send 1 17 2277 s t
  2402 record_recv 3 2249 2281 26 23 s t
  2403 record_send 1 17 2249 s t
  2404 int2recv 1 21 2281 i t
  2405 int2send 1 17 21 i t
  2406 int4recv 1 23 2281 i t
  2407 int4send 1 17 23 i t
  2408 int8recv 1 20 2281 i t
  2409 int8send 1 17 20 i t
  2410 int2vectorrecv 1 22 2281 i t
  2411 int2vectorsend 1 17 22 i t
  2412 bytearecv 1 17 2281 i t
  2413 byteasend 1 17 17 i t
  2414 textrecv 1 25 2281 s t
  2415 textsend 1 17 25 s t
  2416 unknownrecv 1 705 2281 i t
  2417 unknownsend 1 17 705 i t
  2418 oidrecv 1 26 2281 i t
  2419 oidsend 1 17 26 i t
  2420 oidvectorrecv 1 30 2281 i t
  2421 oidvectorsend 1 17 30 i t
  2422 namerecv 1 19 2281 s t
  2423 namesend 1 17 19 s t
  2424 float4recv 1 700 2281 i t
  2425 float4send 1 17 700 i t
  2426 float8recv 1 701 2281 i t
  2427 float8send 1 17 701 i t
  2428 point_recv 1 600 2281 i t
  2429 point_send 1 17 600 i t
  2430 bpcharrecv 3 1042 2281 26 23 s t
  2431 bpcharsend 1 17 1042 s t
  2432 varcharrecv 3 1043 2281 26 23 s t
  2433 varcharsend 1 17 1043 s t
  2434 charrecv 1 18 2281 i t
  2435 charsend 1 17 18 i t
  2436 boolrecv 1 16 2281 i t
  2437 boolsend 1 17 16 i t
  2438 tidrecv 1 27 2281 i t
  2439 tidsend 1 17 27 i t
  2440 xidrecv 1 28 2281 i t
  2441 xidsend 1 17 28 i t
  2442 cidrecv 1 29 2281 i t
  2443 cidsend 1 17 29 i t
  2444 regprocrecv 1 24 2281 i t
  2445 regprocsend 1 17 24 i t
  2446 regprocedurerecv 1 2202 2281 i t
  2447 regproceduresend 1 17 2202 i t
  2448 regoperrecv 1 2203 2281 i t
  2449 regopersend 1 17 2203 i t
  2450 regoperatorrecv 1 2204 2281 i t
  2451 regoperatorsend 1 17 2204 i t
  2452 regclassrecv 1 2205 2281 i t
  2453 regclasssend 1 17 2205 i t
  2454 regtyperecv 1 2206 2281 i t
  2455 regtypesend 1 17 2206 i t
  2456 bit_recv 3 1560 2281 26 23 i t
  2457 bit_send 1 17 1560 i t
  2458 varbit_recv 3 1562 2281 26 23 i t
  2459 varbit_send 1 17 1562 i t
  2460 numeric_recv 3 1700 2281 26 23 i t
  2461 numeric_send 1 17 1700 i t
  2468 date_recv 1 1082 2281 i t
  2469 date_send 1 17 1082 i t
  2470 time_recv 3 1083 2281 26 23 i t
  2471 time_send 1 17 1083 i t
  2472 timetz_recv 3 1266 2281 26 23 i t
  2473 timetz_send 1 17 1266 i t
  2474 timestamp_recv 3 1114 2281 26 23 i t
  2475 timestamp_send 1 17 1114 i t
  2476 timestamptz_recv 3 1184 2281 26 23 i t
  2477 timestamptz_send 1 17 1184 i t
  2478 interval_recv 3 1186 2281 26 23 i t
  2479 interval_send 1 17 1186 i t
  2480 lseg_recv 1 601 2281 i t
  2481 lseg_send 1 17 601 i t
  2482 path_recv 1 602 2281 i t
  2483 path_send 1 17 602 i t
  2484 box_recv 1 603 2281 i t
  2485 box_send 1 17 603 i t
  2486 poly_recv 1 604 2281 i t
  2487 poly_send 1 17 604 i t
  2488 line_recv 1 628 2281 i t
  2489 line_send 1 17 628 i t
  2490 circle_recv 1 718 2281 i t
  2491 circle_send 1 17 718 i t
  2492 cash_recv 1 790 2281 i t
  2493 cash_send 1 17 790 i t
  2494 macaddr_recv 1 829 2281 i t
  2495 macaddr_send 1 17 829 i t
  2496 inet_recv 1 869 2281 i t
  2497 inet_send 1 17 869 i t
  2498 cidr_recv 1 650 2281 i t
  2499 cidr_send 1 17 650 i t
  2500 cstring_recv 1 2275 2281 s t
  2501 cstring_send 1 17 2275 s t
  2502 anyarray_recv 1 2277 2281 s t
  2503 anyarray_send 1 17 2277 s t
  2777 anynonarray_in 1 2776 2275 i t
  2778 anynonarray_out 1 2275 2776 i t
  2893 xml_in 1 142 2275 s t
  2894 xml_out 1 2275 142 i t
  2898 xml_recv 1 142 2281 s t
  2899 xml_send 1 17 142 s t
  2902 varbittypmodin 1 23 1263 i t
  2903 intervaltypmodin 1 23 1263 i t
  2904 intervaltypmodout 1 2275 23 i t
  2905 timestamptypmodin 1 23 1263 i t
  2906 timestamptypmodout 1 2275 23 i t
  2907 timestamptztypmodin 1 23 1263 i t
  2908 timestamptztypmodout 1 2275 23 i t
  2909 timetypmodin 1 23 1263 i t
  2910 timetypmodout 1 2275 23 i t
  2911 timetztypmodin 1 23 1263 i t
  2912 timetztypmodout 1 2275 23 i t
  2913 bpchartypmodin 1 23 1263 i t
  2914 bpchartypmodout 1 2275 23 i t
  2915 varchartypmodin 1 23 1263 i t
  2916 varchartypmodout 1 2275 23 i t
  2917 numerictypmodin 1 23 1263 i t
  2918 numerictypmodout 1 2275 23 i t
  2919 bittypmodin 1 23 1263 i t
  2920 bittypmodout 1 2275 23 i t
  2921 varbittypmodout 1 2275 23 i t
  2939 txid_snapshot_in 1 2970 2275 i t
  2940 txid_snapshot_out 1 2275 2970 i t
  2941 txid_snapshot_recv 1 2970 2281 i t
  2942 txid_snapshot_send 1 17 2970 i t
  2952 uuid_in 1 2950 2275 i t
  2953 uuid_out 1 2275 2950 i t
  2961 uuid_recv 1 2950 2281 i t
  2962 uuid_send 1 17 2950 i t
  3116 fdw_handler_in 1 3115 2275 i f
  3117 fdw_handler_out 1 2275 3115 i t
  3120 void_recv 1 2278 2281 i t
  3121 void_send 1 17 2278 i t
  3229 pg_lsn_in 1 3220 2275 i t
  3230 pg_lsn_out 1 2275 3220 i t
  3238 pg_lsn_recv 1 3220 2281 i t
  3239 pg_lsn_send 1 17 3220 i t
  3311 tsm_handler_in 1 3310 2275 i f
  3312 tsm_handler_out 1 2275 3310 i t
  3355 pg_ndistinct_in 1 3361 2275 i t
  3356 pg_ndistinct_out 1 2275 3361 i t
  3357 pg_ndistinct_recv 1 3361 2281 s t
  3358 pg_ndistinct_send 1 17 3361 s t
  3404 pg_dependencies_in 1 3402 2275 i t
  3405 pg_dependencies_out 1 2275 3402 i t
  3406 pg_dependencies_recv 1 3402 2281 s t
  3407 pg_dependencies_send 1 17 3402 s t
  3446 macaddr8_recv 1 774 2281 i t
  3447 macaddr8_send 1 17 774 i t
  3504 anyenum_in 1 3500 2275 i t
  3505 anyenum_out 1 2275 3500 s t
  3594 event_trigger_in 1 3838 2275 i f
  3595 event_trigger_out 1 2275 3838 i t
  3610 tsvectorin 1 3614 2275 i t
  3611 tsvectorout 1 2275 3614 i t
  3612 tsqueryin 1 3615 2275 i t
  3613 tsqueryout 1 2275 3615 i t
  3638 tsvectorsend 1 17 3614 i t
  3639 tsvectorrecv 1 3614 2281 i t
  3640 tsquerysend 1 17 3615 i t
  3641 tsqueryrecv 1 3615 2281 i t
  3646 gtsvectorin 1 3642 2275 i t
  3647 gtsvectorout 1 2275 3642 i t
  3736 regconfigin 1 3734 2275 s t
  3737 regconfigout 1 2275 3734 s t
  3738 regconfigrecv 1 3734 2281 i t
  3739 regconfigsend 1 17 3734 i t
  3771 regdictionaryin 1 3769 2275 s t
  3772 regdictionaryout 1 2275 3769 s t
  3773 regdictionaryrecv 1 3769 2281 i t
  3774 regdictionarysend 1 17 3769 i t
  3803 jsonb_send 1 17 3802 i t
  3804 jsonb_out 1 2275 3802 i t
  3805 jsonb_recv 1 3802 2281 i t
  3806 jsonb_in 1 3802 2275 i t
  3832 anyrange_in 3 3831 2275 26 23 s t
  3833 anyrange_out 1 2275 3831 s t
  3834 range_in 3 3831 2275 26 23 s t
  3835 range_out 1 2275 3831 s t
  3836 range_recv 3 3831 2281 26 23 s t
  3837 range_send 1 17 3831 s t
  4001 jsonpath_in 1 4072 2275 i t
  4002 jsonpath_recv 1 4072 2281 i t
  4003 jsonpath_out 1 2275 4072 i t
  4004 jsonpath_send 1 17 4072 i t
  4084 regnamespacein 1 4089 2275 s t
  4085 regnamespaceout 1 2275 4089 s t
  4087 regnamespacerecv 1 4089 2281 i t
  4088 regnamespacesend 1 17 4089 i t
  4092 regroleout 1 2275 4096 s t
  4094 regrolerecv 1 4096 2281 i t
  4095 regrolesend 1 17 4096 i t
  4098 regrolein 1 4096 2275 s t
  4110 macaddr8_in 1 774 2275 i t
  4111 macaddr8_out 1 2275 774 i t
  4193 regcollationin 1 4191 2275 s t
  4194 regcollationout 1 2275 4191 s t
  4196 regcollationrecv 1 4191 2281 i t
  4197 regcollationsend 1 17 4191 i t
  4226 anycompatiblemultirange_in 3 4538 2275 26 23 s t
  4227 anycompatiblemultirange_out 1 2275 4538 s t
  4229 anymultirange_in 3 4537 2275 26 23 s t
  4230 anymultirange_out 1 2275 4537 s t
  4231 multirange_in 3 4537 2275 26 23 s t
  4232 multirange_out 1 2275 4537 s t
  4233 multirange_recv 3 4537 2281 26 23 s t
  4234 multirange_send 1 17 4537 s t
  4596 brin_bloom_summary_in 1 4600 2275 i t
  4597 brin_bloom_summary_out 1 2275 4600 i t
  4598 brin_bloom_summary_recv 1 4600 2281 s t
  4599 brin_bloom_summary_send 1 17 4600 s t
  4638 brin_minmax_multi_summary_in 1 4601 2275 i t
  4639 brin_minmax_multi_summary_out 1 2275 4601 i t
  4640 brin_minmax_multi_summary_recv 1 4601 2281 s t
  4641 brin_minmax_multi_summary_send 1 17 4601 s t
  5018 pg_mcv_list_in 1 5017 2275 i t
  5019 pg_mcv_list_out 1 2275 5017 i t
  5020 pg_mcv_list_recv 1 5017 2281 s t
  5021 pg_mcv_list_send 1 17 5017 s t
  5055 pg_snapshot_in 1 5038 2275 i t
  5056 pg_snapshot_out 1 2275 5038 i t
  5057 pg_snapshot_recv 1 5038 2281 i t
  5058 pg_snapshot_send 1 17 5038 i t
  5070 xid8in 1 5069 2275 i t
  5081 xid8out 1 2275 5069 i t
  5082 xid8recv 1 5069 2281 i t
  5083 xid8send 1 17 5069 i t
  5086 anycompatible_in 1 5077 2275 i t
  5087 anycompatible_out 1 2275 5077 i t
  5088 anycompatiblearray_in 1 5078 2275 i t
  5089 anycompatiblearray_out 1 2275 5078 s t
  5090 anycompatiblearray_recv 1 5078 2281 s t
  5091 anycompatiblearray_send 1 17 5078 s t
  5092 anycompatiblenonarray_in 1 5079 2275 i t
  5093 anycompatiblenonarray_out 1 2275 5079 i t
  5094 anycompatiblerange_in 3 5080 2275 26 23 s t
  5095 anycompatiblerange_out 1 2275 5080 s t
  6098 jsonb_subscript_handler 1 2281 2281 i t
  6179 array_subscript_handler 1 2281 2281 i t
  6180 raw_array_subscript_handler 1 2281 2281 i t
`;
