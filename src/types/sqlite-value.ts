// A value as SQLite stores, binds and returns it on connections of ours, where integers are always
// bigint (a JS number would bind as REAL). The storage of each Postgres type: docs/architecture.md.

export type SqliteValue = null | bigint | number | string | Uint8Array;
